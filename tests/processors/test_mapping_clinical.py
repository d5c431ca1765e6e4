"""Allergies, diagnoses, procedures, problems and goals: AL1, IAM, DG1, PR1, PRB, GOL and PTH as R4 resources."""

import pytest
from conversion_world import PID, PV1, converted, hl7, only, references, resources, warned

from processors.envelope import Record

ADT = "ADT^A01^ADT_A01"
PPR = "PPR^PC1^PPR_PC1"
DG1 = "DG1|1||I10^Hypertension^I10C|High pressure|20260301|A|||||||||1||||20260304080500+0100"
PRB = "PRB|AD||44054006^Diabetes^SCT|PB-1^GENERAL"


def adt(*segments: str) -> bytes:
    return hl7(PID, PV1, *segments, kind=ADT)


def ppr(*segments: str) -> bytes:
    return hl7(PID, PV1, *segments, kind=PPR)


def codes(concept: Record) -> list[str]:
    return [coding["code"] for coding in concept.get("coding", ())]


def beside(value: Record) -> list[str]:
    """The code as sent in the extension beside one of FHIR."""
    return codes(value["extension"][0]["valueCodeableConcept"])


def unmapped(message: bytes) -> dict[str, int]:
    return converted(message).unmapped


def test_an_allergy_says_its_kind_risk_and_reactions_and_is_active():
    allergy = only(adt("AL1|1|DA|70618^Penicillin^RXNORM|SV|Hives~Nausea|20200115"), "AllergyIntolerance")
    assert allergy["category"] == ["medication"]
    assert allergy["type"] == "allergy"
    assert allergy["criticality"] == "high"
    assert allergy["reaction"] == [{"manifestation": [{"text": "Hives"}, {"text": "Nausea"}]}]
    assert allergy["onsetDateTime"] == "2020-01-15"
    assert codes(allergy["clinicalStatus"]) == ["active"]


@pytest.mark.parametrize("kind", ["MA", "MC", "LOCAL"])
def test_a_kind_of_allergy_that_r4_has_no_category_for_stays_in_an_extension(kind):
    allergy = only(adt(f"AL1|1|{kind}|^Contrast medium"), "AllergyIntolerance")
    (sent,) = [one for one in allergy["extension"] if one["url"] == "urn:wardline:al1-2"]
    assert not {"category", "_category"} & allergy.keys()
    assert codes(sent["valueCodeableConcept"]) == [kind]


def test_the_same_substance_is_the_same_allergy_in_the_next_message():
    first = only(adt("AL1|1|DA|^Penicillin|SV"), "AllergyIntolerance")
    later = only(adt("AL1|7|DA|^Penicillin|MI"), "AllergyIntolerance")
    assert first["id"] == later["id"]


def test_a_code_that_its_hl7_table_does_not_have_is_no_code_of_that_system():
    allergy = only(adt("AL1|1|DA^Drug^HL70127|^Penicillin|SEVERE^^HL70128"), "AllergyIntolerance")
    (sent,) = allergy["extension"]
    assert sent["valueCodeableConcept"]["coding"][0]["system"] == "urn:oid:2.16.840.1.113883.12.128"
    known = allergy["_category"][0]["extension"][0]["valueCodeableConcept"]["coding"][0]
    assert known["system"] == "http://terminology.hl7.org/CodeSystem/v2-0127"


def test_two_records_of_one_substance_that_differ_are_both_kept():
    found = resources(adt("AL1|1|DA|^Penicillin|SV", "AL1|2|DA|^Penicillin|MI"), "AllergyIntolerance")
    assert [one["criticality"] for one in found] == ["high", "low"]
    assert len({one["id"] for one in found}) == 2


def test_two_records_of_one_substance_that_say_the_same_are_one():
    assert only(adt("AL1|1|DA|^Penicillin|SV", "AL1|2|DA|^Penicillin|SV"), "AllergyIntolerance")


def test_an_allergy_segment_without_data_makes_nothing():
    assert resources(adt("AL1|1"), "AllergyIntolerance") == []


def test_reactions_sent_as_codes_stay_codes():
    allergy = only(adt("AL1|1|DA|^Penicillin||247472004^Hives^SCT"), "AllergyIntolerance")
    assert codes(allergy["reaction"][0]["manifestation"][0]) == ["247472004"]


