"""PV1 -> Encounter."""

from processors.envelope import Record
from processors.fhir.systems import ACT_CODE, TERMINOLOGY
from processors.hl7.message import Segment
from processors.mapping.codes import code, concept, concept_of
from processors.mapping.identifiers import cx_of
from processors.mapping.parties import participant, placed
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.times import date_time
from processors.mapping.vocabularies import ENCOUNTER_CLASS


def visit_class(raw: str, scope: Scope) -> Record | None:
    """PV1-2 as a Coding of v3-ActCode, or of table 0004 where ActCode has none."""
    sent = code(scope.texts(raw)[0])
    if not sent:
        return None
    known = ENCOUNTER_CLASS.get(sent)
    if known is not None:
        return {"system": ACT_CODE, "code": known[0], "display": known[1]}
    return {"system": TERMINOLOGY + "v2-0004", "code": sent}


def discharge_place(raw: str, scope: Scope) -> Record | None:
    """DLD (PV1-37) as the name of a place; its code is no identity, so that no Location is made."""
    value = concept(raw.replace(scope.subcomponent, scope.component), scope)
    if value is None:
        return None
    first = value.get("coding", [{}])[0]
    return {"display": value.get("text") or first.get("display") or first["code"]}


def _planned(pv1: Segment) -> bool:
    return pv1.text(2) == "P"


def _present(pv1: Segment) -> bool:
    return pv1.text(2) != "P"


PV1 = SegmentMap(
    segment="PV1",
    resource="Encounter",
    rows=(
        FieldRow(2, "class", visit_class),
        FieldRow(3, "location[]", placed("active"), _present),
        FieldRow(3, "location[]", placed("planned"), _planned),
        FieldRow(4, "type[]", concept_of(TERMINOLOGY + "v2-0007")),
        FieldRow(5, "hospitalization.preAdmissionIdentifier", cx_of("")),
        FieldRow(6, "location[]", placed("completed")),
        FieldRow(7, "participant[]", participant("ATND", "attender")),
        FieldRow(8, "participant[]", participant("REF", "referrer")),
        FieldRow(9, "participant[]", participant("CON", "consultant")),
        FieldRow(10, "serviceType", concept_of(TERMINOLOGY + "v2-0069")),
        FieldRow(11, "location[]", placed("active")),
        FieldRow(13, "hospitalization.reAdmission", concept_of(TERMINOLOGY + "v2-0092")),
        FieldRow(14, "hospitalization.admitSource", concept_of(TERMINOLOGY + "v2-0023")),
        FieldRow(15, "hospitalization.specialArrangement[]", concept_of(TERMINOLOGY + "v2-0009")),
        FieldRow(16, "hospitalization.specialCourtesy[]", concept_of(TERMINOLOGY + "v2-0099")),
        FieldRow(17, "participant[]", participant("ADM", "admitter")),
        FieldRow(19, "identifier[]", cx_of("VN")),
        FieldRow(36, "hospitalization.dischargeDisposition", concept_of(TERMINOLOGY + "v2-0112")),
        FieldRow(37, "hospitalization.destination", discharge_place),
        FieldRow(38, "hospitalization.dietPreference[]", concept_of(TERMINOLOGY + "v2-0114")),
        FieldRow(42, "location[]", placed("reserved")),
        FieldRow(44, "period.start", date_time),
        FieldRow(45, "period.end", date_time),
        FieldRow(50, "identifier[]", cx_of("")),
        FieldRow(52, "participant[]", participant("PART", "Participation")),
    ),
    understood=(1,),
)
