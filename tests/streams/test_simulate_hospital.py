"""The simulated hospital: repeatable, complete, and in three dialects."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import islice

import pytest

from processors.hl7.message import parse
from processors.hl7.patients import patients
from processors.identity import Keyring
from processors.sites import Site, parse_site
from streams.settings import HOME
from streams.simulate import faults, load
from streams.simulate.hospital import Outgoing, Plan, messages

PLAN = Plan(seed=1, start=datetime(2026, 3, 2, 14, 0, tzinfo=UTC), interval_s=0.2, patients=60)
KEYRING = Keyring.of(b"simulate-tests-only-simulate-tes")
FEEDS = ("adt", "lab", "clinic")


@cache
def stream(patients_about: int = 60) -> tuple[Outgoing, ...]:
    return tuple(messages(replace(PLAN, patients=patients_about)))


def good(patients_about: int = 60) -> list[Outgoing]:
    return [m for m in stream(patients_about) if m.well_formed]


@cache
def site(feed: str) -> Site:
    path = HOME / "sites" / f"{feed}.yaml"
    return parse_site(path.read_text("utf-8"), path.name)


def text(message: Outgoing) -> str:
    return message.data.decode("latin-1")


def first_minute() -> list[Outgoing]:
    return list(islice(messages(replace(PLAN, patients=50, newcomers=True)), 300))


def potassiums(outgoing: list[Outgoing]) -> list[float]:
    return [
        float(obx.text(5))
        for m in outgoing
        if m.type == "ORU^R01" and m.well_formed
        for obx in parse(m.data).all("OBX")
        if "2823-3" in (obx.text(3), obx.text(3, 4)) and obx.text(2) == "NM" and obx.text(5)
    ]


def test_the_same_plan_gives_the_same_bytes():
    assert [m.data for m in messages(PLAN)] == [m.data for m in stream()]


def test_another_seed_gives_other_patients():
    other = next(messages(replace(PLAN, seed=2)))
    assert parse(other.data).first("PID").text(3) != parse(stream()[0].data).first("PID").text(3)


def test_another_start_gives_no_control_id_again():
    later = messages(replace(PLAN, start=datetime(2026, 3, 3, 14, 0, tzinfo=UTC)))
    assert not {m.control_id for m in later} & {m.control_id for m in stream()}


def test_every_event_occurs_within_300_patients():
    wanted = {
        *(f"ADT^{t}" for t in ("A01", "A02", "A03", "A04", "A08", "A11", "A13", "A16", "A25", "A40")),
        *(f"SIU^{t}" for t in ("S12", "S13", "S15", "S26")),
        *("ORM^O01", "OML^O21", "ORU^R01"),
    }
    assert {m.type for m in good(300)} == wanted


def test_every_result_status_occurs_within_300_patients():
    statuses = {o.text(11) for m in good(300) if m.type == "ORU^R01" for o in parse(m.data).all("OBX")}
    assert statuses == {"P", "F", "C", "D", "W", "X"}


def test_every_fault_occurs_within_300_patients():
    assert {m.fault for m in stream(300)} == {"", *faults.FAULTS}


def test_most_potassiums_are_normal_and_few_critical():
    values = potassiums(good(300))
    critical = sum(v > 6.2 or v < 2.8 for v in values)
    assert 0.005 < critical / len(values) < 0.1
    assert sum(3.5 <= v <= 5.1 for v in values) / len(values) > 0.8


@pytest.mark.parametrize("feed", FEEDS)
def test_good_messages_are_read_without_a_warning(feed):
    chosen = [m for m in good() if m.feed == feed]
    assert [m.control_id for m in chosen if parse(m.data, site(feed).charset).warnings] == []


def test_a_person_is_one_patient_in_all_three_feeds():
    feeds = defaultdict(set)
    for m in good(300):
        feeds[patients(parse(m.data), site(m.feed), KEYRING)[0].key].add(m.feed)
    assert set(FEEDS) in feeds.values()


def test_a_merge_names_a_record_that_was_used_before():
    merge = next(m for m in good(300) if m.type == "ADT^A40")
    prior = parse(merge.data).first("MRG").text(1)
    assert any(parse(m.data).first("PID").text(3) == prior for m in good(300) if m.number < merge.number)


@pytest.mark.parametrize(
    ("feed", "version", "accept"), [("adt", "2.3.1", ""), ("lab", "2.5.1", "AL"), ("clinic", "2.4", "")]
)
def test_each_feed_has_its_version_and_acknowledgement_mode(feed, version, accept):
    header = parse(next(m for m in good() if m.feed == feed).data).header
    assert (header.text(12), header.text(15)) == (version, accept)


def test_laboratory_and_clinic_write_potassium_in_other_codes_and_units():
    written = {
        (m.feed, obx.text(3), obx.text(6))
        for m in good()
        for obx in parse(m.data).all("OBX")
        if "2823-3" in (obx.text(3), obx.text(3, 4))
    }
    assert written == {("lab", "K", "meq/L"), ("clinic", "2823-3", "mmol/l")}


def test_every_local_code_of_the_laboratory_is_mapped_by_its_site():
    sent = {o.text(3) for m in good(300) if m.feed == "lab" for o in parse(m.data).all("OBX")}
    assert sent - set(site("lab").observation_codes) == set()


def test_the_clinic_writes_latin_1():
    names = [m.data for m in good(300) if m.feed == "clinic" and b"\xfc" in m.data]
    assert names
    assert all(b"|8859/1" in name for name in names)


def test_the_admission_system_writes_ascii_only():
    assert [m.control_id for m in good(300) if m.feed == "adt" and not m.fault and not m.data.isascii()] == []


def test_results_come_after_their_order():
    orders, reports = {}, {}
    for m in stream(300):
        if not m.fault and m.type in ("OML^O21", "ORU^R01") and m.feed == "lab":
            seen = orders if m.type == "OML^O21" else reports
            seen.setdefault(parse(m.data).first("OBR").text(3), m.number)
    assert reports
    assert all(orders[filler] < number for filler, number in reports.items())


def test_a_retransmission_differs_only_in_msh_7():
    again = next(m for m in stream() if m.duplicate_of)
    before = next(m for m in stream() if m.control_id == again.duplicate_of)
    fields, earlier = text(again).split("|"), text(before).split("|")
    assert [n for n, (a, b) in enumerate(zip(fields, earlier, strict=True)) if a != b] == [6]


@pytest.mark.parametrize("name", sorted(faults.FAULTS))
def test_a_broken_message_is_told_as_broken(name):
    broken = [m for m in stream(300) if m.fault == name]
    assert {m.well_formed for m in broken} == {name in faults.WELL_FORMED}


def test_the_first_minute_has_a_critical_potassium_within_five_seconds():
    early = [m for m in first_minute() if m.at_s < 5]
    assert max(potassiums(early)) > 6.2


def test_the_first_minute_has_a_correction_a_discharge_and_a_no_show():
    minute = first_minute()
    assert {"ADT^A16", "ADT^A03", "SIU^S26"} <= {m.type for m in minute}
    assert any(
        o.text(11) == "C" for m in minute if m.type == "ORU^R01" and not m.fault for o in parse(m.data).all("OBX")
    )


def test_a_no_show_is_told_after_the_appointment_began():
    for m in good(300):
        if m.type == "SIU^S26":
            message = parse(m.data)
            assert message.first("SCH").text(11, 4) <= message.header.text(7)


def test_newcomers_keep_the_hospital_busy_without_end():
    stories = Counter(m.story for m in islice(messages(replace(PLAN, patients=5, newcomers=True)), 500))
    assert stories["ward_stay"] > 100


def test_the_load_profile_sends_only_reports_of_five_values():
    sent = list(islice(load.messages(PLAN), 100))
    assert {m.type for m in sent} == {"ORU^R01"}
    assert {sum(1 for _ in parse(m.data).all("OBX")) for m in sent} == {5}


def test_the_load_profile_is_repeatable():
    assert [m.data for m in islice(load.messages(PLAN), 50)] == [m.data for m in islice(load.messages(PLAN), 50)]
