"""The sink's loop, what it tells about itself, and how records are read."""

import json
import threading
import urllib.request
from collections.abc import Iterator

import pytest
from read_side import SCHEMAS, Log, blank

from processors import topics
from processors.envelope import Position
from streams.codec import Codec, SchemaMissing
from streams.sinks.rows import Consumed, Unreadable
from streams.sinks.sink import STUCK_AFTER_S, Progress, run
from streams.sinks.source import Batch, read_record
from streams.sinks.store import Positions
from streams.sinks.web import Web

CODEC = Codec(SCHEMAS, {topic: number for number, topic in enumerate(SCHEMAS, 1)})
PLACE = (topics.TASK, 0)


class GivenBatches:
    """A source that gives these batches and then says stop."""

    def __init__(self, batches: list[Batch], stop: threading.Event) -> None:
        self.left = iter(batches)
        self.stop = stop

    def read(self) -> Batch:
        batch = next(self.left, None)
        if batch is None:
            self.stop.set()
        return batch or Batch()


class KeptBatches:
    """A store that keeps what it is given."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, Positions]] = []

    def apply(self, batch: list[Consumed | Unreadable], ends: Positions) -> int:
        self.batches.append((len(batch), ends))
        return len(batch)


class Clock:
    """A clock that stands where it is put, in seconds."""

    def __init__(self, now_s: float = 1000.0) -> None:
        self.now_s = now_s

    def __call__(self) -> int:
        return int(self.now_s * 1e6)


def carried(batches: list[Batch], progress: Progress) -> KeptBatches:
    stop, store = threading.Event(), KeptBatches()
    run(GivenBatches(batches, stop), store, progress, stop)
    return store


def test_every_batch_is_written_and_idle_windows_are_not() -> None:
    record = Log().add(topics.TASK)
    store = carried([Batch([record]), Batch(), Batch([], {PLACE: 2})], Progress())
    assert store.batches == [(1, {}), (0, {PLACE: 2})]


def test_lag_is_the_age_of_the_newest_record_written_until_the_end_is_reached() -> None:
    clock = Clock()
    progress = Progress(clock)
    record = Consumed(Position(topics.TASK, 0, 0), int(990e6), blank(topics.TASK))
    carried([Batch([record])], progress)
    assert progress.lag_s() == 10.0
    carried([Batch([], {PLACE: 1})], progress)
    assert progress.lag_s() == 0.0


def test_a_sink_that_is_behind_and_writes_nothing_is_unhealthy() -> None:
    clock = Clock()
    progress = Progress(clock)
    carried([Batch([Log().add(topics.TASK)])], progress)
    clock.now_s += STUCK_AFTER_S + 1
    assert progress.health()[0] is False


def test_a_sink_that_has_read_all_is_healthy_however_long_nothing_comes() -> None:
    clock = Clock()
    progress = Progress(clock)
    clock.now_s += 10 * STUCK_AFTER_S
    assert progress.health()[0] is True


class GivenMessage:
    """The part of a Kafka message that is read."""

    def __init__(self, value: bytes | None) -> None:
        self._value = value

    def topic(self) -> str:
        return topics.TASK

    def partition(self) -> int:
        return 2

    def offset(self) -> int:
        return 7

    def timestamp(self) -> tuple[int, int]:
        return (2, 1_790_000_000_123)

    def value(self) -> bytes | None:
        return self._value


def test_a_record_is_known_from_the_time_at_which_kafka_appended_it() -> None:
    record = read_record(GivenMessage(CODEC.encode(topics.TASK, blank(topics.TASK, task_id="t"))), CODEC.decode)
    assert isinstance(record, Consumed)
    assert (record.at, record.known_at) == (Position(topics.TASK, 2, 7), 1_790_000_000_123_000)
    assert record.value["task_id"] == "t"


@pytest.mark.parametrize("value", [b"", b"plain text", None])
def test_bytes_that_are_no_record_of_ours_are_unreadable(value: bytes | None) -> None:
    assert isinstance(read_record(GivenMessage(value), CODEC.decode), Unreadable)


def test_a_schema_that_is_not_known_here_stops_the_sink() -> None:
    with pytest.raises(SchemaMissing):
        read_record(GivenMessage(b"\x00\x00\x00\x03\xe7rest"), CODEC.decode)


@pytest.fixture
def web() -> Iterator[Web]:
    progress = Progress()
    served = Web(0, progress.health, progress.registry)
    yield served
    served.close()


def test_health_and_metrics_are_served_on_loopback(web: Web) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{web.port}/healthz", timeout=5) as answer:
        assert json.load(answer)["ok"] is True
    with urllib.request.urlopen(f"http://127.0.0.1:{web.port}/metrics", timeout=5) as answer:
        assert b"wardline_sink_lag_seconds 0.0" in answer.read()
