"""DG1 -> Condition, Encounter.diagnosis and EpisodeOfCare.diagnosis (HL7 2.5.1 chapter 6.5.2)."""

from processors.envelope import Record
from processors.fhir.systems import STRUCTURE, TERMINOLOGY
from processors.hl7.message import Segment
from processors.mapping.codes import concept_in
from processors.mapping.extensions import extension, text, whole_or_warned
from processors.mapping.groups import Part
from processors.mapping.identifiers import ei_assigned, ei_of
from processors.mapping.links import Links
from processors.mapping.nte_annotation import notes
from processors.mapping.parties import practitioner
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.statements import (
    about,
    coded_by,
    fixed,
    instance,
    named,
    other,
    put_own,
    sends,
    unplace_rest,
)
from processors.mapping.times import date_time
from processors.mapping.unplaced import described_otherwise, unplaced
from processors.mapping.vocabularies_clinical import DIAGNOSIS_ROLE

_VERIFICATION = TERMINOLOGY + "condition-ver-status"
#: Condition.verificationStatus of a diagnosis or problem that was taken back.
IN_ERROR = {"coding": [{"system": _VERIFICATION, "code": "entered-in-error", "display": "Entered in Error"}]}
_OF_ENCOUNTER = [
    {
        "coding": [
            {
                "system": TERMINOLOGY + "condition-category",
                "code": "encounter-diagnosis",
                "display": "Encounter Diagnosis",
            }
        ]
    }
]
_ROLE = concept_in(DIAGNOSIS_ROLE, TERMINOLOGY + "diagnosis-role", TERMINOLOGY + "v2-0052")


def rank(raw: str, scope: Scope) -> int | None:
    """DG1-15 as a rank; 0 says that there is none."""
    return whole_or_warned(raw, scope) or None


def parent(raw: str, scope: Scope) -> Record | None:
    """DG1-22: the diagnosis that this one is due to, and who numbers it."""
    found = other("Condition", raw, scope)
    return {**found, "identifier": ei_assigned(raw, scope)} if found is not None else None


DG1 = SegmentMap(
    segment="DG1",
    resource="Condition",
    rows=(
        FieldRow(3, "code", coded_by(2)),
        FieldRow(4, "code.text", text),
        FieldRow(4, "note[]", unplaced, described_otherwise(3, 4)),
        FieldRow(5, "onsetDateTime", date_time),
        FieldRow(16, "asserter", practitioner),
        FieldRow(19, "extension[]", extension(STRUCTURE + "condition-assertedDate", "valueDateTime", date_time)),
        FieldRow(19, "recordedDate", date_time),
        FieldRow(20, "identifier[]", ei_of("")),
        FieldRow(21, "verificationStatus", fixed(IN_ERROR), sends(21, "D")),
        FieldRow(22, "extension[]", extension(STRUCTURE + "condition-dueTo", "valueReference", parent)),
    ),
    understood=(1, 2),
)
DG1_OF_VISIT = SegmentMap(
    segment="DG1",
    resource="Encounter.diagnosis",
    rows=(FieldRow(6, "use", _ROLE), FieldRow(15, "rank", rank)),
)
DG1_OF_EPISODE = SegmentMap(
    segment="DG1",
    resource="EpisodeOfCare.diagnosis",
    rows=(FieldRow(6, "role", _ROLE), FieldRow(15, "rank", rank)),
)
TABLES = (DG1, DG1_OF_VISIT, DG1_OF_EPISODE)
_DG1 = CompiledMap(DG1)
_OF_VISIT = CompiledMap(DG1_OF_VISIT)
_OF_EPISODE = CompiledMap(DG1_OF_EPISODE)


def write(part: Part, links: Links, scope: Scope) -> None:
    """One diagnosis of the patient, and of the visit and its episode where there are any."""
    condition = _condition(part, links, scope)
    stay = links.stay
    if condition is None or stay is None:
        return
    stay["diagnosis"] = [*stay.get("diagnosis", ()), _entry(part.segment, _OF_VISIT, condition, scope)]
    episodes = stay.get("episodeOfCare", ())
    if len(episodes) == 1:
        identity = episodes[0].get("reference", "").removeprefix("urn:uuid:")
        known = scope.bundle.resources.get(identity)
        if known is not None:
            said = _entry(part.segment, _OF_EPISODE, condition, scope)
            scope.bundle.resources[identity] = {**known, "diagnosis": [*known.get("diagnosis", ()), said]}


def for_order(part: Part, request: Record | None, links: Links, scope: Scope) -> None:
    """One diagnosis behind an order: the request's reason, or only the patient's where there is no request."""
    condition = _condition(part, links, scope)
    if condition is not None and request is not None:
        request["reasonReference"] = [*request.get("reasonReference", ()), condition]


def _condition(part: Part, links: Links, scope: Scope) -> Record | None:
    dg1 = part.segment
    resource: Record = {"resourceType": "Condition", "id": _identity(dg1, links, scope)}
    _DG1(dg1, resource, scope)
    unplace_rest(part.under, scope)
    if len(resource) <= 2:
        unplace_rest([dg1, *part.notes], scope)
        return None
    if links.encounter is not None:
        resource["category"] = _OF_ENCOUNTER
    written = notes(part.notes, scope)
    if written:
        resource["note"] = written
    about(resource, links)
    return put_own(resource, dg1, scope)


def _identity(dg1: Segment, links: Links, scope: Scope) -> str:
    """The diagnosis number (DG1-20), else code and type within the visit."""
    own = instance(dg1, 20, scope)
    if own:
        return scope.keyring.fhir_id("Condition", *own)
    visit = links.encounter["reference"] if links.encounter is not None else ""
    code = named(dg1, 3) if dg1.raw(3) else (dg1.text(4), "text")
    return scope.keyring.fhir_id("Condition", scope.bundle.patient_key, visit, *code, dg1.text(6))


def _entry(dg1: Segment, rows: CompiledMap, condition: Record, scope: Scope) -> Record:
    entry: Record = {"condition": condition}
    rows(dg1, entry, scope)
    return entry
