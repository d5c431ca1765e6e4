"""The embedded platform with real processes, driven as its user would: up, kill, stop, up again, doctor."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from processors import topics
from processors.envelope import Record
from streams.codec import Codec
from streams.contracts import filled, load_schemas
from streams.platform import declare
from streams.platform.failure import PlatformError
from streams.platform.run_file import read_run, write_run
from streams.registry import Registry, subject_of
from streams.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
TOPIC = "ops.audit.v1"
WARDLINE = (sys.executable, "-c", "from streams.cli.main import main; main()")


class Up:
    """One `wardline up` on a data folder of the test's own."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.output = data_dir.parent / "up.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        """Start it and wait until it says that it is up."""
        with self.output.open("wb") as file:
            argv = [*WARDLINE, "up", "--data", str(self.data_dir), *options]
            self.process = subprocess.Popen(argv, stdout=file, stderr=subprocess.STDOUT)
        await_true(lambda: "\nup." in self.said(), 90, self.said)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Exit code and how long the stop took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(30), time.monotonic() - began

    def end(self) -> None:
        """Stop it when it still runs."""
        if self.process is not None and self.process.poll() is None:
            self.stop()

    def said(self) -> str:
        return self.output.read_text()

    @property
    def run(self) -> dict[str, object]:
        return read_run(self.data_dir)

    def child(self, needle: str) -> psutil.Process:
        """The child whose command line contains the text."""
        assert self.process is not None
        children = psutil.Process(self.process.pid).children()
        return next(c for c in children if any(needle in part for part in c.cmdline()))


def await_true(done: Callable[[], bool], timeout_s: float, why: Callable[[], str]) -> None:
    deadline = time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < deadline, why()
        time.sleep(0.1)


def wardline(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*WARDLINE, *arguments], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def up(fetched, tmp_path) -> Iterator[Up]:
    made = Up(tmp_path / "data")
    yield made
    made.end()


@pytest.fixture(scope="module")
def shared_up(fetched, tmp_path_factory) -> Iterator[Up]:
    """One `wardline up` for the tests that leave it whole."""
    made = Up(tmp_path_factory.mktemp("shared") / "data")
    try:
        made.start("--no-roles")
        yield made
    finally:
        made.end()


def delivered(bootstrap: object, topic: str, timeout_s: float) -> bool:
    outcomes: list[bool] = []
    settings = {"bootstrap.servers": str(bootstrap), "message.timeout.ms": int(timeout_s * 1000), "log_level": 0}
    producer = Producer(settings)
    producer.produce(topic, value=b"x", on_delivery=lambda error, _: outcomes.append(error is None))
    producer.flush(timeout_s + 2)
    return outcomes == [True]


def record_count(bootstrap: object, topic: str) -> int:
    reader = Consumer({"bootstrap.servers": str(bootstrap), "group.id": "count", "log_level": 0})
    low, high = reader.get_watermark_offsets(TopicPartition(topic, 0), 10)
    reader.close()
    return high - low


def schema_ids(registry_url: object) -> dict[str, int | None]:
    registry = Registry(str(registry_url))
    return {
        topic: registry.lookup(subject_of(topic), registry.versions(subject_of(topic))[-1])
        for topic in load_schemas(Settings().schemas_dir)
    }


def test_a_second_up_on_the_same_folder_finds_all_data_again(up):
    up.start("--no-roles")
    first = up.run
    assert delivered(first["bootstrap"], TOPIC, 10)
    ids = schema_ids(first["registry_url"])
    exit_code, seconds = up.stop()
    assert (exit_code, seconds < 10) == (0, True)

    up.start("--no-roles")
    again = up.run
    assert (again["bootstrap"], again["key_id"]) == (first["bootstrap"], first["key_id"])
    assert (record_count(again["bootstrap"], TOPIC), schema_ids(again["registry_url"])) == (1, ids)


def test_ctrl_c_while_it_starts_stops_everything(up):
    with up.output.open("wb") as file:
        up.process = subprocess.Popen([*WARDLINE, "up", "--data", str(up.data_dir), "--no-roles"], stdout=file)
    await_true(lambda: "starting Kafka" in up.said(), 30, up.said)
    children = psutil.Process(up.process.pid).children(recursive=True)
    exit_code, seconds = up.stop(signal.SIGINT)
    assert (exit_code, seconds < 10, [c for c in children if is_alive(c)]) == (0, True, [])


def is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_a_killed_broker_is_started_again_and_that_is_said(shared_up):
    shared_up.child("kafka.Kafka").kill()
    await_true(lambda: "kafka: was ended by SIGKILL; starts again in 0.5 s" in shared_up.said(), 10, shared_up.said)
    assert delivered(shared_up.run["bootstrap"], TOPIC, 30)


def test_ids_answered_before_the_registry_was_killed_are_still_theirs(shared_up):
    registry = Registry(str(shared_up.run["registry_url"]))
    texts = [f'{{"type":"record","name":"R{n}","fields":[]}}' for n in range(30)]
    ids = [registry.register(f"kill-{n}-value", text) for n, text in enumerate(texts)]
    shared_up.child("quarkus-run.jar").kill()
    await_true(lambda: "registry: started again" in shared_up.said(), 20, shared_up.said)
    await_true(lambda: answers(registry), 60, shared_up.said)
    assert [registry.lookup(f"kill-{n}-value", text) for n, text in enumerate(texts)] == ids


