"""The second-crash rule on a real broker: a record that crashes the step is set aside, the others go on."""

import time
from pathlib import Path

import chained
import faults
import pytest
from confluent_kafka import Producer
from conftest import Broker

from processors import topics
from streams.reader import read_topic

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(180)]
EVENTS = 200


@pytest.fixture
def run(own_kafka: Broker, tmp_path: Path):
    run = faults.Run(own_kafka.bootstrap, tmp_path / "workers", EVENTS)
    run.prepare()
    yield run
    for worker in run.workers:
        if worker.process is not None and worker.process.poll() is None:
            worker.kill()


def produce(run: faults.Run, extra: bytes) -> None:
    codec = chained.codec()
    producer = Producer({"bootstrap.servers": run.bootstrap, "partitioner": "murmur2_random"})
    for number in range(EVENTS):
        key = f"k{number % 10}"
        value = extra if number == 100 else codec.encode(chained.INBOX, faults.event(number, key))
        producer.produce(chained.INBOX, key=key.encode(), value=value)
    assert producer.flush(30) == 0


def letters(run: faults.Run) -> list[dict[str, object]]:
    codec = chained.codec()
    found = [codec.decode(m.value() or b"") for m in read_topic(run.bootstrap, topics.DEAD_LETTER)]
    return [letter for letter in found if letter["reason"] == "defect"]


def test_a_record_that_crashes_the_step_twice_is_a_dead_letter_and_the_others_go_on(run):
    produce(run, chained.codec().encode(chained.INBOX, faults.event(100, "k0", chained.POISON)))
    worker = run.add("a")
    run.until(EVENTS)
    [letter] = letters(run)
    assert letter["error_class"] == "ZeroDivisionError"
    assert "chained.py" in letter["path"]
    assert "a defect of the step" not in str(letter["detail"])
    assert worker.exits == [72]
    outputs = list(read_topic(run.bootstrap, chained.OUT))
    rejected = sum(str(number).endswith("07") for number in range(EVENTS))
    assert len(outputs) == EVENTS - 1 - rejected


def test_bytes_that_are_no_record_of_ours_are_a_dead_letter_at_once(run):
    produce(run, b"\x00\x00\x00\x00\x01 nonsense")
    worker = run.add("a")
    run.until(EVENTS)
    [letter] = letters(run)
    assert letter["payload"] == b"\x00\x00\x00\x00\x01 nonsense"
    assert worker.exits == []


def test_a_stage_stops_rather_than_guess_when_a_schema_is_unknown(run):
    produce(run, b"\x00\x00\x00\xff\xff body")
    worker = run.add("a")
    deadline = time.monotonic() + 60
    while not worker.exits and time.monotonic() < deadline:
        worker.keep_alive()
        time.sleep(0.2)
    assert worker.exits[0] == 72
    assert letters(run) == []
