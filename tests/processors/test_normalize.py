"""The step normalize: end states, duplicates, filters, merges, large content, what is forgotten."""

from conversion_world import KEYRING, OBX, ORC, PID, PV1, hl7, oru

from processors import topics
from processors.envelope import Emit, Position
from processors.errors import Reason, Rejection
from processors.records import normalize
from processors.records.memory import MemoryStage
from processors.records.path import raw_record
from processors.records.seen import WINDOW_US
from processors.sites import Filter, Site

DAY_US = 86_400_000_000
START = 1_772_600_000_000_000


class World:
    """One normalize stage and the messages that it was given."""

    def __init__(self, *sites: Site) -> None:
        known = {site.feed: site for site in sites or (Site(feed="lab"),)}
        self.site = next(iter(known.values()))
        self.stage = MemoryStage(topics.RAW, normalize.make_step(known, KEYRING), normalize.refused)
        self.count = 0

    def take(self, payload: bytes, at: int = START, **changes: object) -> list[Emit]:
        self.count += 1
        raw = raw_record(payload, self.site, KEYRING, at, self.count)
        return self.stage.take(raw | changes)

    def state(self, payload: bytes, at: int = START, **changes: object) -> str:
        (message,) = [e.value for e in self.take(payload, at, **changes) if e.topic == topics.MESSAGE]
        return message["state"]


def of(emits: list[Emit], topic: str) -> list[Emit]:
    return [emit for emit in emits if emit.topic == topic]


def test_a_message_gives_one_end_state_and_one_bundle():
    out = World().take(oru())
    assert [emit.topic for emit in out] == [topics.MESSAGE, topics.TIMELINE]
    assert (out[0].value["state"], out[0].value["bundles"]) == ("converted", 1)


def test_the_end_state_is_keyed_by_the_message_and_the_bundle_by_the_patient():
    state, bundle = World().take(oru())
    assert state.key == state.value["correlation_id"]
    assert (bundle.key, bundle.elsewhere) == (bundle.value["patient_key"], False)


def test_another_patient_of_the_message_goes_to_its_own_partition():
    message = hl7(PID, ORC, OBX, PID.replace("100001", "100002"), ORC.replace("F1", "F2"), OBX)
    assert [emit.elsewhere for emit in of(World().take(message), topics.TIMELINE)] == [False, True]


def test_the_same_message_again_is_a_duplicate_of_the_first():
    world = World()
    first = world.take(oru())[0].value
    (again,) = world.take(oru())
    assert (again.value["state"], again.value["duplicate_of"]) == ("duplicate", first["correlation_id"])


def test_a_copy_with_another_time_sent_is_a_duplicate():
    world = World()
    world.take(oru())
    assert world.state(oru().replace(b"20260304103000", b"20260304110000", 1)) == "duplicate"


def test_the_same_control_id_with_other_content_is_a_new_message_with_a_warning():
    world = World()
    world.take(oru())
    message = world.take(oru(OBX.replace("6.50", "4.10")))[0].value
    assert message["state"] == "converted"
    assert "control_id_reused" in [w["code"] for w in message["warnings"]]


def test_a_repeat_after_the_window_is_new():
    world = World()
    world.take(oru())
    assert world.state(oru(), START + WINDOW_US) == "duplicate"
    assert world.state(oru(), START + 2 * WINDOW_US + 1) == "converted"


def test_a_message_without_control_id_is_never_a_duplicate():
    world = World()
    message = oru().replace(b"|C1|", b"||")
    assert [world.state(message), world.state(message)] == ["converted", "converted"]


def test_a_rejected_message_is_not_remembered():
    world = World()
    bad = oru().replace(b"ORU^R01^ORU_R01", b"MFN^M01")
    assert [world.state(bad), world.state(bad)] == ["dead-lettered", "dead-lettered"]


def test_a_rejected_message_leaves_a_dead_letter_with_its_bytes():
    bad = oru().replace(b"ORU^R01^ORU_R01", b"MFN^M01")
    letter, state = World().take(bad)
    assert (letter.topic, letter.value["payload"]) == (topics.DEAD_LETTER, bad)
    assert (state.value["reason"], state.value["path"]) == ("unsupported_type", "MSH-9.1")


def test_bytes_that_are_no_hl7_end_as_dead_letter():
    assert World().state(b"hello") == "dead-lettered"


