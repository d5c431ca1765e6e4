"""What TQ1 and the older TQ say of a Timing, for orders and medications alike (HL7 2.5.1 chapters 4.5.4 and 2A.81)."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.identifiers import period
from processors.mapping.rows import FieldRow
from processors.mapping.scope import Scope, component
from processors.mapping.times import date_time, time_of_day
from processors.mapping.timings import (
    consistent,
    duration,
    duration_unit,
    duration_value,
    interval,
    lettered_duration,
    minutes,
    moved,
    positive,
    repeat_pattern,
    shifted,
)


def _unbounded(tq1: Segment) -> bool:
    return not tq1.raw(7) and not tq1.raw(8)


def _start_only(tq1: Segment) -> bool:
    return bool(tq1.raw(7)) and not tq1.raw(8)


def _end_only(tq1: Segment) -> bool:
    return bool(tq1.raw(8)) and not tq1.raw(7)


def _pattern_without_offset(tq1: Segment) -> bool:
    return not component(tq1.components(tq1.raw(3)), 9)


def _end(raw: str, scope: Scope) -> str | None:
    """The end of a service of known start and duration."""
    return shifted(scope.segment.raw(7), raw, scope, 1)


def _start(raw: str, scope: Scope) -> str | None:
    """The start of a service of known end and duration."""
    return shifted(scope.segment.raw(8), raw, scope, -1)


def timing_rows(timing: str) -> tuple[FieldRow, ...]:
    """The rows of TQ1 that fill the Timing at this path."""
    repeat = timing + ".repeat"
    return (
        FieldRow(3, timing, repeat_pattern),
        FieldRow(4, repeat + ".timeOfDay[]", time_of_day),
        FieldRow(5, repeat + ".offset", minutes, _pattern_without_offset),
        FieldRow(6, repeat + ".boundsDuration", duration, _unbounded),
        FieldRow(6, repeat + ".boundsPeriod.end", _end, _start_only),
        FieldRow(6, repeat + ".boundsPeriod.start", _start, _end_only),
        FieldRow(7, repeat + ".boundsPeriod.start", date_time),
        FieldRow(8, repeat + ".boundsPeriod.end", date_time),
        FieldRow(13, repeat + ".duration", duration_value),
        FieldRow(13, repeat + ".durationUnit", duration_unit),
        FieldRow(14, repeat + ".count", positive),
        FieldRow(14, repeat + ".countMax", positive),
    )


def timing_of(pieces: list[str], scope: Scope) -> Record:
    """TQ.2 to TQ.5 and TQ.12 as Timing; with one end known, the duration gives the other. {} when it says nothing."""
    sent = component(pieces, 2)
    timing = (interval(sent, scope) if sent else None) or {}
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
    """TQ.3 (`D5`): the bounds themselves, or the missing end of the period."""
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
