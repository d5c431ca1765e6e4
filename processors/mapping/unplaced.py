"""Fields that have a place in FHIR only together with another one: without it they are counted as not mapped."""

from processors.hl7.message import Segment
from processors.mapping.rows import Condition
from processors.mapping.scope import Scope


def unplaced(raw: str, scope: Scope) -> None:
    """A datatype that gives nothing and counts the field; a row's condition says when."""
    if scope.text(raw):
        scope.count_unmapped(f"{scope.segment.name}-{scope.field}")


def described_otherwise(coded: int, description: int) -> Condition:
    """Whether a description differs from the own text of the code (CWE.9), which stays."""

    def holds(segment: Segment) -> bool:
        own = segment.text(coded, 9)
        return bool(own) and segment.text(description) != own

    return holds