def test_a_redrive_passes_once():
    world = World()
    world.take(oru())
    states = [world.state(oru(), redrive_of="dead-1") for _ in range(2)]
    assert states == ["converted", "duplicate"]


def test_an_acknowledgement_is_filtered():
    message = hl7("MSA|AA|1", kind="ACK^R01")
    state = World().take(message)[0].value
    assert (state["state"], state["reason"], state["path"]) == ("filtered", "filtered", "MSH-9")


def test_a_site_filter_ends_the_message_with_its_reason():
    world = World(Site(feed="lab", filters=(Filter(reason="not ours", types=("ORU^R01",)),)))
    state = world.take(oru())[0].value
    assert (state["state"], state["detail"]) == ("filtered", "not ours")


def test_a_filter_by_processing_id_leaves_the_others():
    world = World(Site(feed="lab", filters=(Filter(reason="tests", processing_ids=("T",)),)))
    assert world.state(oru()) == "converted"
    assert world.state(oru().replace(b"|C1|P|", b"|C2|T|")) == "filtered"


def test_a_processing_id_that_the_feed_does_not_take_is_rejected():
    world = World(Site(feed="lab", processing_ids=("P",)))
    (_, state) = world.take(oru().replace(b"|C1|P|", b"|C2|T|"))
    assert (state.value["state"], state.value["reason"]) == ("dead-lettered", "processing_id")


def test_a_filtered_message_is_remembered():
    world = World(Site(feed="lab", filters=(Filter(reason="not ours", types=("ORU",)),)))
    assert [world.state(oru()), world.state(oru())] == ["filtered", "duplicate"]


def test_an_unknown_feed_is_read_as_the_default_site():
    world = World(Site(feed="default", filters=(Filter(reason="no", types=("ORU",)),)))
    source = {
        "feed": "somewhere",
        "facility": "",
        "application": "",
        "message_type": "ORU",
        "trigger": "",
        "control_id": "",
    }
    assert world.state(oru(), source=source) == "filtered"


def test_a_merge_tells_both_patients():
    out = of(World().take(hl7(PID, "MRG|100009^^^GENERAL^MR", kind="ADT^A40")), topics.TIMELINE)
    roles = [(emit.value["merge"]["role"], emit.elsewhere) for emit in out]
    assert roles == [("survivor", False), ("absorbed", True)]
    assert out[0].value["merge"]["other_key"] == out[1].key


def test_large_content_is_found_again_by_the_position_of_the_raw_record():
    (bundle,) = of(World().take(oru("OBX|1|TX|X^Name^L||" + "x" * 300_000)), topics.TIMELINE)
    assert bundle.value["content_ref"]["size"] > 300_000
    assert len(bundle.value["bundle"]) < 20_000


def test_a_bundle_above_the_limit_of_the_timeline_is_a_dead_letter():
    many = [f"OBX|{n}|TX|X^Name^L|{n}|{'y' * 200_000}" for n in range(12)]
    (_, state) = World().take(oru(*many))
    assert state.value["reason"] == "too_large"


def test_a_truncated_raw_record_is_a_dead_letter():
    assert World().state(oru(), received_as="truncated") == "dead-lettered"


def test_the_same_record_gives_the_same_output():
    raw = raw_record(oru(), Site(feed="lab"), KEYRING, START, 1)
    assert World().stage.take(raw) == World().stage.take(raw)


def test_ids_of_the_records_differ():
    out = World().take(hl7(PID, PV1, ORC, OBX))
    assert len({emit.value["event_id"] for emit in out}) == len(out)


def test_old_messages_are_forgotten():
    world = World()
    for n in range(300):
        world.take(oru().replace(b"|C1|", f"|D{n}|".encode()), START + n)
    before = len(world.stage.rows.rows)
    for n in range(300):
        world.take(oru().replace(b"|C1|", f"|E{n}|".encode()), START + 9 * DAY_US + n)
    assert before > 300
    assert len(world.stage.rows.rows) < before + 80


def test_refused_says_the_end_state_of_a_defect():
    raw = raw_record(oru(), Site(feed="lab"), KEYRING, START, 1)
    letter, state = normalize.refused(Rejection(Reason.DEFECT, "", "x"), raw, Position(topics.RAW, 0, 7))
    assert (letter.value["reason"], state.value["state"]) == ("defect", "dead-lettered")
