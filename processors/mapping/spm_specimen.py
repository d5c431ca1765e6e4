"""SPM -> Specimen (HL7 2.5.1 chapter 7.4.3); its parents are linked in specimens.py."""

from processors.envelope import Record
from processors.fhir.systems import CODE_SYSTEMS, R5, SENT_REJECTION, SENT_SITE_MODIFIER, SENT_TYPE_MODIFIER
from processors.hl7.message import Segment
from processors.mapping.codes import code_in, concept
from processors.mapping.extensions import extension, text, within
from processors.mapping.identifiers import cx, ei_of, eip, period
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope, component
from processors.mapping.times import date_time
from processors.mapping.values import quantity
from processors.mapping.vocabularies_orders import COLLECTION_METHOD, SPECIMEN_STATUS


def collected(raw: str, scope: Scope) -> str | None:
    """DR with a start alone: one time."""
    pieces = raw.split(scope.component)
    return None if component(pieces, 2) else date_time(pieces[0], scope)


def collected_period(raw: str, scope: Scope) -> Record | None:
    """DR with an end: a period."""
    pieces = raw.split(scope.component)
    return period(pieces[0], component(pieces, 2), scope) if component(pieces, 2) else None


def collection_method(raw: str, scope: Scope) -> Record | None:
    """SPM-7, with the SNOMED CT code of what table 0488 means first, where the guide has one."""
    sent = concept(raw, scope)
    parts = scope.texts(raw)
    found = COLLECTION_METHOD.get(parts[0]) if component(parts, 3) in ("", "HL70488") else None
    if sent is None or found is None:
        return sent
    first = {"system": CODE_SYSTEMS["SCT"], "code": found[0], "display": found[1]}
    return {**sent, "coding": [first, *sent.get("coding", ())]}


def rejected(_raw: str, _scope: Scope) -> str:
    """A reason to reject (SPM-21) says more about the specimen than whether it is at hand."""
    return "unsatisfactory"


def _not_rejected(spm: Segment) -> bool:
    return not spm.text(21)


def _rejected(spm: Segment) -> bool:
    return bool(spm.text(21))


SPM = SegmentMap(
    segment="SPM",
    resource="Specimen",
    rows=(
        FieldRow(2, "identifier[]", eip),
        FieldRow(4, "type", concept),
        FieldRow(5, "extension[]", extension(SENT_TYPE_MODIFIER, "valueCodeableConcept", concept)),
        FieldRow(6, "container.additiveCodeableConcept", concept),
        FieldRow(7, "collection.method", collection_method),
        FieldRow(8, "collection.bodySite", concept),
        FieldRow(9, "collection.extension[]", extension(SENT_SITE_MODIFIER, "valueCodeableConcept", concept)),
        FieldRow(11, "extension[]", extension(R5 + "Specimen.role", "valueCodeableConcept", concept)),
        FieldRow(12, "collection.quantity", quantity),
        FieldRow(14, "note[]", within("text", text)),
        FieldRow(17, "collection.collectedDateTime", collected),
        FieldRow(17, "collection.collectedPeriod", collected_period),
        FieldRow(18, "receivedTime", date_time),
        FieldRow(20, "status", code_in(SPECIMEN_STATUS), _not_rejected),
        FieldRow(21, "status", rejected, _rejected),
        FieldRow(21, "extension[]", extension(SENT_REJECTION, "valueCodeableConcept", concept)),
        FieldRow(24, "condition[]", concept),
        FieldRow(27, "container.type", concept),
        FieldRow(30, "accessionIdentifier", cx),
        FieldRow(31, "identifier[]", cx),
        FieldRow(32, "identifier[]", ei_of("SHIP")),
    ),
    understood=(1, 3),
)
