"""Orders and results: numbers, timings, people, repeated groups, and each value type that OBX-5 may have."""

import pytest
from conversion_world import OBR, OBX, ORC, PID, PV1, SITE, converted, hl7, only, oru, resources

ORDER = "OBR|1|P1^EHR||24320-4^Panel^LN"
NEW = "ORC|NW|P1^EHR"


def order(*segments: str, kind: str = "OML^O21^OML_O21") -> bytes:
    return hl7(PID, *segments, kind=kind)


def timed(tq1: str) -> dict:
    return only(order(NEW, tq1, ORDER), "ServiceRequest")


def unmapped(message: bytes) -> dict[str, int]:
    return converted(message, SITE).unmapped


def observed(kind: str, value: str, unit: str = "") -> dict:
    return only(oru(f"OBX|1|{kind}|X^Name^L||{value}|{unit}|||||F"), "Observation")


def test_only_a_new_order_was_authored_at_its_event():
    assert only(order("ORC|NW|P1^EHR|||||||20260304070000+0100", ORDER), "ServiceRequest")["authoredOn"]
    later = only(order("ORC|XO|P1^EHR|||||||20260304070000+0100", ORDER), "ServiceRequest")
    assert "authoredOn" not in later
    events = [e for e in later["extension"] if e["url"].endswith("businessEvent")]
    assert [e["extension"][0]["url"] for e in events] == ["value", "date"]


def test_a_group_number_in_subcomponents_is_the_placers_and_the_fillers():
    request = only(order("ORC|NW|P1^EHR||G1&EHR^G2&LIS", ORDER), "ServiceRequest")
    assert (request["requisition"]["value"], request["identifier"][-1]["value"]) == ("G1", "G2")
    assert request["identifier"][-1]["type"]["coding"][0]["code"] == "FGN"


def test_the_ordering_facility_is_the_requesters_organisation():
    orc = (
        "ORC|NW|P1^EHR||||||||||1234^Rivera^Ana|||||||||General Clinic^L^C1|1 Elm St^^Springfield|^WPN^PH^^^217^5550111"
    )
    message = order(orc, ORDER)
    role = only(message, "PractitionerRole")
    assert only(message, "ServiceRequest")["requester"]["reference"] == "urn:uuid:" + role["id"]
    clinic = next(r for r in resources(message, "Organization") if r.get("name") == "General Clinic")
    assert role["organization"]["reference"] == "urn:uuid:" + clinic["id"]
    assert (clinic["address"][0]["city"], clinic["telecom"][0]["use"]) == ("Springfield", "work")


def test_an_address_without_a_facility_is_counted():
    assert "ORC-22" in unmapped(order("ORC|NW|P1^EHR" + "|" * 20 + "1 Elm St^^Springfield", ORDER))


def test_an_order_tells_who_entered_verified_ordered_and_acted():
    people = "77^Clerk^Kim|78^Checker^Lee|1234^Rivera^Ana|||||WARD4^Ward four^L|DEV7^Station^L|79^Nurse^Jo"
    found = only(order("ORC|NW|P1^EHR|||||||20260304070000+0100|" + people, ORDER), "Provenance")
    kinds = [a.get("type", {}).get("coding", [{}])[0].get("code", "") for a in found["agent"]]
    assert kinds == ["enterer", "verifier", "author", "", "performer"]
    assert ("onBehalfOf" in found["agent"][0], found["recorded"]) == (True, "2026-03-04T07:00:00+01:00")
    assert found["activity"]["coding"][0]["code"] == "CREATE"


def test_a_report_has_no_provenance_for_who_ordered_it():
    assert not resources(hl7(PID, "ORC|RE|P1^EHR|F1^LIS|||||||||1234^Rivera^Ana", OBR, OBX), "Provenance")


def test_a_repeat_pattern_becomes_code_days_period_and_event():
    timing = timed("TQ1|1|2^mL&&UCUM|Q6H&six hourly&HL70335^DW^6^1^6^h^^AC^1^h")["occurrenceTiming"]
    assert [c["code"] for c in timing["code"]["coding"]] == ["Q6H", "Q6H"]
    assert timing["repeat"]["dayOfWeek"] == ["sat", "sun", "mon"]
    assert (timing["repeat"]["period"], timing["repeat"]["periodUnit"]) == (6, "h")
    assert (timing["repeat"]["when"], timing["repeat"]["offset"]) == (["AC"], 60)


