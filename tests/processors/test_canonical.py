"""Timeline bundles to canonical records: fields, exact texts, schemas, order."""

import json
from pathlib import Path

import fastavro
import pytest
from conversion_world import KEYRING, OBR, OBX, ORC, PID, PV1, SITE, hl7, oru

from processors import topics
from processors.envelope import Position, Record
from processors.records import normalize, project
from processors.records.canonical import canonical_records, is_evidence
from processors.records.memory import MemoryRows
from processors.records.path import raw_record
from processors.sites import Site

SCHEMAS = Path(__file__).parents[2] / "schemas"


def timeline(message: bytes, site: Site = SITE) -> Record:
    step = normalize.make_step({site.feed: site}, KEYRING)
    raw = raw_record(message, site, KEYRING, 1_772_600_000_000_000, 1)
    out = step(raw, Position(topics.RAW, 0, 0), MemoryRows())
    return next(emit.value for emit in out if emit.topic == topics.TIMELINE)


def records(message: bytes, topic: str, site: Site = SITE) -> list[Record]:
    return [record for name, record in canonical_records(timeline(message, site)) if name == topic]


def observation(obx: str) -> Record:
    (found,) = records(oru(obx), topics.OBSERVATION)
    return found


@pytest.mark.parametrize(
    ("kind", "sent", "text", "number"),
    [
        ("NM", "6.50", "6.50", 6.5),
        ("NM", "+6.5", "+6.5", 6.5),
        ("NM", "1E3", "1E3", 1000.0),
        ("NM", "<0.01", "<0.01", 0.01),
        ("NM", "pending", "pending", None),
        ("SN", ">^6.5", ">6.5", 6.5),
        ("SN", "^1^:^128", "1:128", None),
        ("SN", "^10^-^20", "10-20", None),
        ("ST", "a \\T\\ b", "a & b", None),
        ("CWE", "D^Detected^L", "Detected", None),
        ("TX", "one~two", "one; two", None),
        ("DT", "20260304", "2026-03-04", None),
    ],
)
def test_values_as_sent(kind, sent, text, number):
    found = observation(f"OBX|1|{kind}|X^Name^L||{sent}||||||F")
    assert (found["value_type"], found["value_text"], found["value_number"]) == (kind, text, number)


@pytest.mark.parametrize(
    ("segment", "status"),
    [
        ("DG1|1||J45^Asthma^I10|||A||||||||||||||D-1^GENERAL|D", "entered-in-error"),
        ("IAM|1|DA|70618^Penicillin^RXNORM|SV|Hives|D|A-1^GENERAL", "entered-in-error"),
        ("AL1|1|DA|70618^Penicillin^RXNORM", "active"),
    ],
)
def test_what_was_taken_back_says_so(segment, status):
    (found,) = records(hl7(PID, PV1, segment, kind="ADT^A60"), topics.CLINICAL)
    assert found["status"] == status


def test_a_procedure_that_lasts_has_its_start():
    (found,) = records(hl7(PID, PV1, "PR1|1||94640^X^C4||202603040915+0100||30", kind="BAR^P01"), topics.CLINICAL)
    assert found["recorded_at"] == "2026-03-04T09:15:00+01:00"


@pytest.mark.parametrize("sent", list("FPCAXDWIORSNBVU"))
def test_the_status_code_is_exact(sent):
    assert observation(f"OBX|1|NM|X^Name^L||1||||||{sent}")["status_code"] == sent


def test_an_observation_has_its_order_times_and_source():
    found = observation(OBX)
    assert (found["filler_number"], found["source_path"]) == ("F1", "OBX[1]")
    assert found["issued_at"] == found["version_time"] == "2026-03-04T10:25:00+01:00"
    assert found["order_id"] == records(oru(), topics.ORDER)[0]["order_id"]


def test_unit_flag_and_range_are_as_sent():
    found = observation(OBX)
    assert (found["unit"], found["interpretation"], found["reference_range"]) == ("mmol/L", ["HH"], "3.5-5.1")


def test_the_unit_of_an_unreadable_number_is_kept():
    assert observation("OBX|1|NM|X^Name^L||pending|mg/dL|||||F")["unit"] == "mg/dL"


def test_the_resource_keeps_the_digits():
    assert '"value":6.50' in observation(OBX)["resource"]


def test_sub_id_and_specimen():
    spm = "SPM|1|S1&EHR^S2&LIS||SER^Serum^L"
    (found,) = records(hl7(PID, ORC, OBR, OBX.replace("LN||", "LN|2|"), spm), topics.OBSERVATION)
    assert (found["sub_id"], found["specimen"]) == ("2", "S2")


def test_an_encounter_has_its_place_and_event():
    (found,) = records(hl7(PID, PV1, kind="ADT^A02"), topics.ENCOUNTER)
    assert [found[name] for name in ("unit", "room", "bed", "visit_number", "class_code", "event")] == [
        "4E",
        "401",
        "1",
        "V1",
        "IMP",
        "A02",
    ]


