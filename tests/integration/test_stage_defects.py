"""The second-crash rule on a real broker: a record that crashes the step is set aside, the others go on."""

import time
from pathlib import Path

import awkward
import chained
import faults
import pytest
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient
from conftest import Broker, wait_until

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


def awkward_worker(run: faults.Run, bundle: str) -> faults.Worker:
    """Fed with one awkward record, and others before and behind it in all partitions whose timers never fire."""
    codec = chained.codec()
    producer = Producer({"bootstrap.servers": run.bootstrap, "partitioner": "murmur2_random"})
    for number in range(EVENTS):
        key = f"k{number % 10}"
        value = faults.event(number, key, bundle if number == 100 else str(1 << 60))
        producer.produce(chained.INBOX, key=key.encode(), value=codec.encode(chained.INBOX, value))
    assert producer.flush(30) == 0
    worker = faults.Worker(run.bootstrap, run.folder / "a", "a", program=awkward.__file__)
    worker.start()
    run.workers.append(worker)
    return worker


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


def test_a_record_that_kills_the_process_is_set_aside_alone(run):
    worker = awkward_worker(run, "kill")
    run.until(EVENTS)
    [letter] = letters(run)
    assert letter["detail"] == "the process died within it"
    assert set(worker.exits) == {-9}
    assert len(list(read_topic(run.bootstrap, chained.OUT))) == EVENTS - 1


def test_a_record_that_makes_a_row_above_the_limit_is_a_dead_letter(run):
    worker = awkward_worker(run, "huge")
    run.until(EVENTS)
    [letter] = letters(run)
    assert letter["error_class"] == "OutputTooLarge"
    assert worker.exits == [72]


def is_forgotten(run: faults.Run) -> bool:
    """The broker has been made to forget the group, which it refuses while it takes a member for alive."""
    admin = AdminClient({"bootstrap.servers": run.bootstrap})
    try:
        admin.delete_consumer_groups([faults.GROUP])[faults.GROUP].result(30)
    except KafkaException:
        return False
    return True


def test_records_are_not_decided_again_when_the_broker_has_forgotten_the_offsets_of_the_group(run):
    worker = awkward_worker(run, str(1 << 60))
    run.until(EVENTS)
    assert worker.stop() == 0
    wait_until(lambda: is_forgotten(run), timeout_s=30)
    worker.start()
    time.sleep(10)
    assert len(list(read_topic(run.bootstrap, chained.OUT))) == EVENTS
