"""One event of the hospital to one HL7 v2 message in a sender's dialect."""

from datetime import datetime, timedelta

from streams.simulate.dialects import Dialect, encode, stamp
from streams.simulate.er7 import composite, escape, segment
from streams.simulate.events import Event, Movement, Ordered, Reported, Scheduled
from streams.simulate.results import order_segments, report_segments
from streams.simulate.segments import evn, mrg, msh, pid, pv1, pv2, staff

#: Filler status (SCH-25, table 0278) by trigger.
_APPOINTMENT = {"S12": "Booked", "S13": "Booked", "S15": "Cancelled", "S26": "Noshow"}
_SEGMENT_END = "\r"


def message_type(event: Event, dialect: Dialect) -> str:
    """MSH-9.1 and MSH-9.2, as `ORU^R01`."""
    if isinstance(event, Movement):
        return f"ADT^{event.trigger}"
    if isinstance(event, Scheduled):
        return f"SIU^{event.trigger}"
    return "ORU^R01" if isinstance(event, Reported) else dialect.orders


def write(event: Event, dialect: Dialect, control_id: str, now: datetime) -> bytes:
    """The message as bytes in the sender's charset, without the MLLP frame. `now` is the time of sending."""
    lines = [msh(dialect, message_type(event, dialect), control_id, now), *_body(event, dialect, now)]
    return encode(dialect, _SEGMENT_END.join(line for line in lines if line) + _SEGMENT_END)


def _body(event: Event, dialect: Dialect, now: datetime) -> list[str]:
    who = [pid(dialect, event.person, event.visit)]
    where = pv1(dialect, event.visit)
    if isinstance(event, Movement):
        planned = event.visit.expected_discharge if event.trigger == "A16" else None
        head = [evn(dialect, event.trigger, now, planned), *who]
        if event.prior_record_number:
            return [*head, mrg(dialect, event.prior_record_number), where]
        return [*head, where, pv2(dialect, event.visit)]
    if isinstance(event, Ordered):
        return [*who, where, *order_segments(dialect, event)]
    if isinstance(event, Reported):
        return [*who, where, *report_segments(dialect, event, now)]
    return [_sch(dialect, event), *who, where, *_resources(event)]


def _sch(dialect: Dialect, event: Scheduled) -> str:
    slot = event.appointment
    ends = slot.starts_at + timedelta(minutes=slot.minutes)
    fields = {
        1: slot.placer,
        2: slot.filler,
        6: composite(event.trigger, _APPOINTMENT[event.trigger], "L"),
        7: composite("FU", slot.reason, "L"),
        8: composite("FOLLOWUP", "Follow-up visit", "HL70276"),
        9: str(slot.minutes),
        10: composite("min", "minutes", "ISO+"),
        11: composite("", "", f"M{slot.minutes}", stamp(dialect, slot.starts_at), stamp(dialect, ends)),
        16: staff(event.visit.attending),
        20: staff(event.visit.attending),
        25: composite(_APPOINTMENT[event.trigger], "", "HL70278"),
    }
    return segment("SCH", fields)


def _resources(event: Scheduled) -> list[str]:
    return [
        segment("RGS", {1: "1", 2: "A"}),
        segment("AIS", {1: "1", 2: "A", 3: composite("FU", escape(event.appointment.reason), "L")}),
        segment("AIP", {1: "1", 2: "A", 3: staff(event.visit.attending)}),
    ]