def answers(registry: Registry) -> bool:
    try:
        return bool(registry.compatibility())
    except Exception:
        return False


def test_a_frozen_broker_does_not_hold_up_the_stop(up):
    up.start("--no-roles")
    up.child("kafka.Kafka").suspend()
    exit_code, seconds = up.stop()
    assert (exit_code, seconds < 10) == (0, True)


def test_the_children_end_when_the_launcher_is_killed(up):
    up.start("--no-roles")
    children = psutil.Process(up.process.pid).children(recursive=True)
    up.process.kill()
    up.process.wait(10)
    _, alive = psutil.wait_procs(children, 15)
    assert (len(children), alive) == (2, [])


def test_a_second_launcher_on_the_folder_is_refused_with_the_pid_of_the_first(shared_up):
    second = wardline("up", "--data", str(shared_up.data_dir), "--no-roles")
    assert second.returncode == 5
    assert f"in use by process {shared_up.process.pid}" in second.stderr


def test_a_folder_of_another_cluster_is_refused(tmp_path, platform):
    write_run(tmp_path, {"cluster_id": "another"})
    existing = ("--bootstrap", platform.bootstrap, "--registry", platform.registry_url)
    refused = wardline("up", "--data", str(tmp_path), "--no-roles", *existing)
    assert (refused.returncode, "another Kafka cluster" in refused.stderr) == (5, True)


def raw_record(settings: Settings, key_id: str) -> Record:
    """A raw record that says nothing but its key_id."""
    fields = filled(load_schemas(settings.schemas_dir)[topics.RAW])["fields"]
    return {f["name"]: b"" if f["type"] == "bytes" else f["default"] for f in fields} | {"key_id": key_id}


def test_the_secret_under_which_a_cluster_holds_records_is_found(tmp_path, platform, own_kafka):
    settings = replace(platform.settings(tmp_path), bootstrap=own_kafka.bootstrap)
    own_kafka.create_topic(topics.RAW, partitions=4)
    before = declare.recorded_key_id(settings)
    codec = Codec.connect(Registry(settings.registry_url), settings.schemas_dir)
    producer = Producer({"bootstrap.servers": settings.bootstrap})
    producer.produce(topics.RAW, value=codec.encode(topics.RAW, raw_record(settings, "0badc0de")), partition=3)
    producer.flush(10)
    assert (before, declare.recorded_key_id(settings)) == (None, "0badc0de")


def test_an_existing_cluster_is_used_when_given(up, platform):
    up.start("--no-roles", "--bootstrap", platform.bootstrap, "--registry", platform.registry_url)
    assert up.run["bootstrap"] == platform.bootstrap
    assert psutil.Process(up.process.pid).children() == []


def test_an_existing_cluster_that_does_not_answer_ends_with_4(tmp_path, platform):
    given = ("--bootstrap", "127.0.0.1:1", "--registry", platform.registry_url)
    assert wardline("up", "--data", str(tmp_path / "d"), "--no-roles", *given).returncode == 4


def test_doctor_finds_nothing_wrong_with_a_fresh_platform(shared_up):
    shown = wardline("doctor", "--json", "--data", str(shared_up.data_dir))
    failed = [check for check in json.loads(shown.stdout)["checks"] if check["state"] == "fail"]
    assert (shown.returncode, failed) == (0, [])


def test_doctor_says_which_topic_drifted_and_how_to_mend_it(shared_up):
    admin = AdminClient({"bootstrap.servers": str(shared_up.run["bootstrap"])})
    admin.delete_topics([TOPIC])[TOPIC].result(10)
    await_true(lambda: TOPIC not in admin.list_topics(timeout=5).topics, 10, shared_up.said)
    shown = wardline("doctor", "--data", str(shared_up.data_dir))
    declare.declare_topics(Settings.load(shared_up.data_dir))
    assert shown.returncode == 10
    assert f"first {TOPIC}" in shown.stdout
    assert "wardline topics apply" in shown.stdout


def test_a_frozen_broker_confirms_nothing_until_it_is_thawed(own_kafka):
    own_kafka.create_topic("t")
    own_kafka.freeze()
    frozen = delivered(own_kafka.bootstrap, "t", 2)
    own_kafka.thaw()
    assert (frozen, delivered(own_kafka.bootstrap, "t", 15)) == (False, True)


def test_a_killed_broker_comes_back_with_its_topics(own_kafka):
    own_kafka.create_topic("t")
    own_kafka.kill()
    own_kafka.start()
    assert delivered(own_kafka.bootstrap, "t", 15)


def test_nothing_of_the_platform_listens_beyond_loopback(shared_up):
    pids = {c.pid for c in psutil.Process(shared_up.process.pid).children(recursive=True)} | {os.getpid()}
    listening = [c for c in psutil.net_connections("inet") if c.pid in pids and c.status == psutil.CONN_LISTEN]
    addresses = {c.laddr.ip.removeprefix("::ffff:") for c in listening}
    assert (len(listening) >= 4, addresses) == (True, {"127.0.0.1"})


def test_a_registry_that_lost_its_schemas_is_refused_before_it_gives_their_ids_away(platform, tmp_path: Path) -> None:
    settings = platform.settings(tmp_path)
    known = declare.declare_schemas(settings)
    declare.same_ids(known, settings)
    with pytest.raises(PlatformError) as refusal:
        declare.same_ids({**known, "999999": "a digest"}, settings)
    assert refusal.value.code == 5
