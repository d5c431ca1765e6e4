"""URIs of FHIR and HL7 that the mappings use, and the URNs of what FHIR has no place for."""

TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
#: Elements that only R5 has, as R4 extensions (HL7 cross-version extensions). HL7's own URLs begin with http, as most
#: rows of the guide have them; HAPI 7.6 calls those of version 5.0 invalid in R4, so ours have the https of the others.
R5 = "https://hl7.org/fhir/5.0/StructureDefinition/extension-"

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
V2_0003 = TERMINOLOGY + "v2-0003"
V2_0203 = TERMINOLOGY + "v2-0203"
ACT_CODE = TERMINOLOGY + "v3-ActCode"
NULL_FLAVOR = TERMINOLOGY + "v3-NullFlavor"
PARTICIPATION_TYPE = TERMINOLOGY + "v3-ParticipationType"
PHYSICAL_TYPE = TERMINOLOGY + "location-physical-type"
DATA_ABSENT = STRUCTURE + "data-absent-reason"
US_SSN = "http://hl7.org/fhir/sid/us-ssn"
US_NPI = "http://hl7.org/fhir/sid/us-npi"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"
CDCREC = "urn:oid:2.16.840.1.113883.6.238"
BCP_47 = "urn:ietf:bcp:47"
RFC_3986 = "urn:ietf:rfc:3986"
ROLE_CODE = TERMINOLOGY + "v3-RoleCode"

#: Codes and texts as sent that decide and the canonical records need exactly; valueCode or valueString.
SENT_RESULT_STATUS = "urn:wardline:obx-11"
SENT_CHECK_SCHEME = "urn:wardline:cx-3"
SENT_RACE = "urn:wardline:pid-10"
SENT_ETHNICITY = "urn:wardline:pid-22"
SENT_ADDRESS_TYPE = "urn:wardline:xad-7"
SENT_VALUE_TYPE = "urn:wardline:obx-2"
SENT_SUB_ID = "urn:wardline:obx-4"
SENT_VALUE = "urn:wardline:obx-5"
SENT_UNIT = "urn:wardline:obx-6"
#: On an Annotation: its text as an Attachment, where it is too long to travel along.
SENT_NOTE = "urn:wardline:nte-3"
SENT_END = "urn:wardline:end-as-sent"
SENT_AMOUNT = "urn:wardline:amount-as-sent"
SENT_ORDER_CONTROL = "urn:wardline:orc-1"
SENT_ORDER_STATUS = "urn:wardline:orc-5"
SENT_REPORT_STATUS = "urn:wardline:obr-25"
SENT_SPECIMEN_ACTION = "urn:wardline:obr-11"
SENT_ORDER_EFFECTIVE = "urn:wardline:orc-15"
SENT_TYPE_MODIFIER = "urn:wardline:spm-5"
SENT_SITE_MODIFIER = "urn:wardline:spm-9"
SENT_COMMENT_SOURCE = "urn:wardline:nte-2"
NOTE_BESIDE = "urn:wardline:note"
SENT_REJECTION = "urn:wardline:spm-21"
SENT_TIMING = "urn:wardline:tq1"
SENT_COMPLETION = "urn:wardline:txa-17"
SENT_CODE = "urn:wardline:code-as-sent"
#: On a Coding: canonical name and version of the site's code map by which it was found.
CONCEPT_MAP = "urn:wardline:concept-map"
#: meta.tag of a resource whose domain another feed owns.
AUTHORITY = "urn:wardline:authority-of-feed"
CONTENT = "urn:wardline:content:"
#: Bundle.identifier.system of the control ids of a feed.
CONTROL_IDS = "urn:wardline:control-id:"

#: HL7 table 0396 and the names that senders use for the same code systems -> FHIR URI.
CODE_SYSTEMS = {
    "LN": LOINC,
    "LOINC": LOINC,
    "SCT": "http://snomed.info/sct",
    "SNM": "http://snomed.info/sct",
    "SNOMED": "http://snomed.info/sct",
    "SNOMED-CT": "http://snomed.info/sct",
    "UCUM": UCUM,
    "I9": "http://hl7.org/fhir/sid/icd-9-cm",
    "I9C": "http://hl7.org/fhir/sid/icd-9-cm",
    "I9CDX": "http://hl7.org/fhir/sid/icd-9-cm",
    "I10": "http://hl7.org/fhir/sid/icd-10",
    "CLIA": "urn:oid:2.16.840.1.113883.4.7",
    "ICD10": "http://hl7.org/fhir/sid/icd-10",
    "ICD-10": "http://hl7.org/fhir/sid/icd-10",
    "I10C": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD-10-CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "I10P": "http://www.cms.gov/Medicare/Coding/ICD10",
    "C4": "http://www.ama-assn.org/go/cpt",
    "CPT": "http://www.ama-assn.org/go/cpt",
    "CPT4": "http://www.ama-assn.org/go/cpt",
    "CVX": "http://hl7.org/fhir/sid/cvx",
    "MVX": "http://hl7.org/fhir/sid/mvx",
    "NDC": "http://hl7.org/fhir/sid/ndc",
    "NCIT": "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
    "RXNORM": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "CDCREC": "urn:oid:2.16.840.1.113883.6.238",
    "NULLFL": NULL_FLAVOR,
    "ISO639": "urn:ietf:bcp:47",
    "ISO3166": "urn:iso:std:iso:3166",
}
