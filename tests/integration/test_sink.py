"""The sink on a real broker: killed at random moments its SQL stays exact; refusals; the raw message by position."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Producer

from processors import topics
from processors.envelope import Record
from processors.identity import Keyring
from streams.codec import Codec
from streams.contracts import filled, load_schemas
from streams.registry import Registry
from streams.settings import HOME, Settings
from streams.sinks.columns import SINK_TOPICS
from streams.sinks.payload import Expired, raw_payload, raw_position
from streams.sinks.source import PositionsRefused, Source
from streams.sinks.store import Store

if TYPE_CHECKING:
    from conftest import Platform

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]
KEYRING = Keyring.of(b"sink integration")
SCHEMAS = load_schemas(HOME / "schemas")
WARDLINE = Path(sys.executable).with_name("wardline")
ROUNDS = 100
KILLS = 10


def blank(topic: str, /, **changes: object) -> Record:
    """A record with every default of its schema."""
    schema = filled(SCHEMAS[topic])
    assert isinstance(schema, dict)
    return {field["name"]: field["default"] for field in schema["fields"]} | changes


class Hospital:
    """Writes transactions of records as the stages would; some are aborted."""

    def __init__(self, bootstrap: str, codec: Codec) -> None:
        self.codec = codec
        self.producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": f"sink-test-{time.time_ns()}"})
        self.producer.init_transactions(30)

    def transact(self, records: list[tuple[str, int, Record]], *, abort: bool = False) -> None:
        self.producer.begin_transaction()
        for topic, partition, value in records:
            self.producer.produce(topic, key=b"k", value=self.codec.encode(topic, value), partition=partition)
        if abort:
            self.producer.flush(10)
            self.producer.abort_transaction(30)
        else:
            self.producer.commit_transaction(30)

    def round(self, number: int, *, abort: bool) -> None:
        """Twenty messages from raw to task."""
        records: list[tuple[str, int, Record]] = []
        for n in range(20):
            partition, name = n % 4, f"{number}-{n}"
            common = {"correlation_id": f"raw-{name}", "patient_key": f"pk-{n}"}
            records += [
                (topics.RAW, partition, blank(topics.RAW, event_id=f"raw-{name}", payload=b"MSH|" + name.encode())),
                (topics.OBSERVATION, partition, blank(topics.OBSERVATION, event_id=f"obs-{name}", **common)),
                (topics.MESSAGE, partition, blank(topics.MESSAGE, unmapped={"ZPI-3": 1}, state="converted", **common)),
                (topics.TASK, partition, blank(topics.TASK, task_id=f"t-{n}", revision=number, **common)),
                (topics.TASK_EVENT, partition, blank(topics.TASK_EVENT, task_id=f"t-{n}", **common)),
            ]
        self.transact(records, abort=abort)


class Sink:
    """`wardline sink` as a child process."""

    def __init__(self, settings: Settings) -> None:
        environment = {
            **os.environ,
            "WARDLINE_DATA": str(settings.data_dir),
            "WARDLINE_BOOTSTRAP": settings.bootstrap,
            "WARDLINE_REGISTRY_URL": settings.registry_url,
        }
        self.child = subprocess.Popen([str(WARDLINE), "sink"], env=environment, stderr=subprocess.PIPE, text=True)

    def started(self) -> str:
        """Wait for its first log line: it names the address of /healthz."""
        assert self.child.stderr is not None
        return str(json.loads(self.child.stderr.readline())["url"])

    def wait_until_caught_up(self, health: str, timeout_s: float = 60.0) -> None:
        deadline = time.monotonic() + timeout_s
        calm = 0
        while calm < 3:
            assert time.monotonic() < deadline
            time.sleep(0.3)
            with urllib.request.urlopen(health, timeout=5) as answer:
                calm = calm + 1 if json.load(answer)["caught_up"] else 0

    def kill(self) -> None:
        self.child.send_signal(signal.SIGKILL)
        self.close()

    def stop(self) -> int:
        self.child.send_signal(signal.SIGTERM)
        return self.close()

    def close(self) -> int:
        code = self.child.wait(10)
        assert self.child.stderr is not None
        self.child.stderr.close()
        return code


@pytest.fixture
def settings(platform: "Platform", tmp_path: Path) -> Settings:
    (tmp_path / "identity.key").write_text(b"sink integration".hex())
    return platform.settings(tmp_path)


@pytest.fixture
def codec(settings: Settings) -> Codec:
    return Codec.connect(Registry(settings.registry_url), settings.schemas_dir)


@pytest.fixture
def source(settings: Settings, codec: Codec) -> Iterator[Source]:
    made = Source(settings.bootstrap, codec, SINK_TOPICS)
    yield made
    made.close()


def read_all(source: Source, store: Store) -> None:
    """Everything up to the present ends, as one run that nothing disturbs would write it."""
    waiting = set(source.start(store.positions()))
    deadline = time.monotonic() + 60
    while waiting:
        assert time.monotonic() < deadline
        batch = source.read()
        store.apply(batch.records, batch.ends)
        waiting -= set(batch.ends)


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in tables}


def test_a_sink_killed_at_random_moments_leaves_exact_sql(
    settings: Settings, codec: Codec, source: Source, tmp_path: Path
) -> None:
    chance, hospital = random.Random(7), Hospital(settings.bootstrap, codec)
    for number in range(ROUNDS):
        hospital.round(number, abort=number % 10 == 3)
    for _ in range(KILLS):
        sink = Sink(settings)
        sink.started()
        time.sleep(chance.random() * 0.15)
        sink.kill()
    last = Sink(settings)
    last.wait_until_caught_up(last.started())
    assert last.stop() == 0
    undisturbed = tmp_path / "undisturbed.db"
    with Store(undisturbed, KEYRING) as store:
        read_all(source, store)
    found, expected = contents(settings.database), contents(undisturbed)
    mine = [row for row in found["raw"] if str(row[0]).startswith("raw-")]
    assert len(mine) == 20 * (ROUNDS - ROUNDS // 10)
    assert found == expected


def test_a_second_sink_is_refused(settings: Settings) -> None:
    with Store(settings.database, KEYRING):
        second = Sink(settings)
        assert second.close() == 5


def test_positions_beyond_the_log_are_refused(source: Source) -> None:
    with pytest.raises(PositionsRefused, match="another cluster"):
        source.start({(topics.TASK, 0): 10_000_000})


def test_a_raw_message_is_fetched_by_its_position(settings: Settings, codec: Codec) -> None:
    Hospital(settings.bootstrap, codec).transact([(topics.RAW, 1, blank(topics.RAW, event_id="p", payload=b"MSH|^~"))])
    with Store(settings.database, KEYRING) as store:
        source = Source(settings.bootstrap, codec, SINK_TOPICS)
        read_all(source, store)
        source.close()
    with closing(sqlite3.connect(settings.database)) as connection:
        sql = "SELECT log_partition, log_offset FROM raw WHERE event_id = 'p' ORDER BY log_offset DESC"
        partition, offset = connection.execute(sql).fetchone()
    assert raw_payload(settings.bootstrap, codec, raw_position(partition, offset)) == b"MSH|^~"
    with pytest.raises(Expired):
        raw_payload(settings.bootstrap, codec, raw_position(partition, offset + 1_000_000))


def test_what_people_saw_arrives_in_the_audit_topic(settings: Settings, codec: Codec) -> None:
    from board.audit import QueuedAudit, Sight, kafka_sender
    from board.identity import User

    outcomes: list[str] = []
    audit = QueuedAudit(KEYRING, lambda: kafka_sender(settings, outcomes.append), outcomes.append)
    target = f"task/{time.time_ns()}"
    audit.saw(Sight(User("kim", "nurse"), target, "why", 5))
    deadline = time.monotonic() + 20
    with Store(settings.database, KEYRING) as store, closing(sqlite3.connect(settings.database)) as connection:
        found: list[tuple[str, str]] = []
        while not found and time.monotonic() < deadline:
            source = Source(settings.bootstrap, codec, SINK_TOPICS)
            read_all(source, store)
            source.close()
            found = connection.execute("SELECT actor_id, action FROM audit WHERE target = ?", (target,)).fetchall()
    audit.close()
    assert found == [("kim", "read")]
    assert outcomes == ["sent"]
