"""One message to bundles: references, identities, groups, times, merges, rejections."""

import pytest
from conversion_world import (
    KEYRING,
    OBR,
    OBX,
    ORC,
    PID,
    PV1,
    SITE,
    bundles,
    converted,
    entries,
    hl7,
    only,
    oru,
    references,
    resources,
    texts,
    warned,
)

from processors.errors import Reason, Rejection
from processors.sites import Site

ADT = "ADT^A01^ADT_A01"


def test_the_message_header_comes_first_and_names_the_event():
    first = entries(bundles(oru())[0])[0]
    assert (first["resourceType"], first["eventCoding"]["code"]) == ("MessageHeader", "R01")


def test_bundle_has_the_control_id_and_the_time_sent():
    bundle = bundles(oru())[0]
    assert (bundle["identifier"]["value"], bundle["timestamp"]) == ("C1", "2026-03-04T10:30:00+01:00")


def test_every_reference_resolves_inside_the_bundle():
    for bundle in bundles(oru()):
        known = {entry["fullUrl"] for entry in bundle["entry"]}
        assert set(references(bundle)) <= known


def test_nothing_empty_is_emitted():
    assert all(value not in ("", [], {}, None) for value in texts(bundles(oru())))


def test_the_same_bytes_give_the_same_bytes():
    assert converted(oru()).bundles[0].bundle == converted(oru()).bundles[0].bundle


def test_another_secret_gives_other_ids():
    from processors.hl7.message import parse
    from processors.identity import Keyring
    from processors.mapping.convert import convert

    other = convert(parse(oru()), SITE, Keyring.of(b"another"), 0).bundles[0]
    assert not set(other.sources) & set(converted(oru()).bundles[0].sources)


def test_the_patient_keeps_its_id_over_message_types():
    admission = hl7("EVN|A01|20260304080000+0100", PID, PV1, kind=ADT)
    assert only(admission, "Patient")["id"] == only(oru(), "Patient")["id"]


def test_the_visit_keeps_its_id_over_message_types():
    admission = hl7("EVN|A01|20260304080000+0100", PID, PV1, kind=ADT)
    assert only(admission, "Encounter")["id"] == only(oru(), "Encounter")["id"]


def test_an_order_and_its_result_are_the_same_service_request():
    ordered = hl7(PID, "ORC|NW|P1^EHR", "OBR|1|P1^EHR||24320-4^Panel^LN", kind="ORM^O01")
    assert only(ordered, "ServiceRequest")["id"] == only(oru(), "ServiceRequest")["id"]


def test_a_correction_is_the_same_observation():
    corrected = oru("OBX|1|NM|2823-3^Potassium^LN||5.10|mmol/L|3.5-5.1|N|||C")
    assert only(corrected, "Observation")["id"] == only(oru(), "Observation")["id"]


def test_equal_results_in_one_order_stay_apart():
    assert len(resources(oru(OBX, OBX), "Observation")) == 2


def test_two_orders_keep_their_own_observations():
    second = OBR.replace("F1^LIS", "F2^LIS").replace("P1^EHR", "P2^EHR")
    message = hl7(PID, ORC, OBR, OBX, second, OBX.replace("6.50", "4.10"))
    reports = resources(message, "DiagnosticReport")
    assert [len(report["result"]) for report in reports] == [1, 1]
    assert reports[0]["result"] != reports[1]["result"]


def test_two_patients_give_a_bundle_each():
    other = PID.replace("100001", "100002")
    found = converted(hl7(PID, ORC, OBR, OBX, other, ORC, OBR.replace("F1", "F9"), OBX)).bundles
    assert len({one.patient_key for one in found}) == 2


def test_observation_takes_the_time_of_the_order_when_it_has_none():
    assert only(oru(), "Observation")["effectiveDateTime"] == "2026-03-04T09:15:00+01:00"


def test_sources_name_the_segment_of_each_resource():
    one = converted(oru()).bundles[0]
    assert one.sources[only(oru(), "Observation")["id"]] == "OBX[1]"


def test_version_time_is_the_time_of_the_result():
    assert converted(oru()).bundles[0].version_time == "2026-03-04T10:25:00+01:00"


def test_version_time_is_the_time_sent_when_there_is_no_result_time():
    message = hl7(PID, ORC, "OBR|1|P1^EHR|F1^LIS|24320-4^Panel^LN", OBX)
    assert converted(message).bundles[0].version_time == "2026-03-04T10:30:00+01:00"


def test_event_time_wins_over_recorded_and_sent_time():
    message = hl7("EVN|A01|20260304082000+0100||||20260304080000+0100", PID, PV1, kind=ADT)
    assert converted(message).occurred_at == "2026-03-04T08:00:00+01:00"


def test_a_time_without_offset_is_read_in_the_zone_of_the_feed_and_said_once():
    msh = "MSH|^~\\&|LIS|GENERAL|EHR|GENERAL|20260704103000||{kind}|C1|P|2.5.1"
    message = hl7(PID, PV1, kind=ADT, msh=msh)
    assert bundles(message)[0]["timestamp"] == "2026-07-04T10:30:00+02:00"
    assert warned(message).count(("zone_assumed", "MSH-7")) == 1


def test_the_offset_of_the_header_holds_for_the_whole_message():
    message = hl7(PID, PV1 + "|" * 25 + "20260304080000", kind=ADT)
    assert only(message, "Encounter")["period"]["start"] == "2026-03-04T08:00:00+01:00"


def test_delete_marks_are_no_values():
    message = hl7(PID.replace("Sample^Jane", '""').replace("|F", '|""'), PV1, kind=ADT)
    patient = only(message, "Patient")
    assert "name" not in patient
    assert "gender" not in patient


