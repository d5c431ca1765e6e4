"""Patients and the people around them: PID, PD1, NK1, GT1, MRG, ROL and PRT, seen in the resources they become."""

import pytest
from conversion_world import MSH, ORC, PID, PV1, converted, hl7, only, references, resources, warned

ADT = "ADT^A08"
STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"


def segment(name: str, fields: dict[int, str]) -> str:
    return "|".join((name, *(fields.get(n, "") for n in range(1, max(fields) + 1))))


def pid(fields: dict[int, str]) -> str:
    return segment("PID", {3: "100001^^^GENERAL^MR", 5: "Sample^Jane", **fields})


def patient(fields: dict[int, str]) -> dict:
    return only(hl7(pid(fields), kind=ADT), "Patient")


def extensions(resource: dict, url: str) -> list[dict]:
    return [one for one in resource.get("extension", ()) if one["url"].endswith(url)]


def by_id(message: bytes) -> dict[str, dict]:
    return {f"urn:uuid:{one['id']}": one for one in resources(message)}


# names, addresses, contact points, identifiers


def test_a_surname_keeps_what_it_is_made_of():
    (name,) = patient({5: "van Sample&van&Sample&de&Meyer^Jane"})["name"]
    made_of = {one["url"].partition("humanname-")[2]: one["valueString"] for one in name["_family"]["extension"]}
    assert name["family"] == "van Sample"
    assert made_of == {
        "own-prefix": "van",
        "own-name": "Sample",
        "partner-prefix": "de",
        "partner-name": "Meyer",
    }


def test_an_escaped_mark_in_a_surname_does_not_cut_it():
    assert patient({5: r"Smith \T\ Sons^Jane"})["name"][0]["family"] == "Smith & Sons"


def test_what_a_person_is_called_by_is_a_second_name():
    names = patient({5: "Sample^Jane^^^^^L^^^^G^20100101^20301231^FACS^Janie"})["name"]
    assert names[1] == {"use": "nickname", "given": ["Janie"]}
    assert names[0]["period"] == {"start": "2010-01-01", "end": "2030-12-31"}
    assert names[0]["suffix"] == ["FACS"]
    assert names[0]["extension"][0]["valueCode"] == "G"


def test_the_old_range_of_a_name_holds_where_the_new_times_are_missing():
    assert patient({5: "Sample^Jane^^^^^^^^20100101&20201231"})["name"][0]["period"]["end"] == "2020-12-31"


def test_the_county_joins_the_only_address():
    assert patient({11: "1 Elm St^^Springfield", 12: "Sangamon"})["address"] == [
        {"line": ["1 Elm St"], "city": "Springfield", "district": "Sangamon"}
    ]


def test_another_county_than_that_of_the_address_is_an_address_of_its_own():
    found = patient({11: "1 Elm St^^Springfield^^^^^^Menard", 12: "Sangamon"})["address"]
    assert [one["district"] for one in found] == ["Menard", "Sangamon"]


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [("H", "use", "home"), ("M", "type", "postal"), ("BA", "use", "old"), ("C", "use", "temp")],
)
def test_address_types_are_uses_or_types(kind, name, value):
    assert patient({11: f"1 Elm St^^Springfield^^^^{kind}"})["address"][0][name] == value


