"""`wardline dlq`: list, show and redrive dead letters; payloads only where asked for."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import orjson
import typer
from confluent_kafka import KafkaException, Producer

from processors import topics
from processors.envelope import Record
from processors.identity import content_digest
from streams.cli.output import FAILED, REFUSED, UNREACHABLE, fail, say, say_json
from streams.clock import now_us
from streams.codec import SchemaMissing
from streams.headers import record_headers
from streams.parts import Parts, connect
from streams.reader import read_topic
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
    for letter in _letters(parts).values():
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
    refused = [r["event_id"] for r in chosen if r["truncated"]]
    if refused:
        fail(REFUSED, f"{len(refused)} hold only the head of the message", refused[0], fix="ask the sender to resend")
    for letter in chosen:
        say(f"{'would send' if dry_run else 'sent'} {letter['event_id']} to {_destination(letter)}")
    if not dry_run:
        _send(parts, chosen)


def _send(parts: Parts, letters: list[Record]) -> None:
    producer = Producer(
        {
            "bootstrap.servers": parts.settings.bootstrap,
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "message.max.bytes": parts.settings.max_record_bytes,
            "log_level": 3,
        }
    )
    for letter in letters:
        value = _again(letter, parts)
        _produce(producer, parts, _destination(letter), value)
        _produce(producer, parts, topics.DEAD_LETTER, letter | {"state": "redriven"})
    if producer.flush(30) > 0:
        fail(
            UNREACHABLE, "the broker did not confirm", parts.settings.bootstrap, fix="run it again: nothing is doubled"
        )


def _destination(letter: Record) -> str:
    """The inbox it came from; what the gateway itself refused came from none and goes in as a raw message."""
    return letter["topic"] or topics.RAW


def _again(letter: Record, parts: Parts) -> Record:
    """The record to send: for a raw message a new raw record that names the dead one, else the record itself."""
    payload: bytes = letter["payload"]
    if _destination(letter) != topics.RAW:
        value: Record = orjson.loads(payload)
        return value
    now = now_us()
    original = letter["causation_id"] or letter["correlation_id"]
    event_id = parts.keyring.event_id("redrive", original, letter["event_id"])
    envelope = {name: letter[name] for name in ("patient_key", "occurred_at", "source", "produced_by", "key_id")}
    return envelope | {
        "event_id": event_id,
        "correlation_id": event_id,
        "causation_id": letter["event_id"],
        "received_at": now,
        "payload": payload,
        "digest": content_digest(payload),
        "size": len(payload),
        "charset": "",
        "peer": "dlq",
        "transport": "redrive",
        "redrive_of": original,
        "received_as": "complete",
    }


def _produce(producer: Producer, parts: Parts, topic: str, value: Record) -> None:
    key = value["patient_key"] or value["correlation_id"]
    producer.produce(
        topic, key=key.encode(), value=parts.codec.encode(topic, value), headers=record_headers(topic, value)
    )


def _one(parts: Parts, letter_id: str) -> Record:
    letter = _letters(parts).get(letter_id)
    if letter is None:
        fail(FAILED, "no such dead letter", letter_id, fix="wardline dlq list")
    return letter


def _letters(parts: Parts) -> dict[str, Record]:
    """Every dead letter by id in its last state."""
    return {letter["event_id"]: letter for letter in _read(parts)}


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
