"""Escape sequences of HL7 2.5.1 chapter 2.7, decoded; what is unknown stays as it was sent."""

import re
from typing import Protocol

#: Formatting commands with a number (chapter 2.7.5): skip lines, indent, temporary indent, skip spaces.
_LAYOUT = re.compile(r"\.(sp|in|ti|sk)[+-]?\d+", re.IGNORECASE)


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
    """Callable that decodes one escaped text; made once per set of delimiters."""

    __slots__ = ("_escape", "_known", "_pattern")

    def __init__(self, escape: str, marks: Marks) -> None:
        self._escape = escape
        self._known = {
            "F": marks.field,
            "S": marks.component,
            "R": marks.repetition,
            "T": marks.subcomponent,
            "E": escape,
            "H": "",
            "N": "",
            ".br": "\n",
            ".sp": "\n",
            ".ce": "\n",
            ".fi": "",
            ".nf": "",
        }
        mark = re.escape(escape)
        self._pattern = re.compile(f"{mark}([^{mark}]*){mark}") if escape else None

    def __call__(self, text: str) -> str:
        if self._pattern is None or self._escape not in text:
            return text
        return self._pattern.sub(self._one, text)

    def _one(self, match: re.Match[str]) -> str:
        code = match.group(1)
        known = self._known.get(code.lower() if code.startswith(".") else code)
        if known is not None:
            return known
        if code[:1] == "X" and len(code) > 1:
            return _hexadecimal(code[1:], match.group(0))
        layout = _LAYOUT.fullmatch(code)
        if layout:
            return "\n" if layout.group(1).lower() == "sp" else " "
        return match.group(0)


def _hexadecimal(digits: str, as_sent: str) -> str:
    try:
        data = bytes.fromhex(digits)
    except ValueError:
        return as_sent
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
