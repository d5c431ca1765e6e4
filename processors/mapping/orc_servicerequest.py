"""ORC -> ServiceRequest."""

from processors.fhir.systems import SENT_ORDER_CONTROL, SENT_ORDER_STATUS, STRUCTURE, TERMINOLOGY
from processors.hl7.message import Segment
from processors.mapping.codes import code_in, concept, concept_of
from processors.mapping.extensions import extension, sent_code
from processors.mapping.identifiers import ei_of
from processors.mapping.parties import practitioner
from processors.mapping.rows import Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope, component
from processors.mapping.times import date_time
from processors.mapping.vocabularies import ORDER_CONTROL_STATUS, ORDER_STATUS, PRIORITY


def _no_status_sent(orc: Segment) -> bool:
    return not orc.raw(5)


def known_code(table: dict[str, str]) -> Datatype:
    """The FHIR code where the table has one; other codes say nothing about this element."""

    def read(raw: str, scope: Scope) -> str | None:
        return table.get(scope.texts(raw)[0].upper())

    return read


def timing_priority(raw: str, scope: Scope) -> str | None:
    """TQ.6 (ORC-7, OBR-27) as request-priority."""
    return PRIORITY.get(component(scope.texts(raw), 6).upper())


#: What a sender repeats with every order of its kind.
ORC = SegmentMap(
    segment="ORC",
    resource="ServiceRequest",
    rows=(
        FieldRow(1, "extension[]", extension(SENT_ORDER_CONTROL, "valueCode", sent_code)),
        FieldRow(1, "status", known_code(ORDER_CONTROL_STATUS), _no_status_sent),
        FieldRow(5, "extension[]", extension(SENT_ORDER_STATUS, "valueCode", sent_code)),
        FieldRow(5, "status", code_in(ORDER_STATUS)),
        FieldRow(7, "priority", timing_priority),
        FieldRow(12, "requester", practitioner),
        FieldRow(16, "extension[]", extension(STRUCTURE + "request-statusReason", "valueCodeableConcept", concept)),
        FieldRow(29, "locationCode[]", concept_of(TERMINOLOGY + "v2-0482")),
    ),
)
#: What belongs to this one order: its numbers and times.
ORC_OWN = SegmentMap(
    segment="ORC",
    resource="ServiceRequest",
    rows=(
        FieldRow(2, "identifier[]", ei_of("PLAC")),
        FieldRow(3, "identifier[]", ei_of("FILL")),
        FieldRow(4, "requisition", ei_of("PGN")),
        FieldRow(9, "authoredOn", date_time),
    ),
)
