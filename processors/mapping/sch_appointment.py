"""SCH and its TQ1 -> Appointment (HL7 2.5.1 chapter 10.6.1)."""

from typing import cast

from processors.envelope import Record
from processors.fhir.systems import PARTICIPATION_TYPE, TERMINOLOGY
from processors.hl7.message import Segment
from processors.mapping.ais_times import minutes_of
from processors.mapping.codes import code_in, concept, warn_unmapped
from processors.mapping.identifiers import ei_of
from processors.mapping.parties import practitioner
from processors.mapping.rows import Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope, component
from processors.mapping.tables import of_table
from processors.mapping.times import date_time, instant
from processors.mapping.vocabularies_scheduling import APPOINTMENT_REASON, APPOINTMENT_STATUS

_SNOMED = "http://snomed.info/sct"
_REASON_TABLE = TERMINOLOGY + "v2-0276"
_SENT_REASON = of_table("0276")
_CONTACT = {"system": PARTICIPATION_TYPE, "code": "CALLBCK", "display": "callback contact"}
ENTERER = {"system": TERMINOLOGY + "provenance-participant-type", "code": "enterer", "display": "Enterer"}


def actor(kind: Record) -> Datatype:
    """XCN as Appointment.participant in a part of this kind."""

    def read(raw: str, scope: Scope) -> Record | None:
        who = practitioner(raw, scope)
        return None if who is None else {"type": [kind], "actor": who, "status": "accepted"}

    return read


def _names_type(sch: Segment) -> bool:
    """SCH-7 of table 0277 says the type; SCH-8 wins, whose place that is."""
    return sch.text(7, 3).upper() in ("HL70277", "0277")


def _names_type_alone(sch: Segment) -> bool:
    return _names_type(sch) and not sch.raw(8)


def _names_reason(sch: Segment) -> bool:
    return not _names_type(sch)


def _reason(raw: str, scope: Scope) -> Record | None:
    """SCH-7 as reasonCode: SNOMED CT first for codes of table 0276 (also bare ones), then as sent; the text as sent."""
    value = _SENT_REASON(raw, scope)
    sent = value["coding"][0] if value is not None and "coding" in value else {}
    found = APPOINTMENT_REASON.get(sent.get("code", "")) if sent.get("system") == _REASON_TABLE else None
    if value is None or found is None:
        return value
    text = value.get("text") or sent.get("display") or sent["code"]
    first = {"system": _SNOMED, "code": found[0], "display": found[1]}
    return {"coding": [first, *value["coding"]], "text": text}


def _group_number(raw: str, scope: Scope) -> Record | None:
    """SCH-4: the number that the placer gave to appointments that belong together."""
    value = ei_of("")(raw, scope)
    return None if value is None else {"type": {"text": "Placer group number"}, **cast("Record", value)}


def _timing(n: int) -> Datatype:
    """Component n of a TQ (SCH-11) as instant."""

    def read(raw: str, scope: Scope) -> str | None:
        sent = component(raw.split(scope.component), n)
        value = instant(sent, scope) if sent else None
        return value if scope.trace is None else cast("str | None", scope.trace.mark(value, sent))

    return read


def _day(raw: str, scope: Scope) -> Record | None:
    """TQ.4 without time of day: no instant, but the day that is asked for."""
    sent = component(raw.split(scope.component), 4)
    value = date_time(sent, scope) if sent else None
    return {"start": value} if value and len(value) <= len("2026-03-06") else None


def _duration(raw: str, scope: Scope) -> int | None:
    """SCH-9 in the unit of SCH-10 (without one: minutes) as minutes."""
    sent = scope.texts(raw)[0]
    minutes = minutes_of(sent, scope.segment.text(10))
    if minutes is None and sent:
        warn_unmapped(scope)
    return minutes


def _length(raw: str, scope: Scope) -> int | None:
    """TQ.3 as minutes: a unit letter, then the number (HL7 2.5.1 chapter 4.3.3)."""
    sent = component(scope.texts(raw), 3)
    return minutes_of(sent[1:], sent[:1]) if sent else None


def _quantity(raw: str, scope: Scope) -> int | None:
    """CQ (TQ1-6) as minutes."""
    pieces = [scope.text(one) for one in raw.replace(scope.subcomponent, scope.component).split(scope.component)]
    return minutes_of(pieces[0], component(pieces, 2))


SCH = SegmentMap(
    segment="SCH",
    resource="Appointment",
    rows=(
        FieldRow(1, "identifier[]", ei_of("PLAC")),
        FieldRow(2, "identifier[]", ei_of("FILL")),
        FieldRow(4, "identifier[]", _group_number),
        FieldRow(6, "cancelationReason", concept),
        FieldRow(7, "reasonCode[]", _reason, _names_reason),
        FieldRow(7, "appointmentType", of_table("0277"), _names_type_alone),
        FieldRow(8, "appointmentType", of_table("0277")),
        FieldRow(9, "minutesDuration", _duration),
        FieldRow(11, "minutesDuration", _length),
        FieldRow(11, "start", _timing(4)),
        FieldRow(11, "requestedPeriod[]", _day),
        FieldRow(11, "end", _timing(5)),
        FieldRow(12, "participant[]", actor({"coding": [_CONTACT], "text": "Placer contact"})),
        FieldRow(16, "participant[]", actor({"coding": [_CONTACT], "text": "Filler contact"})),
        FieldRow(20, "participant[]", actor({"coding": [ENTERER]})),
        FieldRow(25, "status", code_in(APPOINTMENT_STATUS)),
    ),
    understood=(10,),
)
TQ1 = SegmentMap(
    segment="TQ1",
    resource="Appointment",
    rows=(
        FieldRow(6, "minutesDuration", _quantity),
        FieldRow(7, "start", instant),
        FieldRow(8, "end", instant),
    ),
)
