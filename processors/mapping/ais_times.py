"""When a service or resource is taken: start, or offset from the appointment's start, and duration (AIS, AIG ...)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.scope import Scope
from processors.mapping.times import date_time
from processors.mapping.vocabularies_scheduling import SECONDS

_AMOUNT = re.compile(r"[+-]?[0-9]{1,7}(?:\.[0-9]{1,3})?")
_MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Places:
    """The fields that say when: start, offset and duration, the units of both in the fields behind them."""

    start: int
    offset: int
    duration: int


AIS = Places(4, 5, 7)
AIG = Places(8, 9, 11)
AIL = Places(6, 7, 9)
AIP = Places(6, 7, 9)


def period_of(segment: Segment, places: Places, begin: str, scope: Scope) -> Record:
    """The Period of a service or resource; the appointment begins at `begin`, "" when unknown. {} when unsaid."""
    start = _start(segment, places, begin, scope)
    end = later(start or begin, segment, places.duration, scope)
    if not start and end:
        start = begin
    scope.ends = scope.ends or bool(end)
    return {name: value for name, value in (("start", start), ("end", end)) if value}


def _start(segment: Segment, places: Places, begin: str, scope: Scope) -> str:
    raw = segment.raw(places.start)
    if not raw:
        return later(begin, segment, places.offset, scope)
    scope.segment, scope.field = segment, places.start
    value = date_time(raw, scope) or ""
    return value if scope.trace is None else scope.trace.mark(value, raw)


def later(begin: str, segment: Segment, n: int, scope: Scope) -> str:
    """`begin` and the span in field n, in the unit of the field after it; "" when one is missing or unreadable."""
    span = seconds_of(segment.text(n), segment.text(n + 1))
    if span is None or len(begin) <= len("2026-03-06"):
        return ""
    try:
        value = (datetime.fromisoformat(begin) + timedelta(seconds=span)).isoformat()
    except (ValueError, OverflowError):
        return ""
    return value if scope.trace is None else scope.trace.mark(value, segment.raw(n))


def minutes_of(amount: str, unit: str) -> int | None:
    """A span as whole minutes, more than none; None when it is no such."""
    span = seconds_of(amount, unit)
    return span // _MINUTE_S if span and span > 0 and not span % _MINUTE_S else None


def seconds_of(amount: str, unit: str) -> int | None:
    """A number (NM) of a unit as seconds; minutes where no unit is named."""
    factor, sent = SECONDS.get(unit.strip().upper()), amount.strip()
    return int(float(sent) * factor) if factor and _AMOUNT.fullmatch(sent) else None