def test_a_duration_bounds_the_service_or_completes_its_period():
    bounds = timed("TQ1|1|||||3^d")["occurrenceTiming"]["repeat"]["boundsDuration"]
    assert bounds == {"value": 3, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"}
    start = timed("TQ1|1|||||3^d|20260304080000+0100")["occurrenceTiming"]["repeat"]["boundsPeriod"]
    assert start == {"start": "2026-03-04T08:00:00+01:00", "end": "2026-03-07T08:00:00+01:00"}
    end = timed("TQ1|1|||||2^wk||20260318")["occurrenceTiming"]["repeat"]["boundsPeriod"]
    assert end == {"start": "2026-03-04", "end": "2026-03-18"}


def test_what_r4_does_not_let_stand_together_is_counted():
    message = order(NEW, "TQ1|1||^^^^^^^PC|0800|10^min", ORDER)
    repeat = only(message, "ServiceRequest")["occurrenceTiming"]["repeat"]
    assert ("timeOfDay" in repeat, repeat["offset"]) == (False, 10)
    assert unmapped(message)["TQ1-4"] == 1
    assert unmapped(order(NEW, "TQ1|1||||10^min|3^d", ORDER))["TQ1-5"] == 1


@pytest.mark.parametrize(
    "tq1", ["TQ1|1||^DW^9^x^-1^h", "TQ1|1|x^y|^^^a^b^c^^ZZ|99|x|y^z||||||||0|-1", "TQ1|1||||1e99^d|1e99^d|2026"]
)
def test_unreadable_timings_raise_nothing_and_leave_no_empty_values(tq1):
    assert timed(tq1)["status"] == "active"


def test_a_second_timing_is_kept_in_an_extension():
    request = only(order(NEW, "TQ1|1||QAM|||||20260304", "TQ1|2||QPM|||||20260305", ORDER), "ServiceRequest")
    (more,) = [e["valueTiming"] for e in request["extension"] if e["url"] == "urn:wardline:tq1"]
    assert more["code"]["coding"][0]["code"] == "QPM"
    assert request["occurrenceTiming"]["code"]["coding"][0]["code"] == "QAM"


def test_the_priorities_of_two_timings_that_differ_are_counted():
    message = order(NEW, "TQ1|1||||||||S", "TQ1|2||||||||R", ORDER)
    assert (only(message, "ServiceRequest")["priority"], unmapped(message)["TQ1-9"]) == ("stat", 1)


def test_as_needed_is_no_priority():
    request = timed("TQ1|1||||||||PRN")
    assert (request["asNeededBoolean"], "priority" in request) == (True, False)


def test_the_quantity_timing_of_old_gives_the_same_elements():
    orc = "ORC|NW|P1^EHR|||||2&mL^BID&0800,2000^D3^20260304080000+0100^^S^^Fasting^^^^6"
    request = only(order(orc, ORDER, kind="ORM^O01"), "ServiceRequest")
    timing = request["occurrenceTiming"]
    assert timing["code"]["coding"][0]["code"] == "BID"
    assert timing["repeat"]["timeOfDay"] == ["08:00:00", "20:00:00"]
    assert timing["repeat"]["boundsPeriod"]["end"] == "2026-03-07T08:00:00+01:00"
    assert (timing["repeat"]["count"], request["priority"], request["note"]) == (6, "stat", [{"text": "Fasting"}])
    assert request["quantityQuantity"]["value"] == 2


def test_one_occurrence_stands_and_the_other_is_counted():
    message = order(NEW, "TQ1|1||QD", ORDER + "||20260304")
    assert "occurrenceDateTime" not in only(message, "ServiceRequest")
    assert unmapped(message)["OBR-6"] == 1


def test_the_notes_of_timing_and_order_both_stand():
    request = only(order(NEW, "TQ1|1||||||||||Take fasting", ORDER, "NTE|1||Handle with care"), "ServiceRequest")
    assert [n["text"] for n in request["note"]] == ["Take fasting", "Handle with care"]


def test_relevant_clinical_information_is_kept():
    request = only(order(NEW, ORDER + "|" * 9 + "Weak legs~Dizzy"), "ServiceRequest")
    said = [e["extension"][0]["valueCodeableConcept"] for e in request["extension"][-2:]]
    assert said == [{"text": "Weak legs"}, {"text": "Dizzy"}]


def test_an_order_told_twice_is_one_with_the_fields_of_both():
    first, second = ORDER + "||20260304", ORDER + "|" * 27 + "R1^Reason^L"
    request = only(order(NEW, first, NEW, second), "ServiceRequest")
    assert ("occurrenceDateTime" in request, request["reasonCode"][0]["coding"][0]["code"]) == (True, "R1")


def test_orders_of_one_number_that_differ_are_both_there():
    found = resources(order("ORC|NW|P1^EHR||||S", ORDER + "|S", "ORC|NW|P1^EHR", ORDER + "|R"), "ServiceRequest")
    assert [r["priority"] for r in found] == ["stat", "routine"]
    assert len({r["id"] for r in found}) == 2


def test_results_of_two_reports_with_one_number_are_all_there():
    message = hl7(PID, ORC, OBR, OBX, ORC, OBR.replace("Panel", "Panel again"), OBX.replace("6.50", "6.10"))
    values = [r["valueQuantity"]["value"] for r in resources(message, "Observation")]
    assert values == [6.5, 6.1]
    named = [ref["reference"] for report in resources(message, "DiagnosticReport") for ref in report["result"]]
    assert sorted(named) == sorted("urn:uuid:" + r["id"] for r in resources(message, "Observation"))


def test_several_orders_keep_their_results():
    second = (ORC.replace("P1", "P2").replace("F1", "F2"), OBR.replace("P1", "P2").replace("F1", "F2"))
    message = hl7(PID, PV1, ORC, OBR, OBX, *second, OBX.replace("6.50", "4.00"))
    reports = resources(message, "DiagnosticReport")
    values = {r["id"]: r["valueQuantity"]["value"] for r in resources(message, "Observation")}
    assert [values[r["result"][0]["reference"].removeprefix("urn:uuid:")] for r in reports] == [6.5, 4.0]


def test_a_question_asked_with_the_order_is_no_result():
    asked = "OBX|2|ST|74465-6^Question^LN||Yes||||||F" + "|" * 18 + "QST"
    message = oru(OBX, asked)
    assert len(only(message, "DiagnosticReport")["result"]) == 1
    assert len(only(message, "ServiceRequest")["supportingInfo"]) == 1


def test_interpreters_have_their_role_time_and_place():
    obr = OBR + "|" * 7 + "55&Reader&Max&&&Dr^20260304100000+0100^20260304101500+0100^LAB1^R2^B3^GENERAL"
    message = hl7(PID, ORC, obr, OBX)
    role = only(message, "PractitionerRole")
    assert (role["period"]["start"], len(role["location"])) == ("2026-03-04T10:00:00+01:00", 1)
    assert only(message, "Practitioner")["name"][0]["family"] == "Reader"


def test_an_interpreter_written_in_components_keeps_the_name():
    message = hl7(PID, ORC, OBR + "|" * 7 + "55^Reader^Max", OBX)
    assert only(message, "Practitioner")["name"][0] == {"family": "Reader", "given": ["Max"]}


def test_the_medical_director_leads_the_performing_organisation():
    tail = "|" * 12 + "Lab^L^L1|9 Lab Rd^^Springfield|61^Director^Dee"
    message = oru(OBX + tail)
    role = only(message, "PractitionerRole")
    lab = next(r for r in resources(message, "Organization") if r.get("name") == "Lab")
    assert role["code"][0]["coding"][0]["code"] == "MDIR"
    assert (role["organization"]["reference"], lab["address"][0]["city"]) == ("urn:uuid:" + lab["id"], "Springfield")


def test_a_sub_id_of_several_parts_keeps_them():
    found = only(oru("OBX|1|NM|X^Name^L|a^1^2^b|5||||||F"), "Observation")["extension"]
    (parts,) = [e["extension"] for e in found if e["url"].endswith("observation-v2-subid")]
    assert [p["url"] for p in parts] == ["original-sub-identifier", "group", "sequence", "identifier"]


@pytest.mark.parametrize(
    ("kind", "sent", "name", "value"),
    [
        ("VR", "A^C", "valueString", "A-C"),
        (
            "CQ",
            "5^mg",
            "valueQuantity",
            {"value": 5, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"},
        ),
        ("SI", "3", "valueQuantity", {"value": 3}),
        ("EI", "A1^EHR", "valueString", "A1^EHR"),
        ("XTN", "^PRN^PH^^^217^5550100", "valueString", "^PRN^PH^^^217^5550100"),
        ("FT", "one\\.br\\two", "valueString", "one\ntwo"),
    ],
)
def test_more_value_types(kind, sent, name, value):
    assert observed(kind, sent)[name] == value


def test_a_ratio_has_its_unit_above_and_below():
    ratio = observed("SN", "^1^:^2", "mg")["valueRatio"]
    assert (ratio["numerator"]["unit"], ratio["denominator"]["unit"]) == ("mg", "mg")


def test_rows_of_numbers_become_sampled_data():
    one = observed("NA", "1.50^2.5^-3", "mV")["valueSampledData"]
    assert (one["data"], one["dimensions"], one["origin"]["unit"]) == ("1.50 2.5 -3", 1, "mV")
    assert "_period" in one
    several = observed("NA", "1^2~3^4~5^6")["valueSampledData"]
    assert (several["data"], several["dimensions"]) == ("1 2 3 4 5 6", 2)


@pytest.mark.parametrize("sent", ["1^x^3", "1^2~3"])
def test_numbers_that_make_no_samples_stay_text(sent):
    assert observed("NA", sent)["valueString"] == sent


def attachment(value: str) -> dict:
    (found,) = [e["valueAttachment"] for e in observed("ED", value)["extension"] if "valueAttachment" in e]
    return found


def test_a_document_has_its_type_whatever_the_encoding():
    assert attachment("LIS^AP^PDF^Base64^JVBERi0=")["contentType"] == "application/pdf"
    assert attachment("LIS^TEXT^PLAIN^Hex^48656C6C6F") == {"contentType": "text/plain", "data": "SGVsbG8="}
    unknown = attachment("LIS^ZZ^^Base64^AAAA")
    assert unknown["contentType"] == "application/octet-stream"
    assert unknown["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] == "ZZ"


def test_several_documents_become_components():
    parts = observed("ED", "LIS^AP^PDF^Base64^JVBERi0=~LIS^TEXT^PLAIN^Base64^SGk=")["component"]
    assert [p["extension"][0]["valueAttachment"]["contentType"] for p in parts] == ["application/pdf", "text/plain"]


def test_a_tilde_in_an_address_divides_nothing():
    (found,) = observed("RP", "https://pacs.example.org/~user/1^PACS^IM^JPEG")["extension"][:1]
    assert observed("RP", "https://pacs.example.org/~user/1")["extension"]
    assert found["valueCode"] == "RP"


def test_components_have_the_code_and_the_limits_of_the_result():
    (first, second) = only(oru("OBX|1|NM|X^Name^L||5~6|g/L|1-9||||F"), "Observation")["component"]
    assert first["code"]["coding"][0]["code"] == second["code"]["coding"][0]["code"] == "X"
    assert first["referenceRange"] == [{"text": "1-9"}]


def test_repeated_numbers_of_two_results_keep_their_codes():
    found = resources(oru("OBX|1|NM|X^X^L||5~6|g/L|||||F", "OBX|2|NM|Y^Y^L||5~6|g/L|||||F"), "Observation")
    assert [r["component"][0]["code"]["coding"][0]["code"] for r in found] == ["X", "Y"]


def test_why_there_is_no_value():
    asked = only(oru("OBX|1|NM|X^Name^L||||||||N"), "Observation")
    assert asked["dataAbsentReason"]["coding"][0]["code"] == "not-asked"
    lost = only(oru("OBX|1|NM|X^Name^L||||||||X"), "Observation")
    assert lost["_status"]["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] == "X"
    valued = only(oru("OBX|1|NM|X^Name^L||5||||||N"), "Observation")
    assert "dataAbsentReason" not in valued
    deleted = only(oru('OBX|1|NM|X^Name^L||""||||||N'), "Observation")
    assert "dataAbsentReason" in deleted
