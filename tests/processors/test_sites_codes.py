"""A site's code maps: the standard code first, the sender's code kept and marked, the map named with its version."""

import pytest
from conversion_world import OBX, PID, PV1, converted, hl7, only, oru, warned

from processors.mapping.code_maps import concept_maps, field_codes
from processors.sites import CodeMap, Site

LOINC, SCT = "http://loinc.org", "http://snomed.info/sct"
POTASSIUM = CodeMap(code="2823-3", system=LOINC, display="Potassium")
ADT = "ADT^A01^ADT_A01"


def mapped(**codes: dict[str, CodeMap]) -> Site:
    """A site with maps; OBX_3 stands for OBX-3."""
    return Site(feed="lab", codes={name.replace("_", "-"): table for name, table in codes.items()}, codes_version="7")


def result(code: str, value: str = "NM|{}||4") -> bytes:
    return oru("OBX|1|" + value.format(code) + "||||||F")


def admission(pv1: str, pid: str = PID) -> bytes:
    return hl7(pid, pv1, kind=ADT)


def test_the_mapped_coding_comes_first_and_names_its_map():
    first, sent = only(result("K^Kalium^L"), "Observation", mapped(OBX_3={"K": POTASSIUM}))["code"]["coding"]
    assert (first["system"], first["code"], first["display"]) == (LOINC, "2823-3", "Potassium")
    assert first["extension"] == [
        {"url": "urn:wardline:concept-map", "valueCanonical": "urn:wardline:feed:lab:conceptmap:OBX-3|7"}
    ]
    assert sent == {"system": "urn:wardline:feed:lab:L", "code": "K", "display": "Kalium", "userSelected": True}


def test_a_key_may_name_the_coding_system_of_the_sender():
    site = mapped(OBX_3={"K^^L": POTASSIUM})
    assert len(only(result("K^Kalium^L"), "Observation", site)["code"]["coding"]) == 2
    assert len(only(result("K^Kalium^X"), "Observation", site)["code"]["coding"]) == 1


def test_what_the_sender_says_in_the_same_system_is_not_said_twice():
    codings = only(result("K^Kalium^L^2823-3^Potassium^LN"), "Observation", mapped(OBX_3={"K": POTASSIUM}))["code"]
    assert [one["code"] for one in codings["coding"]] == ["2823-3", "K"]


def test_a_standard_code_that_the_sender_puts_first_stands():
    codings = only(result("2951-2^Sodium^LN^K^Kalium^L"), "Observation", mapped(OBX_3={"K": POTASSIUM}))["code"]
    assert [one["code"] for one in codings["coding"]] == ["2951-2", "K"]


def test_a_text_without_code_may_be_mapped():
    (first,) = only(result("^Kalium"), "Observation", mapped(OBX_3={"Kalium": POTASSIUM}))["code"]["coding"]
    assert first["code"] == "2823-3"


def test_a_code_that_the_map_has_not_is_left_as_it_is():
    (sent,) = only(result("NA^Natrium^L"), "Observation", mapped(OBX_3={"K": POTASSIUM}))["code"]["coding"]
    assert "userSelected" not in sent


def test_observation_codes_hold_for_results_and_orders():
    site = Site(feed="lab", observation_codes={"24320-4": CodeMap(code="51990-0", system=LOINC), "K": POTASSIUM})
    message = result("K^Kalium^L")
    for kind in ("ServiceRequest", "DiagnosticReport"):
        assert only(message, kind, Site(feed="lab"))["code"]["coding"][0]["code"] == "24320-4"
    assert only(message, "Observation", site)["code"]["coding"][0]["code"] == "2823-3"


def test_codes_of_a_field_stand_above_observation_codes():
    site = Site(feed="lab", observation_codes={"K": POTASSIUM}, codes={"OBX-3": {"K": CodeMap(code="X", system=SCT)}})
    assert only(result("K^Kalium^L"), "Observation", site)["code"]["coding"][0]["code"] == "X"


def test_a_coded_value_is_mapped():
    site = mapped(OBX_5={"D": CodeMap(code="260373001", system=SCT)})
    value = only(result("X^Virus^L", "CWE|{}||D^Nachweis^L"), "Observation", site)["valueCodeableConcept"]
    assert [one["code"] for one in value["coding"]] == ["260373001", "D"]


