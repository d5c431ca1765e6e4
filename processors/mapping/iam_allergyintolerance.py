"""IAM -> AllergyIntolerance (HL7 2.5.1 chapter 3.4.7) with the person who reported it."""

from processors.envelope import Record
from processors.fhir.systems import TERMINOLOGY
from processors.hl7.message import Segment
from processors.mapping.al1_allergyintolerance import ALLERGY_CLINICAL_STATUS, KIND_ROWS, allergy, beside
from processors.mapping.extensions import text
from processors.mapping.groups import Part
from processors.mapping.identifiers import ei_of
from processors.mapping.links import Links
from processors.mapping.names import human_name
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.statements import (
    NOBODY,
    absent,
    codings,
    concept_text,
    fixed,
    instance,
    listed,
    marked,
    named,
    own_concept,
    patient_reference,
    put_party,
    relationship,
    sends,
    status_of,
)
from processors.mapping.times import date_time
from processors.mapping.vocabularies_clinical import (
    ALLERGEN_TYPE,
    ALLERGY_CLINICAL,
    ALLERGY_CLINICAL_DISPLAY,
    ALLERGY_VERIFICATION,
    SENSITIVITY_TYPE,
    VERIFICATION_DISPLAY,
)

_STATUS_AS_SENT = "v2-0438"
_VERIFICATION = TERMINOLOGY + "allergyintolerance-verification"
_IN_ERROR = {"coding": [{"system": _VERIFICATION, "code": "entered-in-error", "display": "Entered in Error"}]}


def _by_relative(iam: Segment) -> bool:
    return not _by_professional(iam) and not _by_patient(iam)


def _kind_unsaid(iam: Segment) -> bool:
    return iam.text(9) not in SENSITIVITY_TYPE


_by_professional = absent(15)
_by_patient = sends(15, "SEL")
_onset_absent = absent(11)


def professional(raw: str, scope: Scope) -> Record | None:
    """XPN of somebody who is nothing to the patient: a Practitioner known by name."""
    name = human_name(raw, scope)
    if name is None:
        return None
    identity = scope.keyring.fhir_id("Practitioner", scope.site.feed, *scope.texts(raw)[:6])
    resource = {"resourceType": "Practitioner", "id": identity, "name": [marked(name, raw, scope)]}
    return put_party(resource, scope.segment, scope)


def relative(raw: str, scope: Scope) -> Record | None:
    """XPN of a RelatedPerson, whose relationship stands in IAM-15."""
    name = human_name(raw, scope)
    if name is None:
        return None
    identity = scope.keyring.fhir_id("RelatedPerson", scope.bundle.patient_key, *scope.texts(raw)[:6])
    resource: Record = {"resourceType": "RelatedPerson", "id": identity, "patient": patient_reference(scope) or NOBODY}
    sent = scope.segment.raw(15)
    role = relationship(sent, scope)
    if role is not None:
        resource["relationship"] = [marked(role, sent, scope)]
    resource["name"] = [marked(name, raw, scope)]
    return put_party(resource, scope.segment, scope)


def the_patient(_raw: str, scope: Scope) -> Record | None:
    """The patient, who reported it."""
    return patient_reference(scope)


def the_patient_named(raw: str, scope: Scope) -> Record | None:
    """The patient, under the name that was given here; the names of the Patient are those of PID-5."""
    found, name = patient_reference(scope), human_name(raw, scope)
    if found is None or name is None:
        return found
    words = (*name.get("prefix", ()), *name.get("given", ()), name.get("family", ""), *name.get("suffix", ()))
    return {**found, "display": " ".join(word for word in words if word)}


IAM = SegmentMap(
    segment="IAM",
    resource="AllergyIntolerance",
    rows=(
        *KIND_ROWS,
        FieldRow(2, "type", listed(ALLERGEN_TYPE), _kind_unsaid),
        FieldRow(3, "code", own_concept),
        FieldRow(6, "verificationStatus", fixed(_IN_ERROR), sends(6, "D")),
        FieldRow(7, "identifier[]", ei_of("")),
        FieldRow(9, "type", listed(SENSITIVITY_TYPE)),
        FieldRow(9, "_type", beside("v2-0436")),
        FieldRow(11, "onsetDateTime", date_time),
        FieldRow(12, "onsetString", text, _onset_absent),
        FieldRow(13, "recordedDate", date_time),
        FieldRow(14, "recorder", professional, _by_professional),
        FieldRow(14, "recorder", relative, _by_relative),
        FieldRow(14, "recorder", the_patient_named, _by_patient),
        FieldRow(15, "recorder", the_patient, _by_patient),
        FieldRow(
            17,
            "clinicalStatus",
            status_of(ALLERGY_CLINICAL, ALLERGY_CLINICAL_DISPLAY, ALLERGY_CLINICAL_STATUS, _STATUS_AS_SENT, "active"),
        ),
        FieldRow(
            17,
            "verificationStatus",
            status_of(ALLERGY_VERIFICATION, VERIFICATION_DISPLAY, _VERIFICATION, _STATUS_AS_SENT),
        ),
        FieldRow(27, "code.coding[]", codings),
        FieldRow(27, "code.text", concept_text),
    ),
    understood=(1,),
)
_IAM = CompiledMap(IAM)


def write(part: Part, links: Links, scope: Scope) -> None:
    """One allergy of the patient; IAM-7 is its identity, else the substance."""
    iam = part.segment
    own = instance(iam, 7, scope)
    code = named(iam, 3) if iam.raw(3) else named(iam, 27)
    identity = ("instance", *own) if own else (scope.bundle.patient_key, *code)
    allergy(part, _IAM, scope.keyring.fhir_id("AllergyIntolerance", *identity), links, scope)
