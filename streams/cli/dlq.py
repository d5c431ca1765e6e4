"""`wardline dlq`: list, show and redrive dead letters; payloads only where asked for."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from confluent_kafka import KafkaException

from processors import topics
from processors.envelope import Record
from streams.cli.audit import audited
from streams.cli.output import FAILED, REFUSED, UNREACHABLE, fail, say, say_json
from streams.codec import SchemaMissing
from streams.parts import Parts, connect
from streams.reader import read_topic
from streams.redrive import NotRedriven, destination, why_not
from streams.redrive import redrive as send_again
from streams.registry import RegistryError
from streams.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
Data = Annotated[Path | None, typer.Option(help="data folder")]
Json = Annotated[bool, typer.Option("--json", help="one JSON line each")]
_COLUMNS = ("event_id", "stage", "reason", "path", "detail", "state", "topic", "partition", "offset", "size")


@app.command("list")
def list_letters(reason: str = "", data: Data = None, as_json: Json = False) -> None:
    """Dead letters, oldest first, with reason, place and what to do; no payloads."""
    parts = _parts(data)
    for letter in _letters(parts, whole=False).values():
        if reason and letter["reason"] != reason:
            continue
        if as_json:
            say_json({name: letter[name] for name in _COLUMNS})
        else:
            say(f"{letter['event_id']}  {letter['state']:<8} {letter['stage']:<10} {letter['reason']}")
            say(f"    {letter['path']}: {letter['detail']}")


@app.command("show")
def show(letter_id: str, payload: bool = False, data: Data = None) -> None:
    """One dead letter as JSON; `--payload` writes its bytes to stdout instead (patient data)."""
    letter = _one(_parts(data), letter_id)
    if payload:
        audited(Settings.load(data), "dlq show", [_target(letter)])
        sys.stdout.buffer.write(letter["payload"])
        return
    say_json({name: value for name, value in letter.items() if name != "payload"})


@app.command("redrive")
def redrive(
    letter_ids: Annotated[list[str] | None, typer.Argument(help="ids; or use --reason")] = None,
    reason: Annotated[str, typer.Option(help="every open dead letter of this reason")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be sent")] = False,
    data: Data = None,
) -> None:
    """Send dead letters through their stage again, after a fix. A message passes the duplicate check once."""
    parts = _parts(data)
    known = _letters(parts)
    chosen = [known[i] for i in letter_ids or [] if i in known]
    chosen += [r for r in known.values() if reason and r["reason"] == reason and r["state"] == "open"]
    if not chosen:
        fail(FAILED, "no such dead letter", fix="wardline dlq list")
    refused = [(r["event_id"], why) for r in chosen if (why := why_not(r))]
    if refused:
        fail(REFUSED, f"{len(refused)} of {len(chosen)} cannot be sent again", refused[0][0], f"it {refused[0][1]}")
    if not dry_run:
        audited(parts.settings, reason or "by id", [_target(r) for r in chosen], action="redrive")
        try:
            send_again(parts, chosen)
        except NotRedriven as why:
            fail(UNREACHABLE, "the broker did not confirm", parts.settings.bootstrap, str(why), "run it again")
    for letter in chosen:
        say(f"{'would send' if dry_run else 'sent'} {letter['event_id']} to {destination(letter)}")


def _target(letter: Record) -> str:
    return f"dead-letter/{letter['event_id']}"


def _one(parts: Parts, letter_id: str) -> Record:
    letter = _letters(parts).get(letter_id)
    if letter is None:
        fail(FAILED, "no such dead letter", letter_id, fix="wardline dlq list")
    return letter


def _letters(parts: Parts, *, whole: bool = True) -> dict[str, Record]:
    """Every dead letter by id in its last state, which is `redriven` once it was; `whole`: with the payloads."""
    found: dict[str, Record] = {}
    for letter in _read(parts):
        known = found.get(letter["event_id"])
        if known is None or known["state"] == "open":
            found[letter["event_id"]] = letter if whole else letter | {"payload": b""}
    return found


def _read(parts: Parts) -> Iterator[Record]:
    try:
        for message in read_topic(parts.settings.bootstrap, topics.DEAD_LETTER):
            yield parts.codec.decode(message.value() or b"")
    except (KafkaException, TimeoutError) as why:
        fail(UNREACHABLE, f"dead letters could not be read: {why}", parts.settings.bootstrap, fix="wardline doctor")


def _parts(data: Path | None) -> Parts:
    settings = Settings.load(data)
    try:
        return connect(settings)
    except (RegistryError, SchemaMissing) as why:
        fail(UNREACHABLE, str(why), settings.registry_url, fix="wardline doctor")