def test_a_field_of_the_visit_is_mapped():
    site = mapped(PV1_10={"HRT": CodeMap(code="394579002", system=SCT)})
    visit = only(admission("PV1|1|I||||||||HRT"), "Encounter", site)
    assert [one["code"] for one in visit["serviceType"]["coding"]] == ["394579002", "HRT"]


def test_an_element_that_is_one_coding_keeps_the_code_as_sent_in_an_extension():
    site = mapped(PV1_2={"X": CodeMap(code="IMP", system="http://terminology.hl7.org/CodeSystem/v3-ActCode")})
    visit_class = only(admission("PV1|1|X||||||||HRT"), "Encounter", site)["class"]
    assert visit_class["code"] == "IMP"
    assert visit_class["extension"][1]["valueCoding"]["code"] == "X"


def test_a_bare_code_keeps_the_code_as_sent_beside_it_and_is_not_warned_of():
    site = mapped(PID_8={"W": CodeMap(code="female", system="http://hl7.org/fhir/administrative-gender")})
    message = admission(PV1, PID[:-1] + "W")
    patient = only(message, "Patient", site)
    assert patient["gender"] == "female"
    assert patient["_gender"]["extension"][1] == {"url": "urn:wardline:code-as-sent", "valueString": "W"}
    assert ("code_unmapped", "PID[1]-8") not in warned(message, site)
    assert ("code_unmapped", "PID[1]-8") in warned(message)


def test_a_map_changes_nothing_for_codes_that_our_tables_know():
    site = mapped(PID_8={"W": CodeMap(code="female", system="http://hl7.org/fhir/administrative-gender")})
    patient = only(admission(PV1), "Patient", site)
    assert (patient["gender"], "_gender" in patient) == ("female", False)


def test_the_version_of_a_map_follows_its_content():
    one = field_codes(Site(feed="lab", codes={"OBX-3": {"K": POTASSIUM}}))["OBX-3"]
    same = field_codes(Site(feed="lab", codes={"OBX-3": {"K": POTASSIUM}}))["OBX-3"]
    other = field_codes(Site(feed="lab", codes={"OBX-3": {"KA": POTASSIUM}}))["OBX-3"]
    assert one.canonical == same.canonical != other.canonical


def test_concept_maps_carry_the_name_that_codings_carry():
    site = mapped(OBX_3={"K^^L": POTASSIUM, "KA": POTASSIUM})
    (made,) = concept_maps(site)
    named = only(result("K^Kalium^L"), "Observation", site)["code"]["coding"][0]["extension"][0]["valueCanonical"]
    assert named == f"{made['url']}|{made['version']}"
    assert [(group.get("source"), group["element"][0]["code"]) for group in made["group"]] == [
        ("urn:wardline:feed:lab:L", "K"),
        (None, "KA"),
    ]


def test_concept_maps_are_valid_r4():
    model = pytest.importorskip("fhir.resources.R4B.conceptmap").ConceptMap
    for one in concept_maps(mapped(OBX_3={"K^^L": POTASSIUM}, PV1_10={"HRT": POTASSIUM})):
        model.model_validate(one)


def test_a_site_names_the_system_of_an_authority():
    site = Site(feed="lab", identifier_systems={"GENERAL": "http://general.example/mrn"})
    assert only(oru(OBX), "Patient", site)["identifier"][0]["system"] == "http://general.example/mrn"


def test_a_system_may_be_given_for_the_name_that_the_identity_policy_uses():
    site = Site(feed="lab", identifier_systems={"HOUSE": "http://house.example/mrn"})
    policy = type(site.identity)(authorities={"GENERAL": "HOUSE"})
    site = Site(feed="lab", identifier_systems=site.identifier_systems, identity=policy)
    assert only(oru(OBX), "Patient", site)["identifier"][0]["system"] == "http://house.example/mrn"


def test_the_time_of_the_event_is_where_the_site_says():
    assert converted(oru(OBX), Site(feed="lab")).occurred_at == "2026-03-04T10:30:00+01:00"
    site = Site(feed="lab", event_time=("ZZZ-1", "OBR-7", "MSH-7"))
    assert converted(oru(OBX), site).occurred_at == "2026-03-04T09:15:00+01:00"


def test_a_local_coding_system_gets_the_uri_that_the_site_gives_it():
    site = Site(feed="lab", code_systems={"99LAB": "urn:oid:2.999.4"})
    (coding,) = only(result("K^Kalium^99LAB"), "Observation", site)["code"]["coding"]
    assert coding == {"system": "urn:oid:2.999.4", "code": "K", "display": "Kalium"}
