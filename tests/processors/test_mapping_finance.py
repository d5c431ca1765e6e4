"""Insurance and charges: IN1, IN2, IN3 and FT1 as R4 resources."""

import pytest
from conversion_world import PID, PV1, converted, hl7, only, references, resources, warned

from processors.envelope import Record

BAR = "BAR^P01^BAR_P01"
DFT = "DFT^P03^DFT_P03"
IN1 = "IN1|1|HP1^Health Plus^L|INS-1^^^NAIC|General Insurance||||G-100|Engine Works"
FT1 = "FT1|1|T-1||20260304||CG|CH-77^Chest film^L|Two views"


def bar(*segments: str) -> bytes:
    return hl7(PID, PV1, *segments, kind=BAR)


def dft(*segments: str) -> bytes:
    return hl7(PID, PV1, *segments, kind=DFT)


def insured(relation: str, name: str = "Sample^Erik") -> str:
    return f"{IN1}|||||||{name}|{relation}|19680203|2 Oak Ave^^Springfield"


def named(message: bytes, reference: Record) -> Record:
    (found,) = [one for one in resources(message) if "urn:uuid:" + one["id"] == reference["reference"]]
    return found


def codes(concept: Record) -> list[str]:
    return [coding["code"] for coding in concept["coding"]]


def test_an_insurance_is_a_coverage_of_the_patient_paid_by_the_insurer():
    message = bar(IN1 + "|||20260101|20261231||HMO")
    coverage = only(message, "Coverage")
    assert coverage["status"] == "active"
    assert coverage["beneficiary"] == {"reference": "urn:uuid:" + only(message, "Patient")["id"]}
    assert coverage["period"] == {"start": "2026-01-01", "end": "2026-12-31"}
    insurer = named(message, coverage["payor"][0])
    assert insurer["name"] == "General Insurance"
    assert insurer["identifier"][0]["value"] == "INS-1"


def test_plan_and_group_are_classes_with_their_names():
    classes = only(bar(IN1), "Coverage")["class"]
    assert [(codes(one["type"]), one["value"], one["name"]) for one in classes] == [
        (["plan"], "HP1", "Health Plus"),
        (["group"], "G-100", "Engine Works"),
    ]


def test_address_contact_and_phone_are_the_insurers():
    message = bar("IN1|1|HP1|INS-1|General Insurance|1 Main St^^Springfield|Clerk^Kim|^WPN^PH^^^217^5550199")
    insurer = named(message, only(message, "Coverage")["payor"][0])
    assert insurer["address"][0]["city"] == "Springfield"
    assert insurer["contact"][0]["name"]["family"] == "Clerk"
    assert insurer["telecom"][0]["value"] == "217 5550199"


def test_two_plans_of_one_insurer_name_one_organisation():
    message = bar(IN1, IN1.replace("IN1|1|HP1", "IN1|2|HP2"))
    first, second = resources(message, "Coverage")
    assert first["id"] != second["id"]
    assert first["payor"] == second["payor"]


def test_further_names_of_the_insurer_are_further_payors():
    assert len(only(bar("IN1|1|HP1|INS-1|General~General North"), "Coverage")["payor"]) == 2


def test_a_coverage_without_insurer_says_that_it_is_unknown():
    (payor,) = only(bar("IN1|1|HP1"), "Coverage")["payor"]
    assert payor["extension"][0]["valueCode"] == "unknown"


def test_an_address_of_nobody_is_counted():
    assert "IN1-5" in converted(bar("IN1|1|HP1|||1 Main St^^Springfield")).unmapped


def test_an_insured_who_is_not_the_patient_is_a_related_person():
    message = bar(insured("MTH"))
    person = named(message, only(message, "Coverage")["subscriber"])
    assert person["resourceType"] == "RelatedPerson"
    assert person["birthDate"] == "1968-02-03"
    assert person["address"][0]["city"] == "Springfield"
    assert codes(person["relationship"][0]) == ["MTH", "MTH"]


@pytest.mark.parametrize("relation", ["SEL", "SEL^Self^HL70063", "18"])
def test_an_insured_who_is_the_patient_is_the_patient(relation):
    message = bar(insured(relation))
    assert named(message, only(message, "Coverage")["subscriber"])["resourceType"] == "Patient"
    assert resources(message, "RelatedPerson") == []
    assert "IN1-18" in converted(message).unmapped


def test_the_relationship_has_r4s_own_code_first_where_it_is_sure():
    assert codes(only(bar(insured("SPO")), "Coverage")["relationship"]) == ["spouse", "SPS", "SPO"]
    assert codes(only(bar(insured("CHD")), "Coverage")["relationship"]) == ["CHILD", "CHD"]


def test_a_number_of_the_subscriber_is_not_the_groups():
    message = bar("IN1|1|HP1|INS-1|General||||||S-8^^^INS^SN~E-7^^^ENGINE^XX|Engine Works")
    coverage = only(message, "Coverage")
    assert [one["valueIdentifier"]["value"] for one in coverage["extension"]] == ["S-8"]
    assert [one["value"] for one in named(message, coverage["policyHolder"])["identifier"]] == ["E-7"]


def test_the_insureds_number_is_the_subscriber_id():
    coverage = only(bar(IN1 + "|" * 40 + "INSD-5^^^INS^MB"), "Coverage")
    assert coverage["subscriberId"] == "INSD-5"
    assert coverage["extension"][0]["valueIdentifier"]["value"] == "INSD-5"


