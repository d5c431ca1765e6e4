"""Components of datatypes that the guide maps and senders seldom fill, and where each of their values came from."""

from conversion_world import KEYRING, PV1, SITE, converted, hl7, only, resources
from conversion_world import PID as PATIENT

from processors.envelope import Record
from processors.hl7.message import parse
from processors.mapping.convert import lineage


def sources(message: bytes, path: str) -> set[str]:
    found = lineage(parse(message), SITE, KEYRING)
    return {one.source for one in found if f"{one.resource.partition('/')[0]}.{one.path}" == path}


def test_a_code_without_its_first_coding_is_read_from_the_alternate_one():
    message = hl7("PID|1||1^^^A^MR||Sample^Jane||19700102|^^^F^Female^HL70001", kind="ADT^A31")
    assert only(message, "Patient")["gender"] == "female"
    assert sources(message, "Patient.gender") == {"PID[1]-8.4"}


def test_the_first_coding_of_a_code_wins():
    message = hl7("PID|1||1^^^A^MR||Sample^Jane||19700102|F^^^M", kind="ADT^A31")
    assert only(message, "Patient")["gender"] == "female"


def test_the_issuer_of_a_licence_may_be_its_alternate_code():
    message = hl7("PID|1||1^^^A^MR||Sample^Jane" + "|" * 15 + "D555^&&&IL", kind="ADT^A31")
    licence = only(message, "Patient")["identifier"][-1]
    assert licence["system"] == "urn:wardline:authority:IL"
    assert licence["assigner"] == {"display": "IL"}


def ordered_with(orc: str) -> Record:
    """The device of ORC-18; MSH names one too."""
    found = resources(hl7(PATIENT, orc, "OBR|1|P1^EHR||1^X", kind="ORM^O01"), "Device")
    return next(one for one in found if "deviceName" in one)


def test_a_device_has_the_numbers_and_names_of_all_codings():
    orc = "ORC|NW|P1^EHR|||||||20260304|77^Clerk^Kim||||||||D1^One^99A^D2^Two^99B^^^Third^D3^Three^99C"
    device = ordered_with(orc)
    assert [one["value"] for one in device["identifier"]] == ["D1", "D2", "D3"]
    assert [one["name"] for one in device["deviceName"]] == ["One", "Two", "Three", "Third"]


def test_a_device_without_its_first_code_has_the_alternate_one():
    orc = "ORC|NW|P1^EHR|||||||20260304|77^Clerk^Kim||||||||^^^D2^Two^99B"
    device = ordered_with(orc)
    assert [one["value"] for one in device["identifier"]] == ["D2"]


def test_the_patient_may_be_a_member_of_their_own_care_team():
    rol = "ROL|R9^GENERAL|AD|SEL^Self^HL70063|P77^Sample^Jane^^^^^^GENERAL^^^^PI"
    message = hl7(PATIENT, rol, kind="ADT^A31")
    patient, team = only(message, "Patient"), only(message, "CareTeam")
    assert team["participant"][0]["member"] == {"reference": f"urn:uuid:{patient['id']}"}
    assert [one["value"] for one in patient["identifier"]] == ["100001", "P77"]
    assert len(patient["name"]) == 1
    assert resources(message, "RelatedPerson") == resources(message, "Practitioner") == []


def test_what_else_a_role_says_of_the_patient_is_counted():
    rol = "ROL|R9^GENERAL|AD|SEL^Self^HL70063|P77^Sample^Jane|||||||1 Home St"
    assert converted(hl7(PATIENT, rol, kind="ADT^A31")).unmapped == {"ROL-11": 1}


def test_the_kind_of_provider_is_a_code_of_the_role_in_a_care_team():
    prt = "PRT|I1^G|A||PH^Pharmacist^HL70912|1239^Dean^Dan|PHC^Clinical pharmacist^L"
    role = only(hl7(PATIENT, prt, kind="ADT^A31"), "PractitionerRole")
    assert [one["coding"][-1]["code"] for one in role["code"]] == ["PH", "PHC"]
    assert role["specialty"][0]["coding"][0]["code"] == "PHC"


def test_the_diagnosis_behind_another_says_who_numbers_it():
    dg1 = "DG1|1||I10^Hypertension^I10|||A" + "|" * 16 + "D-7^GENERAL^1.2.3.9^ISO"
    condition = only(hl7(PATIENT, PV1, dg1, kind="ADT^A01"), "Condition")
    (due,) = [one for one in condition["extension"] if one["url"].endswith("condition-dueTo")]
    assert due["valueReference"]["identifier"]["value"] == "D-7"
    assert due["valueReference"]["identifier"]["assigner"]["display"] == "GENERAL"


def test_the_place_in_a_name_with_location_is_traced_to_its_components():
    obr = "OBR|1|P1^EHR|F1^LIS|1^X" + "|" * 28 + "55&Reader&Max^20260304100000^^LAB1^R2^B3^GENERAL"
    message = hl7(PATIENT, obr, kind="ORU^R01")
    assert sources(message, "Location.physicalType.coding[0].code") == {f"OBR[1]-32.{n}" for n in (4, 5, 6, 7)}
    assert sources(message, "Practitioner.name[0].family") == {"OBR[1]-32.1.2"}


def test_a_value_made_of_several_components_is_traced_to_each():
    message = hl7(PATIENT, "OBR|1|P1^EHR|F1^LIS|1^X", "OBX|1|NA|2^Y||1.5^2.5^3.5", kind="ORU^R01")
    assert sources(message, "Observation.valueSampledData.data") == {f"OBX[1]-5[1].{n}" for n in (1, 2, 3)}


def test_the_rest_behind_the_first_component_counts_on():
    message = hl7("PID|1||1^^^A^MR~2^^^B&1.2.3&ISO^MR||Sample^Jane", kind="ADT^A31")
    assert sources(message, "Patient.identifier[1].system") == {"PID[1]-3[2].4.2"}
    obx = "OBX|1|NM|2^Y||1.5||||||F" + "|" * 10 + "R1^LIS"
    message = hl7(PATIENT, "OBR|1|P1^EHR|F1^LIS|1^X", obx, kind="ORU^R01")
    assert sources(message, "Observation.identifier[0].system") == {"OBX[1]-21.2"}


def test_a_code_of_another_system_is_not_read_as_one_of_the_table():
    pid = "PID|1||1^^^A^MR||Sample^Jane|||||||||||{}"
    (own,) = resources(hl7(pid.format("M^Married^HL70002"), kind="ADT^A31"), "Patient")
    (foreign,) = resources(hl7(pid.format("M^Membership^99CLUB"), kind="ADT^A31"), "Patient")
    assert own["maritalStatus"]["coding"][0]["system"].endswith("v3-MaritalStatus")
    assert [one["system"] for one in foreign["maritalStatus"]["coding"]] == ["urn:wardline:feed:lab:99CLUB"]
