"""Appointments (SIU): times, participants, orders, notes."""

import pytest
from conversion_world import PID, PV1, converted, hl7, only, resources, warned

from processors.fhir.systems import R5

SCH = "SCH|AP1^SCHED|AF1^CLINIC||||WHY^The reason^99W|FOLLOWUP|NORMAL|30|min|^^^20260306110000+0000"
AIS = "AIS|1|A|CARD^Cardiology^99C|20260306110000+0000|||30|min"


def siu(*segments: str, kind: str = "SIU^S12") -> bytes:
    return hl7(*segments, kind=kind)


def sch(**fields: str) -> str:
    parts = ["SCH", *[""] * 27]
    for name, text in fields.items():
        parts[int(name[1:])] = text
    return "|".join(parts)


def participants(message: bytes) -> list[dict]:
    return only(message, "Appointment")["participant"]


def test_the_start_and_end_are_those_of_the_appointment_timing():
    found = only(siu(sch(_1="A", _11="^^^20260306110000+0000^20260306113000+0000"), PID), "Appointment")
    assert (found["start"], found["end"]) == ("2026-03-06T11:00:00+00:00", "2026-03-06T11:30:00+00:00")


@pytest.mark.parametrize(
    ("fields", "minutes"),
    [
        ({"_9": "2", "_10": "H"}, 120),
        ({"_9": "45"}, 45),
        ({"_11": "^^M20^20260306110000+0000"}, 20),
        ({"_11": "^^H1^20260306110000+0000"}, 60),
    ],
)
def test_a_duration_counts_in_minutes(fields, minutes):
    assert only(siu(sch(_1="A", **fields), PID), "Appointment")["minutesDuration"] == minutes


def test_a_duration_of_an_unknown_unit_is_left_out_with_a_warning():
    message = siu(sch(_1="A", _9="3", _10="moons"), PID)
    assert "minutesDuration" not in only(message, "Appointment")
    assert ("code_unmapped", "SCH[1]-9") in warned(message)


def test_a_booked_appointment_without_end_says_that_it_is_unknown():
    found = only(siu(sch(_1="A", _11="^^^20260306110000+0000"), PID), "Appointment")
    assert found["_end"]["extension"][0]["valueCode"] == "unknown"
    assert "end" not in found


def test_a_proposed_appointment_may_be_without_times():
    found = only(siu(sch(_1="A"), PID, kind="SIU^S23"), "Appointment")
    assert found["status"] == "proposed"
    assert not found.keys() & {"start", "end", "_start", "_end"}


def test_a_day_without_time_is_the_period_asked_for():
    found = only(siu(sch(_1="A", _11="^^^20260306"), PID), "Appointment")
    assert (found["requestedPeriod"], "start" in found) == ([{"start": "2026-03-06"}], False)


def test_timing_segments_stand_in_for_the_appointment_timing():
    tq1 = "TQ1|1|||||20^min|20260306110000+0000"
    found = only(siu(sch(_1="A"), tq1, PID), "Appointment")
    assert (found["start"], found["end"]) == ("2026-03-06T11:00:00+00:00", "2026-03-06T11:20:00+00:00")


def test_the_reason_of_the_event_is_why_an_appointment_fell_through():
    cancelled, booked = siu(SCH, PID, kind="SIU^S15"), siu(SCH, PID)
    assert only(cancelled, "Appointment")["cancelationReason"]["coding"][0]["code"] == "WHY"
    assert "cancelationReason" not in only(booked, "Appointment")
    assert converted(booked).unmapped["SCH-6"] == 1


def test_a_reason_of_table_0276_has_its_snomed_code_first_and_reads_as_sent():
    (reason,) = only(siu(SCH, PID), "Appointment")["reasonCode"]
    assert [one["code"] for one in reason["coding"]] == ["185389009", "FOLLOWUP"]
    assert reason["text"] == "FOLLOWUP"


