"""URIs of FHIR and HL7 that the mappings use, and the URNs of what FHIR has no place for."""

TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
#: Elements that only R5 has, as R4 extensions (HL7 cross-version extensions).
R5 = "http://hl7.org/fhir/5.0/StructureDefinition/extension-"

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

#: Codes and texts as sent that decide and the canonical records need exactly; valueCode or valueString.
SENT_RESULT_STATUS = "urn:wardline:obx-11"
SENT_VALUE_TYPE = "urn:wardline:obx-2"
SENT_SUB_ID = "urn:wardline:obx-4"
SENT_VALUE = "urn:wardline:obx-5"
SENT_UNIT = "urn:wardline:obx-6"
SENT_ORDER_CONTROL = "urn:wardline:orc-1"
SENT_ORDER_STATUS = "urn:wardline:orc-5"
SENT_REPORT_STATUS = "urn:wardline:obr-25"
#: meta.tag of a resource whose domain another feed owns.
AUTHORITY = "urn:wardline:authority-of-feed"
CONTENT = "urn:wardline:content:"

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
    "ICD10": "http://hl7.org/fhir/sid/icd-10",
    "I10C": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD-10-CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "I10P": "http://www.cms.gov/Medicare/Coding/ICD10",
    "C4": "http://www.ama-assn.org/go/cpt",
    "CPT": "http://www.ama-assn.org/go/cpt",
    "CPT4": "http://www.ama-assn.org/go/cpt",
    "CVX": "http://hl7.org/fhir/sid/cvx",
    "MVX": "http://hl7.org/fhir/sid/mvx",
    "NDC": "http://hl7.org/fhir/sid/ndc",
    "RXNORM": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "CDCREC": "urn:oid:2.16.840.1.113883.6.238",
    "NULLFL": NULL_FLAVOR,
    "ISO639": "urn:ietf:bcp:47",
    "ISO3166": "urn:iso:std:iso:3166",
}
