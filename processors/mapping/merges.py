"""Merge events (A18, A34, A36, A40, A47): two linked Patients, one bundle for the survivor and one for the absorbed.

In the other events MRG names what the same patient was known by before, or another one's account that came here.
"""

from dataclasses import dataclass

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.hl7.patients import PatientRef
from processors.mapping.identifiers import cx, cx_of
from processors.mapping.identities import patient_id
from processors.mapping.names import human_name
from processors.mapping.pid_account import put_account
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
MRG_ACCOUNT = SegmentMap(segment="MRG", resource="Account", rows=(FieldRow(3, "identifier[]", cx_of("AN")),))
COMPILED = CompiledMap(MRG)
_ACCOUNT = CompiledMap(MRG_ACCOUNT)
#: Events whose MRG is about the patient of the PID itself: class, account, visit or identifier change
#: (HL7 2.5.1 chapters 3.3.6, 3.3.35, 3.3.41 to 3.3.51). In A43 to A45 it is somebody else.
SAME_PATIENT = frozenset(("A06", "A07", "A35", "A41", "A42", "A46", "A48", "A49", "A50", "A51"))


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


def former_identifiers(merged: list[Segment], resource: Record, scope: Scope) -> None:
    """What the same patient was known by before, as old identifiers and names; merges have a Patient for it."""
    if not merged or scope.message.trigger not in SAME_PATIENT:
        return
    for mrg in merged:
        _add_former(mrg, resource, scope)


def others(merged: list[Segment], refs: list[PatientRef], survivor_key: str, scope: Scope) -> list[PatientRef]:
    """Those that go into the survivor, each once.

    An MRG that names the survivor itself has old names of it; one without MRG-1, or of somebody named already, is
    counted.
    """
    survivor = scope.bundle.resources.get(patient_id(survivor_key, scope))
    named = {id(ref.segment): ref for ref in refs}
    found: dict[str, PatientRef] = {}
    for mrg in merged:
        ref = named.get(id(mrg))
        if ref is None or ref.key in found:
            for n in (2, 4, 7):
                if mrg.text(n) not in ("", '""'):
                    scope.count_unmapped(f"MRG-{n}")
        elif ref.key != survivor_key:
            found[ref.key] = ref
        elif survivor is not None:
            _add_former(mrg, survivor, scope)
    return list(found.values())


def _add_former(mrg: Segment, resource: Record, scope: Scope) -> None:
    held: Record = {}
    COMPILED(mrg, held, scope)
    for name, values in held.items():
        known = [_plain(one) for one in resource.get(name, ())]
        old = [{**one, "use": "old"} for one in values if _plain(one) not in known]
        if old:
            resource[name] = [*resource.get(name, ()), *old]


def _plain(one: Record) -> tuple[object, ...]:
    """What two identifiers or names have in common when they are the same."""
    return tuple(one.get(part) for part in ("system", "value", "family", "given"))


def former_account(mrg: Segment, scope: Scope) -> None:
    """MRG-3: the prior account; whether it is still in use is not said."""
    put_account(mrg, _ACCOUNT, "unknown", scope)


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
