"""Builds the answer to a message: original and enhanced mode, MSA and ERR (HL7 2.5.1 chapter 2.9 and 2.15)."""

import re
from dataclasses import dataclass

from processors.errors import ERROR_CODE_0357, Reason, Rejection
from processors.hl7.escapes import escape
from processors.hl7.message import Delimiters, Message
from processors.sites import AckPolicy

APPLICATION = "Wardline"
#: Never answered: an answer to an answer would go on for ever (chapter 2.9.2; MCF is the delayed acknowledgement).
ANSWERS = frozenset({"ACK", "MCF"})
INTERNAL = "207"
#: HL7 table 0357.
_TEXT_0357 = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "207": "Application internal error",
}
_GOOD = frozenset({"AA", "CA"})
#: Table 0155: the condition of MSH-15 or MSH-16 -> is an answer wanted (when stored, when refused).
_TABLE_0155 = {"AL": (True, True), "NE": (False, False), "ER": (False, True), "SU": (True, False)}
_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+))?")
CONTROL_ID_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message: confirmed by the broker or not, and why the sender is told no although it was."""

    stored: bool = True
    refusal: Rejection | None = None


STORED = Outcome()
NOT_STORED = Outcome(stored=False)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the answer needs from outside: the stored record's event id (becomes MSH-10) and the time as HL7 DTM."""

    event_id: str
    time: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The answer: its MSA-1 code and its bytes, not framed."""

    code: str
    payload: bytes


def acknowledge(message: Message | None, outcome: Outcome, policy: AckPolicy, stamp: Stamp) -> Acknowledgement | None:
    """The answer to a message, or None when none is wanted; `message` is None for bytes that have no readable MSH.

    One answer per message. Original mode (MSH-15 and MSH-16 empty): always AA, AE or AR. Enhanced mode: the accept
    answer CA, CE or CR when MSH-15 asks for one (table 0155); otherwise the application answer AA, AE or AR when MSH-16
    asks for one, at once, since what we promise is that the message is kept; otherwise none. So a sender that asks for
    both gets the accept answer only: errors found later end as dead letters here, not as messages to it.
    """
    original, enhanced = _codes(outcome, policy)
    code = _wanted(message, (original, enhanced), policy)
    if not code:
        return None
    marks = message.delimiters if message else Delimiters()
    segments = [_header(message, marks, stamp), *_result(message, marks, code, outcome)]
    text = "".join(f"{segment}\r" for segment in segments)
    return Acknowledgement(code, text.encode(message.charset if message else "utf-8", "replace"))


def answer_expected(message: Message, stored: bool) -> bool:
    """Whether a sender should wait for an answer to this message, by the standard's rules."""
    codes = ("AA", "CA") if stored else ("AR", "CE")
    return bool(_wanted(message, codes, AckPolicy()))


def _codes(outcome: Outcome, policy: AckPolicy) -> tuple[str, str]:
    """MSA-1 in original and in enhanced mode (table 0008); CR means that the header is not acceptable, CE all else."""
    if not outcome.stored:
        return policy.store_failed, "CE"
    if outcome.refusal is None:
        return "AA", "CA"
    chosen = {
        Reason.NOT_HL7: policy.not_hl7,
        Reason.HEADER_INVALID: policy.not_hl7,
        Reason.TOO_LARGE: policy.too_large,
        Reason.PROCESSING_ID: policy.processing_id,
        Reason.REQUIRED_FIELD_MISSING: policy.required_field,
    }.get(outcome.refusal.reason, "AE")
    if chosen == "AA":
        return "AA", "CA"
    return chosen, "CR" if outcome.refusal.reason is Reason.PROCESSING_ID else "CE"


def _wanted(message: Message | None, codes: tuple[str, str], policy: AckPolicy) -> str:
    """The code to answer with, "" for no answer."""
    original, enhanced = codes
    if policy.mode == "none" or (message is not None and message.type in ANSWERS):
        return ""
    accept = _condition(message, 15)
    application = _condition(message, 16)
    if policy.mode == "enhanced":
        accept = accept or "AL"
    if policy.mode == "original" or not (accept or application):
        return original
    if _asks(accept, enhanced):
        return enhanced
    return original if _asks(application, original) else ""


