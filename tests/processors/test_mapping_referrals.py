"""Referrals (REF): the request, its providers and authorisations, and the canonical referral."""

import pytest
from conversion_world import PID, bundles, converted, entries, hl7, only, resources
from test_canonical import records

from processors import topics

RF1 = "RF1|A|S|MED|SO|O|R1^PRACTICE|20260307|20260607|20260306|S^Second opinion^HL70336|X1^EHR"
REFERRING = "PRD|RP|Family^Fred|1 Main St^^Smalltown||^WPN^PH^^^555^2000||55501^NPI"
REFERRED = "PRD|RT|Heart^Helen|||||55502^NPI"


def ref(*segments: str, kind: str = "REF^I12") -> bytes:
    return hl7(*segments, kind=kind)


def test_a_referral_is_a_request_with_its_codes_numbers_and_times():
    found = only(ref(RF1, PID), "ServiceRequest")
    assert (found["status"], found["intent"], found["priority"]) == ("active", "order", "stat")
    assert [one["value"] for one in found["identifier"]] == ["R1", "X1"]
    assert found["occurrencePeriod"] == {"start": "2026-03-07", "end": "2026-06-07"}
    assert found["code"]["coding"][0]["code"] == "Med"
    assert found["category"][0]["coding"][0]["code"] == "O"
    assert found["authoredOn"] == "2026-03-06"


@pytest.mark.parametrize(
    ("sent", "kind", "status"),
    [
        ("P", "I12", "active"),
        ("R", "I13", "revoked"),
        ("E", "I13", "revoked"),
        ("", "I12", "unknown"),
        ("A", "I14", "revoked"),
    ],
)
def test_the_status_of_a_referral(sent, kind, status):
    assert only(ref(RF1.replace("|A|", f"|{sent}|"), PID, kind=f"REF^{kind}"), "ServiceRequest")["status"] == status


def test_details_without_a_code_say_that_the_code_is_absent():
    found = only(ref("RF1|A|||WR||R1", PID), "ServiceRequest")
    assert found["orderDetail"][0]["coding"][0]["code"] == "WR"
    assert found["code"]["extension"][0]["valueCode"] == "unknown"


def test_a_referral_is_the_same_one_in_each_message_about_it():
    later = RF1.replace("|A|", "|R|")
    assert only(ref(RF1, PID), "ServiceRequest")["id"] == only(ref(later, PID, kind="REF^I13"), "ServiceRequest")["id"]


def test_who_refers_asks_and_who_is_referred_to_performs():
    message = ref(RF1, REFERRING, REFERRED, PID)
    asks, performs = resources(message, "PractitionerRole")
    found = only(message, "ServiceRequest")
    assert found["requester"] == {"reference": "urn:uuid:" + asks["id"]}
    assert found["performer"] == [{"reference": "urn:uuid:" + performs["id"]}]


def test_the_primary_care_provider_is_the_patients_general_one():
    message = ref(RF1, REFERRING.replace("|RP|", "|PP|"), PID)
    role = {"reference": "urn:uuid:" + only(message, "PractitionerRole")["id"]}
    assert only(message, "Patient")["generalPractitioner"] == [role]


def test_a_provider_is_a_person_with_numbers_and_address_in_a_role_with_contact_points():
    message = ref(RF1, REFERRING, PID)
    person, role = only(message, "Practitioner"), only(message, "PractitionerRole")
    assert (person["identifier"][0]["value"], person["address"][0]["city"]) == ("55501", "Smalltown")
    assert role["telecom"][0]["value"].endswith("2000")
    assert role["practitioner"] == {"reference": "urn:uuid:" + person["id"]}


def test_contacts_of_a_provider_are_those_of_its_organization():
    prd = REFERRING + "|||GP Clinic^L^^^^GENERAL^XX^^^ORG7|2 Main St^^Smalltown"
    message = ref(RF1, prd, "CTD|CN|Front^Fay|||^WPN^PH^^^555^2002", PID)
    clinic = next(one for one in resources(message, "Organization") if one.get("name") == "GP Clinic")
    assert clinic["contact"][0]["name"]["family"] == "Front"
    assert clinic["address"][0]["line"] == ["2 Main St"]


def test_contacts_without_an_organization_are_counted():
    assert converted(ref(RF1, REFERRING, "CTD|CN|Front^Fay", PID)).unmapped == {"CTD-1": 1, "CTD-2": 1}


def test_an_authorisation_is_the_insurance_of_the_referral():
    aut = "AUT|PLAN1^Gold^99P|PAY1^Payer^99I|Payer Inc|20260301|20260901|AU5^PAYER||6||20260302"
    message = ref(RF1, aut, REFERRING, PID)
    found, request = only(message, "ClaimResponse"), only(message, "ServiceRequest")
    assert (found["use"], found["preAuthRef"], found["created"]) == ("preauthorization", "AU5", "2026-03-02")
    assert request["insurance"] == [{"reference": "urn:uuid:" + found["id"]}]
    assert request["quantityQuantity"]["value"] == 6


def test_an_authorisation_by_a_named_payer_has_that_insurer():
    message = ref(RF1, "AUT|||Payer Inc|||AU5", PID)
    payer = only(message, "ClaimResponse")["insurer"]["reference"].removeprefix("urn:uuid:")
    assert [one["name"] for one in resources(message, "Organization") if one["id"] == payer] == ["Payer Inc"]


def test_the_message_is_about_the_referral():
    header, *others = entries(bundles(ref(RF1, PID))[0])
    (found,) = [one for one in others if one["resourceType"] == "ServiceRequest"]
    assert header["focus"] == [{"reference": "urn:uuid:" + found["id"]}]


def test_orders_beside_a_referral_stay_orders():
    message = ref(RF1, PID, "ORC|NW|P5^PRACTICE", "OBR|1|P5^PRACTICE||24627-2^CT^LN")
    (referral,), (order,) = records(message, topics.REFERRAL), records(message, topics.ORDER)
    assert (referral["number"], referral["referral_status"], referral["expires_at"]) == ("R1", "A", "2026-06-07")
    assert order["placer_number"] == "P5"


def test_the_order_of_an_appointment_gives_no_order_record():
    message = hl7("SCH|A1" + "|" * 25 + "P1^EHR", PID, kind="SIU^S12")
    assert resources(message, "ServiceRequest")
    assert records(message, topics.ORDER) == []


def test_people_whom_the_referral_names_are_not_the_referral():
    message = ref(RF1 + "|" * 9 + "1239^Chosen^Chris", "AUT|||Payer Inc|||AU5", PID)
    assert set(only(message, "Practitioner")) == {"resourceType", "id", "identifier", "name"}
    assert "insurance" in only(message, "ServiceRequest")
