"""PID with PD1, NK1 and MRG -> Patient, and what stands beside it: accounts, related persons, its last update."""

from processors.envelope import Record
from processors.fhir.systems import STRUCTURE, TERMINOLOGY
from processors.hl7.message import Segment
from processors.mapping import pd1_patient, pid_patient
from processors.mapping.codes import concept_of
from processors.mapping.extensions import extension
from processors.mapping.groups import Patient
from processors.mapping.identities import patient_id
from processors.mapping.links import Links
from processors.mapping.merges import former_account, former_identifiers
from processors.mapping.nk1_patient import contact, speaks_for
from processors.mapping.nk1_relatedperson import related_person
from processors.mapping.nte_annotation import note_beside
from processors.mapping.pd1_observation import living_will
from processors.mapping.pid_account import account
from processors.mapping.pid_provenance import update
from processors.mapping.pid_relatedperson import mother
from processors.mapping.repeats import told
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope, reference, spelled
from processors.mapping.statements import unplace_rest

_IMPORTANCE = STRUCTURE + "patient-importance"
#: PV1-16 says of the person what it says of the stay; the stay's part is in pv1_encounter.
PV1 = SegmentMap(
    segment="PV1",
    resource="Patient",
    rows=(
        FieldRow(
            16, "extension[]", extension(_IMPORTANCE, "valueCodeableConcept", concept_of(TERMINOLOGY + "v2-0099"))
        ),
    ),
)
_PID = CompiledMap(pid_patient.PID)
_PD1 = CompiledMap(pd1_patient.PD1)
_PV1 = CompiledMap(PV1)
_NOT_IMPORTANT = ("", '""', "N", "NO", "0")


def patient(group: Patient, links: Links, scope: Scope) -> None:
    """The Patient into the bundle; the identifier that the site's policy chose comes first.

    Notes behind PID stand in an extension: a Patient of R4 has none, and they may say what matters for the report.
    """
    if group.pid is None:
        unplace_rest(group.notes, scope)
        return
    pid = group.pid
    contacts = [part.segment for part in group.parts if part.segment.name == "NK1"]
    segments = [pid, *([group.pd1] if group.pd1 is not None else ()), *contacts, *group.merged]
    said = ("Patient", scope.bundle.patient_key, group.chosen, *spelled(segments))
    if group.merged:
        said = (*said, scope.message.trigger)
    resource = scope.whole(said, lambda: _patient(group, pid, contacts, scope))
    if len(resource) <= 2:
        unplace_rest(group.notes, scope)
        return
    links.patient = resource = told(resource, pid, scope)
    links.subject = reference(resource["id"])
    if group.notes:
        note_beside(group.notes, resource, scope)
    for visit in group.visits:
        if len(visit.pv1.fields) > 16 and visit.pv1.fields[16]:
            _importance(visit.pv1, resource, scope)
    for nk1 in contacts:
        speaks_for(nk1, scope)


def _patient(group: Patient, pid: Segment, contacts: list[Segment], scope: Scope) -> Record:
    resource: Record = {"resourceType": "Patient", "id": patient_id(scope.bundle.patient_key, scope)}
    _PID(pid, resource, scope)
    if group.pd1 is not None:
        _PD1(group.pd1, resource, scope)
    if "extension" in resource:
        resource["extension"] = pid_patient.one_of_each(resource["extension"])
    made = [one for one in (contact(nk1, scope) for nk1 in contacts) if one is not None]
    if made:
        resource["contact"] = made
    former_identifiers(group.merged, resource, scope)
    identifiers = resource.get("identifier", ())
    if len(identifiers) > 1:
        identifiers = resource["identifier"] = [one for n, one in enumerate(identifiers) if one not in identifiers[:n]]
    if len(identifiers) > 1 and group.chosen:
        identifiers.sort(key=lambda one: one["value"] != group.chosen)
    if len(resource) > 2:
        _beside(group, pid, contacts, scope)
    return resource


def _beside(group: Patient, pid: Segment, contacts: list[Segment], scope: Scope) -> None:
    """What refers to the Patient."""
    size = len(pid.fields)
    if size > 18 and pid.fields[18]:
        account(pid, scope)
    if size > 21 and pid.fields[21]:
        mother(pid, scope)
    if size > 33:
        update(pid, scope)
    if group.pd1 is not None and group.pd1.raw(7):
        living_will(group.pd1, scope)
    for nk1 in contacts:
        related_person(nk1, scope)
    for mrg in group.merged:
        former_account(mrg, scope)


def _importance(pv1: Segment, resource: Record, scope: Scope) -> None:
    """PV1-16 as patient-importance, once per patient."""
    if pv1.text(16).strip().upper() in _NOT_IMPORTANT:
        return
    value: Record = {}
    _PV1(pv1, value, scope)
    known = resource.get("extension", ())
    made = [one for one in value.get("extension", ()) if one not in known]
    if made:
        resource["extension"] = [*known, *made]
