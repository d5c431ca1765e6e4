"""RXO -> MedicationRequest as ordered, its dosage and its Medication (HL7 2.5.1 chapter 4.14.1)."""

from processors.fhir.systems import TERMINOLOGY
from processors.mapping.codes import concept, concept_of
from processors.mapping.dosing import amount, days, give_per, told
from processors.mapping.extensions import whole_or_warned
from processors.mapping.parties import organization_coded, practitioner
from processors.mapping.rows import FieldRow, SegmentMap

#: RXO-12 is the unit of RXO-11; RXO-33 and RXO-36 are address and phone of the pharmacy in RXO-32.
RXO = SegmentMap(
    segment="RXO",
    resource="MedicationRequest",
    rows=(
        FieldRow(6, "note[]", told),
        FieldRow(9, "substitution.allowedCodeableConcept", concept_of(TERMINOLOGY + "v2-0161")),
        FieldRow(11, "dispenseRequest.quantity", amount),
        FieldRow(13, "dispenseRequest.numberOfRepeatsAllowed", whole_or_warned),
        FieldRow(14, "requester", practitioner),
        FieldRow(20, "reasonCode[]", concept),
        FieldRow(28, "dispenseRequest.dispenseInterval", days),
        FieldRow(32, "dispenseRequest.performer", organization_coded),
    ),
    understood=(12, 33, 36),
)
#: RXO-4 is the unit of RXO-2 and RXO-3, RXO-22 that of RXO-21.
DOSAGE = SegmentMap(
    segment="RXO",
    resource="MedicationRequest.dosageInstruction",
    rows=(
        FieldRow(2, "doseAndRate.doseRange.low", amount),
        FieldRow(3, "doseAndRate.doseRange.high", amount),
        FieldRow(7, "additionalInstruction[]", concept),
        FieldRow(17, "doseAndRate.rateRatio.denominator", give_per),
        FieldRow(21, "doseAndRate.rateQuantity", amount),
    ),
    understood=(4, 22),
)
#: RXO-19 and RXO-26 are the units of RXO-18 and RXO-25.
MEDICATION = SegmentMap(
    segment="RXO",
    resource="Medication",
    rows=(
        FieldRow(1, "code", concept),
        FieldRow(5, "form", concept),
        FieldRow(18, "ingredient.strength.numerator", amount),
        FieldRow(25, "ingredient.strength.denominator", amount),
    ),
    understood=(19, 26),
)
TABLES = (RXO, DOSAGE, MEDICATION)