@pytest.mark.parametrize(
    ("sent", "clinical", "verification"),
    [("C", "active", "confirmed"), ("I", "inactive", "confirmed"), ("U", "active", "unconfirmed")],
)
def test_an_allergy_status_is_split_into_what_r4_knows_with_the_code_beside(sent, clinical, verification):
    allergy = only(adt(f"IAM|1|DA|^Penicillin|||A|||||||||||{sent}"), "AllergyIntolerance")
    assert codes(allergy["clinicalStatus"]) == [clinical]
    assert codes(allergy["verificationStatus"]) == [verification]
    assert beside(allergy["clinicalStatus"]) == [sent]


@pytest.mark.parametrize("iam", ["IAM|1|DA|^Penicillin|||D", "IAM|1|DA|^Penicillin|||U|||||||||||E"])
def test_an_allergy_taken_back_is_entered_in_error_and_has_no_clinical_status(iam):
    allergy = only(adt(iam), "AllergyIntolerance")
    assert codes(allergy["verificationStatus"])[0] == "entered-in-error"
    assert "clinicalStatus" not in allergy


def test_an_allergy_status_of_no_table_is_active_and_said():
    message = adt("IAM|1|DA|^Penicillin|||A|||||||||||PERHAPS")
    status = only(message, "AllergyIntolerance")["clinicalStatus"]
    assert (codes(status), beside(status)) == (["active"], ["PERHAPS"])
    assert ("code_unmapped", "IAM[1]-17") in warned(message)


@pytest.mark.parametrize(("sent", "kind"), [("AL", "allergy"), ("IN", "intolerance"), ("SE", "allergy")])
def test_the_sensitivity_decides_between_allergy_and_intolerance_where_it_says_either(sent, kind):
    allergy = only(adt(f"IAM|1|DA|^Penicillin|||A|||{sent}"), "AllergyIntolerance")
    assert allergy["type"] == kind
    assert beside(allergy["_type"]) == [sent]


@pytest.mark.parametrize(
    ("reported", "kind"),
    [("Rivera^Ana", "Practitioner"), ("Sample^Erika|MTH", "RelatedPerson"), ("Sample^Jane|SEL", "Patient")],
)
def test_who_reported_an_allergy_depends_on_the_relationship(reported, kind):
    message = adt(f"IAM|1|DA|^Penicillin|||A||||||||{reported}")
    recorder = only(message, "AllergyIntolerance")["recorder"]["reference"]
    (found,) = [one for one in resources(message) if "urn:uuid:" + one["id"] == recorder]
    assert found["resourceType"] == kind


def test_an_onset_in_words_stands_only_where_no_date_does():
    both = only(adt("IAM|1|DA|^Penicillin|||A|||||2015|in spring"), "AllergyIntolerance")
    words = only(adt("IAM|1|DA|^Penicillin|||A||||||in spring"), "AllergyIntolerance")
    assert "onsetString" not in both
    assert words["onsetString"] == "in spring"


def test_the_clinicians_code_joins_the_code_without_changing_the_next_message():
    with_both = adt("IAM|1|FA|762952008^Peanut^SCT|||A|||||||||||||||||||||91935009^Peanut allergy^SCT")
    assert codes(only(with_both, "AllergyIntolerance")["code"]) == ["762952008", "91935009"]
    assert codes(only(adt("IAM|1|FA|762952008^Peanut^SCT"), "AllergyIntolerance")["code"]) == ["762952008"]


def test_a_diagnosis_is_a_condition_of_the_visit_with_use_and_rank():
    message = adt(DG1)
    condition, encounter = only(message, "Condition"), only(message, "Encounter")
    assert encounter["diagnosis"][0]["condition"]["reference"] == "urn:uuid:" + condition["id"]
    assert codes(encounter["diagnosis"][0]["use"]) == ["AD", "A"]
    assert encounter["diagnosis"][0]["rank"] == 1
    assert condition["code"]["text"] == "High pressure"
    assert condition["recordedDate"] == "2026-03-04T08:05:00+01:00"


def test_a_diagnosis_without_a_visit_is_the_patients_alone():
    condition = only(hl7(PID, DG1, kind=ADT), "Condition")
    assert "encounter" not in condition
    assert "category" not in condition


