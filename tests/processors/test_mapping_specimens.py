"""Specimens: from SPM, SAC and OBR, one for each identity, with what was observed about them."""

from conversion_world import OBR, OBX, ORC, PID, converted, hl7, only, resources

SPM = "SPM|1|S1&EHR^S1L&LIS||SER^Serum^HL70487"
TAKEN = SPM + "|" * 13 + "20260304063000+0100"


def lab(*segments: str, kind: str = "ORU^R01") -> bytes:
    return hl7(PID, ORC, OBR, OBX, *segments, kind=kind)


def test_a_specimen_of_two_orders_is_one():
    second = (ORC.replace("P1", "P2").replace("F1", "F2"), OBR.replace("P1", "P2").replace("F1", "F2"))
    message = hl7(PID, ORC, OBR, OBX, TAKEN, *second, OBX, TAKEN)
    specimen = only(message, "Specimen")
    named = [r["specimen"][0]["reference"] for r in resources(message, "DiagnosticReport")]
    assert named == ["urn:uuid:" + specimen["id"]] * 2


def test_specimens_that_are_only_counted_differ_from_order_to_order():
    second = (ORC.replace("P1", "P2").replace("F1", "F2"), OBR.replace("P1", "P2").replace("F1", "F2"))
    message = hl7(PID, ORC, OBR, OBX, "SPM|1|1||SER", *second, OBX, "SPM|1|1||URN")
    assert len(resources(message, "Specimen")) == 2


def test_a_parent_is_another_specimen_of_the_message_or_known_by_number():
    child = "SPM|2|S2&EHR|S1&EHR^S1L&LIS~S0&EHR|PLAS^Plasma^HL70487"
    message = lab(TAKEN, child)
    first, second, known = sorted(resources(message, "Specimen"), key=lambda r: ("type" not in r, "parent" in r))
    assert [p["reference"].removeprefix("urn:uuid:") for p in second["parent"]] == [first["id"], known["id"]]
    assert known["identifier"][0]["value"] == "S0"


def test_a_parent_told_later_is_told_whole():
    child = "SPM|1|S2&EHR|S1&EHR^S1L&LIS|PLAS^Plasma^HL70487"
    message = lab(child, TAKEN.replace("SPM|1", "SPM|2"))
    assert sorted(r["type"]["coding"][0]["code"] for r in resources(message, "Specimen")) == ["PLAS", "SER"]


