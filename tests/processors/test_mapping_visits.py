"""Visits and what events say of them: PV1, PV2, ACC, NPU, MRG, and places."""

from itertools import pairwise
from pathlib import Path

import pytest
from conversion_world import PID, bundles, converted, entries, hl7, only, references, resources, warned

from processors.hl7.batch import split
from processors.sites import Site

EVN = "EVN|A01|20260304081400+0100"
OTHER_PID = "PID|2||100002^^^GENERAL^MR||Sample^John||19680910|M"
HEADER = "MSH|^~\\&|LIS|GENERAL|EHR|NORTH|20260304103000+0100||{kind}|C1|P|2.5.1"


def pv1(**fields: str) -> str:
    """A PV1 with these fields, named f2, f3 ..."""
    last = max(int(name[1:]) for name in fields)
    return "PV1|" + "|".join(fields.get(f"f{n}", "") for n in range(1, last + 1))


def adt(trigger: str, *segments: str, msh: str = HEADER) -> bytes:
    return hl7(*segments, kind=f"ADT^{trigger}", msh=msh)


def visit(trigger: str, *others: str, **fields: str) -> dict:
    """The Encounter of an event."""
    return only(adt(trigger, EVN.replace("A01", trigger), PID, pv1(**fields), *others), "Encounter")


def named(reference: dict, found: list[dict]) -> dict:
    return next(r for r in found if "urn:uuid:" + r["id"] == reference["reference"])


@pytest.mark.parametrize(
    ("trigger", "status"),
    [
        ("A01", "in-progress"),
        ("A02", "in-progress"),
        ("A03", "finished"),
        ("A05", "planned"),
        ("A09", "in-progress"),
        ("A10", "in-progress"),
        ("A11", "cancelled"),
        ("A12", "in-progress"),
        ("A14", "planned"),
        ("A15", "in-progress"),
        ("A17", "in-progress"),
        ("A21", "onleave"),
        ("A22", "in-progress"),
        ("A23", "entered-in-error"),
        ("A26", "in-progress"),
        ("A27", "cancelled"),
        ("A32", "in-progress"),
        ("A33", "in-progress"),
        ("A38", "cancelled"),
        ("A52", "in-progress"),
        ("A53", "onleave"),
    ],
)
def test_the_event_says_the_status_of_the_visit(trigger, status):
    assert visit(trigger, f2="I", f19="V1")["status"] == status


@pytest.mark.parametrize("trigger", ["A04", "A08", "A28", "A31", "A44", "A54", "A55", "A60", "A61", "A62"])
def test_other_events_leave_the_status_to_the_class(trigger):
    assert visit(trigger, f2="I", f19="V1")["status"] == "in-progress"
    assert visit(trigger, f2="P", f19="V1")["status"] == "planned"


def test_a_visit_with_an_end_is_finished_unless_something_is_taken_back():
    assert visit("A08", f2="I", f19="V1", f45="20260304")["status"] == "finished"
    assert visit("A13", f2="I", f19="V1", f45="20260304")["status"] == "in-progress"


@pytest.mark.parametrize(("trigger", "status"), [("A01", "active"), ("A05", "planned"), ("A14", "planned")])
def test_the_assigned_place_is_planned_before_the_patient_came(trigger, status):
    assert visit(trigger, f2="I", f3="4E", f19="V1")["location"][0]["status"] == status


def test_each_place_of_a_visit_has_its_status():
    pv2 = "PV2|P5"
    found = visit("A02", pv2, f2="I", f3="P1", f6="P2", f11="P3", f19="V1", f42="P4", f43="P6")
    assert [p["status"] for p in found["location"]] == [
        "active",
        "completed",
        "active",
        "reserved",
        "completed",
        "planned",
    ]
    assert ["extension" in p for p in found["location"]] == [False, False, True, False, True, False]


