"""PID-33 and PID-34 -> Provenance of the Patient: when its record was last updated, and where."""

from processors.envelope import Record
from processors.fhir.systems import DATA_ABSENT, TERMINOLOGY
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping.identities import patient_id
from processors.mapping.parties import facility
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope, reference
from processors.mapping.times import date_time, instant

_UNKNOWN = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}
_UPDATE = {"coding": [{"system": TERMINOLOGY + "v3-DataOperation", "code": "UPDATE", "display": "revise"}]}
_PERFORMER = {
    "coding": [
        {"system": TERMINOLOGY + "provenance-participant-type", "code": "performer", "display": "Performer"},
    ]
}


def performer(raw: str, scope: Scope) -> Record | None:
    """HD as the organisation that did it."""
    who = facility(raw, scope)
    return None if who is None else {"type": _PERFORMER, "who": who}


PID = SegmentMap(
    segment="PID",
    resource="Provenance",
    rows=(
        FieldRow(33, "occurredDateTime", date_time),
        FieldRow(33, "recorded", instant),
        FieldRow(34, "agent[]", performer),
    ),
)
_COMPILED = CompiledMap(PID)


def update(pid: Segment, scope: Scope) -> None:
    """The Provenance into the bundle. FHIR demands who and when recorded: what was not sent is said to be unknown."""
    resource: Record = {"resourceType": "Provenance"}
    _COMPILED(pid, resource, scope)
    if len(resource) == 1:
        return
    target = patient_id(scope.bundle.patient_key, scope)
    resource["id"] = derived_uuid(target, "updated", pid.raw(33), pid.raw(34))
    resource["target"] = [reference(target)]
    resource["activity"] = _UPDATE
    resource.setdefault("agent", [{"type": _PERFORMER, "who": _UNKNOWN}])
    if "recorded" not in resource:
        resource["_recorded"] = _UNKNOWN
    scope.bundle.put(resource, pid.path())
