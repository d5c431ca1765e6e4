"""Escape sequences of HL7 2.5.1 chapter 2.7, decoded; what is unknown or unfinished stays as it was sent."""

import re
from typing import Protocol

from processors.hl7.charset import DESIGNATIONS, Designation, redecoded

_OWN: Designation = ("", b"", b"")
#: Layout commands (chapter 2.7.6) write at most so many blanks or lines: a number in a message must not fill memory.
_MOST_LAYOUT = 100
#: Sequences by form: letters, hexadecimal, local, change of character set, layout. `Z` is taken whole and left alone.
_CODES = r"[FSTREPHN]|X[^{0}]*|Z[^{0}]*|[CM](?:[0-9A-Fa-f]{{2}}){{2,3}}|\.(?i:br|sp|in|ti|sk|fi|nf|ce)\s?[+-]?[0-9]*"
_SWITCHES = "CM"
_LAYOUT = re.compile(r"\.(br|sp|in|ti|sk|fi|nf|ce)\s?([+-]?)([0-9]*)", re.IGNORECASE)


class Marks(Protocol):
    """The delimiters of one message."""

    @property
    def field(self) -> str: ...
    @property
    def component(self) -> str: ...
    @property
    def repetition(self) -> str: ...
    @property
    def escape(self) -> str: ...
    @property
    def subcomponent(self) -> str: ...
    @property
    def truncation(self) -> str: ...


def escape(text: str, marks: Marks) -> str:
    """Text as it may stand in a field: delimiters escaped, or blanks in their place where the sender has no escape."""
    sign = marks.escape
    table = {
        mark: f"{sign}{letter}{sign}" if sign else " "
        for mark, letter in zip(
            (sign, marks.field, marks.component, marks.repetition, marks.subcomponent), "EFSRT", strict=True
        )
        if mark
    }
    return "".join(table.get(c, c) for c in text)


class Unescape:
    """Callable that decodes one escaped text; made once per set of delimiters and charset.

    `codec`: how the message's bytes were read; needed where a sequence changes the character set (chapter 2.7.2) or
    gives bytes as hexadecimal digits.
    """

    __slots__ = ("_codec", "_escape", "_known", "_pattern", "_switch")

    def __init__(self, escape: str, marks: Marks, codec: str = "utf-8") -> None:
        self._escape = escape
        self._codec = codec
        self._known = {
            "F": marks.field,
            "S": marks.component,
            "R": marks.repetition,
            "T": marks.subcomponent,
            "E": escape,
            "P": marks.truncation,
            "H": "",
            "N": "",
        }
        mark = re.escape(escape)
        self._pattern = re.compile(f"{mark}({_CODES.format(mark)}){mark}") if escape else None
        self._switch = tuple(escape + letter for letter in _SWITCHES) if escape else ()

    def __call__(self, text: str) -> str:
        pattern = self._pattern
        if pattern is None or self._escape not in text:
            return text
        if any(start in text for start in self._switch):
            return self._in_sets(text, pattern)
        return pattern.sub(self._one, text)

    def _in_sets(self, text: str, pattern: re.Pattern[str]) -> str:
        """Text that may change its character set on the way: each run is read anew by the set that it stands in."""
        decoded = run = sign = ""
        at = 0
        target = _OWN
        for match in pattern.finditer(text):
            run += text[at : match.start()]
            at = match.end()
            code = match.group(1)
            found = DESIGNATIONS.get(code[1:].upper()) if code[0] in _SWITCHES else None
            if found is None:
                run += self._one(match)
                continue
            decoded += self._read(run, sign, target)
            run, sign, target = "", match.group(0), found
        return decoded + self._read(run + text[at:], sign, target)

    def _read(self, run: str, sign: str, target: Designation) -> str:
        """A run in a character set; as sent, with the sequence before it, when its bytes do not fit."""
        read = redecoded(run, self._codec, target)
        return sign + run if read is None else read

    def _one(self, match: re.Match[str]) -> str:
        code = match.group(1)
        known = self._known.get(code)
        if known is not None:
            return known
        if code[0] == "X":
            return self._hexadecimal(code[1:], match.group(0))
        layout = _LAYOUT.fullmatch(code)
        return _layout(layout) if layout else match.group(0)

    def _hexadecimal(self, digits: str, as_sent: str) -> str:
        try:
            data = bytes.fromhex(digits)
        except ValueError:
            return as_sent
        for codec in ("utf-8", self._codec, "latin-1"):
            try:
                return data.decode(codec) or as_sent
            except UnicodeDecodeError:
                continue
        return as_sent


def _layout(command: re.Match[str]) -> str:
    """A layout command as plain text: lines ended, blanks skipped; what says how to fill or indent back is left out."""
    name, sign, digits = command.group(1).lower(), command.group(2), command.group(3)
    count = max(1, min(int(digits[:4] or "1"), _MOST_LAYOUT))
    if name in ("br", "ce"):
        return "\n"
    if name == "sp":
        return "\n" * count
    if name in ("sk", "in", "ti"):
        return " " if sign == "-" else " " * count
    return ""