def test_a_pending_transfer_reserves_the_place_from_its_planned_time():
    message = adt("A15", "EVN|A15|20260304|20260305", PID, pv1(f2="I", f3="4E", f19="V1", f42="5W"))
    assert only(message, "Encounter")["location"][1] | {"location": ""} == {
        "location": "",
        "status": "reserved",
        "period": {"start": "2026-03-05"},
    }


@pytest.mark.parametrize(("trigger", "name"), [("A14", "plannedStartDate"), ("A16", "plannedEndDate")])
def test_a_pending_event_has_its_time_from_evn_3(trigger, name):
    found = only(adt(trigger, f"EVN|{trigger}|20260304|20260305", PID, pv1(f2="I", f19="V1")), "Encounter")
    (planned,) = [e for e in found["extension"] if e["url"].endswith(name)]
    assert planned["valueDateTime"] == "2026-03-05"


def test_evn_3_without_a_plan_is_counted():
    assert "EVN-3" in converted(adt("A08", "EVN|A08|20260304|20260305", PID)).unmapped


def test_the_visit_number_is_of_its_type_in_words_too():
    (number,) = visit("A01", f2="I", f19="V1^^^GENERAL")["identifier"]
    assert (number["type"]["text"], number["type"]["coding"][0]["code"]) == ("visit number", "VN")


def test_bed_status_is_of_the_bed_of_this_message_only():
    found = resources(adt("A01", PID, pv1(f2="I", f3="4E^401^1", f19="V1", f40="H")), "Location")
    assert [r.get("operationalStatus", {}).get("code") for r in found] == [None, None, "H"]
    again = resources(adt("A01", PID, pv1(f2="I", f3="4E^401^1", f19="V1")), "Location")
    assert all("operationalStatus" not in r for r in again)


def test_bed_status_without_a_bed_is_counted():
    assert "PV1-40" in converted(adt("A01", PID, pv1(f2="I", f3="4E", f19="V1", f40="H"))).unmapped


def test_the_levels_of_a_place_are_part_of_each_other_and_identified():
    pl = "4E&1.2.3&ISO^401^1^GENERAL^^N^MAIN^3^Window side^L7&GENERAL^NORTH"
    found = resources(adt("A01", PID, pv1(f2="I", f3=pl, f19="V1")), "Location")
    assert [r["name"] for r in found] == ["GENERAL", "MAIN", "3", "4E", "401", "1"]
    assert all(named(r["partOf"], found) is above for above, r in pairwise(found))
    ward, bed = found[3], found[5]
    assert [i["value"] for i in ward["identifier"]] == ["4E", "1.2.3"]
    assert [i["value"] for i in bed["identifier"]] == ["1", "L7"]
    assert bed["type"][0]["coding"][0] == {"system": "http://terminology.hl7.org/CodeSystem/v2-0305", "code": "N"}
    assert bed["description"] == "Window side"
    assert all("assigner" in i for r in found for i in r["identifier"][:1])


def test_a_place_known_by_its_number_alone_is_a_location():
    (found,) = resources(adt("A01", PID, pv1(f2="I", f3="^^^^^^^^Ring road^L7", f19="V1")), "Location")
    assert (found["name"], found["identifier"][0]["value"]) == ("Ring road", "L7")


@pytest.mark.parametrize(("sent", "name"), [("SNF", None), ("SNF^20260308", None), ("SNF&Nursing^20260308", "Nursing")])
def test_where_a_patient_goes_is_a_kind_of_place(sent, name):
    found = resources(adt("A03", PID, pv1(f2="I", f19="V1", f37=sent)))
    (stay,) = [r for r in found if r["resourceType"] == "Encounter"]
    place = named(stay["hospitalization"]["destination"], found)
    assert place["type"][0]["coding"][0]["code"] == "SNF"
    assert place.get("name") == name


def test_a_discharge_without_time_ends_when_the_patient_went():
    assert visit("A03", f2="I", f19="V1", f37="SNF^20260308")["period"] == {"end": "2026-03-08"}


