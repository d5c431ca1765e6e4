"""RXC -> an ingredient of the Medication in the segment above it (HL7 2.5.1 chapter 4.14.3)."""

from processors.mapping.codes import concept
from processors.mapping.dosing import amount
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope


def active(raw: str, scope: Scope) -> bool | None:
    """Table 0166: an additive is what acts, a base is what it comes in."""
    return {"A": True, "B": False}.get(scope.texts(raw)[0].upper())


#: RXC-4 is the unit of RXC-3.
RXC = SegmentMap(
    segment="RXC",
    resource="Medication.ingredient",
    rows=(
        FieldRow(1, "isActive", active),
        FieldRow(2, "itemCodeableConcept", concept),
        FieldRow(3, "strength.numerator", amount),
    ),
    understood=(4,),
)
#: The component's own strength; RXC-6 and RXC-9 are the units of RXC-5 and RXC-8.
OWN = SegmentMap(
    segment="RXC",
    resource="Medication",
    rows=(FieldRow(5, "numerator", amount), FieldRow(8, "denominator", amount)),
    understood=(6, 9),
)
TABLES = (RXC, OWN)
