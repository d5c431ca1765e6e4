"""ORC -> MedicationRequest (as the guide's table for ServiceRequest), -Administration and -Dispense."""

from processors.fhir.systems import SENT_ORDER_CONTROL, SENT_ORDER_STATUS, TERMINOLOGY
from processors.hl7.message import Segment
from processors.mapping.codes import code_in, concept, concept_of
from processors.mapping.dosing import in_function
from processors.mapping.extensions import extension, sent_code
from processors.mapping.identifiers import cx_of, ei_of
from processors.mapping.orc_servicerequest import (
    business_date,
    business_event,
    filler_group,
    known_code,
    requisition,
    security,
)
from processors.mapping.parties import practitioner
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.times import date_time
from processors.mapping.vocabularies_pharmacy import DISPENSE_CONTROL, MEDICATION_CONTROL, MEDICATION_STATUS

_SENT = (
    FieldRow(1, "extension[]", extension(SENT_ORDER_CONTROL, "valueCode", sent_code)),
    FieldRow(1, "extension[]", business_event),
    FieldRow(2, "identifier[]", ei_of("PLAC")),
    FieldRow(3, "identifier[]", ei_of("FILL")),
    FieldRow(5, "extension[]", extension(SENT_ORDER_STATUS, "valueCode", sent_code)),
    FieldRow(28, "meta.security[]", security),
)


def _no_status_sent(orc: Segment) -> bool:
    return not orc.raw(5)


def _new_order(orc: Segment) -> bool:
    return orc.text(1) in ("", "NW")


#: ORC-7 is read by tq1_medicationrequest.py, ORC-21 to ORC-24 by roles.py.
REQUEST = SegmentMap(
    segment="ORC",
    resource="MedicationRequest",
    rows=(
        *_SENT,
        FieldRow(1, "status", known_code(MEDICATION_CONTROL), _no_status_sent),
        FieldRow(4, "groupIdentifier", requisition),
        FieldRow(4, "identifier[]", filler_group),
        FieldRow(5, "status", code_in(MEDICATION_STATUS)),
        FieldRow(9, "authoredOn", date_time, _new_order),
        FieldRow(9, "extension[]", business_date),
        FieldRow(10, "recorder", practitioner),
        FieldRow(12, "requester", practitioner),
        FieldRow(16, "statusReason", concept),
        FieldRow(29, "category[]", concept_of(TERMINOLOGY + "v2-0482")),
        FieldRow(33, "identifier[]", cx_of("PLAC")),
        FieldRow(38, "identifier[]", ei_of("FGN")),
    ),
    understood=(7, 21, 22, 23, 24),
)
DISPENSE = SegmentMap(
    segment="ORC",
    resource="MedicationDispense",
    rows=(*_SENT, FieldRow(1, "status", known_code(DISPENSE_CONTROL))),
)
ADMINISTRATION = SegmentMap(
    segment="ORC",
    resource="MedicationAdministration",
    rows=(*_SENT, FieldRow(12, "performer[]", in_function("OP", "Ordering Provider"))),
)
TABLES = (REQUEST, DISPENSE, ADMINISTRATION)
