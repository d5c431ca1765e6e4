"""PV1 -> Encounter."""

from typing import cast

from processors.envelope import Record
from processors.fhir.systems import ACT_CODE, STRUCTURE, TERMINOLOGY
from processors.hl7.message import Segment
from processors.mapping.codes import code, concept_in, concept_of
from processors.mapping.identifiers import cx_of
from processors.mapping.locations import bed, discharged_to
from processors.mapping.parties import location, organization_coded, participant, placed
from processors.mapping.rows import Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.times import date_time
from processors.mapping.unplaced import unplaced
from processors.mapping.v2_tables import table_uri
from processors.mapping.vocabularies import ENCOUNTER_CLASS
from processors.mapping.vocabularies_visit import AHEAD, AMBULATORY_STATUS, HOSPITAL_SERVICE

_TEMPORARY = {
    "url": STRUCTURE + "subject-locationClassification",
    "valueCodeableConcept": {
        "coding": [{"system": "http://hl7.org/fhir/ValueSet/subject-location", "code": "temporary"}]
    },
}
_visit_number = cx_of("VN")


def visit_class(raw: str, scope: Scope) -> Record | None:
    """PV1-2 as a Coding of v3-ActCode, or of table 0004 where ActCode has none."""
    sent = code(scope.texts(raw)[0])
    if not sent:
        return None
    known = ENCOUNTER_CLASS.get(sent)
    if known is not None:
        return {"system": ACT_CODE, "code": known[0], "display": known[1]}
    return {"system": table_uri(TERMINOLOGY + "v2-0004", sent), "code": sent}


def visit_number(raw: str, scope: Scope) -> Record | None:
    """PV1-19 as Identifier; one of type VN says so in words too."""
    value = cast("Record | None", _visit_number(raw, scope))
    if value is None or value["type"]["coding"][0]["code"] != "VN":
        return value
    return {**value, "type": {**value["type"], "text": "visit number"}}


def assigned(raw: str, scope: Scope) -> Record | None:
    """PV1-3 as the place of the visit: planned before the patient came; its bed or room has the status of PV1-40."""
    pv1 = scope.segment
    status = scope.text(pv1.raw(40)) if len(pv1.fields) > 40 else ""
    where = bed(raw, status, scope) if status and _has_bed(pv1) else location(raw, scope)
    if where is None:
        return None
    ahead = pv1.text(2) == "P" or scope.message.trigger in AHEAD
    return {"location": where, "status": "planned" if ahead else "active"}


def temporary(status: str) -> Datatype:
    """PL as a temporary place of the visit."""

    def read(raw: str, scope: Scope) -> Record | None:
        where = location(raw, scope)
        return None if where is None else {"extension": [_TEMPORARY], "location": where, "status": status}

    return read


def end_of_stay(raw: str, scope: Scope) -> str | None:
    """DLD.2 (PV1-37) as the end of a discharge that has no time in PV1-45."""
    sent = raw.partition(scope.component)[2].partition(scope.component)[0]
    if scope.message.trigger != "A03" or not scope.text(sent).isdigit():
        return None
    return date_time(sent, scope)


def _has_bed(pv1: Segment) -> bool:
    return bool(pv1.text(3, 2) or pv1.text(3, 3))


def _no_bed(pv1: Segment) -> bool:
    return not _has_bed(pv1)


def _no_end(pv1: Segment) -> bool:
    return not pv1.raw(45)


PV1 = SegmentMap(
    segment="PV1",
    resource="Encounter",
    rows=(
        FieldRow(2, "class", visit_class),
        FieldRow(3, "location[]", assigned),
        FieldRow(4, "type[]", concept_of(TERMINOLOGY + "v2-0007")),
        FieldRow(5, "hospitalization.preAdmissionIdentifier", cx_of("")),
        FieldRow(6, "location[]", placed("completed")),
        FieldRow(7, "participant[]", participant("ATND", "attender")),
        FieldRow(8, "participant[]", participant("REF", "referrer")),
        FieldRow(9, "participant[]", participant("CON", "consultant")),
        FieldRow(
            10, "serviceType", concept_in(HOSPITAL_SERVICE, TERMINOLOGY + "service-type", TERMINOLOGY + "v2-0069")
        ),
        FieldRow(11, "location[]", temporary("active")),
        FieldRow(13, "hospitalization.reAdmission", concept_of(TERMINOLOGY + "v2-0092")),
        FieldRow(14, "hospitalization.admitSource", concept_of(TERMINOLOGY + "v2-0023")),
        FieldRow(
            15,
            "hospitalization.specialArrangement[]",
            concept_in(AMBULATORY_STATUS, TERMINOLOGY + "encounter-special-arrangements", TERMINOLOGY + "v2-0009"),
        ),
        FieldRow(16, "hospitalization.specialCourtesy[]", concept_of(TERMINOLOGY + "v2-0099")),
        FieldRow(17, "participant[]", participant("ADM", "admitter")),
        FieldRow(18, "type[]", concept_of(TERMINOLOGY + "v2-0018")),
        FieldRow(19, "identifier[]", visit_number),
        FieldRow(36, "hospitalization.dischargeDisposition", concept_of(TERMINOLOGY + "v2-0112")),
        FieldRow(37, "hospitalization.destination", discharged_to),
        FieldRow(37, "period.end", end_of_stay, _no_end),
        FieldRow(38, "hospitalization.dietPreference[]", concept_of(TERMINOLOGY + "v2-0114")),
        FieldRow(39, "serviceProvider", organization_coded),
        FieldRow(40, "location[]", unplaced, _no_bed),
        FieldRow(42, "location[]", placed("reserved")),
        FieldRow(43, "location[]", temporary("completed")),
        FieldRow(44, "period.start", date_time),
        FieldRow(45, "period.end", date_time),
        FieldRow(50, "identifier[]", cx_of("")),
        FieldRow(52, "participant[]", participant("PART", "Participation")),
    ),
    understood=(1, 20, 53, 54),
)
