"""What a site wants and expects: messages that it filters out, and a verdict on how far the others are as agreed.

A message that departs is converted all the same. The verdict is recorded and counted, so that a sender's drift is seen
on the day it begins and is not taken for normal.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from processors.hl7.message import Message, Segment
from processors.sites import ANY, Expectations, Filter, Place, Site, place

_MOST_DEPARTURES = 50
_EMPTY = ("", '""')


class Departs(StrEnum):
    """How a message departs from what the site expects. Closed list, explained in docs/sites.md."""

    TRIGGER_UNEXPECTED = "trigger_unexpected"
    SEGMENT_MISSING = "segment_missing"
    FIELD_MISSING = "field_missing"
    CODE_UNEXPECTED = "code_unexpected"


@dataclass(frozen=True, slots=True)
class Departure:
    """One kind of departure at one segment-field: `path` of the first place (`OBX[3]-3`), and how often. No values."""

    code: Departs
    path: str
    count: int

    @property
    def field(self) -> str:
        """The path without the number of the segment, e.g. OBX-3: bounded by what the site names."""
        name, _, rest = self.path.partition("[")
        return name + rest.partition("]")[2]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`state`: "" where the site expects nothing, else ok or departs."""

    state: str
    departures: tuple[Departure, ...] = ()


#: Code, segment-field, path.
_Found: TypeAlias = tuple[Departs, str, str]
NO_VERDICT = Verdict("")
OK = Verdict("ok")


def judge(message: Message, site: Site) -> Verdict:
    """The verdict on a message by its site's `expects`."""
    expects = site.expects
    if not expects.given:
        return NO_VERDICT
    counted: dict[tuple[Departs, str], tuple[str, int]] = {}
    for code, name, path in _departures(message, expects):
        first, count = counted.get((code, name), (path, 0))
        counted[code, name] = (first, count + 1)
    if not counted:
        return OK
    found = [Departure(code, first, count) for (code, _), (first, count) in counted.items()]
    return Verdict("departs", tuple(found[:_MOST_DEPARTURES]))


def unwanted(message: Message, site: Site) -> tuple[str, str] | None:
    """Path and reason when the site filters a message out."""
    return next(((_filter_path(one), one.reason) for one in site.filters if _matches(one, message)), None)


def _departures(message: Message, expects: Expectations) -> Iterator[_Found]:
    """Code, segment-field, and where it is."""
    kinds = _kinds(message)
    if expects.triggers and not any(kind in expects.triggers for kind in kinds):
        yield Departs.TRIGGER_UNEXPECTED, "MSH-9", "MSH[1]-9"
    there: dict[str, list[Segment]] = {}
    for segment in message.segments:
        there.setdefault(segment.name, []).append(segment)
    for name in _named(expects.segments, kinds):
        if name not in there:
            yield Departs.SEGMENT_MISSING, name, name
    for name in _named(expects.fields, kinds):
        at = place(name)
        yield from _missing(there.get(at.segment, ()), at, name)
    for name, codes in expects.codes.items():
        at = place(name)
        yield from _unexpected(there.get(at.segment, ()), at, name, codes)


def _missing(segments: Iterable[Segment], at: Place, name: str) -> Iterator[_Found]:
    for segment in segments:
        raw = segment.raw(at.field)
        if raw.isalnum() and at.component < 2 and at.subcomponent < 2:
            continue
        if all(text.strip() in _EMPTY for text in _texts(segment, at)):
            yield Departs.FIELD_MISSING, name, _path(segment, at)


def _unexpected(segments: Iterable[Segment], at: Place, name: str, codes: tuple[str, ...]) -> Iterator[_Found]:
    for segment in segments:
        raw = segment.raw(at.field)
        if not raw or (at.component < 2 and at.subcomponent < 2 and raw in codes):
            continue
        sent = (text.strip() for text in _texts(segment, at, at.component or 1))
        if any(text not in codes and text not in _EMPTY for text in sent):
            yield Departs.CODE_UNEXPECTED, name, _path(segment, at)


def _kinds(message: Message) -> tuple[str, ...]:
    kind, trigger = message.type, message.trigger
    return (f"{kind}^{trigger}", kind, ANY) if trigger else (kind, ANY)


def _named(lists: Mapping[Any, tuple[str, ...]], kinds: Iterable[str]) -> Iterable[str]:
    """What is asked of this message type, each once."""
    return dict.fromkeys(name for kind in kinds for name in lists.get(kind, ()))


def _texts(segment: Segment, at: Place, component: int = 0) -> Iterator[str]:
    """The text at a place in each repetition; of a whole field its components one by one."""
    wanted = component or at.component
    for raw in segment.repetitions(at.field):
        parts = segment.components(raw)
        if not wanted:
            yield from map(segment.unescape, parts)
            continue
        part = parts[wanted - 1] if wanted <= len(parts) else ""
        mark = segment.delimiters.subcomponent
        if at.subcomponent:
            pieces = part.split(mark) if mark else [part]
            part = pieces[at.subcomponent - 1] if at.subcomponent <= len(pieces) else ""
        yield segment.unescape(part)


def _path(segment: Segment, at: Place) -> str:
    path = segment.path(at.field, 0, at.component)
    return f"{path}.{at.subcomponent}" if at.subcomponent else path


def _filter_path(one: Filter) -> str:
    if one.types:
        return "MSH-9"
    return "MSH-11" if one.processing_ids else str(next(iter(one.fields), ""))


def _matches(one: Filter, message: Message) -> bool:
    if one.types and not any(kind in one.types for kind in _kinds(message)):
        return False
    if one.processing_ids and message.header.text(11) not in one.processing_ids:
        return False
    return all(_holds(message, place(name), values) for name, values in one.fields.items())


def _holds(message: Message, at: Place, values: tuple[str, ...]) -> bool:
    texts = (text for segment in message.all(at.segment) for text in _texts(segment, at, at.component or 1))
    return any(text.strip() in values for text in texts)
