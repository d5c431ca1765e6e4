"""The elements of the FHIR R4 resource types that a site's rows may fill, as R4 defines them: type, and list or not."""

from functools import lru_cache
from typing import NamedTuple


class Element(NamedTuple):
    """One element: its FHIR type (`Backbone` for one that has elements of its own) and whether it is a list."""

    type: str
    many: bool


@lru_cache(maxsize=128)
def elements(path: str) -> dict[str, Element]:
    """The elements of a resource type or of a path in it (`Encounter.hospitalization`); {} when it is not known."""
    found = {}
    for said in _TEXT.get(path, "").split():
        name, _, kind = said.partition(":")
        found[name] = Element(kind.rstrip("*"), kind.endswith("*"))
    return found


def resource_types() -> tuple[str, ...]:
    """The resource types that are known here."""
    return tuple(name for name in _TEXT if "." not in name and name not in DATATYPES)


#: Datatypes whose parts a path may name.
DATATYPES = ("Period", "CodeableConcept", "Coding", "Reference", "Identifier", "Quantity", "Attachment", "Range")
#: `name:type`, with `*` for a list (R4 4.0.1; a test compares them with fhir.resources).
_TEXT = {
    "MessageHeader.response": "code:code details:Reference extension:Extension* identifier:id",
    "MessageHeader.source": (
        "contact:ContactPoint endpoint:url extension:Extension* name:string software:string version:string"
    ),
    "MessageHeader": (
        "author:Reference definition:canonical destination:Backbone* enterer:Reference eventCoding:Coding "
        "eventUri:uri extension:Extension* focus:Reference* reason:CodeableConcept response:Backbone "
        "responsible:Reference sender:Reference source:Backbone"
    ),
    "Patient": (
        "active:boolean address:Address* birthDate:date communication:Backbone* contact:Backbone* "
        "deceasedBoolean:boolean deceasedDateTime:dateTime extension:Extension* gender:code "
        "generalPractitioner:Reference* identifier:Identifier* link:Backbone* managingOrganization:Reference "
        "maritalStatus:CodeableConcept multipleBirthBoolean:boolean multipleBirthInteger:integer name:HumanName* "
        "photo:Attachment* telecom:ContactPoint*"
    ),
    "RelatedPerson": (
        "active:boolean address:Address* birthDate:date communication:Backbone* extension:Extension* gender:code "
        "identifier:Identifier* name:HumanName* patient:Reference period:Period photo:Attachment* "
        "relationship:CodeableConcept* telecom:ContactPoint*"
    ),
    "Person": (
        "active:boolean address:Address* birthDate:date extension:Extension* gender:code identifier:Identifier* "
        "link:Backbone* managingOrganization:Reference name:HumanName* photo:Attachment telecom:ContactPoint*"
    ),
    "Encounter.hospitalization": (
        "admitSource:CodeableConcept destination:Reference dietPreference:CodeableConcept* "
        "dischargeDisposition:CodeableConcept extension:Extension* origin:Reference "
        "preAdmissionIdentifier:Identifier reAdmission:CodeableConcept specialArrangement:CodeableConcept* "
        "specialCourtesy:CodeableConcept*"
    ),
    "Encounter": (
        "account:Reference* appointment:Reference* basedOn:Reference* class:Coding classHistory:Backbone* "
        "diagnosis:Backbone* episodeOfCare:Reference* extension:Extension* hospitalization:Backbone "
        "identifier:Identifier* length:Quantity location:Backbone* partOf:Reference participant:Backbone* "
        "period:Period priority:CodeableConcept reasonCode:CodeableConcept* reasonReference:Reference* "
        "serviceProvider:Reference serviceType:CodeableConcept status:code statusHistory:Backbone* "
        "subject:Reference type:CodeableConcept*"
    ),
    "EpisodeOfCare": (
        "account:Reference* careManager:Reference diagnosis:Backbone* extension:Extension* identifier:Identifier* "
        "managingOrganization:Reference patient:Reference period:Period referralRequest:Reference* status:code "
        "statusHistory:Backbone* team:Reference* type:CodeableConcept*"
    ),
    "Account": (
        "coverage:Backbone* description:string extension:Extension* guarantor:Backbone* identifier:Identifier* "
        "name:string owner:Reference partOf:Reference servicePeriod:Period status:code subject:Reference* "
        "type:CodeableConcept"
    ),
    "Coverage": (
        "beneficiary:Reference class:Backbone* contract:Reference* costToBeneficiary:Backbone* dependent:string "
        "extension:Extension* identifier:Identifier* network:string order:positiveInt payor:Reference* "
        "period:Period policyHolder:Reference relationship:CodeableConcept status:code subrogation:boolean "
        "subscriber:Reference subscriberId:string type:CodeableConcept"
    ),
    "Condition": (
        "abatementAge:Quantity abatementDateTime:dateTime abatementPeriod:Period abatementRange:Range "
        "abatementString:string asserter:Reference bodySite:CodeableConcept* category:CodeableConcept* "
        "clinicalStatus:CodeableConcept code:CodeableConcept encounter:Reference evidence:Backbone* "
        "extension:Extension* identifier:Identifier* note:Annotation* onsetAge:Quantity onsetDateTime:dateTime "
        "onsetPeriod:Period onsetRange:Range onsetString:string recordedDate:dateTime recorder:Reference "
        "severity:CodeableConcept stage:Backbone* subject:Reference verificationStatus:CodeableConcept"
    ),
    "Procedure": (
        "asserter:Reference basedOn:Reference* bodySite:CodeableConcept* category:CodeableConcept "
        "code:CodeableConcept complication:CodeableConcept* complicationDetail:Reference* encounter:Reference "
        "extension:Extension* focalDevice:Backbone* followUp:CodeableConcept* identifier:Identifier* "
        "instantiatesCanonical:canonical* instantiatesUri:uri* location:Reference note:Annotation* "
        "outcome:CodeableConcept partOf:Reference* performedAge:Quantity performedDateTime:dateTime "
        "performedPeriod:Period performedRange:Range performedString:string performer:Backbone* "
        "reasonCode:CodeableConcept* reasonReference:Reference* recorder:Reference report:Reference* status:code "
        "statusReason:CodeableConcept subject:Reference usedCode:CodeableConcept* usedReference:Reference*"
    ),
    "AllergyIntolerance": (
        "asserter:Reference category:code* clinicalStatus:CodeableConcept code:CodeableConcept criticality:code "
        "encounter:Reference extension:Extension* identifier:Identifier* lastOccurrence:dateTime note:Annotation* "
        "onsetAge:Quantity onsetDateTime:dateTime onsetPeriod:Period onsetRange:Range onsetString:string "
        "patient:Reference reaction:Backbone* recordedDate:dateTime recorder:Reference type:code "
        "verificationStatus:CodeableConcept"
    ),
    "ServiceRequest": (
        "asNeededBoolean:boolean asNeededCodeableConcept:CodeableConcept authoredOn:dateTime basedOn:Reference* "
        "bodySite:CodeableConcept* category:CodeableConcept* code:CodeableConcept doNotPerform:boolean "
        "encounter:Reference extension:Extension* identifier:Identifier* instantiatesCanonical:canonical* "
        "instantiatesUri:uri* insurance:Reference* intent:code locationCode:CodeableConcept* "
        "locationReference:Reference* note:Annotation* occurrenceDateTime:dateTime occurrencePeriod:Period "
        "occurrenceTiming:Timing orderDetail:CodeableConcept* patientInstruction:string performer:Reference* "
        "performerType:CodeableConcept priority:code quantityQuantity:Quantity quantityRange:Range "
        "quantityRatio:Ratio reasonCode:CodeableConcept* reasonReference:Reference* relevantHistory:Reference* "
        "replaces:Reference* requester:Reference requisition:Identifier specimen:Reference* status:code "
        "subject:Reference supportingInfo:Reference*"
    ),
    "DiagnosticReport": (
        "basedOn:Reference* category:CodeableConcept* code:CodeableConcept conclusion:string "
        "conclusionCode:CodeableConcept* effectiveDateTime:dateTime effectivePeriod:Period encounter:Reference "
        "extension:Extension* identifier:Identifier* imagingStudy:Reference* issued:instant media:Backbone* "
        "performer:Reference* presentedForm:Attachment* result:Reference* resultsInterpreter:Reference* "
        "specimen:Reference* status:code subject:Reference"
    ),
    "Observation": (
        "basedOn:Reference* bodySite:CodeableConcept category:CodeableConcept* code:CodeableConcept "
        "component:Backbone* dataAbsentReason:CodeableConcept derivedFrom:Reference* device:Reference "
        "effectiveDateTime:dateTime effectiveInstant:instant effectivePeriod:Period effectiveTiming:Timing "
        "encounter:Reference extension:Extension* focus:Reference* hasMember:Reference* identifier:Identifier* "
        "interpretation:CodeableConcept* issued:instant method:CodeableConcept note:Annotation* partOf:Reference* "
        "performer:Reference* referenceRange:Backbone* specimen:Reference status:code subject:Reference "
        "valueBoolean:boolean valueCodeableConcept:CodeableConcept valueDateTime:dateTime valueInteger:integer "
        "valuePeriod:Period valueQuantity:Quantity valueRange:Range valueRatio:Ratio valueSampledData:SampledData "
        "valueString:string valueTime:time"
    ),
    "Specimen.collection": (
        "bodySite:CodeableConcept collectedDateTime:dateTime collectedPeriod:Period collector:Reference "
        "duration:Quantity extension:Extension* fastingStatusCodeableConcept:CodeableConcept "
        "fastingStatusDuration:Quantity method:CodeableConcept quantity:Quantity"
    ),
    "Specimen": (
        "accessionIdentifier:Identifier collection:Backbone condition:CodeableConcept* container:Backbone* "
        "extension:Extension* identifier:Identifier* note:Annotation* parent:Reference* processing:Backbone* "
        "receivedTime:dateTime request:Reference* status:code subject:Reference type:CodeableConcept"
    ),
    "Appointment": (
        "appointmentType:CodeableConcept basedOn:Reference* cancelationReason:CodeableConcept comment:string "
        "created:dateTime description:string end:instant extension:Extension* identifier:Identifier* "
        "minutesDuration:positiveInt participant:Backbone* patientInstruction:string priority:unsignedInt "
        "reasonCode:CodeableConcept* reasonReference:Reference* requestedPeriod:Period* "
        "serviceCategory:CodeableConcept* serviceType:CodeableConcept* slot:Reference* specialty:CodeableConcept* "
        "start:instant status:code supportingInformation:Reference*"
    ),
    "DocumentReference.context": (
        "encounter:Reference* event:CodeableConcept* extension:Extension* facilityType:CodeableConcept "
        "period:Period practiceSetting:CodeableConcept related:Reference* sourcePatientInfo:Reference"
    ),
    "DocumentReference": (
        "authenticator:Reference author:Reference* category:CodeableConcept* content:Backbone* context:Backbone "
        "custodian:Reference date:instant description:string docStatus:code extension:Extension* "
        "identifier:Identifier* masterIdentifier:Identifier relatesTo:Backbone* securityLabel:CodeableConcept* "
        "status:code subject:Reference type:CodeableConcept"
    ),
    "Immunization": (
        "doseQuantity:Quantity education:Backbone* encounter:Reference expirationDate:date extension:Extension* "
        "fundingSource:CodeableConcept identifier:Identifier* isSubpotent:boolean location:Reference "
        "lotNumber:string manufacturer:Reference note:Annotation* occurrenceDateTime:dateTime "
        "occurrenceString:string patient:Reference performer:Backbone* primarySource:boolean "
        "programEligibility:CodeableConcept* protocolApplied:Backbone* reaction:Backbone* "
        "reasonCode:CodeableConcept* reasonReference:Reference* recorded:dateTime reportOrigin:CodeableConcept "
        "route:CodeableConcept site:CodeableConcept status:code statusReason:CodeableConcept "
        "subpotentReason:CodeableConcept* vaccineCode:CodeableConcept"
    ),
    "Medication.batch": "expirationDate:dateTime extension:Extension* lotNumber:string",
    "Medication": (
        "amount:Ratio batch:Backbone code:CodeableConcept extension:Extension* form:CodeableConcept "
        "identifier:Identifier* ingredient:Backbone* manufacturer:Reference status:code"
    ),
    "MedicationRequest.dispenseRequest.initialFill": ("duration:Quantity extension:Extension* quantity:Quantity"),
    "MedicationRequest.dispenseRequest": (
        "dispenseInterval:Quantity expectedSupplyDuration:Quantity extension:Extension* initialFill:Backbone "
        "numberOfRepeatsAllowed:unsignedInt performer:Reference quantity:Quantity validityPeriod:Period"
    ),
    "MedicationRequest.substitution": (
        "allowedBoolean:boolean allowedCodeableConcept:CodeableConcept extension:Extension* reason:CodeableConcept"
    ),
    "MedicationRequest": (
        "authoredOn:dateTime basedOn:Reference* category:CodeableConcept* courseOfTherapyType:CodeableConcept "
        "detectedIssue:Reference* dispenseRequest:Backbone doNotPerform:boolean dosageInstruction:Dosage* "
        "encounter:Reference eventHistory:Reference* extension:Extension* groupIdentifier:Identifier "
        "identifier:Identifier* instantiatesCanonical:canonical* instantiatesUri:uri* insurance:Reference* "
        "intent:code medicationCodeableConcept:CodeableConcept medicationReference:Reference note:Annotation* "
        "performer:Reference performerType:CodeableConcept priorPrescription:Reference priority:code "
        "reasonCode:CodeableConcept* reasonReference:Reference* recorder:Reference reportedBoolean:boolean "
        "reportedReference:Reference requester:Reference status:code statusReason:CodeableConcept "
        "subject:Reference substitution:Backbone supportingInformation:Reference*"
    ),
    "MedicationDispense.substitution": (
        "extension:Extension* reason:CodeableConcept* responsibleParty:Reference* type:CodeableConcept "
        "wasSubstituted:boolean"
    ),
    "MedicationDispense": (
        "authorizingPrescription:Reference* category:CodeableConcept context:Reference daysSupply:Quantity "
        "destination:Reference detectedIssue:Reference* dosageInstruction:Dosage* eventHistory:Reference* "
        "extension:Extension* identifier:Identifier* location:Reference medicationCodeableConcept:CodeableConcept "
        "medicationReference:Reference note:Annotation* partOf:Reference* performer:Backbone* quantity:Quantity "
        "receiver:Reference* status:code statusReasonCodeableConcept:CodeableConcept "
        "statusReasonReference:Reference subject:Reference substitution:Backbone supportingInformation:Reference* "
        "type:CodeableConcept whenHandedOver:dateTime whenPrepared:dateTime"
    ),
    "MedicationAdministration.dosage": (
        "dose:Quantity extension:Extension* method:CodeableConcept rateQuantity:Quantity rateRatio:Ratio "
        "route:CodeableConcept site:CodeableConcept text:string"
    ),
    "MedicationAdministration": (
        "category:CodeableConcept context:Reference device:Reference* dosage:Backbone effectiveDateTime:dateTime "
        "effectivePeriod:Period eventHistory:Reference* extension:Extension* identifier:Identifier* "
        "instantiates:uri* medicationCodeableConcept:CodeableConcept medicationReference:Reference "
        "note:Annotation* partOf:Reference* performer:Backbone* reasonCode:CodeableConcept* "
        "reasonReference:Reference* request:Reference status:code statusReason:CodeableConcept* subject:Reference "
        "supportingInformation:Reference*"
    ),
    "MedicationStatement": (
        "basedOn:Reference* category:CodeableConcept context:Reference dateAsserted:dateTime "
        "derivedFrom:Reference* dosage:Dosage* effectiveDateTime:dateTime effectivePeriod:Period "
        "extension:Extension* identifier:Identifier* informationSource:Reference "
        "medicationCodeableConcept:CodeableConcept medicationReference:Reference note:Annotation* "
        "partOf:Reference* reasonCode:CodeableConcept* reasonReference:Reference* status:code "
        "statusReason:CodeableConcept* subject:Reference"
    ),
    "ChargeItem": (
        "account:Reference* bodysite:CodeableConcept* code:CodeableConcept context:Reference costCenter:Reference "
        "definitionCanonical:canonical* definitionUri:uri* enteredDate:dateTime enterer:Reference "
        "extension:Extension* factorOverride:decimal identifier:Identifier* note:Annotation* "
        "occurrenceDateTime:dateTime occurrencePeriod:Period occurrenceTiming:Timing overrideReason:string "
        "partOf:Reference* performer:Backbone* performingOrganization:Reference priceOverride:Money "
        "productCodeableConcept:CodeableConcept productReference:Reference quantity:Quantity "
        "reason:CodeableConcept* requestingOrganization:Reference service:Reference* status:code "
        "subject:Reference supportingInformation:Reference*"
    ),
    "Provenance": (
        "activity:CodeableConcept agent:Backbone* entity:Backbone* extension:Extension* location:Reference "
        "occurredDateTime:dateTime occurredPeriod:Period policy:uri* reason:CodeableConcept* recorded:instant "
        "signature:Signature* target:Reference*"
    ),
    "Practitioner": (
        "active:boolean address:Address* birthDate:date communication:CodeableConcept* extension:Extension* "
        "gender:code identifier:Identifier* name:HumanName* photo:Attachment* qualification:Backbone* "
        "telecom:ContactPoint*"
    ),
    "PractitionerRole": (
        "active:boolean availabilityExceptions:string availableTime:Backbone* code:CodeableConcept* "
        "endpoint:Reference* extension:Extension* healthcareService:Reference* identifier:Identifier* "
        "location:Reference* notAvailable:Backbone* organization:Reference period:Period practitioner:Reference "
        "specialty:CodeableConcept* telecom:ContactPoint*"
    ),
    "Organization": (
        "active:boolean address:Address* alias:string* contact:Backbone* endpoint:Reference* extension:Extension* "
        "identifier:Identifier* name:string partOf:Reference telecom:ContactPoint* type:CodeableConcept*"
    ),
    "Location.position": "altitude:decimal extension:Extension* latitude:decimal longitude:decimal",
    "Location": (
        "address:Address alias:string* availabilityExceptions:string description:string endpoint:Reference* "
        "extension:Extension* hoursOfOperation:Backbone* identifier:Identifier* managingOrganization:Reference "
        "mode:code name:string operationalStatus:Coding partOf:Reference physicalType:CodeableConcept "
        "position:Backbone status:code telecom:ContactPoint* type:CodeableConcept*"
    ),
    "Device": (
        "contact:ContactPoint* definition:Reference deviceName:Backbone* distinctIdentifier:string "
        "expirationDate:dateTime extension:Extension* identifier:Identifier* location:Reference lotNumber:string "
        "manufactureDate:dateTime manufacturer:string modelNumber:string note:Annotation* owner:Reference "
        "parent:Reference partNumber:string patient:Reference property:Backbone* safety:CodeableConcept* "
        "serialNumber:string specialization:Backbone* status:code statusReason:CodeableConcept* "
        "type:CodeableConcept udiCarrier:Backbone* url:uri version:Backbone*"
    ),
    "Goal": (
        "achievementStatus:CodeableConcept addresses:Reference* category:CodeableConcept* "
        "description:CodeableConcept expressedBy:Reference extension:Extension* identifier:Identifier* "
        "lifecycleStatus:code note:Annotation* outcomeCode:CodeableConcept* outcomeReference:Reference* "
        "priority:CodeableConcept startCodeableConcept:CodeableConcept startDate:date statusDate:date "
        "statusReason:string subject:Reference target:Backbone*"
    ),
    "CarePlan": (
        "activity:Backbone* addresses:Reference* author:Reference basedOn:Reference* careTeam:Reference* "
        "category:CodeableConcept* contributor:Reference* created:dateTime description:string encounter:Reference "
        "extension:Extension* goal:Reference* identifier:Identifier* instantiatesCanonical:canonical* "
        "instantiatesUri:uri* intent:code note:Annotation* partOf:Reference* period:Period replaces:Reference* "
        "status:code subject:Reference supportingInfo:Reference* title:string"
    ),
    "Period": "end:dateTime extension:Extension* start:dateTime",
    "CodeableConcept": "coding:Coding* extension:Extension* text:string",
    "Coding": "code:code display:string extension:Extension* system:uri userSelected:boolean version:string",
    "Reference": "display:string extension:Extension* identifier:Identifier reference:string type:uri",
    "Identifier": (
        "assigner:Reference extension:Extension* period:Period system:uri type:CodeableConcept use:code value:string"
    ),
    "Quantity": "code:code comparator:code extension:Extension* system:uri unit:string value:decimal",
    "Attachment": (
        "contentType:code creation:dateTime data:base64Binary extension:Extension* hash:base64Binary "
        "language:code size:unsignedInt title:string url:url"
    ),
    "Range": "extension:Extension* high:Quantity low:Quantity",
}