def _condition(message: Message | None, n: int) -> str:
    value = message.header.text(n).strip().upper() if message else ""
    return "" if value == '""' else value


def _asks(condition: str, code: str) -> bool:
    """A value outside table 0155 is taken as AL: an answer too many is better than a sender that hangs."""
    if not condition:
        return False
    stored, refused = _TABLE_0155.get(condition, (True, True))
    return stored if code in _GOOD else refused


def _header(message: Message | None, marks: Delimiters, stamp: Stamp) -> str:
    """MSH of the answer: addresses swapped, MSH-11, MSH-12 and MSH-18 echoed (chapter 2.15.9)."""
    sent = (lambda n: _plain(message.header.raw(n))) if message else _absent
    trigger = _plain(message.header.text(9, 2)) if message else ""
    kind = marks.component.join(("ACK", escape(trigger, marks), "ACK")) if trigger and marks.component else "ACK"
    encoding = marks.component + marks.repetition + marks.escape + marks.subcomponent
    fields = ["MSH", encoding, sent(5) or APPLICATION, sent(6), sent(3), sent(4), stamp.time, "", kind]
    fields += [stamp.event_id[:CONTROL_ID_LENGTH], sent(11) or "P", sent(12) or "2.5.1", "", "", "", "", "", sent(18)]
    return marks.field.join(fields).rstrip(marks.field)


def _result(message: Message | None, marks: Delimiters, code: str, outcome: Outcome) -> list[str]:
    control_id = _plain(message.header.raw(10)) if message else ""
    if outcome.stored and outcome.refusal is None:
        return [marks.field.join(("MSA", code, control_id))]
    place, condition, text = _error(outcome)
    note = escape(text, marks)
    if _version(message) < (2, 5):
        return [
            marks.field.join(("MSA", code, control_id, note)),
            marks.field.join(("ERR", _location_before_25(place, condition, marks))),
        ]
    coded = _join(marks, condition, _TEXT_0357.get(condition, ""), "HL70357")
    severity = "W" if code in _GOOD else "E"
    location = _join(marks, *_location(place))
    return [
        marks.field.join(("MSA", code, control_id)),
        marks.field.join(("ERR", "", location, coded, severity, "", "", "", note)),
    ]


def _error(outcome: Outcome) -> tuple[str, str, str]:
    """Place, table 0357 code and text."""
    refusal = outcome.refusal
    if not outcome.stored:
        return "", INTERNAL, "not stored: the message log did not confirm in time; send the message again"
    if refusal is None:
        return "", "0", ""
    return refusal.path, ERROR_CODE_0357.get(refusal.reason, INTERNAL), refusal.detail


def _location(place: str) -> list[str]:
    """ERL (chapter 2A.28): segment, its number, field."""
    found = _PLACE.fullmatch(place)
    if found is None:
        return []
    segment, number, field = found.groups()
    return [segment, number or "1", *([field] if field else [])]


def _location_before_25(place: str, condition: str, marks: Delimiters) -> str:
    """ELD (ERR-1 up to 2.4): segment, its number, field, coded error with subcomponents."""
    parts = (*_location(place), "", "", "")[:3]
    coded = marks.subcomponent.join((condition, _TEXT_0357.get(condition, ""), "HL70357"))
    return _join(marks, *parts, coded if marks.subcomponent else condition)


def _join(marks: Delimiters, *parts: str) -> str:
    return marks.component.join(parts) if marks.component else (parts or ("",))[0]


def _version(message: Message | None) -> tuple[int, int]:
    """MSH-12 as numbers; what cannot be read counts as 2.5."""
    found = re.match(r"(\d)\.(\d)", message.header.text(12)) if message else None
    return (int(found.group(1)), int(found.group(2))) if found else (2, 5)


def _plain(raw: str) -> str:
    """Without control characters, which could end the segment or the frame of the answer."""
    return "".join(c for c in raw if c >= " ")


def _absent(_: int) -> str:
    return ""
