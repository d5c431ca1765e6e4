"""ORC -> ServiceRequest (HL7 2.5.1 chapter 4.5.1)."""

from processors.envelope import Record
from processors.fhir.systems import (
    SENT_ORDER_CONTROL,
    SENT_ORDER_EFFECTIVE,
    SENT_ORDER_STATUS,
    STRUCTURE,
    TERMINOLOGY,
)
from processors.hl7.message import Segment
from processors.mapping.codes import code_in, concept, concept_in
from processors.mapping.extensions import extension, sent_code
from processors.mapping.identifiers import cx_of, ei_of, eip
from processors.mapping.parties import practitioner, same_person
from processors.mapping.roles import callback
from processors.mapping.rows import Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.times import date_time
from processors.mapping.v2_tables import table_uri
from processors.mapping.vocabularies import ORDER_CONTROL_STATUS, ORDER_STATUS
from processors.mapping.vocabularies_orders import CONFIDENTIALITY, ORDER_TYPE

_BUSINESS_EVENT = STRUCTURE + "businessEvent"
_EIP_VERSION = "2.8.2"
_group = ei_of("PGN")


def _no_status_sent(orc: Segment) -> bool:
    return not orc.raw(5)


def _new_order(orc: Segment) -> bool:
    return orc.text(1) == "NW"


def known_code(table: dict[str, str]) -> Datatype:
    """The FHIR code where the table has one; other codes say nothing about this element."""

    def read(raw: str, scope: Scope) -> str | None:
        return table.get(scope.texts(raw)[0].upper())

    return read


def business_event(raw: str, scope: Scope) -> Record | None:
    """ORC-1 as the event in the businessEvent extension."""
    sent = sent_code(raw, scope)
    if not sent:
        return None
    coded = {"coding": [{"system": table_uri(TERMINOLOGY + "v2-0119", sent), "code": sent}]}
    return _event("value", "valueCodeableConcept", coded)


def business_date(raw: str, scope: Scope) -> Record | None:
    """ORC-9 as the date in a businessEvent extension."""
    sent = date_time(raw, scope)
    return _event("date", "valueDateTime", sent) if sent else None


def group_numbers(raw: str, scope: Scope) -> list[Record]:
    """ORC-4: the placer's group number, as EI or (in 2.8.2, or where it has subcomponents) with the filler's as EIP."""
    if scope.subcomponent in raw or scope.message.header.text(12).startswith(_EIP_VERSION):
        return eip(raw, scope) or []
    value = _group(raw, scope)
    return [value] if isinstance(value, dict) else []


def requisition(raw: str, scope: Scope) -> Record | None:
    """The placer's group number."""
    return next((one for one in group_numbers(raw, scope) if _kind(one) == "PGN"), None)


def filler_group(raw: str, scope: Scope) -> Record | None:
    """The filler's group number where ORC-38 has none."""
    if scope.segment.raw(38):
        return None
    return next((one for one in group_numbers(raw, scope) if _kind(one) == "FGN"), None)


def security(raw: str, scope: Scope) -> list[Record] | None:
    """CWE as security labels: table 0177 as the codes it means, others as sent."""
    sent = concept(raw, scope)
    if sent is None or "coding" not in sent:
        return None
    codings: list[Record] = sent["coding"]
    parts = scope.texts(raw)
    known = CONFIDENTIALITY.get(parts[0].upper()) if codings[0].get("system", _V2_0177) == _V2_0177 else None
    if known is None:
        return codings
    system, code, display = known
    return [{"system": system, "code": code, "display": display}, *codings[1:]]


def _event(name: str, kind: str, value: object) -> Record:
    return {"url": _BUSINESS_EVENT, "extension": [{"url": name, kind: value}]}


def _kind(identifier: Record) -> str:
    found: str = identifier["type"]["coding"][0]["code"]
    return found


_V2_0177 = TERMINOLOGY + "v2-0177"

#: What a sender repeats with every order of its kind.
ORC = SegmentMap(
    segment="ORC",
    resource="ServiceRequest",
    rows=(
        FieldRow(1, "extension[]", extension(SENT_ORDER_CONTROL, "valueCode", sent_code)),
        FieldRow(1, "extension[]", business_event),
        FieldRow(1, "status", known_code(ORDER_CONTROL_STATUS), _no_status_sent),
        FieldRow(5, "extension[]", extension(SENT_ORDER_STATUS, "valueCode", sent_code)),
        FieldRow(5, "status", code_in(ORDER_STATUS)),
        FieldRow(12, "requester", practitioner, rest=same_person),
        FieldRow(14, "extension[]", callback),
        FieldRow(16, "extension[]", extension(STRUCTURE + "request-statusReason", "valueCodeableConcept", concept)),
        FieldRow(28, "meta.security[]", security),
        FieldRow(29, "locationCode[]", concept_in(ORDER_TYPE, TERMINOLOGY + "v3-RoleCode", TERMINOLOGY + "v2-0482")),
    ),
    understood=(6, 7, 21, 22, 23, 24, 31),
)
#: What belongs to this one order: its numbers and times.
ORC_OWN = SegmentMap(
    segment="ORC",
    resource="ServiceRequest",
    rows=(
        FieldRow(2, "identifier[]", ei_of("PLAC")),
        FieldRow(3, "identifier[]", ei_of("FILL")),
        FieldRow(4, "requisition", requisition),
        FieldRow(4, "identifier[]", filler_group),
        FieldRow(9, "authoredOn", date_time, _new_order),
        FieldRow(9, "extension[]", business_date),
        FieldRow(15, "extension[]", extension(SENT_ORDER_EFFECTIVE, "valueDateTime", date_time)),
        FieldRow(33, "identifier[]", cx_of("PLAC")),
        FieldRow(38, "identifier[]", ei_of("FGN")),
    ),
)