@pytest.mark.parametrize(("sent", "order"), [("2", 2), ("0", None), ("first", None)])
def test_the_place_among_several_coverages_is_a_number(sent, order):
    message = bar(IN1 + "|" * 13 + sent)
    assert only(message, "Coverage").get("order") == order
    assert ("IN1-22" in converted(message).unmapped) is (order is None)


def test_a_deductible_is_a_cost_to_the_beneficiary():
    (cost,) = only(bar(IN1 + "|" * 28 + "500.00&USD"), "Coverage")["costToBeneficiary"]
    assert cost["valueMoney"] == {"value": 500.00, "currency": "USD"}


def test_a_deleted_insurance_is_cancelled():
    assert only(bar(IN1 + "|" * 46 + "D"), "Coverage")["status"] == "cancelled"


def test_further_insurance_data_join_the_coverage_and_the_insured():
    message = bar(insured("MTH"), "IN2|EMP-1|999-00-2222||||MC-11")
    assert "MC-11" in [one["value"] for one in only(message, "Coverage")["identifier"]]
    assert [one["value"] for one in only(message, "RelatedPerson")["identifier"]] == ["EMP-1", "999-00-2222"]


def test_the_case_manager_makes_a_care_team():
    team = only(bar(IN1, "IN3|1" + "|" * 20 + "Carla Case"), "CareTeam")
    assert team["participant"][0]["member"] == {"display": "Carla Case"}
    assert codes(team["participant"][0]["role"][0]) == ["768832004"]


def test_a_certificate_without_case_manager_makes_no_care_team_and_is_counted():
    message = bar(IN1, "IN3|1|CERT-1")
    assert resources(message, "CareTeam") == []
    assert "IN3-2" in converted(message).unmapped


def test_the_same_plan_and_policy_are_the_same_coverage_in_the_next_message():
    first, later = (only(bar(IN1 + "|" * number + "20260101"), "Coverage") for number in (3, 4))
    assert first["id"] == later["id"]


def test_an_insurance_segment_without_data_makes_nothing():
    assert resources(bar("IN1|1"), "Coverage") == []


def test_a_charge_is_a_charge_item_and_what_the_message_is_about():
    message = dft(FT1)
    charge = only(message, "ChargeItem")
    assert charge["status"] == "billable"
    assert charge["code"]["text"] == "Two views"
    assert charge["occurrenceDateTime"] == "2026-03-04"
    assert only(message, "MessageHeader")["focus"] == [{"reference": "urn:uuid:" + charge["id"]}]


@pytest.mark.parametrize("kind", ["PY", "CO", "AJ"])
def test_what_is_no_charge_is_counted_and_not_converted(kind):
    message = dft(FT1.replace("CG", kind))
    assert resources(message, "ChargeItem") == []
    assert {"FT1-2", "FT1-6", "FT1-7"} <= converted(message).unmapped.keys()


def test_a_credit_is_not_billable_and_says_so():
    charge = only(dft(FT1.replace("CG", "CD")), "ChargeItem")
    assert charge["status"] == "not-billable"
    assert charge["extension"] == [{"url": "urn:wardline:ft1-6", "valueCode": "CD"}]


def test_a_transaction_of_no_type_is_of_unknown_status_and_said():
    message = dft(FT1.replace("CG", "ZZ"))
    assert only(message, "ChargeItem")["status"] == "unknown"
    assert ("code_unmapped", "FT1[1]-6") in warned(message)


def test_amounts_keep_their_digits_and_currency():
    message = dft(FT1 + "||2|150.00&USD|75.00&USD")
    charge = only(message, "ChargeItem")
    assert charge["quantity"] == {"value": 2}
    assert charge["priceOverride"] == {"value": 150.00, "currency": "USD"}
    assert charge["extension"][0]["valueMoney"]["value"] == 75.00
    assert b"150.00" in converted(message).bundles[0].bundle


def test_an_amount_that_is_none_is_said():
    message = dft(FT1 + "||2|much")
    assert "priceOverride" not in only(message, "ChargeItem")
    assert ("number_unreadable", "FT1[1]-11") in warned(message)


def test_the_procedure_after_a_charge_is_the_service_charged_for():
    message = dft(FT1, "NTE|1||note", "PR1|1||71046^Film^C4", FT1.replace("T-1", "T-2"))
    first, second = resources(message, "ChargeItem")
    assert first["service"] == [{"reference": "urn:uuid:" + only(message, "Procedure")["id"]}]
    assert first["note"] == [{"text": "note"}]
    assert "service" not in second


def test_the_procedure_code_stands_beside_the_charge_code():
    charge = only(dft(FT1 + "|" * 17 + "71046^Film^C4|26"), "ChargeItem")
    assert codes(charge["code"]) == ["CH-77", "71046:26"]


def test_a_charge_without_a_code_says_that_it_is_unknown():
    assert "extension" in only(dft("FT1|1|T-1||20260304||CG"), "ChargeItem")["code"]


def test_every_reference_of_the_financial_parts_resolves():
    message = bar(insured("MTH"), "IN3|1" + "|" * 20 + "Carla Case", FT1, "PR1|1||71046^Film^C4")
    found = resources(message)
    assert set(references(found)) <= {"urn:uuid:" + one["id"] for one in found}


def test_a_policy_is_the_same_one_whether_a_number_is_deleted_or_absent():
    deleted, absent = (only(bar(IN1 + "|" * 27 + sent), "Coverage")["id"] for sent in ('""', ""))
    assert deleted == absent


def test_a_charge_is_the_same_one_whether_its_number_is_deleted_or_absent():
    deleted, absent = (only(dft(FT1.replace("T-1", sent)), "ChargeItem")["id"] for sent in ('""', ""))
    assert deleted == absent
