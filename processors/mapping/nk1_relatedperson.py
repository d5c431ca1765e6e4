"""NK1 -> RelatedPerson (HL7 2.5.1 chapter 3.4.5)."""

from processors.envelope import Record
from processors.fhir.systems import TERMINOLOGY
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping.codes import code_in, concept_of
from processors.mapping.extensions import within
from processors.mapping.identifiers import cx, ssn
from processors.mapping.identities import patient_id
from processors.mapping.names import address, contact_point, human_names
from processors.mapping.pid_patient import language
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope, reference
from processors.mapping.statements import relationship
from processors.mapping.times import date, date_time
from processors.mapping.vocabularies import ADMINISTRATIVE_SEX
from processors.mapping.vocabularies_people import ORGANISATION_CONTACTS

NK1 = SegmentMap(
    segment="NK1",
    resource="RelatedPerson",
    rows=(
        FieldRow(2, "name[]", human_names),
        FieldRow(3, "relationship[]", relationship),
        FieldRow(4, "address[]", address),
        FieldRow(5, "telecom[]", contact_point("home")),
        FieldRow(6, "telecom[]", contact_point("work")),
        FieldRow(7, "relationship[]", concept_of(TERMINOLOGY + "v2-0131")),
        FieldRow(8, "period.start", date_time),
        FieldRow(9, "period.end", date_time),
        FieldRow(12, "identifier[]", cx),
        FieldRow(15, "gender", code_in(ADMINISTRATIVE_SEX)),
        FieldRow(16, "birthDate", date),
        FieldRow(20, "communication[]", within("language", language)),
        FieldRow(30, "name[]", human_names),
        FieldRow(31, "telecom[]", contact_point()),
        FieldRow(32, "address[]", address),
        FieldRow(33, "identifier[]", cx),
        FieldRow(37, "identifier[]", ssn),
        FieldRow(40, "telecom[]", contact_point()),
        FieldRow(41, "telecom[]", contact_point()),
    ),
)
_COMPILED = CompiledMap(NK1)
#: Elements that make a person of it.
SOMEONE = frozenset(("identifier", "name", "telecom", "address"))


def related_person(nk1: Segment, scope: Scope) -> None:
    """The person into the bundle; an organisation (employer, insurer, agency) is a contact of the patient only."""
    if nk1.text(3).strip() in ORGANISATION_CONTACTS:
        return
    resource: Record = {}
    _COMPILED(nk1, resource, scope)
    if resource.keys() & SOMEONE:
        put_related(resource, nk1, (nk1.text(3), nk1.text(7)), scope)


def put_related(resource: Record, segment: Segment, role: tuple[str, ...], scope: Scope) -> Record:
    """A RelatedPerson of the bundle's patient: who it is by identifier, else by name, in this role.

    The same person in the same role again, but with other words, is a resource of its own, so that nothing is lost.
    """
    patient = scope.bundle.patient_key
    identity = scope.keyring.fhir_id("RelatedPerson", patient, segment.name, *_who(resource), "|", *role)
    made = {
        "resourceType": "RelatedPerson",
        "id": identity,
        "patient": reference(patient_id(patient, scope)),
        **resource,
    }
    known = scope.bundle.resources.get(identity)
    if known is not None and known != made:
        made["id"] = derived_uuid(identity, *segment.fields[2:])
    return scope.bundle.add(made, segment.path())


def _who(resource: Record) -> tuple[str, ...]:
    for one in resource.get("identifier", ()):
        return one.get("system", ""), one["value"]
    for one in resource.get("name", ()):
        return one.get("family", ""), *one.get("given", ())
    return tuple(one["value"] for one in resource.get("telecom", ())[:1])
