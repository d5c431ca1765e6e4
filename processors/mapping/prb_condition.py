"""PRB -> Condition of the problem list (HL7 2.5.1 chapter 12.4.2), by analogy: the guide has no table for it."""

from processors.envelope import Record
from processors.fhir.systems import TERMINOLOGY
from processors.hl7.message import Segment
from processors.mapping.care_parts import finish, nothing, observations, people
from processors.mapping.codes import concept
from processors.mapping.dg1_condition import IN_ERROR
from processors.mapping.extensions import text
from processors.mapping.groups import Part
from processors.mapping.identifiers import ei_of
from processors.mapping.links import Links
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.statements import absent, fixed, instance, named, own_concept, sends, status_of
from processors.mapping.times import date_time
from processors.mapping.vocabularies_clinical import (
    PROBLEM_STATUS,
    PROBLEM_STATUS_DISPLAY,
    PROBLEM_VERIFICATION,
    VERIFICATION_DISPLAY,
)

_CLINICAL = TERMINOLOGY + "condition-clinical"
_VERIFICATION = TERMINOLOGY + "condition-ver-status"
_PROBLEM: Record = {
    "coding": [
        {
            "system": TERMINOLOGY + "condition-category",
            "code": "problem-list-item",
            "display": "Problem List Item",
        }
    ]
}
_OVER = frozenset(("inactive", "resolved", "remission"))
#: ROL-3 and PRT-4 of who wrote it down: entering person, transcriptionist.
_RECORDERS = frozenset(("EP", "TR"))

PRB = SegmentMap(
    segment="PRB",
    resource="Condition",
    rows=(
        FieldRow(1, "verificationStatus", fixed(IN_ERROR), sends(1, "DE")),
        FieldRow(3, "code", own_concept),
        FieldRow(4, "identifier[]", ei_of("")),
        FieldRow(7, "recordedDate", date_time),
        FieldRow(9, "abatementDateTime", date_time),
        FieldRow(10, "category[]", concept),
        FieldRow(13, "verificationStatus", status_of(PROBLEM_VERIFICATION, VERIFICATION_DISPLAY, _VERIFICATION)),
        FieldRow(14, "clinicalStatus", status_of(PROBLEM_STATUS, PROBLEM_STATUS_DISPLAY, _CLINICAL, "", "active")),
        FieldRow(16, "onsetDateTime", date_time),
        FieldRow(17, "onsetString", text, absent(16)),
        FieldRow(26, "severity", concept),
    ),
)
_PRB = CompiledMap(PRB)


def write(part: Part, links: Links, scope: Scope) -> None:
    """One problem with its observations as evidence."""
    prb = part.segment
    resource: Record = {"resourceType": "Condition", "id": _identity(prb, scope)}
    _PRB(prb, resource, scope)
    if len(resource) <= 2:
        nothing(part, scope)
        return
    resource["category"] = [_PROBLEM, *resource.get("category", ())]
    _clinical_status(resource)
    for role, who, segment in people(part, scope):
        element = "recorder" if role in _RECORDERS else "asserter"
        if element in resource:
            scope.unplace(segment)
        else:
            resource[element] = who
    found = observations(part, resource["id"], links, scope)
    if found:
        resource["evidence"] = [{"detail": found}]
    finish(resource, part, links, scope)


def _clinical_status(resource: Record) -> None:
    """R4 con-3 to con-5: always one, but for what was entered in error; an abated problem is over."""
    if resource.get("verificationStatus") == IN_ERROR:
        resource.pop("clinicalStatus", None)
        return
    status = resource.setdefault("clinicalStatus", {"coding": [_status("active")]})
    if "abatementDateTime" in resource and status["coding"][0]["code"] not in _OVER:
        resource["clinicalStatus"] = {**status, "coding": [_status("resolved")]}


def _status(code: str) -> Record:
    return {"system": _CLINICAL, "code": code, "display": PROBLEM_STATUS_DISPLAY[code]}


def _identity(prb: Segment, scope: Scope) -> str:
    """The problem's instance number (PRB-4), else what it is."""
    own = instance(prb, 4, scope)
    return scope.keyring.fhir_id("Condition", *(own or (scope.bundle.patient_key, "problem", *named(prb, 3))))
