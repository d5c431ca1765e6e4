"""The step of the stage project: a timeline bundle in, its canonical records out; other records give nothing."""

from collections.abc import Iterable

from processors.envelope import Emit, Position, Record, Rows, Step
from processors.errors import Rejection
from processors.records.canonical import COMPONENT, canonical_records
from processors.records.dead_letter import dead_letter

STAGE = COMPONENT


def make_step() -> Step:
    """The step over `patient.timeline.v1`."""

    def step(value: Record, at: Position, rows: Rows) -> Iterable[Emit]:  # noqa: ARG001
        if value["kind"] != "bundle":
            return []
        key = value["patient_key"] or value["correlation_id"]
        return [Emit(topic, key, record) for topic, record in canonical_records(value)]

    return step


def refused(rejection: Rejection, value: Record, at: Position) -> list[Emit]:
    """The dead letter of a timeline record that cannot be projected."""
    return [dead_letter(STAGE, rejection, value, at)]
