"""Pharmacy orders, dispenses, administrations and vaccinations (RXO, RXE, RXD, RXA and what goes along)."""

import pytest
from conversion_world import MSH, PID, PV1, converted, hl7, only, references, resources, warned

OMP = "OMP^O09^OMP_O09"
RDE = "RDE^O11^RDE_O11"
RDS = "RDS^O13^RDS_O13"
RAS = "RAS^O17^RAS_O17"
VXU = "VXU^V04^VXU_V04"
ORC = "ORC|NW|P1^EHR|F1^PHARM"
RXE = "RXE||ASA^Aspirin^99DRUG|500||mg^milligram^UCUM"
RXA = "RXA|0|1|20260310093000+0100||08^Hep B^CVX|0.5|mL^^UCUM"


def rx(name: str, fields: dict[int, str]) -> str:
    """A segment from its fields by number."""
    return "|".join((name, *(fields.get(n, "") for n in range(1, max(fields) + 1))))


def rxo(fields: dict[int, str]) -> str:
    return rx("RXO", {1: "ASA^Aspirin^99DRUG", **fields})


def rxe(fields: dict[int, str]) -> str:
    return rx("RXE", {2: "ASA^Aspirin^99DRUG", **fields})


def rxa(fields: dict[int, str]) -> str:
    return rx("RXA", {3: "20260310", 5: "08^Hep B^CVX", **fields})


def request(*segments: str, kind: str = RDE) -> dict:
    return only(hl7(PID, PV1, ORC, *segments, kind=kind), "MedicationRequest")


def dose(*segments: str) -> dict:
    return request(*segments)["dosageInstruction"][0]


def vaccination(*segments: str, orc: str = "ORC|RE||F1^EHR") -> dict:
    return only(hl7(PID, orc, *segments, kind=VXU), "Immunization")


def test_an_order_of_a_medicine_is_no_service_request():
    kinds = {r["resourceType"] for r in resources(hl7(PID, ORC, RXE, kind=RDE))}
    assert {"MedicationRequest", "Medication"} <= kinds
    assert "ServiceRequest" not in kinds


def test_an_order_with_obr_is_one_of_services_too():
    kinds = [r["resourceType"] for r in resources(hl7(PID, ORC, "OBR|1|P1^EHR||XR^X-ray^99L", RXE, kind="ORM^O01"))]
    assert {"MedicationRequest", "ServiceRequest"} <= set(kinds)


def test_what_the_pharmacy_encoded_is_based_on_what_was_ordered():
    ordered, encoded = resources(hl7(PID, ORC, rxo({2: "1"}), RXE, kind=RDE), "MedicationRequest")
    assert (ordered["intent"], encoded["intent"]) == ("original-order", "filler-order")
    assert encoded["basedOn"] == [{"reference": "urn:uuid:" + ordered["id"]}]


def test_an_encoded_order_alone_is_an_order():
    assert request(RXE)["intent"] == "order"


def test_the_same_order_number_gives_the_same_id_in_the_next_message():
    later = MSH.replace("|C1|", "|C2|")
    again = only(hl7(PID, ORC, rxe({3: "250"}), kind=RDE, msh=later), "MedicationRequest")
    assert request(RXE)["id"] == again["id"]


def test_orders_without_numbers_are_told_apart_by_what_is_ordered():
    found = resources(
        hl7(PID, "ORC|NW", RXE, "ORC|NW", rx("RXE", {2: "B^Other^99DRUG"}), kind=RDE), "MedicationRequest"
    )
    assert len({r["id"] for r in found}) == 2


def test_the_same_medicine_of_two_orders_is_one_medication():
    assert len(resources(hl7(PID, ORC, RXE, "ORC|NW|P2^EHR", RXE, kind=RDE), "Medication")) == 1


def test_a_single_amount_is_the_dose_and_no_open_range():
    assert dose(RXE)["doseAndRate"][0]["doseQuantity"] == {
        "value": 500,
        "unit": "milligram",
        "system": "http://unitsofmeasure.org",
        "code": "mg",
    }


