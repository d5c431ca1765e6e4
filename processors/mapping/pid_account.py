"""PID-18 -> Account (HL7 2.5.1 chapter 3.4.2.18)."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.identifiers import cx_of
from processors.mapping.identities import patient_id
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope, reference

PID = SegmentMap(segment="PID", resource="Account", rows=(FieldRow(18, "identifier[]", cx_of("AN")),))
_COMPILED = CompiledMap(PID)


def account(pid: Segment, scope: Scope) -> None:
    """The patient's account into the bundle; several numbers are of the one account."""
    put_account(pid, _COMPILED, "active", scope)


def put_account(segment: Segment, rows: CompiledMap, status: str, scope: Scope) -> None:
    """An Account of the bundle's patient, named by its first number within its authority, else within the patient."""
    resource: Record = {"resourceType": "Account", "id": ""}
    rows(segment, resource, scope)
    if "identifier" not in resource:
        return
    first = resource["identifier"][0]
    patient = scope.bundle.patient_key
    resource["id"] = scope.keyring.fhir_id("Account", first.get("system") or patient, first["value"])
    resource["status"] = status
    resource["subject"] = [reference(patient_id(patient, scope))]
    scope.bundle.put(resource, segment.path())
