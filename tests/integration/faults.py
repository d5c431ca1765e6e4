"""Drives chained.py through the fault table and compares what it left with a pure run over the same input.

usage: faults.py [SCENARIO ...]   prints one row a scenario; docs/adr/0001 holds the table.
"""

import random
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import chained
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from processors import topics
from processors.envelope import NO_SOURCE, Record
from processors.records.memory import MemoryStage
from streams.catalog import apply, load_catalog
from streams.reader import read_topic
from streams.settings import HOME

PARTITIONS = range(4)
GROUP = "wardline-stage-chained"


@dataclass(slots=True)
class Worker:
    """One process of chained.py under a supervisor that starts it again after every end but our own stop."""

    bootstrap: str
    folder: Path
    instance: str
    share: float = 0.0
    program: str = chained.__file__
    process: subprocess.Popen[bytes] | None = None
    exits: list[int] = field(default_factory=list)

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        argv = [sys.executable, self.program, self.bootstrap, str(self.folder), self.instance]
        argv += [str(self.share), str(len(self.exits))]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(argv, stdout=log, stderr=log)

    def keep_alive(self) -> None:
        if self.process is not None and self.process.poll() is not None:
            self.exits.append(self.process.returncode)
            self.start()

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        assert self.process is not None
        self.process.wait(10)

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        return self.process.wait(30)


@dataclass(slots=True)
class Run:
    """One scenario: the input, its workers, and the comparison at the end."""

    bootstrap: str
    folder: Path
    events: int
    workers: list[Worker] = field(default_factory=list)

    def prepare(self) -> None:
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        catalog = load_catalog(HOME / "topics.yaml")
        apply(admin, catalog)
        plain = [NewTopic(t, 4, 1) for t in (chained.INBOX, chained.OUT, chained.MOVED)]
        rows = NewTopic(chained.ROWS, 4, 1, config={"cleanup.policy": "compact"})
        for future in admin.create_topics([*plain, rows]).values():
            future.result(30)

    def produce(self, rate: float = 0.0) -> None:
        """The input: 500 keys, in order, at `rate` events a second (0 = at once)."""
        codec = chained.codec()
        producer = Producer({"bootstrap.servers": self.bootstrap, "partitioner": "murmur2_random", "linger.ms": 5})
        started = time.monotonic()
        for number in range(self.events):
            key = f"k{number * 7919 % 500}"
            producer.produce(chained.INBOX, key=key.encode(), value=codec.encode(chained.INBOX, event(number, key)))
            producer.poll(0)
            if rate and number % 50 == 0:
                time.sleep(max(0.0, started + number / rate - time.monotonic()))
        assert producer.flush(60) == 0

    def add(self, instance: str, share: float = 0.0) -> Worker:
        worker = Worker(self.bootstrap, self.folder / instance, instance, share)
        worker.start()
        self.workers.append(worker)
        return worker

    def committed(self) -> list[int]:
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": GROUP})
        try:
            parts = consumer.committed([TopicPartition(chained.INBOX, p) for p in PARTITIONS], timeout=20)
            return [max(0, part.offset) for part in parts]
        except KafkaException:
            return [0]
        finally:
            consumer.close()

    def until(self, done: int, timeout_s: float = 180.0) -> None:
        """Keep the workers alive until that many events are committed."""
        deadline = time.monotonic() + timeout_s
        while sum(self.committed()) < done:
            assert time.monotonic() < deadline, f"{self.committed()} of {done} after {timeout_s} s: {self.exits()}"
            for worker in self.workers:
                worker.keep_alive()
            time.sleep(0.2)

    def exits(self) -> list[int]:
        return [code for worker in self.workers for code in worker.exits]

    def finish(self) -> "Verdict":
        self.until(self.events)
        for worker in self.workers:
            worker.stop()
        return compare(self.bootstrap)


@dataclass(slots=True)
class Verdict:
    """What differs from the pure run; all zero and empty is exact."""

    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    rows_wrong: int = 0
    outputs: int = 0

    @property
    def exact(self) -> bool:
        return self.outputs > 0 and (self.lost, self.doubled, self.wrong, self.rows_wrong) == (0, 0, 0, 0)


def event(number: int, key: str, bundle: str = "") -> Record:
    """One input record."""
    return {
        "event_id": f"{number:032d}",
        "correlation_id": "",
        "causation_id": "",
        "patient_key": key,
        "occurred_at": "",
        "received_at": 1_700_000_000_000_000 + number,
        "source": NO_SOURCE,
        "produced_by": {"component": "test", "version": ""},
        "key_id": "test",
        "kind": "bundle",
        "fired_at": 0,
        "bundle": bundle or str(number),
        "sources": {},
        "version_time": "reject" if number % 10 == 7 else "",
        "content_ref": None,
        "task_outcome": None,
        "due": None,
        "merge": None,
    }


def compare(bootstrap: str) -> Verdict:
    """Outputs by id and bytes, their order per key, and the last row of each key, against MemoryStage."""
    codec = chained.codec()
    stages = {p: MemoryStage(chained.INBOX, chained.step, chained.refused, p) for p in PARTITIONS}
    wanted: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
    for message in sorted(read_topic(bootstrap, chained.INBOX), key=lambda m: (m.partition(), m.offset())):
        stage = stages[message.partition()]
        stage.offset = message.offset()
        for emit in stage.take(codec.decode(message.value())):
            wanted[emit.topic].append((emit.value["event_id"], codec.body(emit.topic, emit.value)))
    verdict = Verdict()
    for topic in (chained.OUT, chained.MOVED, topics.DEAD_LETTER):
        _compare_topic(bootstrap, topic, wanted[topic], verdict)
    rows: dict[str, bytes | None] = {}
    for message in sorted(read_topic(bootstrap, chained.ROWS), key=lambda m: (m.partition(), m.offset())):
        rows[message.key().decode()] = message.value()
    live = {k: v for k, v in rows.items() if v is not None and not k.startswith("\x00")}
    pure = {k: v for stage in stages.values() for k, v in stage.rows.rows.items()}
    verdict.rows_wrong = sum(live.get(k) != pure.get(k) for k in live.keys() | pure.keys())
    return verdict


