"""Periods whose end lies before their start, or not surely behind it (a time and its own day): R4 refuses them (per-1).

So the end stands in an extension, as sent.
"""

from datetime import datetime
from typing import Any

from processors.envelope import Record
from processors.fhir.systems import SENT_END

_DAY = len("YYYY-MM-DD")


def mended(value: Any) -> Any:
    """The same value when all its periods hold, else a copy in which they do; nothing is changed in place."""
    if isinstance(value, dict):
        made = _members(value)
        start, end = made.get("start"), made.get("end")
        if isinstance(start, str) and isinstance(end, str) and "resourceType" not in made and _refused(start, end):
            sent = {"url": SENT_END, "valueDateTime": end}
            kept = {name: one for name, one in made.items() if name != "end"}
            return {**kept, "extension": [*made.get("extension", ()), sent]}
        return made
    if isinstance(value, list):
        items = [mended(one) for one in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def _members(value: Record) -> Record:
    made = {name: mended(one) for name, one in value.items()}
    return made if any(made[name] is not one for name, one in value.items()) else value


def _refused(start: str, end: str) -> bool:
    return ends_before(start, end) or _unclear(start, end)


def _unclear(start: str, end: str) -> bool:
    """One names a part of the other's time: which is first cannot be told."""
    sizes = [min(len(one), _DAY + 1) for one in (start, end)]
    return sizes[0] != sizes[1] and start[: min(sizes)] == end[: min(sizes)]


def ends_before(start: str, end: str) -> bool:
    """The end lies before the start for certain: times by instant, dates by the part that both have."""
    if len(start) > _DAY and len(end) > _DAY:
        return datetime.fromisoformat(end) < datetime.fromisoformat(start)
    size = min(len(start), len(end), _DAY)
    return end[:size] < start[:size]
