"""TQ (ORC-7 and OBR-27 of HL7 before 2.7; HL7 2.5.1 chapter 2A.81) -> ServiceRequest."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.scope import Scope, component
from processors.mapping.timings import as_needed, priority
from processors.mapping.tq1_servicerequest import place_timing
from processors.mapping.tq_timing import timing_of
from processors.mapping.values import quantity

#: Components without a place in FHIR R4: condition, conjunction, order sequencing, occurrence duration.
_NOWHERE = (7, 9, 10, 11)


def timings(segment: Segment, field: int, resource: Record, scope: Scope) -> None:
    """All repetitions of a TQ field; the first one gives quantity and priority."""
    scope.segment, scope.field = segment, field
    for raw in segment.repetitions(field):
        pieces = raw.split(scope.component)
        value = timing_of(pieces, scope)
        if scope.trace is not None:
            value = scope.trace.mark(value, raw)
        place_timing(value, resource)
        _once(pieces, resource, scope)
        told = scope.text(component(pieces, 8))
        if told:
            resource["note"] = [*resource.get("note", ()), {"text": told}]
        for n in _NOWHERE:
            if scope.text(component(pieces, n)):
                scope.count_unmapped(f"{segment.name}-{field}.{n}")


def _once(pieces: list[str], resource: Record, scope: Scope) -> None:
    amount = component(pieces, 1).replace(scope.subcomponent, scope.component)
    if amount and "quantityQuantity" not in resource:
        value = quantity(amount, scope)
        if value is not None:
            resource["quantityQuantity"] = value
    urgent = component(pieces, 6)
    if urgent and "priority" not in resource:
        found = priority(urgent, scope)
        if found is not None:
            resource["priority"] = found if scope.trace is None else scope.trace.mark(found, urgent)
        elif as_needed(urgent, scope):
            resource["asNeededBoolean"] = True
