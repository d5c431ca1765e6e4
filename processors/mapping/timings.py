"""When an order is to be done (RPT, RI, TQ; HL7 2.5.1 chapters 2A.65, 2A.67, 2A.81) as FHIR Timing and Duration."""

import re
from datetime import date, datetime, timedelta
from typing import cast

import orjson

from processors.envelope import Record
from processors.fhir.numbers import decimal_lexeme
from processors.fhir.systems import TERMINOLOGY, UCUM
from processors.mapping.codes import concept_in, warn_unmapped
from processors.mapping.extensions import whole_or_warned
from processors.mapping.scope import Scope, component
from processors.mapping.times import date_time, time_of_day
from processors.mapping.vocabularies import PRIORITY
from processors.mapping.vocabularies_orders import (
    AS_NEEDED,
    DAY_OF_WEEK,
    DURATION_LETTER,
    EVENT_TIMING,
    REPEAT_PATTERN,
    SECONDS,
    TIME_UNIT,
    WITHOUT_OFFSET,
)

_LETTERED = re.compile(r"([SMHDWL])([0-9]+(?:\.[0-9]+)?)")
_MOST_SECONDS = 366 * 200 * 86400
_pattern = concept_in(REPEAT_PATTERN, TERMINOLOGY + "v3-GTSAbbreviation", TERMINOLOGY + "v2-0335")


def priority(raw: str, scope: Scope) -> str | None:
    """A priority (tables 0485 and 0027) as request-priority; `as needed` is none and says so elsewhere."""
    sent = scope.texts(raw)[0].upper()
    found = PRIORITY.get(sent)
    if found is None and sent and sent != AS_NEEDED:
        warn_unmapped(scope)
    return found


def as_needed(raw: str, scope: Scope) -> bool | None:
    """A priority that says: as needed."""
    return True if scope.texts(raw)[0].upper() == AS_NEEDED else None


def repeat_pattern(raw: str, scope: Scope) -> Record | None:
    """RPT as Timing: the pattern as code, weekdays, period, event and offset; counts what Timing has no place for."""
    parts = scope.texts(raw)
    timing = _coded(raw.split(scope.component)[0], scope)
    repeat: Record = {}
    if component(parts, 2) == "DW":
        days = _days(component(parts, 3), component(parts, 4))
        if days:
            repeat["dayOfWeek"] = days if scope.trace is None else [scope.trace.joined(d, parts[2:4]) for d in days]
    else:
        _unplaced(scope, parts, 2, 3, 4)
    span = _decimal(component(parts, 5))
    unit = _unit(component(parts, 6), scope)
    if span is not None and unit:
        repeat |= {"period": span, "periodUnit": _told(unit, component(parts, 6), scope)}
        _note(repeat, "period", component(parts, 5), scope)
    else:
        _unplaced(scope, parts, 5, 6)
    _event(parts, repeat, scope)
    _unplaced(scope, parts, 7, 11)
    if repeat:
        timing["repeat"] = repeat
    return timing or None


def interval(raw: str, scope: Scope) -> Record | None:
    """RI (in subcomponents of TQ.2) as Timing: the pattern as code, HHMM,HHMM as times of day."""
    pieces = raw.split(scope.subcomponent)
    timing = _coded(pieces[0], scope)
    sent = [time_of_day(one, scope) for one in component(pieces, 2).split(",") if one]
    times = [one for one in sent if one]
    if times:
        timing["repeat"] = {"timeOfDay": times}
    return timing or None


def duration(raw: str, scope: Scope) -> Record | None:
    """CQ as Duration in UCUM; without a number or a unit of time there is none (invariant drt-1)."""
    value, unit = duration_value(raw, scope), duration_unit(raw, scope)
    if value is None or not unit:
        scope.count_unmapped(f"{scope.segment.name}-{scope.field}")
        return None
    found: Record = {"value": value, "unit": unit, "system": _told(UCUM, unit, scope), "code": unit}
    _note(found, "value", scope.texts(raw)[0], scope)
    return found


def lettered_duration(raw: str, scope: Scope) -> tuple[Record, float | None] | None:
    """TQ.3 (`D3`, `H12`) as Duration and in seconds; other texts (INDEF, X5, T...) say no length of time."""
    found = _LETTERED.fullmatch(scope.text(raw).upper())
    if found is None:
        return None
    unit = DURATION_LETTER[found.group(1)]
    value = {"value": _decimal(found.group(2)), "unit": unit, "system": UCUM, "code": unit}
    return value, _seconds(found.group(2), unit)


def duration_value(raw: str, scope: Scope) -> orjson.Fragment | None:
    """CQ.1 of a length of time."""
    return _decimal(scope.texts(raw)[0]) if duration_unit(raw, scope) else None


