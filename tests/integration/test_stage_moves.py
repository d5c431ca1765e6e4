"""What a worker may still write when its partitions have moved to another while it was frozen: nothing."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import awkward
import chained
import faults
import pytest
from confluent_kafka import Producer
from conftest import Broker, wait_until

from streams.clock import now_us
from streams.reader import read_topic

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(180)]
EVENTS = 40


@pytest.fixture
def run(own_kafka: Broker, tmp_path: Path) -> Iterator[faults.Run]:
    run = faults.Run(own_kafka.bootstrap, tmp_path / "workers", EVENTS)
    run.prepare()
    yield run
    for worker in run.workers:
        if worker.process is not None and worker.process.poll() is None:
            worker.kill()


def add(run: faults.Run, instance: str) -> faults.Worker:
    worker = faults.Worker(run.bootstrap, run.folder / instance, instance, program=awkward.__file__)
    worker.start()
    run.workers.append(worker)
    return worker


def produce(run: faults.Run, due_at: int) -> None:
    codec = chained.codec()
    producer = Producer({"bootstrap.servers": run.bootstrap, "partitioner": "murmur2_random"})
    for number in range(EVENTS):
        key = f"k{number % 10}"
        value = codec.encode(chained.INBOX, faults.event(number, key, str(due_at)))
        producer.produce(chained.INBOX, key=key.encode(), value=value)
    assert producer.flush(30) == 0


def fired(run: faults.Run) -> list[str]:
    values = [chained.codec().decode(m.value() or b"") for m in read_topic(run.bootstrap, chained.INBOX)]
    return [value["event_id"] for value in values if value["kind"] == "due"]


def test_timers_fire_once_when_their_partition_moved_while_the_worker_was_frozen(run: faults.Run) -> None:
    produce(run, now_us() + 12_000_000)
    first = add(run, "a")
    run.until(EVENTS)
    time.sleep(14)
    add(run, "b")
    wait_until(lambda: len(fired(run)) >= EVENTS, timeout_s=60)
    first.send(signal.SIGCONT)
    time.sleep(3)
    assert len(fired(run)) == len(set(fired(run))) == EVENTS
