"""PV2 -> Encounter."""

from processors.envelope import Record
from processors.fhir.systems import R5, STRUCTURE, TERMINOLOGY, UCUM
from processors.mapping.codes import coding, concept, concept_in
from processors.mapping.extensions import extension, whole_number
from processors.mapping.parties import participant, placed
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.times import date_time
from processors.mapping.vocabularies import VISIT_PRIORITY

#: Where canonical.encounter finds the expected discharge.
PLANNED_END = R5 + "Encounter.plannedEndDate"


def days(raw: str, scope: Scope) -> Record | None:
    """NM (PV2-11) as a Duration in days."""
    number = whole_number(raw, scope)
    return None if number is None else {"value": number, "unit": "days", "system": UCUM, "code": "d"}


PV2 = SegmentMap(
    segment="PV2",
    resource="Encounter",
    rows=(
        FieldRow(1, "location[]", placed("planned")),
        FieldRow(3, "reasonCode[]", concept),
        FieldRow(8, "extension[]", extension(R5 + "Encounter.plannedStartDate", "valueDateTime", date_time)),
        FieldRow(9, "extension[]", extension(PLANNED_END, "valueDateTime", date_time)),
        FieldRow(11, "length", days),
        FieldRow(13, "participant[]", participant("REF", "referrer")),
        FieldRow(25, "priority", concept_in(VISIT_PRIORITY, TERMINOLOGY + "v3-ActPriority", TERMINOLOGY + "v2-0217")),
        FieldRow(38, "extension[]", extension(STRUCTURE + "encounter-modeOfArrival", "valueCoding", coding)),
    ),
)