def duration_unit(raw: str, scope: Scope) -> str | None:
    """CQ.2 of a length of time as units-of-time."""
    parts = scope.texts(raw)
    unit = _unit(component(parts, 2), scope) if parts[0] else ""
    return _told(unit, component(parts, 2), scope) if unit else None


def minutes(raw: str, scope: Scope) -> int | None:
    """CQ as whole minutes (Timing.repeat.offset); a relative time before the event has no place there."""
    parts = scope.texts(raw)
    seconds = _seconds(parts[0], _unit(component(parts, 2), scope) or "min")
    if seconds is None or seconds < 0:
        scope.count_unmapped(f"{scope.segment.name}-{scope.field}")
        return None
    return round(seconds / 60)


def positive(raw: str, scope: Scope) -> int | None:
    """NM as positiveInt."""
    return whole_or_warned(raw, scope) or None


def shifted(start: str, raw: str, scope: Scope, sign: int) -> str | None:
    """The dateTime `start` (a field as sent) plus or minus the CQ, with the precision it was sent in."""
    since = date_time(start, scope)
    parts = scope.texts(raw)
    seconds = _seconds(parts[0], _unit(component(parts, 2), scope))
    if since is None or len(since) < 10 or seconds is None:
        scope.count_unmapped(f"{scope.segment.name}-{scope.field}")
        return None
    return moved(since, sign * seconds)


def moved(since: str, seconds: float) -> str | None:
    """A FHIR dateTime moved by so many seconds; None where that leaves the calendar."""
    try:
        if len(since) == 10:
            return (date.fromisoformat(since) + timedelta(seconds=seconds)).isoformat()
        return (datetime.fromisoformat(since) + timedelta(seconds=seconds)).isoformat()
    except (ValueError, OverflowError):
        return None


def consistent(timing: Record, scope: Scope) -> None:
    """Keep what R4 allows together: an offset only beside an event (tim-9), times of day only without one (tim-10)."""
    repeat = timing.get("repeat", {})
    events = repeat.get("when", ())
    if "offset" in repeat and (not events or events[0] in WITHOUT_OFFSET):
        del repeat["offset"]
        scope.count_unmapped(f"{scope.segment.name}-5")
    if events and repeat.pop("timeOfDay", None):
        scope.count_unmapped(f"{scope.segment.name}-4")
    if "repeat" in timing and not repeat:
        del timing["repeat"]


def _coded(raw: str, scope: Scope) -> Record:
    code = _pattern(raw.replace(scope.subcomponent, scope.component), scope) if raw else None
    return {"code": code} if code else {}


def _days(first: str, last: str) -> list[str]:
    """The weekdays from the first to the last, over the end of the week where the last is before the first."""
    if first not in DAY_OF_WEEK or (last and last not in DAY_OF_WEEK):
        return []
    start = int(first)
    count = (int(last or first) - start) % 7 + 1
    return [DAY_OF_WEEK[str((start - 1 + n) % 7 + 1)] for n in range(count)]


def _event(parts: list[str], repeat: Record, scope: Scope) -> None:
    """RPT.8 to RPT.10: the event and how many minutes after it."""
    event = component(parts, 8)
    if event in EVENT_TIMING:
        repeat["when"] = [event]
    elif event:
        warn_unmapped(scope)
    seconds = _seconds(component(parts, 9), _unit(component(parts, 10), scope) or "min")
    if seconds is not None and seconds >= 0 and "when" in repeat and event not in WITHOUT_OFFSET:
        repeat["offset"] = round(seconds / 60)
        _note(repeat, "offset", component(parts, 9), scope)
    else:
        _unplaced(scope, parts, 9)


def _told(text: str, part: str, scope: Scope) -> str:
    """A text with the place of the component that it stands for."""
    return text if scope.trace is None else cast("str", scope.trace.mark(text, part))


def _note(holder: Record, name: str, part: str, scope: Scope) -> None:
    """A number with the place of its component."""
    if scope.trace is not None:
        scope.trace.note(holder, name, part)


def _unplaced(scope: Scope, parts: list[str], *places: int) -> None:
    for n in places:
        if component(parts, n):
            scope.count_unmapped(f"{scope.segment.name}-{scope.field}.{n}")


def _unit(sent: str, scope: Scope) -> str:
    """A unit of time, alone or as the first subcomponent of a CWE."""
    return TIME_UNIT.get(sent.split(scope.subcomponent)[0].strip().lower(), "")


def _decimal(text: str) -> orjson.Fragment | None:
    lexeme = decimal_lexeme(text) if text else None
    return None if lexeme is None or lexeme.startswith("-") else orjson.Fragment(lexeme.encode())


def _seconds(text: str, unit: str) -> float | None:
    lexeme = decimal_lexeme(text) if text and unit in SECONDS else None
    if lexeme is None:
        return None
    seconds = float(lexeme) * SECONDS[unit]
    return seconds if abs(seconds) < _MOST_SECONDS else None
