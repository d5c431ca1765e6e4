"""PD1 -> Patient."""

from processors.fhir.systems import STRUCTURE
from processors.mapping.codes import concept
from processors.mapping.extensions import extension, text
from processors.mapping.parties import organization, practitioner
from processors.mapping.rows import FieldRow, SegmentMap

PD1 = SegmentMap(
    segment="PD1",
    resource="Patient",
    rows=(
        FieldRow(3, "generalPractitioner[]", organization),
        FieldRow(4, "generalPractitioner[]", practitioner),
        FieldRow(6, "extension[]", extension(STRUCTURE + "patient-disability", "valueCodeableConcept", concept)),
        FieldRow(14, "extension[]", extension(STRUCTURE + "patient-congregation", "valueString", text)),
    ),
)
