"""RXR -> route, site and method of a Dosage, an administration or an Immunization (HL7 2.5.1 chapter 4.14.2)."""

from processors.fhir.systems import TERMINOLOGY
from processors.mapping.codes import concept_of
from processors.mapping.dosing import body_site, method, route
from processors.mapping.equipment import equipment_coded
from processors.mapping.rows import FieldRow, SegmentMap

_WHERE = (FieldRow(1, "route", route), FieldRow(2, "site", body_site))
_HOW = (*_WHERE, FieldRow(4, "method", method))

DOSAGE = SegmentMap(
    segment="RXR",
    resource="MedicationRequest.dosageInstruction",
    rows=(*_HOW, FieldRow(5, "additionalInstruction[]", concept_of(TERMINOLOGY + "v2-0494"))),
)
ADMINISTRATION = SegmentMap(segment="RXR", resource="MedicationAdministration.dosage", rows=_HOW)
#: The device is the administration's.
DEVICE = SegmentMap(
    segment="RXR", resource="MedicationAdministration", rows=(FieldRow(3, "device[]", equipment_coded),)
)
IMMUNIZATION = SegmentMap(segment="RXR", resource="Immunization", rows=_WHERE)
TABLES = (DOSAGE, ADMINISTRATION, DEVICE, IMMUNIZATION)
