"""AL1 -> AllergyIntolerance (HL7 2.5.1 chapter 3.4.6), and what IAM shares with it."""

from processors.envelope import Record
from processors.fhir.systems import TERMINOLOGY
from processors.mapping.codes import concept_of
from processors.mapping.extensions import extension
from processors.mapping.groups import Part
from processors.mapping.links import Links
from processors.mapping.nte_annotation import notes
from processors.mapping.rows import CompiledMap, Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.statements import (
    ALTERNATE_CODES,
    NOBODY,
    listed,
    named,
    own_concept,
    put_own,
    unplace_rest,
    words,
)
from processors.mapping.times import date_time
from processors.mapping.vocabularies_clinical import ALLERGEN_CATEGORY, ALLERGEN_TYPE, CRITICALITY

ALLERGY_CLINICAL_STATUS = TERMINOLOGY + "allergyintolerance-clinical"
#: Where a code as sent stands when R4 has none for it: its element must have a code of R4 or be absent.
_UNCODED = {"category": "urn:wardline:al1-2", "criticality": "urn:wardline:al1-4", "type": "urn:wardline:iam-9"}
_ACTIVE: Record = {"coding": [{"system": ALLERGY_CLINICAL_STATUS, "code": "active", "display": "Active"}]}


def beside(table: str) -> Datatype:
    """The code as sent, of an HL7 table, in the extension that stands beside a FHIR code."""
    as_sent = extension(ALTERNATE_CODES, "valueCodeableConcept", concept_of(TERMINOLOGY + table))

    def read(raw: str, scope: Scope) -> Record | None:
        found = as_sent(raw, scope)
        return {"extension": [found]} if found else None

    return read


#: AL1-2, AL1-4 and IAM-2, IAM-4: severity is the risk at large, not that of one reaction.
KIND_ROWS = (
    FieldRow(2, "category[]", listed(ALLERGEN_CATEGORY)),
    FieldRow(2, "_category[]", beside("v2-0127")),
    FieldRow(4, "criticality", listed(CRITICALITY)),
    FieldRow(4, "_criticality", beside("v2-0128")),
    FieldRow(5, "reaction.manifestation[]", words),
)

AL1 = SegmentMap(
    segment="AL1",
    resource="AllergyIntolerance",
    rows=(
        *KIND_ROWS,
        FieldRow(2, "type", listed(ALLERGEN_TYPE)),
        FieldRow(3, "code", own_concept),
        FieldRow(6, "onsetDateTime", date_time),
    ),
    understood=(1,),
)
_AL1 = CompiledMap(AL1)


def write(part: Part, links: Links, scope: Scope) -> None:
    """One allergy of the patient."""
    identity = (scope.bundle.patient_key, *named(part.segment, 3))
    allergy(part, _AL1, scope.keyring.fhir_id("AllergyIntolerance", *identity), links, scope)


def allergy(part: Part, rows: CompiledMap, identity: str, links: Links, scope: Scope) -> None:
    """The AllergyIntolerance of an AL1 or IAM; without data none."""
    segment = part.segment
    resource: Record = {"resourceType": "AllergyIntolerance", "id": identity}
    rows(segment, resource, scope)
    unplace_rest(part.under, scope)
    if len(resource) <= 2:
        unplace_rest([segment, *part.notes], scope)
        return
    _mend(resource)
    written = notes(part.notes, scope)
    if written:
        resource["note"] = written
    resource["patient"] = links.subject or NOBODY
    put_own(resource, segment, scope)


def _mend(resource: Record) -> None:
    """R4 ait-1 and ait-2: a clinical status, except for what was entered in error; reactions are a list."""
    codings = resource.get("verificationStatus", {}).get("coding", [{}])
    if codings[0].get("code") == "entered-in-error":
        resource.pop("clinicalStatus", None)
    else:
        resource.setdefault("clinicalStatus", _ACTIVE)
    if "reaction" in resource:
        resource["reaction"] = [resource["reaction"]]
    for name, url in _UNCODED.items():
        if name not in resource and "_" + name in resource:
            held = resource.pop("_" + name)
            sent = (held[0] if isinstance(held, list) else held)["extension"][0]
            resource["extension"] = [*resource.get("extension", ()), {**sent, "url": url}]