def _compare_topic(bootstrap: str, topic: str, wanted: list[tuple[str, bytes]], verdict: Verdict) -> None:
    codec = chained.codec()
    found: dict[str, bytes] = {}
    order: dict[str, int] = {}
    for message in read_topic(bootstrap, topic):
        value = codec.decode(message.value())
        name = value["event_id"]
        verdict.outputs += 1
        verdict.doubled += name in found
        found[name] = message.value()[5:]
        if topic == chained.OUT:
            count = int(value["bundle"].split()[0])
            verdict.wrong += count != order.get(value["patient_key"], 0) + 1
            order[value["patient_key"]] = count
    verdict.lost += sum(name not in found for name, _ in wanted)
    verdict.wrong += sum(name in found and found[name] != body for name, body in wanted)
    verdict.wrong += len(found.keys() - {name for name, _ in wanted})


def control(run: Run, broker: object) -> None:
    run.add("a")
    run.produce()


def kill_random(run: Run, broker: object) -> None:
    worker = run.add("a")
    run.produce(rate=1500)
    for _ in range(10):
        time.sleep(random.uniform(0.2, 2.5))
        worker.kill()
        worker.keep_alive()


def kill_at_commits(run: Run, broker: object) -> None:
    run.add("a", share=0.25)
    run.produce(rate=1500)
    run.until(run.events - 500)
    run.workers[0].stop()
    run.workers[0].share = 0.0
    run.workers[0].start()


def kill_and_wipe(run: Run, broker: object) -> None:
    worker = run.add("a")
    run.produce(rate=2000)
    for _ in range(5):
        time.sleep(random.uniform(1.5, 3.0))
        worker.kill()
        shutil.rmtree(worker.folder / "stages", ignore_errors=True)
        worker.keep_alive()


def terminate(run: Run, broker: object) -> None:
    worker = run.add("a")
    run.produce(rate=3000)
    for _ in range(3):
        time.sleep(2.0)
        assert worker.stop() == 0
        worker.start()


def two_workers_kill_one(run: Run, broker: object) -> None:
    workers = [run.add("a"), run.add("b")]
    run.produce(rate=1500)
    for turn in range(4):
        time.sleep(3.0)
        workers[turn % 2].kill()
        workers[turn % 2].keep_alive()


def frozen_worker(run: Run, broker: object) -> None:
    workers = [run.add("a"), run.add("b")]
    run.produce(rate=1500)
    for turn in range(2):
        time.sleep(3.0)
        workers[turn].send(signal.SIGSTOP)
        time.sleep(13.0)
        workers[turn].send(signal.SIGCONT)


def zombie(run: Run, broker: object) -> None:
    """Frozen in mid-flight; the other finishes; it thaws; all are killed, disks wiped; more events."""
    workers = [run.add("a"), run.add("b")]
    run.produce(rate=3000)
    workers[0].send(signal.SIGSTOP)
    run.until(run.events)
    workers[0].send(signal.SIGCONT)
    time.sleep(3.0)
    for worker in workers:
        if worker.process is not None and worker.process.poll() is None:
            worker.kill()
        shutil.rmtree(worker.folder / "stages", ignore_errors=True)
    run.workers = [workers[1]]
    run.workers[0].start()


def dead_in_transaction(run: Run, broker: object) -> None:
    """Dies with its transaction open and never returns; another worker goes on."""
    first = run.add("a", share=0.9)
    run.produce()
    assert first.process is not None
    first.process.wait(60)
    run.workers = []
    run.add("b")


def broker_frozen(run: Run, broker: object) -> None:
    run.add("a")
    run.produce(rate=2000)
    broker.freeze()  # type: ignore[attr-defined]
    time.sleep(12)
    broker.thaw()  # type: ignore[attr-defined]


SCENARIOS: dict[str, Callable[[Run, object], None]] = {
    scenario.__name__: scenario
    for scenario in (
        control,
        kill_random,
        kill_at_commits,
        kill_and_wipe,
        terminate,
        two_workers_kill_one,
        frozen_worker,
        zombie,
        dead_in_transaction,
        broker_frozen,
    )
}


def run_one(name: str, broker: object, folder: Path, events: int) -> tuple[Verdict, Run, float]:
    """One scenario on a broker that nobody else uses."""
    run = Run(broker.bootstrap, folder, events)  # type: ignore[attr-defined]
    run.prepare()
    started = time.monotonic()
    try:
        SCENARIOS[name](run, broker)
        verdict = run.finish()
    finally:
        for worker in run.workers:
            if worker.process is not None and worker.process.poll() is None:
                worker.kill()
    return verdict, run, time.monotonic() - started


def main() -> None:
    import tempfile

    from conftest import Broker

    from streams.platform import jars

    fetched = jars.fetch(print)
    for name in sys.argv[1:] or SCENARIOS:
        with tempfile.TemporaryDirectory() as folder:
            broker = Broker(Path(folder), fetched.kafka_libs)
            broker.start()
            try:
                verdict, run, seconds = run_one(name, broker, Path(folder), 20_000)
                print(f"{name}: exact={verdict.exact} {verdict} exits={run.exits()} {seconds:.0f} s", flush=True)
            finally:
                broker.stop()


if __name__ == "__main__":
    main()
