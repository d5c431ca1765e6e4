"""OBR -> ServiceRequest (HL7 2.5.1 chapter 4.5.3)."""

from processors.envelope import Record
from processors.fhir.systems import R5, SENT_REPORT_STATUS, SENT_SPECIMEN_ACTION
from processors.hl7.message import Segment
from processors.mapping.codes import concept
from processors.mapping.extensions import extension, nested_extension, sent_code
from processors.mapping.identifiers import cx_of, ei_of
from processors.mapping.orc_servicerequest import known_code
from processors.mapping.parents import parent_order
from processors.mapping.parties import practitioner, same_person
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope, component
from processors.mapping.times import date_time
from processors.mapping.timings import priority
from processors.mapping.unplaced import unplaced
from processors.mapping.vocabularies_orders import FASTING


def information(raw: str, scope: Scope) -> Record | None:
    """OBR-13 as a concept; a lone first component is the text that the field held before HL7 2.8, and no code."""
    parts = scope.texts(raw)
    if any(parts[1:]):
        return concept(raw, scope)
    return {"text": parts[0]} if parts[0] else None


_supporting = nested_extension(R5 + "ServiceRequest.supportingInfo", "concept", "valueCodeableConcept", information)


#: OBR-4 and OBX-3; what a site maps local codes to is put before them by code_maps.py.
service = concept


def is_fasting(raw: str, scope: Scope) -> bool:
    """OBR-13 says whether the patient had eaten (table 0916), which belongs to the specimen."""
    parts = scope.texts(raw)
    return parts[0] in FASTING and component(parts, 3) in ("", "HL70916")


def clinical_information(raw: str, scope: Scope) -> Record | None:
    """OBR-13 as the supporting information that only R5 lets be a concept."""
    found = None if is_fasting(raw, scope) else _supporting(raw, scope)
    return found if isinstance(found, dict) else None


def specimen_action(raw: str, scope: Scope) -> str | None:
    """OBR-11 where the intent does not say it."""
    sent = sent_code(raw, scope)
    return None if sent == "G" else sent


def _asked_for(obr: Segment) -> bool:
    """A time was asked for (OBR-6): it stands above the one that was planned (OBR-36)."""
    return bool(obr.raw(6))


def _planned(obr: Segment) -> bool:
    return not obr.raw(6)


def orders_detail(obr: Segment) -> bool:
    """What is ordered in detail (OBR-46, OBR-47) needs a code (invariant prr-1)."""
    return bool(obr.raw(4))


#: What a sender repeats with every order of its kind.
OBR = SegmentMap(
    segment="OBR",
    resource="ServiceRequest",
    rows=(
        FieldRow(4, "code", service),
        FieldRow(5, "priority", priority),
        FieldRow(11, "intent", known_code({"G": "reflex-order"})),
        FieldRow(11, "extension[]", extension(SENT_SPECIMEN_ACTION, "valueCode", specimen_action)),
        FieldRow(13, "extension[]", clinical_information),
        FieldRow(16, "requester", practitioner, rest=same_person),
        FieldRow(25, "extension[]", extension(SENT_REPORT_STATUS, "valueCode", sent_code)),
        FieldRow(31, "reasonCode[]", concept),
        FieldRow(46, "orderDetail[]", concept, orders_detail),
        FieldRow(47, "orderDetail[]", concept, orders_detail),
    ),
    understood=(17, 26, 27, 50),
)
#: The times of this one order.
OBR_TIMES = SegmentMap(
    segment="OBR",
    resource="ServiceRequest",
    rows=(
        FieldRow(6, "occurrenceDateTime", date_time),
        FieldRow(29, "basedOn[]", parent_order),
        FieldRow(36, "occurrenceDateTime", date_time, _planned),
        FieldRow(36, "extension[]", unplaced, _asked_for),
        FieldRow(53, "identifier[]", cx_of("PLAC")),
    ),
    understood=(2, 3),
)
#: The same with its numbers, where ORC has others or none.
OBR_OWN = SegmentMap(
    segment="OBR",
    resource="ServiceRequest",
    rows=(
        FieldRow(2, "identifier[]", ei_of("PLAC")),
        FieldRow(3, "identifier[]", ei_of("FILL")),
        *OBR_TIMES.rows,
    ),
)
