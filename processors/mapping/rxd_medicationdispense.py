"""RXD -> MedicationDispense and its Medication (HL7 2.5.1 chapter 4.14.5); the guide has no table for it."""

from processors.envelope import Record
from processors.fhir.systems import TERMINOLOGY
from processors.mapping.codes import concept, concept_of
from processors.mapping.dosing import amount, numbered, told
from processors.mapping.extensions import text, within
from processors.mapping.parties import location, organization_coded, practitioner
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.times import date_time
from processors.mapping.values import quantity
from processors.mapping.vocabularies_pharmacy import SUBSTITUTED

_status = concept_of(TERMINOLOGY + "v2-0167")


def substitution(raw: str, scope: Scope) -> Record | None:
    """Table 0167: whether another medicine was dispensed, and the code as sent."""
    value = _status(raw, scope)
    return {"wasSubstituted": scope.texts(raw)[0].upper() in SUBSTITUTED, "type": value} if value else None


def prescription(raw: str, scope: Scope) -> Record | None:
    """RXD-7 as a reference by identifier."""
    return within("identifier", numbered)(raw, scope)  # type: ignore[return-value]


#: RXD-5 is the unit of RXD-4; RXD-1 counts the dispenses of an order.
RXD = SegmentMap(
    segment="RXD",
    resource="MedicationDispense",
    rows=(
        FieldRow(3, "whenHandedOver", date_time),
        FieldRow(4, "quantity", amount),
        FieldRow(7, "authorizingPrescription[]", prescription),
        FieldRow(9, "note[]", told),
        FieldRow(10, "performer[]", within("actor", practitioner)),
        FieldRow(11, "substitution", substitution),
        FieldRow(12, "dosageInstruction.maxDosePerPeriod.numerator", quantity),
        FieldRow(13, "destination", location),
        FieldRow(15, "note[]", told),
        FieldRow(33, "type", concept_of(TERMINOLOGY + "v2-0484")),
    ),
    understood=(1, 5),
)
#: RXD-17 and RXD-29 are the units of RXD-16 and RXD-28.
MEDICATION = SegmentMap(
    segment="RXD",
    resource="Medication",
    rows=(
        FieldRow(2, "code", concept),
        FieldRow(6, "form", concept),
        FieldRow(16, "ingredient.strength.numerator", amount),
        FieldRow(18, "batch.lotNumber", text),
        FieldRow(19, "batch.expirationDate", date_time),
        FieldRow(20, "manufacturer", organization_coded),
        FieldRow(28, "ingredient.strength.denominator", amount),
    ),
    understood=(17, 29),
)
TABLES = (RXD, MEDICATION)
