"""SAC -> Specimen.container (HL7 2.5.1 chapter 13.4.3); the guide has no table for it, so by analogy with SPM."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.codes import concept
from processors.mapping.identifiers import ei_of
from processors.mapping.rows import Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.values import number, unit


def volume(units: int) -> Datatype:
    """NM with the unit of another field as Quantity."""

    def read(raw: str, scope: Scope) -> Record | None:
        sent = scope.segment.raw(units)
        value = number(scope.text(raw), unit(sent, scope) if sent else {})
        if value is None:
            scope.count_unmapped(f"{scope.segment.name}-{scope.field}")
        return value

    return read


def _unit_of_volume(sac: Segment) -> bool:
    return not sac.raw(21) and not sac.raw(22)


def lost_unit(_raw: str, scope: Scope) -> None:
    """A unit without a volume says nothing."""
    scope.count_unmapped(f"{scope.segment.name}-{scope.field}")


SAC = SegmentMap(
    segment="SAC",
    resource="Specimen.container",
    rows=(
        FieldRow(3, "identifier[]", ei_of("")),
        FieldRow(9, "type", concept),
        FieldRow(21, "capacity", volume(24)),
        FieldRow(22, "specimenQuantity", volume(24)),
        FieldRow(24, "capacity", lost_unit, _unit_of_volume),
        FieldRow(27, "additiveCodeableConcept", concept),
    ),
)
#: What a container says of its specimen.
SAC_SPECIMEN = SegmentMap(
    segment="SAC",
    resource="Specimen",
    rows=(FieldRow(2, "accessionIdentifier", ei_of("")),),
)
