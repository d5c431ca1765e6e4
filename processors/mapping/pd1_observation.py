"""PD1-7 -> Observation: whether the patient has a living will (HL7 2.5.1 chapter 3.4.10.7)."""

from processors.envelope import Record
from processors.fhir.systems import LOINC, TERMINOLOGY
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping.codes import concept_of
from processors.mapping.identities import patient_id
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope, reference

PD1 = SegmentMap(
    segment="PD1",
    resource="Observation",
    rows=(FieldRow(7, "valueCodeableConcept", concept_of(TERMINOLOGY + "v2-0315")),),
)
_COMPILED = CompiledMap(PD1)
_CODE = {"coding": [{"system": LOINC, "code": "75320-2", "display": "Advance directive"}]}


def living_will(pd1: Segment, scope: Scope) -> None:
    """The Observation into the bundle."""
    target = patient_id(scope.bundle.patient_key, scope)
    resource: Record = {"resourceType": "Observation", "id": derived_uuid(target, "living will"), "status": "final"}
    _COMPILED(pd1, resource, scope)
    if "valueCodeableConcept" in resource:
        resource["code"] = _CODE
        resource["subject"] = reference(target)
        scope.bundle.put(resource, pd1.path())
