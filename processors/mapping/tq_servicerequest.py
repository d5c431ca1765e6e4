"""TQ (ORC-7 and OBR-27 of HL7 before 2.7; HL7 2.5.1 chapter 2A.81) -> ServiceRequest."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.identifiers import period
from processors.mapping.scope import Scope, component
from processors.mapping.timings import as_needed, consistent, interval, lettered_duration, moved, positive, priority
from processors.mapping.tq1_servicerequest import place_timing
from processors.mapping.values import quantity

#: Components without a place in FHIR R4: condition, conjunction, order sequencing, occurrence duration.
_NOWHERE = (7, 9, 10, 11)


def timings(segment: Segment, field: int, resource: Record, scope: Scope) -> None:
    """All repetitions of a TQ field; the first one gives quantity and priority."""
    scope.segment, scope.field = segment, field
    for raw in segment.repetitions(field):
        pieces = raw.split(scope.component)
        value = _timing(pieces, scope)
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


def _timing(pieces: list[str], scope: Scope) -> Record:
    """TQ.2 to TQ.5 and TQ.12 as Timing; with one end known, the duration gives the other."""
    timing = (interval(pieces[1], scope) if component(pieces, 2) else None) or {}
    repeat: Record = timing.pop("repeat", {})
    bounds = period(component(pieces, 4), component(pieces, 5), scope) or {}
    lasting = component(pieces, 3)
    if scope.text(lasting):
        _last(lasting, bounds, repeat, scope)
    if bounds:
        repeat["boundsPeriod"] = bounds
    count = positive(component(pieces, 12), scope) if component(pieces, 12) else None
    if count:
        repeat["count"] = count
        if scope.trace is not None:
            scope.trace.note(repeat, "count", component(pieces, 12))
    if repeat:
        timing["repeat"] = repeat
    consistent(timing, scope)
    return timing


def _last(raw: str, bounds: Record, repeat: Record, scope: Scope) -> None:
    """TQ.3: the bounds themselves, or the missing end of the period."""
    found = lettered_duration(raw, scope)
    known = next(iter(bounds.values()), "")
    if found is None or len(bounds) > 1 or (bounds and (found[1] is None or len(known) < 10)):
        scope.count_unmapped(f"{scope.segment.name}-{scope.field}.3")
    elif not bounds:
        repeat["boundsDuration"] = found[0] if scope.trace is None else scope.trace.mark(found[0], raw)
    elif found[1] is not None:
        name, sign = ("end", 1) if "start" in bounds else ("start", -1)
        other = moved(known, sign * found[1])
        if other:
            bounds[name] = other
