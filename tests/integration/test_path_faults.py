"""The whole path, started by `wardline up`, killed at random while a hospital sends: nothing lost or doubled."""

import asyncio
import hashlib
import importlib
import os
import random
import shutil
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition
from whole import running

from processors import topics
from streams.parts import Parts, connect
from streams.platform.launcher import Launcher
from streams.reader import read_topic
from streams.replay import OUTPUTS, Definitions, verify
from streams.simulate import hospital
from streams.simulate.report import Report
from streams.simulate.sender import Sending, send
from streams.simulate.targets import listening_ports
from streams.sinks.columns import SINK_TOPICS
from streams.sinks.source import Source
from streams.sinks.store import Store

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(900)]
MESSAGES = int(os.environ.get("WARDLINE_TEST_MESSAGES", "10000"))
RATE = 110.0
DEATH_SHARE = "0.002"
ROLES = ("normalize", "project", "decide", "tasks", "sink")
DYING = Path(__file__).parent / "dying"


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    """`wardline up` with everything but the board, kept alive by its own supervisor; some commits kill their worker."""
    environment = {"PYTHONPATH": str(DYING), "WARDLINE_TEST_DEATH_SHARE": DEATH_SHARE}
    with running(tmp_path / "data", ("gateway", *ROLES), environment) as launcher:
        yield launcher


def pid_of(role: str) -> int:
    """The process of a role among our children."""
    words = ["worker", role] if role != "sink" else ["sink"]
    for child in psutil.Process().children(recursive=True):
        try:
            if child.cmdline()[-len(words) :] == words:
                return child.pid
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return 0