def test_a_rejected_specimen_is_unsatisfactory_and_keeps_the_reason():
    specimen = only(lab(SPM + "|" * 16 + "Y|QS^Quantity not sufficient^HL70490"), "Specimen")
    assert specimen["status"] == "unsatisfactory"
    assert specimen["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] == "QS"


def test_containers_come_from_both_segments():
    sac = "SAC|1|ACC9^LIS|CON1^LIS||||||RED^Red top^L||||||||||||10|4||mL^^UCUM|||HEPL^Lithium heparin^HL70371"
    specimen = only(lab(SPM + "|" * 23 + "TUBE^Tube^L", sac), "Specimen")
    (container,) = specimen["container"]
    assert (container["type"]["coding"][0]["code"], container["identifier"][0]["value"]) == ("TUBE", "CON1")
    assert (container["capacity"]["value"], container["specimenQuantity"]["unit"]) == (10, "mL")
    assert specimen["accessionIdentifier"]["value"] == "ACC9"


def test_an_observation_under_a_specimen_is_about_it():
    about = "OBX|1|ST|75423-4^Appearance^LN||Slightly red||||||F"
    message = lab(TAKEN, about)
    specimen = only(message, "Specimen")
    found = next(r for r in resources(message, "Observation") if "focus" in r)
    assert found["focus"] == [{"reference": "urn:uuid:" + specimen["id"]}] == [found["specimen"]]
    assert len(only(message, "DiagnosticReport")["result"]) == 1


def test_specimen_fields_of_obr_make_one_where_there_is_no_spm():
    source = "BLD&Blood&HL70487^HEPL^Careful^LA&Left arm"
    taken = f"5^mL|62^Collector^Cole|||F^Fasting^HL70916|20260304093000+0100|{source}"
    obr = f"OBR|1|P1^EHR|F1^LIS|24320-4^Panel^LN|||20260304091500+0100||{taken}||||||||||F"
    specimen = only(hl7(PID, ORC, obr, OBX), "Specimen")
    collection = specimen["collection"]
    assert (collection["quantity"]["value"], collection["collectedDateTime"]) == (5, "2026-03-04T09:15:00+01:00")
    assert collection["fastingStatusCodeableConcept"]["coding"][0]["code"] == "F"
    assert specimen["container"][0]["additiveCodeableConcept"]["coding"][0]["code"] == "HEPL"
    assert (specimen["note"][0]["text"], specimen["type"]["coding"][0]["code"]) == ("Careful", "BLD")


def test_obr_completes_the_specimen_of_spm_and_contradicts_nothing():
    obr = "OBR|1|P1^EHR|F1^LIS|24320-4^Panel^LN|||20260304091500+0100|||62^Collector^Cole|||||||||||||||F"
    collection = only(hl7(PID, ORC, obr, OBX, TAKEN), "Specimen")["collection"]
    assert collection["collectedDateTime"] == "2026-03-04T06:30:00+01:00"
    assert "collector" in collection


def test_a_result_names_its_own_specimen():
    obx = OBX + "|" * 22 + "S2&EHR"
    message = hl7(PID, ORC, OBR, obx, TAKEN)
    result = only(message, "Observation")
    named = next(r for r in resources(message, "Specimen") if "type" not in r)
    assert result["specimen"]["reference"] == "urn:uuid:" + named["id"]


def test_a_result_of_several_specimens_names_each():
    message = hl7(PID, ORC, OBR, OBX + "|" * 22 + "S1&EHR~S2&EHR")
    found = [e for e in only(message, "Observation")["extension"] if "valueReference" in e]
    assert len(found) == len(resources(message, "Specimen")) == 2


def test_a_specimen_before_its_orders_belongs_to_each_of_them():
    second = (OBR.replace("P1", "P2").replace("F1", "F2"), ORC.replace("P1", "P2").replace("F1", "F2"))
    about = "OBX|1|ST|75423-4^Appearance^LN||Clear||||||F"
    message = hl7(PID, TAKEN, about, OBR, ORC, OBX, *second, OBX, kind="OUL^R22^OUL_R22")
    specimen = only(message, "Specimen")
    reports = resources(message, "DiagnosticReport")
    assert [r["specimen"][0]["reference"] for r in reports] == ["urn:uuid:" + specimen["id"]] * 2
    assert len(resources(message, "Observation")) == 3


def test_a_specimen_without_any_order_is_there():
    assert only(hl7(PID, TAKEN, kind="OUL^R22^OUL_R22"), "Specimen")["type"]["coding"][0]["code"] == "SER"


def test_nothing_of_a_specimen_is_left_out_unseen():
    people = ("PRT||AD||SC^Collector^HL70912|7^Nurse^Nora", "NTE|1||Clotted")
    assert converted(lab(SPM + "|" * 6 + "Left hand")).unmapped == {"SPM-10": 1}
    assert set(converted(lab(SPM, *people)).unmapped) == {"PRT-2", "PRT-4", "PRT-5"}


def test_what_narrows_type_and_place_of_a_specimen_is_kept():
    specimen = only(lab(SPM + "|255251009^Acute phase^SCT|||368209003^Arm^SCT|7771000^Left^SCT"), "Specimen")
    assert specimen["extension"][0]["valueCodeableConcept"]["coding"][0]["display"] == "Acute phase"
    (side,) = specimen["collection"]["extension"]
    assert (side["url"], side["valueCodeableConcept"]["coding"][0]["display"]) == ("urn:wardline:spm-9", "Left")


def test_notes_behind_a_specimen_are_its_own():
    assert only(lab(SPM, "NTE|1||Clotted", "NTE|2||Repeat"), "Specimen")["note"] == [{"text": "Clotted\nRepeat"}]


def test_another_type_under_the_same_number_is_another_specimen():
    isolate = TAKEN.replace("SER^Serum^HL70487", "119303007^Microbial isolate^SCT")
    again = (ORC.replace("F1", "F2"), OBR.replace("F1", "F2"))
    message = hl7(PID, ORC, OBR, OBX, TAKEN, *again, OBX, isolate, *again, OBX, isolate)
    serum, grown = resources(message, "Specimen")
    assert (serum["type"]["coding"][0]["code"], grown["type"]["coding"][0]["code"]) == ("SER", "119303007")
    named = [one["specimen"]["reference"] for one in resources(message, "Observation")]
    assert named == ["urn:uuid:" + serum["id"], *["urn:uuid:" + grown["id"]] * (len(named) - 1)]
    assert converted(message).unmapped == {}