def test_an_address_type_without_a_place_in_fhir_is_kept_as_sent():
    (address,) = patient({11: "1 Elm St^^Springfield^^^^L"})["address"]
    assert address["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] == "L"


def test_a_census_tract_stands_on_the_line():
    (address,) = patient({11: "1 Elm St^Flat 2^Springfield^^^^^^^0101"})["address"]
    assert address["_line"][0]["extension"][0]["valueString"] == "0101"
    assert address["_line"][1] is None


def test_a_number_with_an_address_beside_it_gives_two_contact_points():
    found = patient({13: "555-0100^PRN^PH^jane@example.org"})["telecom"]
    assert [(one["system"], one["value"]) for one in found] == [("phone", "555-0100"), ("email", "jane@example.org")]


def test_an_email_address_in_the_first_component_is_not_lost():
    assert patient({13: "jane@example.org^NET^Internet"})["telecom"][0]["value"] == "jane@example.org"


def test_a_contact_point_has_period_rank_and_the_parts_of_its_number():
    (point,) = patient({13: "^PRN^PH^^1^217^5550100^9^^^^^20200101^20301231^^^^2"})["telecom"]
    assert point["rank"] == 2
    assert point["period"] == {"start": "2020-01-01", "end": "2030-12-31"}
    assert [one["valueString"] for one in point["extension"]] == ["1", "217", "5550100", "9"]


def test_an_assigning_authority_is_an_organization_with_both_its_identifiers():
    message = hl7(pid({3: "1^^^HOSP&1.2.3&ISO^MR"}), kind=ADT)
    assigner = only(message, "Patient")["identifier"][0]["assigner"]
    found = by_id(message)[assigner["reference"]]
    assert found["name"] == "HOSP"
    assert [one["value"] for one in found["identifier"]] == ["HOSP", "urn:oid:1.2.3"]


def test_a_type_that_the_table_has_not_is_no_code_of_the_table():
    (identifier,) = patient({3: "1^^^GENERAL^LOCAL"})["identifier"]
    assert identifier["type"]["coding"] == [{"system": "urn:oid:2.16.840.1.113883.12.203", "code": "LOCAL"}]


def test_a_licence_names_issuer_and_end():
    licence = patient({20: "D1^IL^20301231"})["identifier"][1]
    assert (licence["value"], licence["assigner"]["display"], licence["period"]["end"]) == ("D1", "IL", "2030-12-31")


# race, ethnicity, language, animal, death, birth


def test_race_is_one_extension_with_all_its_categories():
    (race,) = extensions(patient({10: "2106-3^White^CDCREC~2028-9^Asian^CDCREC"}), "us-core-race")
    assert [one["url"] for one in race["extension"]] == ["ombCategory", "ombCategory", "text"]
    assert race["extension"][2]["valueString"] == "White, Asian"


def test_a_local_race_code_is_text_and_kept_as_sent():
    found = patient({10: "W^Other^L"})
    (race,) = extensions(found, "us-core-race")
    assert race["extension"] == [{"url": "text", "valueString": "Other"}]
    assert extensions(found, "pid-10")[0]["valueCodeableConcept"]["coding"][0]["code"] == "W"


def test_ethnicity_takes_the_codes_of_table_0189():
    (ethnicity,) = extensions(patient({22: "H"}), "us-core-ethnicity")
    assert ethnicity["extension"][0]["valueCoding"]["code"] == "2135-2"


@pytest.mark.parametrize(("sent", "code"), [("ENG", "en"), ("de_AT", "de-AT"), ("spa^Spanish^HL70296", "es")])
def test_languages_are_those_of_bcp_47(sent, code):
    (found,) = patient({15: sent})["communication"]
    assert found["language"]["coding"] == [{"system": "urn:ietf:bcp:47", "code": code}]


def test_an_unknown_language_is_a_text_and_said():
    message = hl7(pid({15: "xx9^Old tongue"}), kind=ADT)
    assert only(message, "Patient")["communication"] == [{"language": {"text": "Old tongue"}}]
    assert warned(message) == [("code_unmapped", "PID[1]-15")]


def test_a_breed_without_species_says_that_the_species_is_unknown():
    (animal,) = extensions(patient({36: "L-80733^Boxer^SCT"}), "patient-animal")
    assert [one["url"] for one in animal["extension"]] == ["species", "breed"]


def test_a_deleted_death_time_leaves_the_flag():
    found = patient({29: '""', 30: "N"})
    assert found["deceasedBoolean"] is False
    assert "deceasedDateTime" not in found


# what stands beside the patient


def test_an_account_is_one_resource_in_all_messages():
    first = only(hl7(pid({18: "A1^^^GENERAL"}), kind=ADT), "Account")
    second = only(hl7(pid({18: "A1^^^GENERAL"}), PV1, kind="ADT^A01"), "Account")
    assert first["id"] == second["id"]
    assert (first["status"], first["identifier"][0]["value"]) == ("active", "A1")


def test_the_mother_is_a_related_person():
    found = only(hl7(pid({21: "M1^^^GENERAL^MR"}), kind=ADT), "RelatedPerson")
    assert found["relationship"][0]["coding"][0]["code"] == "MTH"
    assert found["identifier"][0]["value"] == "M1"


def test_the_last_update_is_a_provenance_of_the_patient():
    found = only(hl7(pid({33: "20260303", 34: "GENERAL"}), kind="ORU^R01"), "Provenance")
    assert found["occurredDateTime"] == "2026-03-03"
    assert found["_recorded"]["extension"][0]["valueCode"] == "unknown"


def test_a_living_will_is_an_observation():
    found = only(hl7(pid({}), segment("PD1", {7: "Y"}), kind=ADT), "Observation")
    assert found["code"]["coding"][0]["code"] == "75320-2"
    assert found["valueCodeableConcept"]["coding"][0]["code"] == "Y"


def test_a_person_who_is_important_is_so_in_the_patient_too():
    pv1 = segment("PV1", {2: "I", 16: "VIP", 19: "V1"})
    found = only(hl7(pid({}), pv1, kind=ADT), "Patient")
    assert extensions(found, "patient-importance")[0]["valueCodeableConcept"]["coding"][0]["code"] == "VIP"


def test_next_of_kin_are_contacts_and_related_persons():
    nk1 = segment("NK1", {2: "Sample^Erik", 3: "SPO", 33: "N1^^^GENERAL^PI", 41: "555-0109"})
    message = hl7(pid({}), nk1, kind=ADT)
    person = only(message, "RelatedPerson")
    contact = only(message, "Patient")["contact"][0]
    assert person["relationship"] == contact["relationship"]
    assert person["identifier"][0]["value"] == "N1"
    assert contact["telecom"][0]["value"] == "555-0109"


def test_an_employer_is_a_contact_only():
    message = hl7(pid({}), segment("NK1", {3: "EMR", 13: "Acme^^9", 30: "Boss^Bob"}), kind=ADT)
    assert resources(message, "RelatedPerson") == []
    found = by_id(message)[only(message, "Patient")["contact"][0]["organization"]["reference"]]
    assert found["contact"][0]["name"]["family"] == "Boss"


def test_two_relatives_of_one_name_stay_apart():
    kin = [segment("NK1", {2: "Sample^Erik", 3: "SIB", 5: number}) for number in ("555-1", "555-2")]
    found = resources(hl7(pid({}), *kin, kind=ADT), "RelatedPerson")
    assert len({one["id"] for one in found}) == 2


def test_a_guarantor_stands_on_the_account():
    gt1 = segment("GT1", {2: "G1", 3: "Sample^Erik", 11: "SPO", 13: "20260101"})
    message = hl7(pid({18: "A1^^^GENERAL"}), gt1, kind=ADT)
    (guarantor,) = only(message, "Account")["guarantor"]
    assert by_id(message)[guarantor["party"]["reference"]]["name"][0]["family"] == "Sample"
    assert guarantor["period"] == {"start": "2026-01-01"}


def test_a_guarantor_without_account_makes_one_of_unknown_status():
    gt1 = segment("GT1", {21: "Payer Inc^^9", 5: "1 Pay St^^Springfield"})
    message = hl7(pid({}), gt1, kind=ADT)
    account = only(message, "Account")
    assert account["status"] == "unknown"
    party = by_id(message)[account["guarantor"][0]["party"]["reference"]]
    assert (party["resourceType"], party["address"][0]["city"]) == ("Organization", "Springfield")


def test_a_guarantor_who_is_nobody_is_counted():
    message = hl7(pid({}), segment("GT1", {1: "1", 13: "20260101"}), kind=ADT)
    assert "GT1-13" in converted(message).unmapped


def test_a_changed_class_keeps_the_prior_account_and_number():
    mrg = segment("MRG", {1: "100009^^^GENERAL^MR", 3: "A0^^^GENERAL"})
    message = hl7(pid({18: "A1^^^GENERAL"}), mrg, PV1, kind="ADT^A06")
    assert [one["status"] for one in resources(message, "Account")] == ["active", "unknown"]
    old = only(message, "Patient")["identifier"][1]
    assert (old["use"], old["value"]) == ("old", "100009")
    assert "MRG-1" not in converted(message).unmapped


def test_what_was_remembered_is_the_same_the_second_time():
    message = hl7(
        pid({18: "A1^^^GENERAL", 21: "M1", 33: "20260303", 34: "GENERAL"}),
        segment("NK1", {2: "Sample^Erik", 3: "SPO", 13: "Acme^^9", 30: "Boss^Bob"}),
        segment("ROL", {3: "PP^^HL70443", 4: "1^Rivera^Ana", 11: "1 Doc St^^Springfield"}),
        kind=ADT,
    )
    assert converted(message).bundles[0].bundle == converted(message).bundles[0].bundle


# ROL and PRT


def test_a_primary_care_provider_is_the_general_practitioner_in_a_role():
    rol = segment("ROL", {3: "PP^Primary^HL70443", 4: "1^Rivera^Ana", 5: "20200101", 14: "Practice^^7"})
    message = hl7(pid({}), rol, kind=ADT)
    found = by_id(message)[only(message, "Patient")["generalPractitioner"][0]["reference"]]
    assert found["resourceType"] == "PractitionerRole"
    assert found["period"] == {"start": "2020-01-01"}
    assert by_id(message)[found["organization"]["reference"]]["name"] == "Practice"


def test_a_prt_of_a_name_alone_is_a_practitioner():
    message = hl7(pid({}), segment("PRT", {2: "A", 4: "PP^^HL70912", 5: "1^Rivera^Ana"}), kind=ADT)
    found = by_id(message)[only(message, "Patient")["generalPractitioner"][0]["reference"]]
    assert found["resourceType"] == "Practitioner"


def test_other_providers_of_the_patient_are_the_care_team():
    prt = segment("PRT", {2: "A", 4: "AT^^HL70912", 5: "1^Rivera^Ana", 8: "Clinic^^7", 11: "20260101"})
    message = hl7(pid({}), prt, kind=ADT)
    (member,) = only(message, "CareTeam")["participant"]
    assert by_id(message)[member["member"]["reference"]]["name"][0]["family"] == "Rivera"
    assert by_id(message)[member["onBehalfOf"]["reference"]]["name"] == "Clinic"
    assert member["period"] == {"start": "2026-01-01"}


def test_someone_in_a_role_of_their_own_acts_for_no_one_in_the_team():
    prt = segment("PRT", {2: "A", 4: "AT^^HL70912", 5: "1^Rivera^Ana", 6: "GP^^L", 8: "Clinic^^7"})
    message = hl7(pid({}), prt, kind=ADT)
    (member,) = only(message, "CareTeam")["participant"]
    assert "onBehalfOf" not in member
    assert "organization" in by_id(message)[member["member"]["reference"]]


def test_family_in_a_prt_is_a_related_person_who_takes_part():
    prt = segment("PRT", {2: "A", 4: "MTH^^HL70063", 5: "M1^Sample^Berta^^^^MD", 15: "^PRN^PH^^^217^5550100", 23: "H"})
    message = hl7(pid({}), prt, kind=ADT)
    person = only(message, "RelatedPerson")
    assert {"url": STRUCTURE + "iso21090-preferred", "valueBoolean": True} in person["telecom"][0]["extension"]
    assert person["name"] == [{"family": "Sample", "given": ["Berta"], "suffix": ["MD"]}]
    assert only(message, "CareTeam")["participant"][0]["member"] == {"reference": f"urn:uuid:{person['id']}"}


def test_a_deleted_participation_is_not_active_and_nothing_points_at_it():
    prt = segment("PRT", {2: "D", 4: "PP^^HL70912", 5: "1^Rivera^Ana", 8: "Clinic^^7"})
    message = hl7(pid({}), prt, kind=ADT)
    gone = only(message, "PractitionerRole")
    assert gone["active"] is False
    assert f"urn:uuid:{gone['id']}" not in {one for found in resources(message) for one in references(found)}


def test_a_role_behind_a_visit_is_a_participant_of_the_encounter():
    rol = segment("ROL", {3: "RP^Referring^HL70443", 4: "1^Rivera^Ana", 12: "555-0100"})
    message = hl7(pid({}), PV1, rol, kind=ADT)
    (participant,) = only(message, "Encounter")["participant"]
    assert participant["type"][0]["coding"][0]["code"] == "REF"
    assert by_id(message)[participant["individual"]["reference"]]["telecom"][0]["value"] == "555-0100"


@pytest.mark.parametrize(
    ("code", "kind", "place"),
    [
        ("OP", "ServiceRequest", "requester"),
        ("PRI", "DiagnosticReport", "resultsInterpreter"),
        ("TN", "DiagnosticReport", "performer"),
    ],
)
def test_people_of_an_order_have_the_place_of_their_role(code, kind, place):
    obr = segment("OBR", {2: "P1^EHR", 3: "F1^LIS", 4: "24320-4^Panel^LN", 25: "F"})
    prt = segment("PRT", {2: "A", 4: f"{code}^^HL70912", 5: "1^Rivera^Ana"})
    message = hl7(PID, ORC, obr, prt, "OBX|1|NM|2823-3^Potassium^LN||6.5|mmol/L|||||F")
    value = only(message, kind)[place]
    named = value[0] if isinstance(value, list) else value
    assert by_id(message)[named["reference"]]["resourceType"] == "PractitionerRole"


def test_the_collector_of_the_specimen():
    obr = segment("OBR", {2: "P1^EHR", 3: "F1^LIS", 4: "24320-4^Panel^LN", 25: "F"})
    prt = segment("PRT", {2: "A", 4: "SC^^HL70912", 5: "1^Rivera^Ana"})
    message = hl7(PID, ORC, obr, prt, "OBX|1|NM|2823-3^Potassium^LN||6.5|mmol/L|||||F", "SPM|1|S1||SER")
    assert "collector" in only(message, "Specimen")["collection"]


def test_device_place_and_performer_of_a_result():
    obx = "OBX|1|NM|2823-3^Potassium^LN||6.5|mmol/L|||||F"
    prts = (
        segment("PRT", {2: "A", 4: "RO^^HL70912", 5: "1^Rivera^Ana"}),
        segment("PRT", {2: "A", 4: "EQUIP^^HL70912", 10: "DEV1^GENERAL", 19: "LOT7"}),
        segment("PRT", {2: "A", 4: "OS^^HL70912", 14: "1 Site St^^Springfield"}),
    )
    message = hl7(PID, ORC, "OBR|1|P1^EHR|F1^LIS|24320-4^Panel^LN", obx, *prts)
    found, held = only(message, "Observation"), by_id(message)
    assert held[found["performer"][0]["reference"]]["resourceType"] == "PractitionerRole"
    assert held[found["device"]["reference"]]["lotNumber"] == "LOT7"
    (site,) = extensions(found, "event-location")
    assert held[site["valueReference"]["reference"]]["address"]["city"] == "Springfield"


def test_a_participation_that_names_nobody_is_counted():
    message = hl7(pid({}), PV1, segment("PRT", {2: "A", 4: "AT^^HL70912", 11: "20260101"}), kind=ADT)
    assert "PRT-4" in converted(message).unmapped


def test_every_reference_of_a_message_full_of_people_resolves():
    message = hl7(
        pid({18: "A1^^^GENERAL"}),
        segment("ROL", {3: "SIB^^HL70063", 4: "S1^Sample^Moritz"}),
        segment("NK1", {2: "Sample^Erik", 3: "SPO", 13: "Acme^^9", 30: "Boss^Bob"}),
        PV1,
        segment("GT1", {3: "Sample^Erik", 21: "Payer^^9"}),
        kind=ADT,
        msh=MSH,
    )
    known = set(by_id(message))
    assert {one for found in resources(message) for one in references(found)} <= known
