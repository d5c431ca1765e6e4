"""ACC (HL7 2.5.1 chapter 6.5.9) -> Condition: an accident that the patient was in. HL7's guide has no table for it.

FHIR knows accidents in claims only; a Condition is the R4 resource for an event that has become a concern of care. What
has no element there stands in extensions of our own.
"""

from processors.envelope import Record
from processors.fhir.systems import TERMINOLOGY
from processors.lineage import derived_uuid
from processors.mapping.codes import concept_of, yes_no
from processors.mapping.extensions import extension, text, within
from processors.mapping.groups import Part
from processors.mapping.identifiers import ei_of
from processors.mapping.links import Links
from processors.mapping.names import address
from processors.mapping.nte_annotation import notes
from processors.mapping.parties import practitioner
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.statements import unplace_rest
from processors.mapping.times import date_time

_URN = "urn:wardline:acc-"
_CATEGORY = [{"text": "Accident"}]

ACC = SegmentMap(
    segment="ACC",
    resource="Condition",
    rows=(
        FieldRow(1, "onsetDateTime", date_time),
        FieldRow(2, "code", concept_of(TERMINOLOGY + "v2-0050")),
        FieldRow(3, "extension[]", extension(_URN + "3", "valueString", text)),
        FieldRow(4, "extension[]", extension(_URN + "4", "valueCodeableConcept", concept_of(TERMINOLOGY + "v2-0347"))),
        FieldRow(5, "extension[]", extension(_URN + "5", "valueBoolean", yes_no)),
        FieldRow(6, "extension[]", extension(_URN + "6", "valueBoolean", yes_no)),
        FieldRow(7, "recorder", practitioner),
        FieldRow(8, "note[]", within("text", text)),
        FieldRow(9, "extension[]", extension(_URN + "9", "valueString", text)),
        FieldRow(10, "extension[]", extension(_URN + "10", "valueBoolean", yes_no)),
        FieldRow(11, "extension[]", extension(_URN + "11", "valueAddress", address)),
        FieldRow(12, "extension[]", extension(_URN + "12", "valueString", text)),
        FieldRow(13, "identifier[]", ei_of("")),
    ),
)
_COMPILED = CompiledMap(ACC)


def write(part: Part, links: Links, scope: Scope) -> None:
    """The Condition; its identity is ACC-13, else the patient, the time and the kind of accident."""
    acc = part.segment
    found: Record = {}
    _COMPILED(acc, found, scope)
    if not found or links.subject is None:
        unplace_rest([acc, *part.notes, *part.under], scope)
        return
    numbers = found.get("identifier")
    if numbers:
        identity = scope.keyring.fhir_id("Condition", "accident", numbers[0].get("system", ""), numbers[0]["value"])
    else:
        identity = derived_uuid(links.subject["reference"], "accident", acc.raw(1), acc.text(2))
    resource: Record = {"resourceType": "Condition", "id": identity, "category": _CATEGORY, **found}
    resource.setdefault("code", _CATEGORY[0])
    written = notes(part.notes, scope) if part.notes else []
    if written:
        resource["note"] = [*resource.get("note", ()), *written]
    unplace_rest(part.under, scope)
    links.onto(resource)
    scope.bundle.add(resource, acc.path())