def test_a_financial_class_is_a_coverage_since_its_date():
    found = resources(adt("A01", PID, pv1(f2="I", f19="V1", f20="C^20260301~P")), "Coverage")
    assert [r["type"]["coding"][0]["code"] for r in found] == ["C", "P"]
    assert found[0]["period"] == {"start": "2026-03-01"}
    assert len({r["id"] for r in found}) == 2


def test_a_visit_belongs_to_an_episode():
    message = adt("A01", PID, pv1(f2="I", f19="V1", f53="Hip programme", f54="EP5^^^GENERAL"))
    found = only(message, "EpisodeOfCare")
    assert (found["identifier"][0]["value"], found["extension"][0]["valueString"]) == ("EP5", "Hip programme")
    assert only(message, "Encounter")["episodeOfCare"] == [{"reference": "urn:uuid:" + found["id"]}]


def test_what_a_visit_tells_beside_it_needs_a_patient():
    message = hl7(pv1(f2="I", f19="V1", f20="C", f54="EP5"), "OBX|1|NM|1^X^L||1|||||F")
    assert {"PV1-20", "PV1-54"} <= converted(message).unmapped.keys()
    assert not resources(message, "Coverage") + resources(message, "EpisodeOfCare")


def test_a_visit_description_is_escaped_text():
    found = visit("A01", "PV2||||||||||||<b> & co", f2="I", f19="V1")["text"]
    assert found["status"] == "additional"
    assert "&lt;b&gt; &amp; co" in found["div"]


def test_a_protected_visit_is_restricted_also_as_evidence():
    message = adt("A01", PID, pv1(f2="I", f19="V1"), "PV2|" + "|" * 20 + "|Y")
    assert only(message, "Encounter")["meta"]["security"][0]["code"] == "R"
    site = Site(feed="lab", authority=("observation",))
    assert only(message, "Encounter", site)["meta"].keys() == {"security", "tag"}


def test_a_swap_is_about_two_patients():
    message = adt(
        "A17", EVN, PID, pv1(f2="I", f3="4E^1", f6="4E^2", f19="V1"), OTHER_PID, pv1(f2="I", f3="4E^2", f19="V2")
    )
    first, second = bundles(message)
    assert [r["resourceType"] for r in entries(first)].count("Patient") == 1
    assert [r["identifier"][0]["value"] for r in entries(second) if r["resourceType"] == "Encounter"] == ["V2"]


def test_linked_records_name_each_other_and_stay_apart():
    conversion = converted(adt("A24", EVN, PID, OTHER_PID))
    assert [one.merge for one in conversion.bundles] == [None, None]
    first, second = resources(adt("A24", EVN, PID, OTHER_PID), "Patient")
    assert first["link"][0]["type"] == second["link"][0]["type"] == "seealso"
    assert first["link"][0]["other"]["identifier"]["value"] == "100002"
    assert second["link"][0]["other"]["identifier"]["value"] == "100001"


def test_unlinked_records_have_no_link():
    assert all("link" not in r for r in resources(adt("A37", EVN, PID, OTHER_PID), "Patient"))


def test_a_deleted_person_is_not_active():
    assert only(adt("A29", EVN, PID), "Patient")["active"] is False
    assert "active" not in only(adt("A28", EVN, PID), "Patient")


@pytest.mark.parametrize("trigger", ["A18", "A30", "A34", "A36", "A39", "A40", "A46", "A47"])
def test_a_merge_of_patients_links_them(trigger):
    message = adt(trigger, EVN, PID, "MRG|100009^^^GENERAL^MR")
    assert [one.merge.role for one in converted(message).bundles if one.merge] == ["survivor", "absorbed"]


