"""Reads committed records of the catalogue's topics from the positions that the store knows; no consumer group."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from processors.envelope import Position
from streams.catalog import BrokerUnreachable
from streams.codec import Codec, CodecError, SchemaMissing
from streams.sinks.rows import Consumed, Unreadable
from streams.sinks.store import Positions

ANSWER_TIMEOUT_S = 10.0
#: A batch closes at this many records or bytes, or this long after its first record.
BATCH_RECORDS = 500
BATCH_BYTES = 8 * 1024 * 1024
GATHER_S = 0.05
IDLE_S = 0.2
#: Greater than every topic's max_bytes with its batch margin.
_FETCH_BYTES = 16 * 1024 * 1024
_QUEUE_KIB = 32 * 1024
_PASSING = frozenset({KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT, KafkaError._RESOLVE})


class PositionsRefused(Exception):
    """What the store has read and what the log holds do not fit together."""


class TopicsMissing(Exception):
    """The cluster lacks topics of the catalogue."""


@dataclass(slots=True)
class Batch:
    """Records of any partitions, in order within each, and up to where a partition was read to its present end."""

    records: list[Consumed | Unreadable] = field(default_factory=list)
    ends: Positions = field(default_factory=dict)


class Source:
    """One consumer with manual assignment; not for use by several threads."""

    def __init__(self, bootstrap: str, codec: Codec, topics: tuple[str, ...]) -> None:
        self._codec = codec
        self._topics = topics
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "wardline-sink",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "error",
                "enable.partition.eof": True,
                "fetch.message.max.bytes": _FETCH_BYTES,
                "fetch.max.bytes": 2 * _FETCH_BYTES,
                "receive.message.max.bytes": 3 * _FETCH_BYTES,
                "queued.max.messages.kbytes": _QUEUE_KIB,
                "fetch.wait.max.ms": 100,
                "log_level": 3,
            }
        )

    def start(self, positions: Positions, accept_gap: bool = False) -> Positions:
        """Read on from here; returns the first offset of each partition.

        Raises BrokerUnreachable, TopicsMissing, and PositionsRefused where records expired unread (unless accepted).
        """
        try:
            starts = {
                TopicPartition(topic, n): self._start(TopicPartition(topic, n), positions.get((topic, n)), accept_gap)
                for topic, partitions in self._partitions().items()
                for n in partitions
            }
        except KafkaException as why:
            raise BrokerUnreachable(why.args[0].str()) from why
        self._consumer.assign([TopicPartition(p.topic, p.partition, offset) for p, offset in starts.items()])
        return {(p.topic, p.partition): max(offset, 0) for p, offset in starts.items()}

    def read(self) -> Batch:
        """The next records, or none after an idle window. Raises KafkaException, SchemaMissing, RegistryUnreachable."""
        batch = Batch()
        size = self._take(batch, self._consumer.consume(1, IDLE_S))
        closes_at = time.monotonic() + GATHER_S
        while batch.records and len(batch.records) < BATCH_RECORDS and size < BATCH_BYTES:
            left_s = closes_at - time.monotonic()
            if left_s <= 0:
                break
            size += self._take(batch, self._consumer.consume(min(50, BATCH_RECORDS - len(batch.records)), left_s))
        return batch

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()

    def _partitions(self) -> dict[str, list[int]]:
        known = self._consumer.list_topics(timeout=ANSWER_TIMEOUT_S).topics
        missing = [topic for topic in self._topics if topic not in known]
        if missing:
            raise TopicsMissing(", ".join(missing))
        return {topic: sorted(known[topic].partitions) for topic in self._topics}

    def _start(self, place: TopicPartition, known: int | None, accept_gap: bool) -> int:
        if known is None:
            return OFFSET_BEGINNING
        low, high = self._consumer.get_watermark_offsets(place, ANSWER_TIMEOUT_S)
        where = f"{place.topic}/{place.partition}"
        if known > high:
            raise PositionsRefused(f"{where} ends at {high}, the store has read up to {known}: another cluster?")
        if known < low and not accept_gap:
            raise PositionsRefused(f"{where} begins at {low}, the store has read up to {known}: some expired unread")
        return max(known, low)

    def _take(self, batch: Batch, messages: list[Message]) -> int:
        size = 0
        for message in messages:
            error = message.error()
            if error is None:
                batch.records.append(read_record(message, self._codec.decode))
                size += len(message.value() or b"")
            elif error.code() == KafkaError._PARTITION_EOF:
                batch.ends[str(message.topic()), int(message.partition() or 0)] = int(message.offset() or 0)
            elif error.code() not in _PASSING:
                raise KafkaException(error)
        return size


def read_record(message: Message, decode: Callable[[bytes], dict[str, object]]) -> Consumed | Unreadable:
    """The record, or what makes it unreadable. Raises SchemaMissing and RegistryUnreachable: no fault of the record."""
    at = Position(str(message.topic()), int(message.partition() or 0), int(message.offset() or 0))
    known_at = int(message.timestamp()[1]) * 1_000
    try:
        return Consumed(at, known_at, decode(message.value() or b""))
    except SchemaMissing:
        raise
    except CodecError as why:
        return Unreadable(at, known_at, str(why))
