"""Gateway and normalize name the same patient in every dialect, and the feeds of a hospital agree on them."""

from collections import defaultdict
from datetime import UTC, datetime
from functools import cache
from itertools import islice

from gateway_desk import CODEC, NOW_US

from processors import topics
from processors.envelope import Emit, Record
from processors.hl7.message import parse
from processors.identity import Keyring
from processors.records.memory import MemoryStage
from processors.records.normalize import make_step, refused
from streams.gateway.intake import Arrival, Desk, take
from streams.settings import HOME
from streams.simulate import hospital
from streams.sites import load_sites

KEYRING = Keyring.of(b"test")
MESSAGES = 300


@cache
def received() -> tuple[tuple[Record, tuple[Emit, ...]], ...]:
    """What the gateway stored of a simulated hospital's three feeds, and what normalize made of each."""
    sites = load_sites(HOME / "sites")
    desk = Desk(keyring=KEYRING, encoder=CODEC, now_us=lambda: NOW_US, limit_bytes=10_000_000)
    stage = MemoryStage(topics.RAW, make_step(sites, KEYRING), refused)
    plan = hospital.Plan(seed=5, start=datetime(2026, 3, 2, tzinfo=UTC), interval_s=1.0, patients=30, fault_share=0.0)
    found = []
    for number, message in enumerate(islice(hospital.messages(plan), MESSAGES)):
        raw = CODEC.decode(take(message.data, Arrival(sites[message.feed], "peer", number), desk).entry.value)
        found.append((raw, tuple(stage.take(raw))))
    return tuple(found)


def test_gateway_and_normalize_give_a_message_the_same_patient_key() -> None:
    for raw, made in received():
        first = next(emit for emit in made if emit.topic == topics.TIMELINE)
        assert (first.key, first.elsewhere) == (raw["patient_key"], False), raw["source"]
    assert {raw["source"]["feed"] for raw, _ in received()} == {"adt", "lab", "clinic"}


def test_the_feeds_of_one_patient_give_one_patient_key() -> None:
    feeds, keys = defaultdict(set), defaultdict(set)
    for raw, _ in received():
        pid = parse(raw["payload"]).first("PID")
        name = (pid.text(5), pid.text(5, 2), pid.text(7)) if pid else ()
        feeds[name].add(raw["source"]["feed"])
        keys[name].add(raw["patient_key"])
    shared = [name for name, known in feeds.items() if {"adt", "lab"} <= known]
    assert len(shared) > 5
    assert [len(keys[name]) for name in shared] == [1] * len(shared)
