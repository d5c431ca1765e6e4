"""PD1 -> Patient."""

from processors.fhir.systems import STRUCTURE
from processors.mapping.codes import concept
from processors.mapping.extensions import extension
from processors.mapping.parties import organization, practitioner
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope, component


def organization_name(raw: str, scope: Scope) -> str | None:
    """XON as text: its name, else its number."""
    parts = scope.texts(raw)
    return parts[0] or component(parts, 10) or component(parts, 3) or None


PD1 = SegmentMap(
    segment="PD1",
    resource="Patient",
    rows=(
        FieldRow(3, "generalPractitioner[]", organization),
        FieldRow(4, "generalPractitioner[]", practitioner),
        FieldRow(6, "extension[]", extension(STRUCTURE + "patient-disability", "valueCodeableConcept", concept)),
        FieldRow(14, "extension[]", extension(STRUCTURE + "patient-congregation", "valueString", organization_name)),
    ),
)
