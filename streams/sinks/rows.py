"""What one record becomes in the SQL store: a row by the tables of columns, and what is more than a row."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from processors import topics
from processors.envelope import Position, Record
from processors.identity import Keyring
from streams.sinks.columns import ENVELOPE, TABLES
from streams.sinks.lookup import Kind, lookup_hash

Cells = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Consumed:
    """One record read from a topic; `known_at` is the time at which Kafka appended it, microseconds."""

    at: Position
    known_at: int
    value: Record


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that is not in our format; it is shown and passed over."""

    at: Position
    known_at: int
    detail: str


@dataclass(slots=True)
class Writes:
    """What one batch changes: rows per statement, in order, and additions to counters."""

    rows: dict[str, list[Cells]] = field(default_factory=dict)
    counts: Counter[tuple[str, Cells]] = field(default_factory=Counter)

    def add(self, statement: str, cells: Cells) -> None:
        """One more row for the statement."""
        self.rows.setdefault(statement, []).append(cells)


def gather(record: Consumed | Unreadable, keyring: Keyring, writes: Writes) -> None:
    """Add all that one record changes. The order of records within a partition is kept per statement."""
    topic = record.at.topic
    if isinstance(record, Unreadable):
        writes.add("unreadable", (topic, record.at.partition, record.at.offset, record.known_at, record.detail))
        return
    if topic in TABLES:
        writes.add(TABLES[topic][0], cells(record))
    more = _MORE.get(topic)
    if more is not None:
        more(record, keyring, writes)


def cells(record: Consumed) -> Cells:
    """The row of a record, in the order of `columns`."""
    value = record.value
    own = tuple(read(value) for read in _READERS[record.at.topic])
    return (*own, record.at.partition, record.at.offset, record.known_at)


def _raw(record: Consumed, keyring: Keyring, writes: Writes) -> None:
    value, at = record.value, record.at
    feed = value["source"]["feed"]
    writes.add("arrived", (at.partition, at.offset, value["event_id"], feed, value["received_at"], topics.RAW))
    writes.add("feed_seen", (feed, value["received_at"]))
    writes.counts["feed_count", (feed, "received", "")] += 1
    _look_up(writes, keyring, Kind.CONTROL_ID, value["source"]["control_id"], value["event_id"])


def _message(record: Consumed, _keyring: Keyring, writes: Writes) -> None:
    value = record.value
    feed, kind = value["source"]["feed"], value["source"]["message_type"]
    writes.add("ended", (value["raw_partition"], value["raw_offset"]))
    writes.counts["feed_count", (feed, value["state"], value["reason"])] += 1
    for name, count in value["unmapped"].items():
        writes.counts["unmapped_count", (feed, kind, name)] += count
    for warning in value["warnings"]:
        writes.counts["warning_count", (feed, warning["code"], warning["path"])] += 1


def _patient(record: Consumed, keyring: Keyring, writes: Writes) -> None:
    _look_up(writes, keyring, Kind.MRN, record.value["identifier"], record.value["patient_key"])


def _encounter(record: Consumed, keyring: Keyring, writes: Writes) -> None:
    _look_up(writes, keyring, Kind.VISIT, record.value["visit_number"], record.value["correlation_id"])


def _order(record: Consumed, keyring: Keyring, writes: Writes) -> None:
    for name in ("filler_number", "placer_number"):
        _look_up(writes, keyring, Kind.ACCESSION, record.value[name], record.value["correlation_id"])


def _observation(record: Consumed, keyring: Keyring, writes: Writes) -> None:
    _look_up(writes, keyring, Kind.ACCESSION, record.value["filler_number"], record.value["correlation_id"])


def _task(record: Consumed, _keyring: Keyring, writes: Writes) -> None:
    writes.add("task", cells(record))


def _dead_letter(record: Consumed, _keyring: Keyring, writes: Writes) -> None:
    if record.value["topic"] == topics.RAW:
        writes.add("ended", (record.value["partition"], record.value["offset"]))


def _evaluation(record: Consumed, _keyring: Keyring, writes: Writes) -> None:
    value = record.value
    day = datetime.fromtimestamp(value["received_at"] / 1_000_000, UTC).date().isoformat()
    head = tuple(value[name] for name in ("event_id", "correlation_id", "patient_key", "received_at", "rule_set"))
    place = (record.at.partition, record.at.offset, record.known_at)
    for number, entry in enumerate(value["rules"]):
        named = tuple(entry[n] for n in ("rule_id", "rule_version", "status"))
        writes.counts["rule_count", (day, *named, entry["outcome"], entry["failed_clause"])] += 1
        if entry["outcome"] != "no_action":
            found = tuple(entry[n] for n in ("focus", "outcome", "failed_clause", "decision_id"))
            writes.add("rule_evaluation", (*head, number, *named, *found, *place))


def _look_up(writes: Writes, keyring: Keyring, kind: Kind, value: str, target: str) -> None:
    if value and target:
        writes.add("lookup", (lookup_hash(keyring, kind, value), target))


_MORE: dict[str, Callable[[Consumed, Keyring, Writes], None]] = {
    topics.RAW: _raw,
    topics.MESSAGE: _message,
    topics.PATIENT: _patient,
    topics.ENCOUNTER: _encounter,
    topics.ORDER: _order,
    topics.OBSERVATION: _observation,
    topics.TASK: _task,
    topics.DEAD_LETTER: _dead_letter,
    topics.EVALUATION: _evaluation,
}


def _reader(path: str) -> Callable[[Record], object]:
    as_json = path.startswith("json:")
    names = path.removeprefix("json:").split(".")

    def read(value: Record) -> object:
        found: object = value
        for name in names:
            found = found[name] if isinstance(found, dict) else None
        return orjson.dumps(found).decode() if as_json else found

    return read


def _readers(paths: Mapping[str, str]) -> tuple[Callable[[Record], object], ...]:
    return tuple(_reader(path) for path in (*ENVELOPE.values(), *paths.values()))


_READERS = {topic: _readers(paths) for topic, (_, paths) in TABLES.items()}
