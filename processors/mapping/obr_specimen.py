"""The specimen fields of OBR (HL7 2.5.1 chapter 4.5.3; OBR-15 as SPS, chapter 2A.72) -> Specimen."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.codes import concept
from processors.mapping.parties import practitioner
from processors.mapping.rows import Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope, component
from processors.mapping.times import date_time
from processors.mapping.values import quantity
from processors.mapping.vocabularies_orders import FASTING


def tells(obr: Segment) -> bool:
    """It makes a Specimen where no SPM does: by volume, collector, receipt, source or the collector's comment."""
    fields = obr.fields
    return any(fields[9:11]) or any(fields[14:16]) or any(fields[39:40])


def _one_time(obr: Segment) -> bool:
    return not obr.raw(8)


def _span(obr: Segment) -> bool:
    return bool(obr.raw(8))


def part_of_source(n: int) -> Datatype:
    """SPS.n, a code in subcomponents, as CodeableConcept."""

    def read(raw: str, scope: Scope) -> Record | None:
        part = component(raw.split(scope.component), n)
        return concept(part.replace(scope.subcomponent, scope.component), scope) if part else None

    return read


def source_text(raw: str, scope: Scope) -> Record | None:
    """SPS.3, free text."""
    said = scope.text(component(raw.split(scope.component), 3))
    return {"text": said} if said else None


def comment(raw: str, scope: Scope) -> Record | None:
    """CWE as the text of a note."""
    found = concept(raw, scope)
    if found is None:
        return None
    shown = [one.get("display") or one["code"] for one in found.get("coding", ())]
    return {"text": found.get("text") or shown[0]}


def fasting(obr: Segment) -> bool:
    """OBR-13 says whether the patient had eaten."""
    return obr.text(13) in FASTING and obr.text(13, 3) in ("", "HL70916")


OBR = SegmentMap(
    segment="OBR",
    resource="Specimen",
    rows=(
        FieldRow(7, "collection.collectedDateTime", date_time, _one_time),
        FieldRow(7, "collection.collectedPeriod.start", date_time, _span),
        FieldRow(8, "collection.collectedPeriod.end", date_time),
        FieldRow(9, "collection.quantity", quantity),
        FieldRow(10, "collection.collector", practitioner),
        FieldRow(13, "collection.fastingStatusCodeableConcept", concept, fasting),
        FieldRow(14, "receivedTime", date_time),
        FieldRow(15, "type", part_of_source(1)),
        FieldRow(15, "container.additiveCodeableConcept", part_of_source(2)),
        FieldRow(15, "note[]", source_text),
        FieldRow(15, "collection.bodySite", part_of_source(4)),
        FieldRow(15, "condition[]", part_of_source(6)),
        FieldRow(39, "note[]", comment),
    ),
)