def test_a_local_reason_is_kept_as_sent():
    (reason,) = only(siu(sch(_1="A", _7="X1^Knee^99L"), PID), "Appointment")["reasonCode"]
    assert [one["code"] for one in reason["coding"]] == ["X1"]


def test_a_reason_of_the_table_of_types_is_the_type_where_no_type_was_sent():
    found = only(siu(sch(_1="A", _7="TENTATIVE^^HL70277"), PID), "Appointment")
    assert found["appointmentType"]["coding"][0]["code"] == "Tentative"
    assert "reasonCode" not in found


def test_the_patient_takes_part_and_is_the_subject():
    message = siu(SCH, PID)
    patient = "urn:uuid:" + only(message, "Patient")["id"]
    found = only(message, "Appointment")
    assert found["participant"][0]["actor"]["reference"] == patient
    assert {"url": R5 + "Appointment.subject", "valueReference": {"reference": patient}} in found["extension"]


def test_the_patient_takes_part_from_the_first_service_to_the_last():
    second = "AIS|2|A|ECHO^Echo^99C||30|min|20|min"
    (patient, *_) = participants(siu(SCH, PID, "RGS|1", AIS, "RGS|2", second))
    assert patient["period"] == {"start": "2026-03-06T11:00:00+00:00", "end": "2026-03-06T11:50:00+00:00"}


@pytest.mark.parametrize(
    "segment",
    [
        "AIG|1|A|ECG1^ECG^99D|EQ^Equipment^99T||||{start}|{offset}|min|20|min",
        "AIL|1|A|ROOM^R1||| {start}|{offset}|min|20|min".replace(" ", ""),
        "AIP|1|A|1234^Rivera^Ana|||{start}|{offset}|min|20|min",
    ],
)
@pytest.mark.parametrize(
    ("start", "offset", "period"),
    [
        ("20260306111000+0000", "", {"start": "2026-03-06T11:10:00+00:00", "end": "2026-03-06T11:30:00+00:00"}),
        ("", "5", {"start": "2026-03-06T11:05:00+00:00", "end": "2026-03-06T11:25:00+00:00"}),
        ("", "-5", {"start": "2026-03-06T10:55:00+00:00", "end": "2026-03-06T11:15:00+00:00"}),
    ],
)
def test_a_resource_is_taken_from_its_start_or_offset_for_its_duration(segment, start, offset, period):
    found = participants(siu(SCH, PID, "RGS|1", segment.format(start=start, offset=offset)))
    assert found[1]["period"] == period


def test_a_general_resource_is_a_device_or_a_place_by_its_type():
    message = siu(SCH, PID, "RGS|1", "AIG|1|A|ECG1^ECG^99D|EQ", "AIG|2|A|R7^Room 7^99D|ROOM")
    names = [one["deviceName"] for one in resources(message, "Device") if "deviceName" in one]
    assert names == [[{"name": "ECG", "type": "user-friendly-name"}]]
    assert only(message, "Location")["identifier"][0]["value"] == "R7"


def test_a_resource_has_its_own_status_and_declines_when_it_is_taken_out():
    doctor = "AIP|1|{}|1234^Rivera^Ana||||||||{}"
    pending = participants(siu(SCH, PID, doctor.format("A", "|Pending")))[1]
    deleted = participants(siu(SCH, PID, doctor.format("D", "|Booked")))[1]
    assert (pending["status"], deleted["status"]) == ("needs-action", "declined")


def test_a_service_that_is_taken_out_is_counted_and_not_given():
    message = siu(SCH, PID, "RGS|1", AIS.replace("|A|", "|D|"))
    assert "serviceType" not in only(message, "Appointment")
    assert converted(message).unmapped["AIS-3"] == 1


def test_the_status_of_the_service_stands_in_for_that_of_the_appointment():
    assert only(siu(sch(_1="A"), PID, AIS + "||Waitlist"), "Appointment")["status"] == "waitlist"


