"""The envelope that every record starts with, and the shapes in which records travel between steps."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

#: One Avro value as plain data, exactly the fields of its schema in schemas/.
Record: TypeAlias = dict[str, Any]
#: One row of a stage's table as plain data; it carries its format version under "v".
Row: TypeAlias = dict[str, Any]

VERSION = "0.1.0"
NO_SOURCE: Record = {
    "feed": "",
    "facility": "",
    "application": "",
    "message_type": "",
    "trigger": "",
    "control_id": "",
}


@dataclass(frozen=True, slots=True)
class Position:
    """Where a record stands in its topic."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Emit:
    """One record to write. Same partition as the input, unless `elsewhere`: then by murmur2 of `key`."""

    topic: str
    key: str
    value: Record
    elsewhere: bool = False


class Rows(Protocol):
    """A step's view of its stage's rows in one partition. Changes count only when the step returns."""

    now: int
    """Stage time: the greatest received_at or fired_at seen in this partition, microseconds."""

    def get(self, key: str) -> Row | None:
        """A private copy of the row, or None."""

    def put(self, key: str, row: Row) -> None:
        """Write the row."""

    def delete(self, key: str) -> None:
        """Remove the row."""

    def due(self, at: int, key: str, name: str, value: Record) -> None:
        """Ask for `value` to be written to the stage's own inbox partition, under `key`, at `at` (microseconds).

        `name` identifies the timer; asking again with the same `at` and `name` changes nothing.
        The stage sets `fired_at`.
        """


class Step(Protocol):
    """One pure function from a record to records; raises Rejection for what cannot go on."""

    def __call__(self, value: Record, at: Position, rows: Rows, /) -> Iterable[Emit]:
        """Decide on one record."""


def caused_by(cause: Record, component: str, event_id: str, **changes: Any) -> Record:
    """The envelope of a record caused by another: same correlation, patient, times and source unless changed."""
    envelope: Record = {
        "event_id": event_id,
        "correlation_id": cause["correlation_id"] or cause["event_id"],
        "causation_id": cause["event_id"],
        "patient_key": cause["patient_key"],
        "occurred_at": cause["occurred_at"],
        "received_at": cause["received_at"],
        "source": cause["source"],
        "produced_by": {"component": component, "version": VERSION},
        "key_id": cause["key_id"],
    }
    return {**envelope, **changes} if changes else envelope
