"""Merge events (A18, A34, A36, A40, A47): two linked Patients, one bundle for the survivor and one for the absorbed."""

from dataclasses import dataclass

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.hl7.patients import PatientRef
from processors.mapping.identifiers import cx
from processors.mapping.identities import patient_id
from processors.mapping.names import human_name
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope, reference

MRG = SegmentMap(
    segment="MRG",
    resource="Patient",
    rows=(
        FieldRow(1, "identifier[]", cx),
        FieldRow(2, "identifier[]", cx),
        FieldRow(4, "identifier[]", cx),
        FieldRow(7, "name[]", human_name),
    ),
)
COMPILED = CompiledMap(MRG)


@dataclass(frozen=True, slots=True)
class Merge:
    """One side of a merge: role `survivor` or `absorbed`, and the other side's patient_key."""

    role: str
    other_key: str


def absorbed_patient(ref: PatientRef, survivor_key: str, scope: Scope) -> Record:
    """The Patient that goes into another: not in use, replaced by the survivor."""
    resource: Record = {"resourceType": "Patient", "id": patient_id(ref.key, scope)}
    if ref.segment is not None:
        COMPILED(ref.segment, resource, scope)
    resource["active"] = False
    resource["link"] = [{"other": reference(patient_id(survivor_key, scope)), "type": "replaced-by"}]
    return resource


def link_survivor(absorbed: list[PatientRef], scope: Scope) -> None:
    """The survivor's side of the links."""
    survivor = scope.bundle.resources.get(patient_id(scope.bundle.patient_key, scope))
    if survivor is None:
        return
    links = [{"other": reference(patient_id(ref.key, scope)), "type": "replaces"} for ref in absorbed]
    survivor["active"] = True
    survivor["link"] = links


def source_of(segment: Segment | None) -> str:
    """Where an absorbed patient was named."""
    return segment.path() if segment is not None else ""