def test_an_order_has_what_was_sent_and_what_it_means():
    order = "ORC|CA|P1^EHR|F1^LIS||CA||||20260304070000+0100"
    (found,) = records(hl7(PID, order, OBR.replace("|F", "|X"), kind="ORM^O01"), topics.ORDER)
    assert (found["order_control"], found["order_status"], found["status"]) == ("CA", "CA", "revoked")
    assert (found["placer_number"], found["requested_at"]) == ("P1", "")


def test_only_a_new_order_says_when_it_was_requested():
    order = "ORC|NW|P1^EHR|||||||20260304070000+0100"
    (found,) = records(hl7(PID, order, OBR, kind="ORM^O01"), topics.ORDER)
    assert found["requested_at"] == "2026-03-04T07:00:00+01:00"


def test_an_appointment_has_its_times_and_words():
    sch = "SCH|AP1|AF1|||||FOLLOWUP^Follow-up|NORMAL|30|min|^^^20260306110000+0000"
    (found,) = records(hl7(sch, PID, kind="SIU^S12"), topics.APPOINTMENT)
    assert (found["status"], found["reason"], found["filler_number"]) == ("booked", "Follow-up", "AF1")
    assert found["end_at"] == "2026-03-06T11:30:00+00:00"


def test_an_absorbed_patient_points_at_the_survivor():
    found = records(hl7(PID, "MRG|100009^^^GENERAL^MR", kind="ADT^A40"), topics.PATIENT)
    survivor, absorbed = found
    assert absorbed["replaced_by"] == survivor["patient_id"]
    assert (survivor["active"], absorbed["active"]) == (True, False)


@pytest.mark.parametrize(
    ("resource", "topic", "field", "value"),
    [
        ({"resourceType": "MedicationRequest", "status": "active"}, topics.MEDICATION, "kind", "MedicationRequest"),
        ({"resourceType": "DocumentReference", "docStatus": "final"}, topics.DOCUMENT, "doc_status", "final"),
        ({"resourceType": "Condition", "recordedDate": "2026"}, topics.CLINICAL, "recorded_at", "2026"),
        ({"resourceType": "AllergyIntolerance"}, topics.CLINICAL, "kind", "AllergyIntolerance"),
        ({"resourceType": "Procedure", "status": "completed"}, topics.CLINICAL, "status", "completed"),
        ({"resourceType": "Immunization", "vaccineCode": {"text": "Flu"}}, topics.CLINICAL, "display", "Flu"),
    ],
)
def test_kinds_that_no_mapping_makes_yet(resource, topic, field, value):
    ((name, record),) = canonical_records(with_resources(resource))
    assert (name, record[field]) == (topic, value)
    fits(name, record)


def test_a_service_request_of_an_rf1_is_a_referral():
    value = with_resources({"resourceType": "ServiceRequest", "identifier": [{"value": "R1"}]})
    value["sources"] = {"id-0": "RF1[1]"}
    ((name, record),) = canonical_records(value)
    assert (name, record["number"]) == (topics.REFERRAL, "R1")
    fits(name, record)


def with_resources(*found: Record) -> Record:
    entries = [{"resource": {"id": f"id-{n}", **one}} for n, one in enumerate(found)]
    return {**timeline(oru()), "bundle": json.dumps({"entry": entries})}


@pytest.mark.parametrize("kind", ["ORU^R01", "ADT^A01", "ORM^O01", "SIU^S12"])
def test_every_record_has_exactly_the_fields_of_its_schema(kind):
    message = hl7("SCH|AP1|AF1", PID, PV1, ORC, OBR, OBX, kind=kind)
    value = timeline(message)
    fits(topics.TIMELINE, value)
    for topic, record in canonical_records(value):
        fits(topic, record)


def fits(topic: str, record: Record) -> None:
    schema = json.loads((SCHEMAS / f"{topic}.avsc").read_text())
    assert set(record) == {field["name"] for field in schema["fields"]}
    assert fastavro.validate(record, fastavro.parse_schema(schema))


def test_records_come_in_the_order_of_the_bundle_and_have_ids_of_their_own():
    found = canonical_records(timeline(oru()))
    assert [topic for topic, _ in found] == [topics.PATIENT, topics.ENCOUNTER, topics.ORDER, topics.OBSERVATION]
    assert len({record["event_id"] for _, record in found}) == 4


def test_what_another_feed_owns_is_evidence():
    site = Site(feed="lab", authority=("observation",))
    assert is_evidence(records(oru(), topics.PATIENT, site)[0])
    assert not is_evidence(records(oru(), topics.OBSERVATION, site)[0])


def test_project_keys_by_patient_and_stays_in_the_partition():
    out = list(project.make_step()(timeline(oru()), Position(topics.TIMELINE, 0, 0), MemoryRows()))
    assert {(emit.key, emit.elsewhere) for emit in out} == {(timeline(oru())["patient_key"], False)}


@pytest.mark.parametrize("kind", ["due", "task_outcome", "merge_in"])
def test_project_takes_nothing_from_other_timeline_records(kind):
    value = {**timeline(oru()), "kind": kind}
    assert not list(project.make_step()(value, Position(topics.TIMELINE, 0, 0), MemoryRows()))