def test_two_amounts_are_a_range():
    found = dose(rxe({3: "1", 4: "2", 5: "^flasks"}))["doseAndRate"][0]["doseRange"]
    assert found == {"low": {"value": 1, "unit": "flasks"}, "high": {"value": 2, "unit": "flasks"}}


def test_a_range_that_goes_down_is_read_the_other_way_round_and_warned_of():
    message = hl7(PID, ORC, rxe({3: "2", 4: "1"}), kind=RDE)
    found = only(message, "MedicationRequest")["dosageInstruction"][0]["doseAndRate"][0]["doseRange"]
    assert found == {"low": {"value": 1}, "high": {"value": 2}}
    assert ("number_unreadable", "RXE[1]-4") in warned(message)


def test_an_amount_that_is_no_number_stays_as_text():
    message = hl7(PID, ORC, rxe({3: "one to two"}), kind=RDE)
    found = only(message, "MedicationRequest")["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]
    assert found["extension"][0]["valueString"] == "one to two"
    assert ("number_unreadable", "RXE[1]-3") in warned(message)


def test_a_unit_without_its_number_is_counted():
    assert converted(hl7(PID, ORC, rxe({5: "mg"}), kind=RDE)).unmapped == {"RXE-5": 1}


def test_a_unit_code_without_a_system_stays_text():
    assert dose(rxe({3: "2", 5: "FLASKS"}))["doseAndRate"][0]["doseQuantity"] == {"value": 2, "unit": "FLASKS"}


def test_a_dose_over_a_time_is_a_rate():
    found = dose(rxe({3: "500", 5: "mL", 22: "H8"}))["doseAndRate"][0]["rateRatio"]
    assert (found["numerator"]["value"], found["denominator"]["value"], found["denominator"]["code"]) == (500, 8, "h")


def test_strength_and_components_are_ingredients():
    message = hl7(PID, ORC, rxe({25: "500", 26: "mg"}), "RXC|B|D5W^Dextrose^99D|1000|mL", kind=RDE)
    own, base = only(message, "Medication")["ingredient"]
    assert own["strength"]["numerator"]["code"] == "mg"
    assert own["strength"]["denominator"] == {"value": 1}
    assert base["isActive"] is False
    assert base["itemCodeableConcept"]["coding"][0]["code"] == "D5W"


def test_a_component_with_a_strength_of_its_own_is_a_medication():
    component = "RXC|A|KCL^Potassium^99D|20|meq|2|meq||1|mL"
    found = resources(hl7(PID, ORC, rxe({}), component, kind=RDE), "Medication")
    mixture = next(r for r in found if r["code"]["coding"][0]["code"] == "ASA")
    (held,) = mixture["ingredient"]
    assert held["itemReference"]["reference"] in {"urn:uuid:" + r["id"] for r in found}
    assert held["strength"]["numerator"]["value"] == 20


def test_a_medicine_that_nobody_names_is_unknown():
    found = request("RXO||1", kind=OMP)["medicationCodeableConcept"]
    assert found["extension"][0]["valueCode"] == "unknown"


def test_route_site_and_method_stand_in_the_dosage():
    found = dose(RXE, "RXR|PO^Oral^HL70162|LA^Left Arm^HL70163||CH^Chew^HL70165")
    assert [one["code"] for one in found["route"]["coding"]] == ["PO", "PO"]
    assert found["site"]["coding"][0]["system"].endswith("v3-ActSite")
    assert found["method"]["coding"][0]["code"] == "419747000"


def test_a_route_of_another_system_is_kept_as_sent():
    found = dose(RXE, "RXR|ID^Something^99LOCAL")["route"]["coding"]
    assert [one["code"] for one in found] == ["ID"]


def test_each_timing_is_a_dosage_in_sequence():
    found = request(RXE, "TQ1|1||BID", "TQ1|2||QHS")["dosageInstruction"]
    assert [one["sequence"] for one in found] == [1, 2]
    assert found[0]["doseAndRate"]
    assert [one["timing"]["repeat"]["frequency"] for one in found] == [2, 1]


def test_a_timing_before_the_medicine_is_its_timing_too():
    found = only(hl7(PID, ORC, "TQ1|1||Q6H", RXE, kind=RDE), "MedicationRequest")
    assert found["dosageInstruction"][0]["timing"]["repeat"] == {"frequency": 1, "period": 6, "periodUnit": "h"}


@pytest.mark.parametrize("segments", [("TQ1|1||PRN",), ("TQ1|1||BID||||||PRN",)])
def test_prn_is_as_needed(segments):
    assert dose(RXE, *segments)["asNeededBoolean"] is True


def test_old_timing_in_orc_7_is_read_where_no_tq1_is():
    orc = ORC + "||||2^QD&0800,2000^D5^20260304^^S^if fever^by mouth"
    found = only(hl7(PID, orc, RXE, kind=RDE), "MedicationRequest")
    (dosage,) = found["dosageInstruction"]
    assert found["priority"] == "stat"
    assert dosage["timing"]["repeat"]["timeOfDay"] == ["08:00:00", "20:00:00"]
    assert dosage["timing"]["repeat"]["boundsPeriod"] == {"start": "2026-03-04", "end": "2026-03-09"}
    assert dosage["additionalInstruction"] == [{"text": "if fever"}]
    assert dosage["text"] == "by mouth"


def test_rxe_1_goes_before_orc_7():
    found = only(hl7(PID, ORC + "||||^QD", rxe({1: "^BID"}), kind=RDE), "MedicationRequest")
    assert found["dosageInstruction"][0]["timing"]["repeat"]["frequency"] == 2


@pytest.mark.parametrize(
    ("control", "status", "expected"),
    [
        ("NW", "", "active"),
        ("OC", "", "cancelled"),
        ("DC", "", "stopped"),
        ("NW", "CM", "completed"),
        ("ZZ", "", "unknown"),
    ],
)
def test_status_of_the_order(control, status, expected):
    assert only(hl7(PID, f"ORC|{control}|P1|||{status}", RXE, kind=RDE), "MedicationRequest")["status"] == expected


def test_two_prescribers_are_one_requester_and_the_other_is_counted():
    message = hl7(PID, ORC + "|||||||||1^Rivera^Ana", rxe({13: "2^Other^Otto"}), kind=RDE)
    assert converted(message).unmapped == {"RXE-13": 1}


def test_a_dispense_names_its_prescription():
    rxd = "RXD|1|ASA^Aspirin^99DRUG|20260304145500+0100|30|CAP||RX1||two boxes"
    made = resources(hl7(PID, PV1, ORC, RXE, rxd, kind=RDS))
    asked, dispensed = (
        next(r for r in made if r["resourceType"] == k) for k in ("MedicationRequest", "MedicationDispense")
    )
    assert dispensed["authorizingPrescription"] == [
        {"reference": "urn:uuid:" + asked["id"]},
        {"identifier": {"value": "RX1"}},
    ]
    assert dispensed["status"] == "completed"
    assert dispensed["quantity"]["value"] == 30
    assert dispensed["note"] == [{"text": "two boxes"}]


def test_a_second_dispense_of_the_order_is_another_one():
    first, second = "RXD|1|A^A^L|20260304145500+0100", "RXD|2|A^A^L|20260311145500+0100"
    found = resources(hl7(PID, ORC, first, ORC, second, kind=RDS), "MedicationDispense")
    assert len({r["id"] for r in found}) == 2


@pytest.mark.parametrize(("sent", "expected"), [("G", True), ("N", False), ("1", False)])
def test_substitution_says_whether_another_medicine_was_dispensed(sent, expected):
    rxd = rx("RXD", {2: "A^A^L", 11: sent})
    found = only(hl7(PID, ORC, rxd, kind=RDS), "MedicationDispense")["substitution"]
    assert found["wasSubstituted"] is expected


def test_what_was_given_over_a_time_is_a_period():
    given = rxa({3: "20260304160000+0100", 4: "20260304163000+0100", 6: "1"})
    found = only(hl7(PID, ORC, given, kind=RAS), "MedicationAdministration")
    assert found["effectivePeriod"] == {"start": "2026-03-04T16:00:00+01:00", "end": "2026-03-04T16:30:00+01:00"}


def test_route_holds_for_all_administrations_before_it():
    found = resources(
        hl7(PID, ORC, rxa({2: "1", 6: "1"}), rxa({2: "2", 6: "2"}), "RXR|IV", kind=RAS), "MedicationAdministration"
    )
    assert [one["dosage"]["route"]["coding"][0]["code"] for one in found] == ["IVINJ", "IVINJ"]


def test_a_route_without_a_dose_says_that_the_dose_is_unknown():
    given = hl7(PID, ORC, rxa({6: "999"}), "RXR|IV", kind=RAS)
    assert only(given, "MedicationAdministration")["dosage"]["dose"]["extension"][0]["valueCode"] == "unknown"


@pytest.mark.parametrize(
    ("completion", "action", "expected"),
    [
        ("CP", "A", "completed"),
        ("RE", "A", "not-done"),
        ("NA", "", "not-done"),
        ("PA", "U", "completed"),
        ("CP", "D", "entered-in-error"),
        ("", "", "completed"),
    ],
)
def test_status_of_a_vaccination(completion, action, expected):
    assert vaccination(rxa({20: completion, 21: action}))["status"] == expected


def test_a_dose_given_in_part_is_subpotent():
    found = vaccination(rxa({20: "PA"}))
    assert found["isSubpotent"] is True
    assert found["subpotentReason"][0]["coding"][0]["code"] == "partial"


def test_999_is_no_dose():
    assert "doseQuantity" not in vaccination(rxa({6: "999"}))


def test_a_vaccination_without_code_or_time_says_so():
    found = vaccination("RXA|0|1||||0.5|mL")
    assert found["vaccineCode"]["extension"][0]["valueCode"] == "unknown"
    assert found["_occurrenceDateTime"]["extension"][0]["valueCode"] == "unknown"


def test_the_source_of_the_report_is_told_from_a_remark():
    found = vaccination(rxa({9: "01^Historical^NIP001~^card was lost"}))
    assert found["primarySource"] is False
    assert found["reportOrigin"]["coding"][0]["code"] == "01"
    assert found["note"] == [{"text": "card was lost"}]


def test_a_vaccination_given_here_has_no_report_origin():
    found = vaccination(rxa({9: "00^New^NIP001"}))
    assert found["primarySource"] is True
    assert "reportOrigin" not in found


def test_administering_and_ordering_providers_are_performers():
    found = vaccination(rxa({10: "1^Nurse^Nia"}), orc="ORC|RE||F1^EHR|||||||||2^Rivera^Ana")
    assert [one["function"]["coding"][0]["code"] for one in found["performer"]] == ["AP", "OP"]


def test_place_and_address_of_a_vaccination():
    message = hl7(PID, "ORC|RE||F1", rxa({27: "PED^R1^^CLINIC", 28: "2 Care St^^Springfield^IL^62701"}), kind=VXU)
    where = only(message, "Immunization")["location"]["reference"]
    place = next(r for r in resources(message, "Location") if "urn:uuid:" + r["id"] == where)
    assert place["address"]["city"] == "Springfield"


@pytest.mark.parametrize("field", [11, 28])
def test_a_place_of_which_only_the_address_is_sent(field):
    sent = {11: "^^^OLDCLINIC^^^^^9 Past Rd^^Oldtown", 28: "9 Past Rd^^Oldtown"}[field]
    message = hl7(PID, "ORC|RE||F1", rxa({field: sent}), kind=VXU)
    assert [r["address"]["city"] for r in resources(message, "Location") if "address" in r] == ["Oldtown"]


def test_observations_of_a_vaccination_fill_its_elements_and_stay_observations():
    message = hl7(
        PID,
        "ORC|RE||F1^EHR",
        RXA,
        "OBX|1|CE|64994-7^Eligibility^LN|1|V02^Medicaid^HL70064||||||F",
        "OBX|2|CE|69764-9^Document type^LN|2|X^Hepatitis B VIS^cdcgs1vis||||||F",
        "OBX|3|TS|29768-9^Published^LN|2|20230512||||||F",
        "OBX|4|NM|30973-2^Dose number^LN|3|2||||||F",
        kind=VXU,
    )
    found = only(message, "Immunization")
    assert found["programEligibility"][0]["coding"][0]["code"] == "V02"
    assert found["education"] == [{"documentType": "Hepatitis B VIS", "publicationDate": "2023-05-12"}]
    assert found["protocolApplied"] == [{"doseNumberPositiveInt": 2}]
    observed = resources(message, "Observation")
    assert [one["partOf"][0]["reference"] for one in observed] == ["urn:uuid:" + found["id"]] * 4
    assert observed[0]["effectiveDateTime"] == "2026-03-10T09:30:00+01:00"


def test_education_without_a_document_is_left_to_its_observation():
    assert "education" not in vaccination(RXA, "OBX|1|TS|29768-9^Published^LN|1|20230512||||||F")


def test_vaccinations_without_orc_keep_their_results_apart():
    second = RXA.replace("08^Hep B", "94^MMRV")
    result = "OBX|1|NM|30973-2^Dose number^LN|1|{}||||||F"
    message = hl7(PID, RXA, result.format(1), second, result.format(2), kind=VXU)
    found = resources(message, "Immunization")
    assert [one["protocolApplied"][0]["doseNumberPositiveInt"] for one in found] == [1, 2]


def test_9999_is_no_order_number():
    found = resources(
        hl7(PID, "ORC|RE||9999", RXA, "ORC|RE||9999", RXA.replace("08^Hep B", "20^DTaP"), kind=VXU), "Immunization"
    )
    assert len({one["id"] for one in found}) == 2


def test_the_same_vaccination_told_again_keeps_its_id():
    later = MSH.replace("|C1|", "|C2|")
    again = only(hl7(PID, "ORC|RE||F1^EHR", rxa({20: "CP", 21: "U"}), kind=VXU, msh=later), "Immunization")
    assert vaccination(rxa({}))["id"] == again["id"]


def test_fields_that_only_other_resources_take_are_counted():
    message = hl7(PID, rx("ORC", {1: "RE", 3: "F1^EHR", 29: "I^Inpatient"}), rxa({8: "VIAL"}), "RXR|IM||DEV", kind=VXU)
    assert converted(message).unmapped == {"ORC-29": 1, "RXA-8": 1, "RXR-3": 1}


@pytest.mark.parametrize("kind", [OMP, RDE, RDS, RAS, VXU, "ORM^O01", "RDE^O01"])
def test_references_of_pharmacy_messages_resolve(kind):
    segments = (ORC, rxo({2: "1"}), RXE, "RXR|PO", "RXD|1|A^A^L", RXA, "OBX|1|ST|A^B^L||x||||||F", "DG1|1||J20^X^I10")
    message = hl7(PID, PV1, *segments, kind=kind)
    known = {"urn:uuid:" + r["id"] for r in resources(message)}
    assert {one for r in resources(message) for one in references(r)} <= known


def test_null_and_rubbish_do_not_stop_a_conversion():
    lines = [rx(name, {n: '""' for n in range(1, 40)}) for name in ("RXO", "RXE", "RXD", "RXA")]
    lines += [
        rx(name, {n: "^&~\\x" for n in range(1, 40)}) for name in ("TQ1", "RXO", "RXE", "RXR", "RXC", "RXD", "RXA")
    ]
    for kind in (OMP, RDE, VXU):
        assert resources(hl7(PID, ORC, *lines, kind=kind))