class Killer(threading.Thread):
    """Kills roles from outside: at random, once with its rows wiped, once frozen for longer than its session."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(daemon=True)
        self.data_dir = data_dir
        self.halt = threading.Event()
        self.done: Counter[str] = Counter()

    def run(self) -> None:
        """Every role in turn; the first death of decide takes its rows with it, the first turn of tasks is a freeze."""
        dice = random.Random(7)
        self.halt.wait(8)
        while not self.halt.is_set():
            for role in ROLES:
                pid = pid_of(role)
                if pid:
                    self.strike(role, pid)
                self.halt.wait(dice.uniform(3, 7))

    def strike(self, role: str, pid: int) -> None:
        self.done[role] += 1
        if role == "tasks" and not self.done["frozen"]:
            self.done["frozen"] += 1
            os.kill(pid, signal.SIGSTOP)
            self.halt.wait(13)
            os.kill(pid, signal.SIGCONT)
            return
        os.kill(pid, signal.SIGKILL)
        if role == "decide" and not self.done["wiped"]:
            self.done["wiped"] += 1
            shutil.rmtree(self.data_dir / "stages" / "decide-0", ignore_errors=True)


def wait_for_the_end(parts: Parts, database: Path, timeout_s: float = 300) -> None:
    """Until every stage has committed all of its inbox, and the store has read every topic to its end, for 3 s."""
    deadline = time.monotonic() + timeout_s
    still_since = time.monotonic()
    while time.monotonic() - still_since < 3.0:
        assert time.monotonic() < deadline, f"backlog left: {backlog(parts, database)}"
        if backlog(parts, database):
            still_since = time.monotonic()
        time.sleep(0.3)


def backlog(parts: Parts, database: Path) -> dict[str, int]:
    bootstrap = parts.settings.bootstrap
    inboxes = {"normalize": topics.RAW, "project": topics.TIMELINE, "decide": topics.TIMELINE, "tasks": topics.COMMAND}
    left = {}
    for stage, topic in inboxes.items():
        consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": f"wardline-stage-{stage}"})
        try:
            places = consumer.committed([TopicPartition(topic, n) for n in range(4)], timeout=20)
            ends = [last_record(consumer, TopicPartition(topic, n)) for n in range(4)]
            behind = sum(max(0, end - max(0, place.offset)) for place, end in zip(places, ends, strict=True))
        except KafkaException:
            behind = 1
        finally:
            consumer.close()
        if behind:
            left[stage] = behind
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as sql:
        known = {(t, p): o for t, p, o in sql.execute("SELECT topic, log_partition, next_offset FROM position")}
    reader = Consumer({"bootstrap.servers": bootstrap, "group.id": "ends"})
    for topic in SINK_TOPICS:
        for number in reader.list_topics(topic, timeout=20).topics[topic].partitions:
            end = reader.get_watermark_offsets(TopicPartition(topic, number), timeout=20)[1]
            if known.get((topic, number), 0) < end:
                left[topic] = left.get(topic, 0) + end - known.get((topic, number), 0)
    reader.close()
    return left


def last_record(consumer: Consumer, place: TopicPartition) -> int:
    """The end of a partition, less the marker of the last transaction, which no commit ever passes."""
    end = consumer.get_watermark_offsets(place, timeout=20)[1]
    return int(end) - 1 if place.topic != topics.RAW and end > 0 else int(end)


def tables(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every table's content in a fixed order."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as sql:
        names = [n for (n,) in sql.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {n: sorted(sql.execute(f"SELECT * FROM {n}").fetchall(), key=repr) for n in names}


def in_one_go(parts: Parts, database: Path) -> None:
    """The store as one undisturbed sink would write it from the same topics."""
    with Store(database, parts.keyring) as store:
        source = Source(parts.settings.bootstrap, parts.codec, SINK_TOPICS)
        source.start(store.positions())
        idle = 0
        while idle < 5:
            batch = source.read()
            store.apply(batch.records, batch.ends)
            idle = 0 if batch.records else idle + 1
        source.close()


def test_the_path_loses_and_doubles_nothing_while_its_roles_are_killed(launcher: Launcher, tmp_path: Path) -> None:
    parts = connect(launcher.settings)
    database = launcher.settings.database
    plan = hospital.Plan(seed=3, start=datetime.now(UTC), interval_s=1 / RATE, patients=400, newcomers=True)
    messages = list(islice(hospital.messages(plan), MESSAGES))
    killer = Killer(launcher.settings.data_dir)
    killer.start()
    report = Report()
    sending = Sending(ports=listening_ports(launcher.settings.data_dir), window=8)
    asyncio.run(send(messages, sending, report, asyncio.Event()))
    killer.halt.set()
    killer.join(20)
    print("sent", report.as_json(), "killed", dict(killer.done))
    wait_for_the_end(parts, database)

    assert killer.done["wiped"] == 1
    assert killer.done["frozen"] == 1
    assert report.given_up == 0
    stored = {m["digest"] for m in records(parts, topics.RAW)}
    assert {hashlib.sha256(m.data).hexdigest() for m in messages if m.well_formed} <= stored

    ends = Counter(m["correlation_id"] for m in records(parts, topics.MESSAGE))
    assert set(ends.values()) == {1}
    assert set(ends) == {m["event_id"] for m in records(parts, topics.RAW)}

    definitions = Definitions(parts)
    for stage in OUTPUTS:
        importlib.import_module(f"streams.agents.{stage}").register(definitions)
    for definition, digests in definitions.found:
        verdict = verify(definition, digests, parts)
        print(verdict.summary())
        assert verdict.same, verdict.summary()
        assert verdict.inputs > 0
        if definition.keeps_rows:
            assert live_rows(parts, definition.changelog) == verdict.rows

    in_one_go(parts, tmp_path / "again.db")
    live, again = tables(database), tables(tmp_path / "again.db")
    assert live.keys() == again.keys()
    for name in live:
        assert live[name] == again[name], f"table {name} differs"
    assert live["task"], "no task came of it: the test shows nothing"


def records(parts: Parts, topic: str) -> Iterator[dict[str, object]]:
    return (parts.codec.decode(m.value() or b"") for m in read_topic(parts.settings.bootstrap, topic))


def live_rows(parts: Parts, changelog: str) -> dict[str, bytes]:
    """The last row of each `partition/key`, without the stage's own and its timers."""
    rows: dict[str, bytes | None] = {}
    for message in read_topic(parts.settings.bootstrap, changelog):
        rows[f"{message.partition()}/{(message.key() or b'').decode()}"] = message.value()
    return {key: row for key, row in rows.items() if row is not None and "/\x00" not in key}
