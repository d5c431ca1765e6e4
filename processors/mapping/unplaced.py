"""Fields that have a place in FHIR only together with another one: without it they are counted as not mapped."""

from processors.mapping.scope import Scope


def unplaced(raw: str, scope: Scope) -> None:
    """A datatype that gives nothing and counts the field; a row's condition says when."""
    if scope.text(raw):
        scope.count_unmapped(f"{scope.segment.name}-{scope.field}")
