"""`wardline trace` and `wardline find`: one message or task from socket to task, and where to find it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from processors.envelope import Row
from streams.catalog import BrokerUnreachable
from streams.cli.audit import audited
from streams.cli.output import CONFIGURATION, FAILED, UNREACHABLE, USAGE, fail, say, say_json
from streams.codec import Codec, CodecError
from streams.keys import load_keyring
from streams.registry import Registry, RegistryError
from streams.settings import Settings
from streams.sinks.chain import chain_of
from streams.sinks.lookup import Kind, key_of_mrn, lookup_hash
from streams.sinks.payload import Expired, raw_payload, raw_position
from streams.sinks.reads import Reads, StoreMissing, reading

MOST_MESSAGES = 20
MOST_FOUND = 50
Data = Annotated[Path | None, typer.Option(help="data folder")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON value")]


def trace(
    asked: Annotated[str, typer.Argument(metavar="ID", help="task id, event id, correlation id or control id")],
    data: Data = None,
    payload: Annotated[bool, typer.Option(help="also the message as received, from Kafka; patient data")] = False,
    as_json: AsJson = False,
) -> None:
    """One message or task, from socket to task: every record with its time, topic and position."""
    settings = Settings.load(data)
    try:
        with reading(settings.database) as reads:
            found = reads.messages_of(asked, load_keyring(settings.data_dir), MOST_MESSAGES)
            messages = [_message(reads, correlation_id) for correlation_id in found]
    except StoreMissing:
        _no_store(settings)
    if not messages:
        fail(FAILED, f"nothing is known under '{asked}'", str(settings.database), fix="the sink may still be behind")
    audited(settings, "trace with payload" if payload else "trace", [f"message/{one}" for one in found])
    if payload:
        messages = [{**message, "payload": _payload(settings, message["raw"])} for message in messages]
    if as_json:
        say_json({"asked": asked, "messages": messages})
        return
    for message in messages:
        _print_chain(message)


def find(
    *,
    mrn: Annotated[str, typer.Option(help="patient identifier")] = "",
    authority: Annotated[str, typer.Option(help="its assigning authority, as the identity policy names it")] = "",
    visit: Annotated[str, typer.Option(help="visit number")] = "",
    accession: Annotated[str, typer.Option(help="filler or placer order number")] = "",
    control_id: Annotated[str, typer.Option(help="MSH-10")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Messages by patient identifier, visit, accession or control id; the newest first."""
    settings = Settings.load(data)
    given = {Kind.MRN: mrn, Kind.VISIT: visit, Kind.ACCESSION: accession, Kind.CONTROL_ID: control_id}
    asked = [(kind, value) for kind, value in given.items() if value]
    if len(asked) != 1 or (authority and not mrn):
        fail(USAGE, "one of --mrn [--authority], --visit, --accession, --control-id is needed")
    keyring = load_keyring(settings.data_dir)
    if keyring is None:
        fail(CONFIGURATION, "the data folder has no identity.key", str(settings.data_dir), fix="give --data")
    kind, value = asked[0]
    target = key_of_mrn(keyring, value, authority) if authority else lookup_hash(keyring, kind, value)
    try:
        with reading(settings.database) as reads:
            lines = _found(reads, kind, target, is_key=bool(authority))
    except StoreMissing:
        _no_store(settings)
    audited(settings, f"find {kind.value}", [f"message/{line['correlation_id']}" for line in lines])
    if as_json:
        say_json({"found": lines})
    else:
        for line in lines:
            say(_line(line))
    if not lines:
        fail(
            FAILED, f"no message is known under this {kind.value}", fix="the sink may still be behind: wardline doctor"
        )


def _found(reads: Reads, kind: Kind, target: str, *, is_key: bool) -> list[Row]:
    hits = (
        [target]
        if is_key
        else [r["correlation_id"] for r in reads.rows("messages_of_hash", hash=target, limit=MOST_FOUND)]
    )
    if kind is Kind.MRN:
        rows = [r for key in hits for r in reads.rows("messages_of_patient", patient_key=key, limit=MOST_FOUND)]
        hits = [row["correlation_id"] for row in rows]
    lines = [line for hit in hits for line in reads.rows("message_line", correlation_id=hit)]
    return sorted(lines, key=lambda line: line["received_at"], reverse=True)[:MOST_FOUND]


def _message(reads: Reads, correlation_id: str) -> Row:
    raw = reads.row("raw", event_id=correlation_id)
    said = reads.row("remarks", correlation_id=correlation_id) or {}
    return {"correlation_id": correlation_id, "raw": raw, "chain": chain_of(reads, correlation_id), **said}


def _payload(settings: Settings, raw: Row | None) -> str | None:
    if raw is None:
        return None
    try:
        codec = Codec.connect(Registry(settings.registry_url), settings.schemas_dir)
        data = raw_payload(settings.bootstrap, codec, raw_position(raw["log_partition"], raw["log_offset"]))
    except (BrokerUnreachable, RegistryError) as why:
        fail(UNREACHABLE, f"the message cannot be fetched: {why}", settings.bootstrap, fix="wardline doctor")
    except (Expired, CodecError) as why:
        fail(FAILED, f"the message cannot be fetched: {why}")
    return data.decode("utf-8", "backslashreplace")


def _print_chain(message: Row) -> None:
    say(f"message {message['correlation_id']}")
    begun = message["raw"]["received_at"] if message["raw"] else None
    for row in message["chain"]:
        after = f"+{(row['known_at'] - begun) / 1e6:.3f} s" if begun else ""
        place = f"{row['topic']}/{row['log_partition']}/{row['log_offset']}"
        say(f"  {_time(row['known_at'])} {after:>11}  {row['stage']:<11} {place:<34} {row['path']:<8} {row['what']}")
        say(f"  {'':<37} {'':<11} event {row['event_id']}{_caused(row)}")
    for one in (*message.get("warnings", ()), *message.get("departures", ())):
        say(f"  {one['code']} at {one['path']}: {one.get('text') or 'not as the site expects'}")
    if message.get("unmapped"):
        say("  no row maps: " + ", ".join(f"{path} ({count})" for path, count in sorted(message["unmapped"].items())))
    if message.get("payload"):
        say("as received:")
        for segment in message["payload"].splitlines():
            say(f"  {segment}")


def _caused(row: Row) -> str:
    return f" caused by {row['causation_id']}" if row["causation_id"] else ""


def _line(line: Row) -> str:
    kind = f"{line['message_type']}^{line['trigger_event']}"
    tasks = f", tasks {line['tasks']}" if line["tasks"] else ""
    state = f"{line['state']}{' (' + line['reason'] + ')' if line['reason'] else ''}"
    return f"{_time(line['received_at'])}  {line['feed']:<10} {kind:<9} {state:<12} {line['correlation_id']}{tasks}"


def _time(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"


def _no_store(settings: Settings) -> NoReturn:
    where = str(settings.database)
    fail(CONFIGURATION, "there is no store yet", where, "the sink has not run", "start `wardline up`, or give --data")
