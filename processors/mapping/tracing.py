"""Field lineage: a message whose texts know where they stand, so that a conversion run again tells each value's source.

Nothing of it is stored: `convert(..., trace=Trace())` is the same conversion, slower, without what was remembered.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, SupportsIndex, TypeVar

import orjson

from processors.envelope import Record
from processors.hl7.message import Delimiters, Message, Segment

K = TypeVar("K")
V = TypeVar("V")
_MOST_PLACES = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands: segment, field, repetition, component, subcomponent; 0 = the whole of the level above."""

    segment: str
    field: int
    repetition: int = 0
    component: int = 0
    subcomponent: int = 0

    def __str__(self) -> str:
        """As users read it: `PID[1]-5[2].1`."""
        at = f"{self.segment}-{self.field}"
        at += f"[{self.repetition}]" if self.repetition else ""
        at += f".{self.component}" if self.component else ""
        return at + (f".{self.subcomponent}" if self.subcomponent else "")


class Traced(str):
    """A text with its place; what splits or trims it keeps the place.

    `skipped`: how many parts stood before it where it is the rest of a text; `others`: what else it was made of.
    """

    __slots__ = ("marks", "others", "place", "skipped")
    place: Place
    marks: Delimiters
    skipped: int
    others: tuple[Place, ...]

    @staticmethod
    def of(text: str, place: Place, marks: Delimiters, skipped: int = 0, others: tuple[Place, ...] = ()) -> "Traced":
        """The text as one from there."""
        made = Traced(text)
        made.place = place
        made.marks = marks
        made.skipped = skipped
        made.others = others
        return made

    def _same(self, text: str) -> "Traced":
        return Traced.of(text, self.place, self.marks, self.skipped)

    def _rest(self, text: str, n: int) -> "Traced":
        return Traced.of(text, self.place, self.marks, self.skipped + n)

    def _part(self, text: str, mark: str | None, n: int) -> "Traced":
        place, n = self.place, n + self.skipped
        if mark == self.marks.repetition:
            place = replace(place, repetition=n)
        elif mark == self.marks.component and not place.component:
            place = replace(place, component=n)
        elif mark in (self.marks.component, self.marks.subcomponent) and not place.subcomponent:
            place = replace(place, subcomponent=n)
        return Traced.of(text, place, self.marks)

    def split(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list[str]:
        """Parts with their places."""
        texts = str.split(self, sep, maxsplit)
        parts: list[str] = [self._part(text, sep, n) for n, text in enumerate(texts, 1)]
        if sep is not None and sep in texts[-1]:
            parts[-1] = self._rest(texts[-1], len(texts) - 1)
        return parts

    def partition(self, sep: str, /) -> tuple[str, str, str]:
        """The first part with its place, the mark, the rest."""
        first, mark, rest = str.partition(self, sep)
        return self._part(first, sep, 1), mark, self._rest(rest, 1)

    def strip(self, chars: str | None = None, /) -> str:
        """Trimmed."""
        return self._same(str.strip(self, chars))

    def rstrip(self, chars: str | None = None, /) -> str:
        """Trimmed at its end."""
        return self._same(str.rstrip(self, chars))

    def replace(self, old: str, new: str, count: SupportsIndex = -1, /) -> str:
        """With other text inside."""
        return self._same(str.replace(self, old, new, count))

    def upper(self) -> str:
        """In capitals."""
        return self._same(str.upper(self))

    def lower(self) -> str:
        """In small letters."""
        return self._same(str.lower(self))


class Forgetful(dict[K, V]):
    """A memo that keeps nothing."""

    def __setitem__(self, key: K, value: V) -> None:
        """Keep nothing."""


class Trace:
    """Collects where values came from while a traced message is converted."""

    def __init__(self) -> None:
        self._others: dict[tuple[int, str | int], Place] = {}
        self._held: list[object] = []

    def mark(self, value: Any, raw: str) -> Any:
        """A copy of what a datatype function made of `raw`, its texts with their places."""
        return self._mark(value, raw) if isinstance(raw, Traced) else value

    def _mark(self, value: Any, raw: Traced) -> Any:
        if isinstance(value, Traced):
            return value
        if isinstance(value, str):
            return Traced.of(value, raw.place, raw.marks)
        if isinstance(value, dict):
            made: Any = {}
            items: Any = value.items()
        elif isinstance(value, list):
            made, items = list(value), enumerate(value)
        else:
            return value
        self._held.append(made)
        for key, inner in items:
            made[key] = self._mark(inner, raw)
            if not isinstance(inner, str | dict | list):
                self._others.setdefault((id(made), key), self._others.get((id(value), key), raw.place))
        return made

    def joined(self, text: str, parts: Iterable[str]) -> str:
        """A text made of several, each with its place."""
        known = [one for one in parts if isinstance(one, Traced) and one]
        if not known:
            return text
        places = tuple(dict.fromkeys(one.place for one in known))[:_MOST_PLACES]
        return Traced.of(text, places[0], known[0].marks, others=places[1:])

    def note(self, holder: Record, name: str, raw: str) -> None:
        """A number or boolean that stands directly in a resource; a component says more than its field."""
        if isinstance(raw, Traced) and name in holder:
            self._held.append(holder)
            known = self._others.get((id(holder), name))
            if known is None or (raw.place.component and known == replace(raw.place, component=0, subcomponent=0)):
                self._others[id(holder), name] = raw.place

    def sources(self, resource: Record) -> Iterator[tuple[str, str, Any]]:
        """(path, place, value) of each value of a resource whose source is known."""
        yield from self._walk(resource, "")

    def _walk(self, value: Any, path: str) -> Iterator[tuple[str, str, Any]]:
        items: Any = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            here = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}" if path else key
            if isinstance(inner, dict | list):
                yield from self._walk(inner, here)
            elif isinstance(inner, Traced):
                for place in (inner.place, *inner.others):
                    yield here, str(place), inner
            elif isinstance(inner, str | int | float | orjson.Fragment) and (id(value), key) in self._others:
                yield here, str(self._others[id(value), key]), inner


def traced(message: Message) -> Message:
    """The message with fields that know their place."""
    return replace(message, segments=[_segment(one) for one in message.segments])


def _segment(segment: Segment) -> Segment:
    marks, name = segment.delimiters, segment.path()
    fields = [Traced.of(text, Place(name, n), marks) if n and text else text for n, text in enumerate(segment.fields)]
    return Segment(fields, segment.place, segment.number, marks, _keeping(segment.unescape))


def _keeping(unescape: Callable[[str], str]) -> Any:
    def read(text: str) -> str:
        plain = unescape(text)
        return Traced.of(plain, text.place, text.marks) if isinstance(text, Traced) else plain

    return read