@pytest.mark.parametrize("trigger", ["A35", "A41", "A42", "A43", "A44", "A45", "A48", "A49", "A50", "A51"])
def test_moves_of_accounts_visits_and_numbers_merge_no_patients(trigger):
    conversion = converted(adt(trigger, EVN, PID, "MRG|100009^^^GENERAL^MR||A7||V7", pv1(f2="I", f19="V1")))
    assert [one.merge for one in conversion.bundles] == [None]
    assert ("MRG-1" in conversion.unmapped) == (trigger in ("A43", "A44", "A45"))
    assert ("MRG-5" in conversion.unmapped) == (trigger not in ("A42", "A45", "A50", "A51"))


@pytest.mark.parametrize("trigger", ["A42", "A45", "A50", "A51"])
def test_a_prior_visit_number_is_old(trigger):
    found = visit_with_prior(trigger)["identifier"]
    assert [(i["value"], i.get("use")) for i in found] == [("V1", None), ("V7", "old"), ("X7", "old")]


def visit_with_prior(trigger: str) -> dict:
    mrg = "MRG|100001^^^GENERAL^MR||||V7^^^GENERAL|X7"
    return only(adt(trigger, EVN, PID, mrg, pv1(f2="I", f19="V1^^^GENERAL")), "Encounter")


def test_each_visit_has_its_own_prior_number():
    mrg = "MRG|100001^^^GENERAL^MR||||{}"
    message = adt("A45", EVN, PID, mrg.format("V7"), pv1(f2="I", f19="V1"), mrg.format("V8"), pv1(f2="I", f19="V2"))
    found = [[i["value"] for i in r["identifier"]] for r in resources(message, "Encounter")]
    assert found == [["V1", "V7"], ["V2", "V8"]]


def test_a_bed_status_needs_no_patient():
    message = adt("A20", "EVN|A20|20260304", "NPU|4E^401^1^GENERAL|H")
    found = resources(message, "Location")[-1]
    assert (found["name"], found["operationalStatus"]["code"]) == ("1", "H")
    assert only(message, "MessageHeader")["focus"] == [{"reference": "urn:uuid:" + found["id"]}]
    assert warned(message) == []


def test_an_accident_is_a_condition_of_the_patient():
    acc = "ACC|20260304|TR^Traffic^L|Ring road|||N|77^Clerk|Car|Crew|Y|1 Ring Road^^Town|none|ACC5"
    found = only(adt("A01", PID, acc), "Condition")
    assert (found["onsetDateTime"], found["code"]["coding"][0]["code"]) == ("2026-03-04", "TR")
    assert {e["url"].rpartition("-")[2] for e in found["extension"]} == {"3", "6", "9", "10", "11", "12"}
    assert found["identifier"][0]["value"] == "ACC5"
    assert not {p for p in converted(adt("A01", PID, acc)).unmapped if p.startswith("ACC")}


def test_every_reference_of_the_probes_resolves():
    file = Path(__file__).parents[2] / "guide" / "probes" / "visits.hl7"
    for payload in split(file.read_bytes()).messages:
        for bundle in bundles(payload):
            assert set(references(bundle)) <= {entry["fullUrl"] for entry in bundle["entry"]}


def test_a_discharge_taken_back_leaves_no_trace_of_it_but_is_counted():
    message = adt("A13", EVN, PID, pv1(f2="I", f19="V1", f36="01", f37="SNF^20260304", f45="20260304"))
    found = only(message, "Encounter")
    assert "period" not in found
    assert "hospitalization" not in found
    assert all("type" not in r for r in resources(message, "Location"))
    assert converted(message).unmapped == {"PV1-36": 1, "PV1-37": 1, "PV1-45": 1}


def test_a_visit_that_moves_under_its_number_has_no_old_one():
    mrg = "MRG|100001^^^GENERAL^MR||||V1^^^GENERAL"
    message = adt("A45", EVN, PID, mrg, pv1(f2="I", f19="V1^^^GENERAL"))
    assert [(i["value"], i.get("use")) for i in only(message, "Encounter")["identifier"]] == [("V1", None)]