def test_fields_that_no_row_maps_are_counted():
    message = hl7(PID + "||||||||||||||||||||||||Y", PV1, "ZPI|1|secret", kind=ADT)
    assert converted(message).unmapped == {"PID-32": 1, "ZPI-1": 1, "ZPI-2": 1}


def test_a_line_that_is_no_segment_is_counted_without_its_text():
    assert "?" in converted(hl7(PID, PV1, "Jane Sample|born 1970", kind=ADT)).unmapped


def test_control_characters_are_taken_out_and_said():
    message = hl7(PID, PV1, kind=ADT).replace(b"Jane", b"Ja\x07ne")
    assert only(message, "Patient")["name"][0]["given"] == ["Jane"]
    assert ("control_character", "message") in warned(message)


def test_a_message_without_patient_is_converted_and_said():
    message = hl7(ORC, OBR, OBX)
    assert not resources(message, "Patient")
    assert ("patient_missing", "PID") in warned(message)


def test_an_admission_without_patient_is_rejected():
    with pytest.raises(Rejection) as caught:
        converted(hl7(PV1, kind=ADT))
    assert (caught.value.reason, caught.value.path) == (Reason.REQUIRED_FIELD_MISSING, "PID")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("MFN^M01", Reason.UNSUPPORTED_TYPE),
        ("ADT^A99", Reason.UNSUPPORTED_EVENT),
        ("ADT", Reason.REQUIRED_FIELD_MISSING),
        ("", Reason.REQUIRED_FIELD_MISSING),
    ],
)
def test_types_and_events_without_table_are_rejected(kind, reason):
    with pytest.raises(Rejection) as caught:
        converted(hl7(PID, kind=kind))
    assert caught.value.reason is reason


def test_a_merge_links_both_patients_and_gives_the_absorbed_a_bundle():
    message = hl7(PID, "MRG|100009^^^GENERAL^MR", kind="ADT^A40")
    survivor, absorbed = converted(message).bundles
    assert (survivor.merge.role, absorbed.merge.role) == ("survivor", "absorbed")
    assert (survivor.merge.other_key, absorbed.merge.other_key) == (absorbed.patient_key, survivor.patient_key)
    links = {r["link"][0]["type"]: r["active"] for r in entries(bundles(message)[0]) if r["resourceType"] == "Patient"}
    assert links == {"replaces": True, "replaced-by": False}


def test_a_patient_merged_into_itself_is_no_merge():
    (one,) = converted(hl7(PID, "MRG|100001^^^GENERAL^MR", kind="ADT^A40")).bundles
    assert one.merge is None


@pytest.mark.parametrize(
    ("trigger", "status"),
    [
        ("A01", "in-progress"),
        ("A03", "finished"),
        ("A11", "cancelled"),
        ("A13", "in-progress"),
        ("A16", "in-progress"),
        ("A25", "in-progress"),
        ("A08", "in-progress"),
        ("A05", "planned"),
    ],
)
def test_the_event_decides_the_status_of_the_visit(trigger, status):
    assert only(hl7(PID, PV1, kind=f"ADT^{trigger}"), "Encounter")["status"] == status


def test_a_cancelled_discharge_takes_the_end_back():
    ended = PV1 + "|" * 26 + "20260305100000+0100"
    assert "end" in only(hl7(PID, ended, kind="ADT^A03"), "Encounter")["period"]
    assert "period" not in only(hl7(PID, ended, kind="ADT^A13"), "Encounter")


def test_a_pending_discharge_is_planned_for_the_time_of_the_event_segment():
    message = hl7("EVN|A16|20260304080000+0100|20260306120000+0100", PID, PV1, kind="ADT^A16")
    (planned,) = only(message, "Encounter")["extension"]
    assert planned["valueDateTime"] == "2026-03-06T12:00:00+01:00"


def test_an_empty_visit_segment_makes_no_encounter():
    assert not resources(hl7(PID, "PV1|1", kind="ADT^A08"), "Encounter")


def test_a_feed_that_does_not_own_a_domain_only_gives_evidence():
    site = Site(feed="lab", authority=("order", "observation", "appointment"))
    tags = {
        r["resourceType"] for r in resources(oru(), site=site) if "meta" in r and r["resourceType"] != "MessageHeader"
    }
    assert tags == {"Patient", "Encounter"}


def test_people_are_one_resource_each():
    doctor = "7^Rivera^Ana^^^^^^GENERAL"
    message = hl7(PID, f"PV1|1|I|||||{doctor}|{doctor}", ORC + f"|||||||||{doctor}", OBR, OBX)
    assert len(resources(message, "Practitioner")) == 1


def test_the_identifier_that_the_policy_chose_comes_first():
    pid = "PID|1||555^^^STATE^SS~100001^^^GENERAL^MR||Sample^Jane"
    assert only(hl7(pid, PV1, kind=ADT), "Patient")["identifier"][0]["value"] == "100001"


def test_a_no_show_is_a_missed_appointment_with_an_end():
    sch = "SCH|AP1|AF1|||||FOLLOWUP|NORMAL|30|min|^^^20260306110000+0000"
    found = only(hl7(sch, PID, kind="SIU^S26"), "Appointment")
    assert (found["status"], found["end"]) == ("noshow", "2026-03-06T11:30:00+00:00")
    assert found["participant"][0]["actor"]["reference"].endswith(only(oru(), "Patient")["id"])


def test_the_keyring_makes_the_patient_key():
    from processors.hl7.message import parse
    from processors.hl7.patients import patients

    assert converted(oru()).bundles[0].patient_key == patients(parse(oru()), SITE, KEYRING)[0].key
