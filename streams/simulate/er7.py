"""HL7 v2 text in ER7 form, written from scratch: escapes, composites, segments and the MLLP frame."""

from collections.abc import Mapping

#: HL7 2.5.1 chapter 2.7.1; the escape character itself first.
_ESCAPES = (("\\", "\\E\\"), ("|", "\\F\\"), ("^", "\\S\\"), ("&", "\\T\\"), ("~", "\\R\\"))
START, END = b"\x0b", b"\x1c\r"


def escape(text: str) -> str:
    """The text as it may stand in a component."""
    for mark, sequence in _ESCAPES:
        text = text.replace(mark, sequence)
    return text


def composite(*components: str) -> str:
    """Components joined by `^`, each escaped, without empty ones at the end."""
    return "^".join(escape(component) for component in components).rstrip("^")


def segment(name: str, fields: Mapping[int, str]) -> str:
    """A segment from field numbers and fields that are already in ER7 form."""
    last = max((number for number, field in fields.items() if field), default=0)
    return "|".join([name, *(fields.get(number, "") for number in range(1, last + 1))])


def frame(message: bytes) -> bytes:
    """The message between MLLP start and end block."""
    return START + message + END