def test_a_diagnosis_of_an_episode_stands_there_too():
    visit = PV1 + "|" * 35 + "EP1^^^GENERAL"
    episode = only(hl7(PID, visit, DG1, kind=ADT), "EpisodeOfCare")
    assert codes(episode["diagnosis"][0]["role"]) == ["AD", "A"]


def test_a_bare_diagnosis_code_is_of_the_coding_method():
    condition = only(adt("DG1|1|I9|401.9|Hypertension"), "Condition")
    assert condition["code"]["coding"][0]["system"] == "http://hl7.org/fhir/sid/icd-9-cm"


def test_rank_nought_is_no_rank():
    (entry,) = only(adt("DG1|1||I10^^I10C|||W|||||||||0"), "Encounter")["diagnosis"]
    assert "rank" not in entry


def test_a_diagnosis_taken_back_is_entered_in_error():
    condition = only(adt("DG1|1||I10^^I10C|||||||||||||||||D-1^GENERAL|D"), "Condition")
    assert codes(condition["verificationStatus"]) == ["entered-in-error"]
    assert "clinicalStatus" not in condition


def test_a_diagnosis_number_makes_it_the_same_whatever_its_code_becomes():
    first = only(adt("DG1|1||I10^^I10C|||W||||||||||||||D-1^GENERAL"), "Condition")
    later = only(adt("DG1|1||I11^^I10C|||F||||||||||||||D-1^GENERAL"), "Condition")
    assert first["id"] == later["id"]


@pytest.mark.parametrize("known", [True, False])
def test_a_parent_diagnosis_is_named_and_referred_to_where_the_message_holds_it(known):
    parent = ("DG1|1||I10^^I10C|||W||||||||||||||D-1^GENERAL",) if known else ()
    child = "DG1|2||N18^^I10C|||W||||||||||||||D-2^GENERAL||D-1^GENERAL"
    condition = resources(adt(*parent, child), "Condition")[-1]
    (due,) = [one["valueReference"] for one in condition["extension"]]
    assert due["identifier"]["value"] == "D-1"
    assert ("reference" in due) is known


def test_a_diagnosis_behind_an_order_is_its_reason_and_not_the_visits():
    orders = ("ORC|NW|P1^EHR", "OBR|1|P1^EHR||24320-4^Panel^LN", DG1)
    message = hl7(PID, PV1, *orders, kind="ORM^O01^ORM_O01")
    condition = "urn:uuid:" + only(message, "Condition")["id"]
    assert [one["reference"] for one in only(message, "ServiceRequest")["reasonReference"]] == [condition]
    assert "diagnosis" not in only(message, "Encounter")


def test_minutes_give_a_procedure_its_end():
    procedure = only(adt("PR1|1||71046^Film^C4||20260304234500+0100||30"), "Procedure")
    assert procedure["performedPeriod"] == {"start": "2026-03-04T23:45:00+01:00", "end": "2026-03-05T00:15:00+01:00"}


@pytest.mark.parametrize("minutes", ["", "30", "soon"])
def test_a_procedure_of_a_day_has_no_end(minutes):
    message = adt(f"PR1|1||71046^Film^C4||20260304||{minutes}")
    assert only(message, "Procedure")["performedDateTime"] == "2026-03-04"
    assert ("PR1-7" in unmapped(message)) is bool(minutes)


def test_the_people_of_a_procedure_have_their_functions():
    people = "PR1|1||71046^Film^C4|||||55^Anders||" + "|66^Stein|77^Kovac"
    role = "ROL|1|AD|AT^Attending^HL70443|88^Brandt"
    performers = only(adt(people, role), "Procedure")["performer"]
    assert [codes(one.get("function", {})) for one in performers] == [
        ["88189002"],
        ["304292004"],
        [],
        ["ATND", "AT"],
    ]


def test_a_role_that_is_taken_back_performs_nothing_and_is_counted():
    message = adt("PR1|1||71046^Film^C4", "ROL|1|DE|AT^Attending^HL70443|88^Brandt")
    assert "performer" not in only(message, "Procedure")
    assert "ROL-4" in unmapped(message)


def test_modifiers_follow_the_code():
    procedure = only(adt("PR1|1||99231^Visit^C4|||||||||||||25~59"), "Procedure")
    assert codes(procedure["code"]) == ["99231:25:59"]


