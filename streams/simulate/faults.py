"""What goes wrong at senders: messages broken in a known way, and messages sent twice."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

#: A fault turns the bytes of a good message into those of a bad one.
Fault = Callable[[bytes], bytes]


def no_header(message: bytes) -> bytes:
    """The MSH segment is missing."""
    return message.split(b"\r", 1)[1]


def no_patient(message: bytes) -> bytes:
    """The PID segment is missing."""
    return b"\r".join(line for line in message.split(b"\r") if not line.startswith(b"PID"))


def bad_date(message: bytes) -> bytes:
    """PID-7 is no date."""
    return _field(message, b"PID", 7, b"19731345")


def bad_number(message: bytes) -> bytes:
    """OBX-5 of the first value is no number; a message without values gets a bad PID-7."""
    if b"\rOBX|" not in message:
        return bad_date(message)
    return _field(message, b"OBX", 5, b"see note")


def undeclared_latin1(message: bytes) -> bytes:
    """PID-5 holds Latin-1 letters though MSH-18 names another charset, or none."""
    return _field(message, b"PID", 5, "Müßterlé^Zoë".encode("iso8859-1"))


def declared_latin1(message: bytes) -> bytes:
    """PID-5 holds Latin-1 letters and MSH-18 says so: unusual for the feed, but right."""
    return _field(undeclared_latin1(_plain(message)), b"MSH", 17, b"8859/1")


def _plain(message: bytes) -> bytes:
    return message.decode("utf-8", "replace").encode("ascii", "ignore")


def z_segment(message: bytes) -> bytes:
    """A segment of the sender's own: unusual, but right."""
    return message + b"ZWM|1|bed-wash^done|Y\r"


def line_feeds(message: bytes) -> bytes:
    """Segments end in LF."""
    return message.replace(b"\r", b"\n")


def unknown_type(message: bytes) -> bytes:
    """MSH-9 names a type that does not exist."""
    return _field(message, b"MSH", 8, b"XYZ^Z99")


def _field(message: bytes, name: bytes, number: int, value: bytes) -> bytes:
    """The message with that field of the first such segment replaced."""
    lines = message.split(b"\r")
    place = next((n for n, line in enumerate(lines) if line.startswith(name + b"|")), -1)
    if place < 0:
        return message
    fields = lines[place].split(b"|")
    fields += [b""] * (number + 1 - len(fields))
    fields[number] = value
    lines[place] = b"|".join(fields)
    return b"\r".join(lines)


#: Fault by name; those in WELL_FORMED keep the message readable by any parser.
FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        "no_header": no_header,
        "no_patient": no_patient,
        "bad_date": bad_date,
        "bad_number": bad_number,
        "undeclared_latin1": undeclared_latin1,
        "declared_latin1": declared_latin1,
        "z_segment": z_segment,
        "line_feeds": line_feeds,
        "unknown_type": unknown_type,
    }
)
WELL_FORMED = frozenset({"declared_latin1", "z_segment"})


def resend(message: bytes, sent_at: str) -> bytes:
    """The same message again with a new MSH-7 and nothing else new, as a sender's retransmission has it."""
    return re.sub(rb"^((?:[^|\r]*\|){6})[^|\r]*", lambda m: m[1] + sent_at.encode("ascii"), message, count=1)