def test_two_visits_without_a_number_that_contradict_each_other_are_two():
    message = adt("A01", EVN, PID, pv1(f2="I", f3="4E"), pv1(f2="O", f3="XRAY", f7="9^Doe^Dana"))
    inpatient, outpatient = resources(message, "Encounter")
    assert (inpatient["class"]["code"], outpatient["class"]["code"]) == ("IMP", "AMB")
    assert inpatient["id"] != outpatient["id"]
    stays = [{"reference": "urn:uuid:" + one["id"]} for one in (inpatient, outpatient)]
    assert only(message, "MessageHeader")["focus"] == stays
    assert only(message, "Provenance")["target"][1:] == stays


def test_a_visit_told_twice_has_what_both_say():
    message = adt("A01", EVN, PID, pv1(f2="I", f19="V1"), pv1(f2="I", f19="V1", f7="9^Doe^Dana"))
    found = only(message, "Encounter")
    assert len(found["participant"]) == 1
    assert only(message, "MessageHeader")["focus"] == [{"reference": "urn:uuid:" + found["id"]}]
    assert converted(message).unmapped == {}


def test_what_contradicts_a_visit_of_the_same_number_is_counted():
    message = adt("A01", EVN, PID, pv1(f2="I", f19="V1"), pv1(f2="O", f19="V1"))
    assert only(message, "Encounter")["class"]["code"] == "IMP"
    assert "PV1-2" in converted(message).unmapped


def test_a_patient_told_twice_has_what_both_say():
    message = adt("A31", EVN, "PID|1||7^^^GENERAL^MR", "PID|2||7^^^GENERAL^MR||Sample^Jane||19700102", pv1(f2="N"))
    found = only(message, "Patient")
    assert (found["birthDate"], found["name"][0]["family"]) == ("1970-01-02", "Sample")
    assert converted(message).unmapped == {}


def test_a_second_birth_date_of_the_same_patient_is_counted():
    message = adt("A31", EVN, "PID|1||7^^^GENERAL^MR||||1970", "PID|2||7^^^GENERAL^MR||||1971")
    assert only(message, "Patient")["birthDate"] == "1970"
    assert "PID-7" in converted(message).unmapped


def test_a_merge_with_the_same_number_keeps_the_old_name():
    message = adt("A40", EVN, PID, "MRG|100001^^^GENERAL^MR||||||Former^Jane")
    assert [(n["family"], n.get("use")) for n in only(message, "Patient")["name"]][-1] == ("Former", "old")
    assert converted(message).unmapped == {}


def test_a_merge_that_names_nobody_is_counted():
    assert converted(adt("A40", EVN, PID, "MRG|||||||Former^Jane")).unmapped == {"MRG-7": 1}


@pytest.mark.parametrize(("sent", "days"), [("3", 3), ("3.5", 3.5), ("-1", None), ("three", None)])
def test_the_length_of_a_stay_is_a_number_of_days_or_warned_of(sent, days):
    message = adt("A03", EVN, PID, pv1(f2="I"), "PV2" + "|" * 11 + sent)
    assert only(message, "Encounter").get("length", {}).get("value") == days
    assert [one[0] for one in warned(message)] == ([] if days else ["number_unreadable"])


def test_a_patient_that_two_segments_merge_goes_once():
    message = adt("A40", EVN, PID, "MRG|100009^^^GENERAL^MR", "MRG|100009^^^GENERAL^MR||||||Former^Jane")
    survivor, _absorbed = converted(message).bundles
    assert survivor.merge.role == "survivor"
    assert len(next(r for r in resources(message, "Patient") if r["active"])["link"]) == 1
    assert converted(message).unmapped == {"MRG-7": 1}


def test_a_deleted_visit_number_names_no_visit():
    assert visit("A01", f2="I", f19='""', f44="20260304")["id"] == visit("A03", f2="I", f44="20260304")["id"]
