"""The tolerant tokenizer: bytes to a Message of Segments; fields split at once, deeper parts on demand.

HL7 2.5.1 chapter 2.5 (delimiters, 2.7 escapes in escapes.py). Segment ends CR, LF and CRLF are all accepted; unknown
segments keep their position; nothing is dropped.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from processors.errors import Reason, Rejection, Warn, Warning
from processors.hl7.charset import decode, decode_wide, wide_codec
from processors.hl7.escapes import Unescape


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The characters of MSH-1 and MSH-2; "" where the sender gave none, # for `truncation` (since version 2.7)."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = "#"


class Segment:
    """One segment. `fields[n]` is field n as sent (escaped), `fields[0]` the name; `fields[1]` of MSH its delimiter.

    `number` counts segments of this name from 1, `place` all segments from 1.
    """

    __slots__ = ("delimiters", "fields", "name", "number", "place", "unescape")

    def __init__(self, fields: list[str], place: int, number: int, delimiters: Delimiters, unescape: Unescape) -> None:
        self.name = fields[0]
        self.fields = fields
        self.place = place
        self.number = number
        self.delimiters = delimiters
        self.unescape = unescape

    def raw(self, n: int) -> str:
        """Field n as sent, "" when absent."""
        fields = self.fields
        return fields[n] if n < len(fields) else ""

    def repetitions(self, n: int) -> list[str]:
        """The repetitions of field n as sent; [] when the field is empty."""
        raw = self.raw(n)
        if not raw:
            return []
        mark = self.delimiters.repetition
        return raw.split(mark) if mark and mark in raw else [raw]

    def components(self, repetition: str) -> list[str]:
        """The components of one repetition, still escaped."""
        mark = self.delimiters.component
        return repetition.split(mark) if mark and mark in repetition else [repetition]

    def text(self, n: int, component: int = 1, repetition: int = 1) -> str:
        """One component of one repetition, unescaped; "" when absent or blank. For MSH-1 and MSH-2 use `raw`."""
        fields = self.fields
        raw = fields[n] if n < len(fields) else ""
        if not raw:
            return ""
        if raw.isalnum():
            return raw if component == repetition == 1 else ""
        marks = self.delimiters
        if repetition > 1 or (marks.repetition and marks.repetition in raw):
            repetitions = self.repetitions(n)
            if repetition > len(repetitions):
                return ""
            raw = repetitions[repetition - 1]
        if marks.component and marks.component in raw:
            parts = raw.split(marks.component)
            raw = parts[component - 1] if component <= len(parts) else ""
        elif component > 1:
            return ""
        text = self.unescape(raw)
        return "" if text.isspace() else text

    def path(self, n: int = 0, repetition: int = 0, component: int = 0) -> str:
        """Where a value stands, as users read it: `OBX[3]-5`, `PID[1]-5[2].1`."""
        at = f"{self.name}[{self.number}]"
        at += f"-{n}" if n else ""
        at += f"[{repetition}]" if repetition else ""
        return at + (f".{component}" if component else "")


@dataclass(slots=True)
class Message:
    """One parsed HL7 v2 message; `warnings` says what was odd about its form."""

    delimiters: Delimiters
    segments: list[Segment]
    charset: str
    warnings: list[Warning] = field(default_factory=list)
    header: Segment = field(init=False, repr=False)
    """The MSH segment."""

    def __post_init__(self) -> None:
        """The first segment is the header."""
        self.header = self.segments[0]

    def first(self, name: str) -> Segment | None:
        """The first segment of that name."""
        return next((s for s in self.segments if s.name == name), None)

    def all(self, name: str) -> Iterator[Segment]:
        """All segments of that name, in order."""
        return (s for s in self.segments if s.name == name)

    @property
    def type(self) -> str:
        """MSH-9.1, e.g. ORU."""
        return self.header.text(9, 1).strip().upper()

    @property
    def trigger(self) -> str:
        """MSH-9.2, e.g. R01; "" when absent."""
        return self.header.text(9, 2).strip().upper()

    @property
    def control_id(self) -> str:
        """MSH-10."""
        return self.header.text(10)


def parse(data: bytes, charset: str = "") -> Message:
    """Bytes of one message (MLLP block characters already removed) to a Message.

    `charset` overrides MSH-18. Raises Rejection(not_hl7, header_invalid) when there is no usable MSH; nothing else.
    """
    wide = "" if data[:3] == b"MSH" else wide_codec(data)
    if wide:
        text, warnings = decode_wide(data, wide)
        _check_start(text[:5].encode("utf-8"))
        return _message(text, text[:_MARKS_END], wide, warnings)
    start = _start(data)
    header = _first_line(data, start)
    declared, others = _declared(header, _marks(header[:_MARKS_END])[0])
    text, used, warnings = decode(data[start:], declared, charset, others)
    return _message(text, header[:_MARKS_END], used, warnings)


def _message(text: str, start: str, codec: str, warnings: list[Warning]) -> Message:
    delimiters, decoders = _marks(start)
    unescape = decoders.get(codec)
    if unescape is None:
        unescape = decoders[codec] = Unescape(delimiters.escape, delimiters, codec)
    segments: list[Segment] = []
    counts: dict[str, int] = {}
    separator = delimiters.field
    for place, line in enumerate(_lines(text, separator), 1):
        fields = line.split(separator)
        name = fields[0]
        if name in _HEADERS:
            fields.insert(1, separator)
        number = counts[name] = counts.get(name, 0) + 1
        segments.append(Segment(fields, place, number, delimiters, unescape))
        if not _is_name(name):
            path = f"segment {place}"
            warnings.append(Warning(Warn.SEGMENT_INVALID, path, "no segment name; kept in position, not mapped"))
    if counts.get("MSH", 0) > 1:
        what = "a second MSH in one message; kept in position, not mapped: send one message per frame"
        warnings.append(Warning(Warn.SEGMENT_MISPLACED, "MSH[2]", what))
    return Message(delimiters, segments, codec, warnings)


_TRUNCATION = "#"
_HEADERS = ("MSH", "FHS", "BHS")
_MARKS_END = 10
"""MSH, its field separator and at most six characters of MSH-2: one more than the standard has."""
_BLANK = b"\xef\xbb\xbf\x0b\x00 \t\r\n"


def _start(data: bytes) -> int:
    """Where MSH begins; white space, a byte order mark and stray framing before it are passed over."""
    start = len(data) - len(data.lstrip(_BLANK))
    _check_start(data[start : start + 5])
    return start


def _check_start(start: bytes) -> None:
    if not start:
        raise Rejection(Reason.NOT_HL7, "MSH", "the message is empty: there is nothing but white space; send it again")
    if start[:3] != b"MSH":
        raise Rejection(Reason.NOT_HL7, "MSH", "the bytes do not begin with an MSH segment; send HL7 v2 in ER7 form")
    if len(start) < 5:
        raise Rejection(Reason.NOT_HL7, "MSH", "the MSH segment ends before its delimiters; send MSH-1 and MSH-2")


def _first_line(data: bytes, start: int) -> str:
    """The MSH segment, read byte by byte: its delimiters and MSH-18 are needed before the charset is known."""
    ends = [end for end in (data.find(b"\r", start), data.find(b"\n", start)) if end >= 0]
    return data[start : min(ends, default=len(data))].decode("latin-1")


@lru_cache(maxsize=1024)
def _is_name(name: str) -> bool:
    """Three capital letters or digits."""
    return len(name) == 3 and name.isalnum() and name.isupper()


def _is_mark(c: str) -> bool:
    return "!" <= c <= "~" and not c.isalnum()


@lru_cache(maxsize=256)
def _marks(header: str) -> tuple[Delimiters, dict[str, Unescape]]:
    """The delimiters that a header's first characters state, and what decodes their escapes, by codec."""
    separator = header[3:4]
    if not _is_mark(separator):
        raise Rejection(Reason.NOT_HL7, "MSH-1", "the field separator is not an ASCII mark; the usual one is |")
    marks = header[4:].split(separator, 1)[0].rstrip(" ")
    if not marks or len(marks) > 5 or not all(map(_is_mark, marks)):
        what = "the encoding characters are missing or not 1 to 5 marks; the usual ones are ^~\\&"
        raise Rejection(Reason.HEADER_INVALID, "MSH-2", what)
    padded = (*marks, "", "", "", "")
    return Delimiters(separator, padded[0], padded[1], padded[2], padded[3], padded[4] or _TRUNCATION), {}


def _declared(header: str, delimiters: Delimiters) -> tuple[str, tuple[str, ...]]:
    """MSH-18 as sent (table 0211): the usual charset, and those that ISO 2022 escapes change to."""
    fields = header.split(delimiters.field, 18)
    raw = fields[17].strip() if len(fields) > 17 else ""
    if not raw or not delimiters.repetition or delimiters.repetition not in raw:
        return raw, ()
    first, *others = (one.strip() for one in raw.split(delimiters.repetition))
    return first, tuple(others)


def _lines(text: str, separator: str) -> list[str]:
    """The segments. A line feed among carriage returns ends one only where a segment name follows; else it stays."""
    text = text.rstrip("\x1c\x00\r\n")
    if "\n" in text:
        text = text.replace("\r\n", "\r").replace("\n\r", "\r")
        follows = rf"\n(?=[A-Z][A-Z0-9]{{2}}{re.escape(separator)})" if "\r" in text else r"\n"
        text = re.sub(follows, "\r", text)
    return [line for line in text.split("\r") if line and (line[0] != " " or not line.isspace())]