def test_the_orders_of_an_appointment_are_requests_that_it_is_based_on():
    numbers = {"_25": "Complete", "_26": "P1^EHR~P2^EHR", "_27": "F1^RIS"}
    message = siu(sch(_1="A", **numbers), PID, AIS, "AIS|2|A|ECHO^Echo^99C")
    first, second = resources(message, "ServiceRequest")
    assert [i["value"] for i in first["identifier"]] == ["P1", "F1"]
    assert [i["value"] for i in second["identifier"]] == ["P2"]
    assert (first["code"]["coding"][0]["code"], second["code"]["coding"][0]["code"]) == ("CARD", "ECHO")
    assert (first["status"], first["intent"]) == ("completed", "order")
    assert len(only(message, "Appointment")["basedOn"]) == 2


def test_the_request_of_an_appointment_is_the_one_of_the_order_message():
    order = hl7(PID, "ORC|NW|P1^EHR", "OBR|1|P1^EHR||CARD^Cardiology^99C", kind="ORM^O01")
    appointment = siu(sch(_1="A", _26="P1^EHR"), PID, AIS)
    assert only(order, "ServiceRequest")["id"] == only(appointment, "ServiceRequest")["id"]


def test_an_appointment_that_fell_through_does_not_revoke_the_order():
    message = siu(sch(_1="A", _25="Cancelled", _26="P1"), PID, kind="SIU^S15")
    assert only(message, "ServiceRequest")["status"] == "unknown"


def test_who_entered_the_appointment_takes_part_and_stands_in_its_provenance():
    message = siu(sch(_1="A", _20="90^Clerk^Cleo"), PID)
    provenance = only(message, "Provenance")
    assert provenance["agent"][0]["who"] == participants(message)[1]["actor"]
    assert provenance["recorded"] == "2026-03-04T10:30:00+01:00"


def test_notes_of_schedule_and_resources_are_the_comment_and_notes_with_author():
    by = "NTE|1||Bring papers|RE^Remark^HL70364|91^Writer^Will|20260301120000+0000"
    found = only(siu(SCH, by, PID, "RGS|1", AIS, "NTE|1||Fasting"), "Appointment")
    assert found["comment"] == "Bring papers\nFasting"
    first, second = [e["valueAnnotation"] for e in found["extension"] if e["url"] == R5 + "Appointment.note"]
    assert (first["time"], "authorReference" in first) == ("2026-03-01T12:00:00+00:00", True)
    assert first["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] == "RE"
    assert second == {"text": "Fasting"}


def test_the_visit_of_an_appointment_names_it():
    message = siu(SCH, PID, PV1)
    (named,) = only(message, "Encounter")["appointment"]
    assert named["reference"].endswith(only(message, "Appointment")["id"])


def test_two_messages_with_the_same_visit_do_not_share_their_appointments():
    first, second = siu(SCH, PID, PV1), siu(SCH.replace("AF1", "AF2"), PID, PV1)
    assert len(only(first, "Encounter")["appointment"]) == 1
    assert len(only(second, "Encounter")["appointment"]) == 1


def test_lines_of_a_note_without_author_go_on_with_the_one_before():
    notes = ("NTE|1||One||91^Writer^Will", "NTE|2||two", "NTE|3||Other||92^Second^Sue")
    result = "OBX|1|NM|2823-3^K^LN||6.5|mmol/L|||||F"
    found = only(hl7(PID, "OBR|1|P1||X", result, *notes), "Observation")["note"]
    assert [one["text"] for one in found] == ["One\ntwo", "Other"]
    assert all("authorReference" in one for one in found)


def test_a_coded_comment_without_text_reads_as_its_code_does():
    result = "OBX|1|NM|2823-3^K^LN||6.5|mmol/L|||||F"
    (found,) = only(hl7(PID, "OBR|1|P1||X", result, "NTE|1||||||||HEM^Hemolysed^99C"), "Observation")["note"]
    assert found["text"] == "Hemolysed"
