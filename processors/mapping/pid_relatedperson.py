"""PID-21 -> RelatedPerson: the patient's mother."""

from processors.envelope import Record
from processors.fhir.systems import ROLE_CODE
from processors.hl7.message import Segment
from processors.mapping.identifiers import cx
from processors.mapping.identities import patient_id
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope, reference

PID = SegmentMap(segment="PID", resource="RelatedPerson", rows=(FieldRow(21, "identifier[]", cx),))
_COMPILED = CompiledMap(PID)
_MOTHER = [{"coding": [{"system": ROLE_CODE, "code": "MTH", "display": "mother"}]}]


def mother(pid: Segment, scope: Scope) -> None:
    """The mother into the bundle, by her identifiers."""
    patient = scope.bundle.patient_key
    resource: Record = {"resourceType": "RelatedPerson", "id": scope.keyring.fhir_id("RelatedPerson", patient, "MTH")}
    _COMPILED(pid, resource, scope)
    if "identifier" in resource:
        resource["patient"] = reference(patient_id(patient, scope))
        resource["relationship"] = _MOTHER
        scope.bundle.put(resource, pid.path())
