"""RXE -> MedicationRequest as the pharmacy encoded it (HL7 2.5.1 chapter 4.14.4); the guide has no table: after RXO."""

from processors.fhir.systems import TERMINOLOGY
from processors.mapping.codes import concept, concept_of
from processors.mapping.dosing import amount, give_per, numbered, told
from processors.mapping.extensions import whole_or_warned
from processors.mapping.parties import organization_coded, practitioner
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.times import date_time
from processors.mapping.values import quantity

#: RXE-11 is the unit of RXE-10; RXE-41 and RXE-45 are address and phone of the pharmacy in RXE-40.
RXE = SegmentMap(
    segment="RXE",
    resource="MedicationRequest",
    rows=(
        FieldRow(9, "substitution.allowedCodeableConcept", concept_of(TERMINOLOGY + "v2-0167")),
        FieldRow(10, "dispenseRequest.quantity", amount),
        FieldRow(12, "dispenseRequest.numberOfRepeatsAllowed", whole_or_warned),
        FieldRow(13, "requester", practitioner),
        FieldRow(15, "identifier[]", numbered),
        FieldRow(21, "note[]", told),
        FieldRow(27, "reasonCode[]", concept),
        FieldRow(32, "authoredOn", date_time),
        FieldRow(39, "dispenseRequest.initialFill.quantity", quantity),
        FieldRow(40, "dispenseRequest.performer", organization_coded),
    ),
    understood=(1, 11, 41, 45),
)
#: RXE-5 is the unit of RXE-3 and RXE-4, RXE-24 that of RXE-23; RXE-19 is the most in a day.
DOSAGE = SegmentMap(
    segment="RXE",
    resource="MedicationRequest.dosageInstruction",
    rows=(
        FieldRow(3, "doseAndRate.doseRange.low", amount),
        FieldRow(4, "doseAndRate.doseRange.high", amount),
        FieldRow(7, "additionalInstruction[]", concept),
        FieldRow(19, "maxDosePerPeriod.numerator", quantity),
        FieldRow(22, "doseAndRate.rateRatio.denominator", give_per),
        FieldRow(23, "doseAndRate.rateQuantity", amount),
    ),
    understood=(5, 24),
)
#: RXE-26 and RXE-34 are the units of RXE-25 and RXE-33.
MEDICATION = SegmentMap(
    segment="RXE",
    resource="Medication",
    rows=(
        FieldRow(2, "code", concept),
        FieldRow(6, "form", concept),
        FieldRow(25, "ingredient.strength.numerator", amount),
        FieldRow(33, "ingredient.strength.denominator", amount),
    ),
    understood=(26, 34),
)
TABLES = (RXE, DOSAGE, MEDICATION)
