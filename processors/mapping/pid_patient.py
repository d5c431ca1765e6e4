"""PID -> Patient."""

from processors.envelope import Record
from processors.fhir.systems import STRUCTURE, TERMINOLOGY
from processors.hl7.message import Segment
from processors.mapping.codes import code_in, concept, concept_in, concept_of, yes_no
from processors.mapping.extensions import extension, nested_extension, text, whole_number, within
from processors.mapping.identifiers import cx, licence, ssn
from processors.mapping.names import address, alias_name, contact_point, district_only, human_name, maiden_name
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.times import date, date_time, instant
from processors.mapping.vocabularies import ADMINISTRATIVE_SEX, MARITAL_STATUS


def _no_county_in_address(pid: Segment) -> bool:
    addresses = pid.repetitions(11)
    return not addresses or all(len(pid.components(one)) < 9 or not pid.components(one)[8] for one in addresses)


def _death_time_absent(pid: Segment) -> bool:
    return not pid.raw(29)


def _birth_order_absent(pid: Segment) -> bool:
    return not pid.raw(25)


def _birth_place(raw: str, scope: Scope) -> Record | None:
    place = text(raw, scope)
    return {"text": place} if place else None


PID = SegmentMap(
    segment="PID",
    resource="Patient",
    rows=(
        FieldRow(2, "identifier[]", cx),
        FieldRow(3, "identifier[]", cx),
        FieldRow(4, "identifier[]", cx),
        FieldRow(5, "name[]", human_name),
        FieldRow(6, "extension[]", maiden_name),
        FieldRow(7, "birthDate", date),
        FieldRow(7, "_birthDate.extension[]", extension(STRUCTURE + "patient-birthTime", "valueDateTime", instant)),
        FieldRow(8, "gender", code_in(ADMINISTRATIVE_SEX)),
        FieldRow(9, "name[]", alias_name),
        FieldRow(11, "address[]", address),
        FieldRow(12, "address[]", district_only, _no_county_in_address),
        FieldRow(13, "telecom[]", contact_point("home")),
        FieldRow(14, "telecom[]", contact_point("work")),
        FieldRow(15, "communication[]", within("language", concept)),
        FieldRow(
            16, "maritalStatus", concept_in(MARITAL_STATUS, TERMINOLOGY + "v3-MaritalStatus", TERMINOLOGY + "v2-0002")
        ),
        FieldRow(
            17,
            "extension[]",
            extension(STRUCTURE + "patient-religion", "valueCodeableConcept", concept_of(TERMINOLOGY + "v2-0006")),
        ),
        FieldRow(19, "identifier[]", ssn),
        FieldRow(20, "identifier[]", licence),
        FieldRow(23, "extension[]", extension(STRUCTURE + "patient-birthPlace", "valueAddress", _birth_place)),
        FieldRow(24, "multipleBirthBoolean", yes_no, _birth_order_absent),
        FieldRow(25, "multipleBirthInteger", whole_number),
        FieldRow(
            26,
            "extension[]",
            nested_extension(STRUCTURE + "patient-citizenship", "code", "valueCodeableConcept", concept),
        ),
        FieldRow(
            28,
            "extension[]",
            nested_extension(STRUCTURE + "patient-nationality", "code", "valueCodeableConcept", concept),
        ),
        FieldRow(29, "deceasedDateTime", date_time),
        FieldRow(30, "deceasedBoolean", yes_no, _death_time_absent),
        FieldRow(40, "telecom[]", contact_point()),
    ),
    understood=(1,),
)
