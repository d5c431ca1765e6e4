"""RXA -> MedicationAdministration and its Medication (HL7 2.5.1 chapter 4.14.7); the guide's table is for vaccines."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.codes import code_in, concept
from processors.mapping.dosing import amount, give_per, in_function, told
from processors.mapping.extensions import text
from processors.mapping.identifiers import period
from processors.mapping.parties import organization_coded
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.times import date_time
from processors.mapping.vocabularies_pharmacy import COMPLETION_STATUS

#: RXA-6 where the amount is not known (HL7 2.5.1 chapter 4.14.7.6).
UNKNOWN_AMOUNT = "999"


def deleted(rxa: Segment) -> bool:
    """RXA-21 takes the record back."""
    return rxa.text(21).upper() == "D"


def not_deleted(rxa: Segment) -> bool:
    """RXA-21 adds or changes."""
    return not deleted(rxa)


def void(_raw: str, _scope: Scope) -> str:
    """A record taken back."""
    return "entered-in-error"


def dose(raw: str, scope: Scope) -> Record | None:
    """RXA-6; 999 says that nobody knows."""
    return None if scope.text(raw) == UNKNOWN_AMOUNT else amount(raw, scope)


def _lasted(rxa: Segment) -> bool:
    return bool(rxa.text(4)) and rxa.text(4) != rxa.text(3)


def _at_once(rxa: Segment) -> bool:
    return not _lasted(rxa)


def _span(raw: str, scope: Scope) -> Record | None:
    return period(raw, scope.segment.raw(4), scope)


#: RXA-1 and RXA-2 count.
RXA = SegmentMap(
    segment="RXA",
    resource="MedicationAdministration",
    rows=(
        FieldRow(3, "effectiveDateTime", date_time, _at_once),
        FieldRow(3, "effectivePeriod", _span, _lasted),
        FieldRow(9, "note[]", told),
        FieldRow(10, "performer[]", in_function("AP", "Administering Provider")),
        FieldRow(18, "statusReason[]", concept),
        FieldRow(19, "reasonCode[]", concept),
        FieldRow(20, "status", code_in(COMPLETION_STATUS), not_deleted),
        FieldRow(21, "status", void, deleted),
    ),
    understood=(1, 2, 4),
)
#: RXA-7 is the unit of RXA-6.
DOSAGE = SegmentMap(
    segment="RXA",
    resource="MedicationAdministration.dosage",
    rows=(FieldRow(6, "dose", dose), FieldRow(12, "rateRatio.denominator", give_per)),
    understood=(7,),
)
#: RXA-14 and RXA-24 are the units of RXA-13 and RXA-23.
MEDICATION = SegmentMap(
    segment="RXA",
    resource="Medication",
    rows=(
        FieldRow(5, "code", concept),
        FieldRow(8, "form", concept),
        FieldRow(13, "ingredient.strength.numerator", amount),
        FieldRow(15, "batch.lotNumber", text),
        FieldRow(16, "batch.expirationDate", date_time),
        FieldRow(17, "manufacturer", organization_coded),
        FieldRow(23, "ingredient.strength.denominator", amount),
    ),
    understood=(14, 24),
)
TABLES = (RXA, DOSAGE, MEDICATION)