def test_a_procedure_is_of_unknown_status_unless_taken_back():
    assert only(adt("PR1|1||71046^Film^C4"), "Procedure")["status"] == "unknown"
    assert only(adt("PR1|1||71046^Film^C4|||||||||||||||||D"), "Procedure")["status"] == "entered-in-error"


def test_a_problem_is_a_condition_of_the_problem_list_and_active():
    condition = only(ppr(PRB), "Condition")
    assert codes(condition["category"][0]) == ["problem-list-item"]
    assert codes(condition["clinicalStatus"]) == ["active"]


def test_a_problem_that_ended_is_resolved_whatever_status_was_sent():
    condition = only(ppr(PRB + "|||||20260302|||||ACTIVE"), "Condition")
    assert codes(condition["clinicalStatus"]) == ["resolved"]
    assert beside(condition["clinicalStatus"]) == ["ACTIVE"]


def test_a_deleted_problem_is_entered_in_error():
    condition = only(ppr(PRB.replace("AD", "DE")), "Condition")
    assert codes(condition["verificationStatus"]) == ["entered-in-error"]
    assert "clinicalStatus" not in condition


def test_goal_and_pathway_address_the_problem_above_them():
    message = ppr(PRB, "PTH|AD|PW^Pathway^L|PT-1", "GOL|AD||G^HbA1c below 7^L|GO-1")
    problem = "urn:uuid:" + only(message, "Condition")["id"]
    assert only(message, "Goal")["addresses"] == [{"reference": problem}]
    assert only(message, "CarePlan")["addresses"] == [{"reference": problem}]


def test_results_and_notes_belong_to_what_they_stand_under():
    message = ppr(
        PRB,
        "NTE|1||of the problem",
        "OBX|1|NM|4548-4^HbA1c^LN||8.1|%|||||F",
        "GOL|AD||G^HbA1c below 7^L|GO-1",
        "OBX|1|NM|2339-0^Glucose^LN||140|mg/dL|||||F",
    )
    condition, goal = only(message, "Condition"), only(message, "Goal")
    hba1c, glucose = resources(message, "Observation")
    assert condition["note"] == [{"text": "of the problem"}]
    assert condition["evidence"] == [{"detail": [{"reference": "urn:uuid:" + hba1c["id"]}]}]
    assert goal["outcomeReference"] == [{"reference": "urn:uuid:" + glucose["id"]}]


def test_a_goal_always_says_its_state_and_what_it_is():
    goal = only(ppr("GOL|AD|||GO-1"), "Goal")
    assert goal["lifecycleStatus"] == "active"
    assert "extension" in goal["description"]
    assert "encounter" not in goal


def test_a_goal_in_a_state_of_no_table_is_said():
    assert ("code_unmapped", "GOL[1]-18") in warned(ppr("GOL|AD||G^Goal^L|GO-1" + "|" * 14 + "SOMEHOW"))


def test_a_ppr_message_is_about_its_problems_goals_and_pathways():
    message = ppr(PRB, "GOL|AD||G^HbA1c below 7^L|GO-1")
    named = {one["reference"] for one in only(message, "MessageHeader")["focus"]}
    assert named == {
        "urn:uuid:" + one["id"] for one in resources(message) if one["resourceType"] in ("Condition", "Goal")
    }


def test_every_reference_of_the_clinical_parts_resolves():
    message = ppr(PRB, "ROL|1|AD|AT|1234^Rivera^Ana", "PTH|AD|PW^Pathway^L|PT-1", "GOL|AD||G^Goal^L|GO-1")
    found = resources(message)
    assert set(references(found)) <= {"urn:uuid:" + one["id"] for one in found}


def test_a_diagnosis_described_otherwise_than_coded_is_counted():
    message = hl7(PID, PV1, "DG1|1||J45^Asthma^I10^^^^^^As coded|As described", kind="ADT^A01")
    assert only(message, "Condition")["code"]["text"] == "As coded"
    assert converted(message).unmapped == {"DG1-4": 1}


def test_a_rank_that_is_no_number_is_warned_of():
    message = hl7(PID, PV1, "DG1|1||J45^Asthma^I10||||||||||||first", kind="ADT^A01")
    assert [one[0] for one in warned(message)] == ["number_unreadable"]
