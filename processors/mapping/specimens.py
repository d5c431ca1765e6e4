"""SPM and the specimen fields of OBR -> Specimen."""

from processors.envelope import Record
from processors.errors import Warn
from processors.mapping.codes import concept
from processors.mapping.extensions import text, within
from processors.mapping.identifiers import cx, eip, period
from processors.mapping.parties import practitioner
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope, component
from processors.mapping.times import date_time
from processors.mapping.values import number, unit


def quantity(raw: str, scope: Scope) -> Record | None:
    """CQ as Quantity."""
    pieces = raw.split(scope.component)
    sent = scope.text(pieces[0])
    if not sent:
        return None
    measure = unit(component(pieces, 2).replace(scope.subcomponent, scope.component), scope) if len(pieces) > 1 else {}
    value = number(sent, measure)
    if value is None:
        scope.warn(Warn.NUMBER_UNREADABLE, "not a number as HL7 writes it; not converted")
    return value


def collected(raw: str, scope: Scope) -> str | None:
    """DR with a start alone: one time."""
    pieces = raw.split(scope.component)
    return None if component(pieces, 2) else date_time(pieces[0], scope)


def collected_period(raw: str, scope: Scope) -> Record | None:
    """DR with an end: a period."""
    pieces = raw.split(scope.component)
    return period(pieces[0], component(pieces, 2), scope) if component(pieces, 2) else None


def source(raw: str, scope: Scope) -> Record | None:
    """SPS.1 (OBR-15 of HL7 before 2.7) as the type."""
    first = raw.split(scope.component)[0]
    return concept(first.replace(scope.subcomponent, scope.component), scope)


def body_site(raw: str, scope: Scope) -> Record | None:
    """SPS.4 as the body site."""
    fourth = component(raw.split(scope.component), 4)
    return concept(fourth.replace(scope.subcomponent, scope.component), scope) if fourth else None


SPM = SegmentMap(
    segment="SPM",
    resource="Specimen",
    rows=(
        FieldRow(2, "identifier[]", eip),
        FieldRow(4, "type", concept),
        FieldRow(6, "container.additiveCodeableConcept", concept),
        FieldRow(7, "collection.method", concept),
        FieldRow(8, "collection.bodySite", concept),
        FieldRow(12, "collection.quantity", quantity),
        FieldRow(14, "note[]", within("text", text)),
        FieldRow(17, "collection.collectedDateTime", collected),
        FieldRow(17, "collection.collectedPeriod", collected_period),
        FieldRow(18, "receivedTime", date_time),
        FieldRow(24, "condition[]", concept),
        FieldRow(27, "container.type", concept),
        FieldRow(30, "accessionIdentifier", cx),
        FieldRow(31, "identifier[]", cx),
    ),
    understood=(1,),
)

OBR = SegmentMap(
    segment="OBR",
    resource="Specimen",
    rows=(
        FieldRow(9, "collection.quantity", quantity),
        FieldRow(10, "collection.collector", practitioner),
        FieldRow(14, "receivedTime", date_time),
        FieldRow(15, "type", source),
        FieldRow(15, "collection.bodySite", body_site),
    ),
)
