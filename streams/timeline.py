"""What the topics hold of some patients, for one who asks why: timeline and evaluations, committed records only."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from confluent_kafka import Message

from processors import topics
from processors.envelope import Record
from streams.codec import CodecError, SchemaMissing
from streams.parts import Parts
from streams.reader import read_topic

Reader = Callable[[str, str], Iterator[Message]]


@dataclass(frozen=True, slots=True)
class Stored:
    """One record and where it stands."""

    partition: int
    offset: int
    value: Record


def timeline_of(parts: Parts, keys: frozenset[str], read: Reader = read_topic) -> dict[str, list[Stored]]:
    """Patient key -> the patient's timeline, in order.

    Raises KafkaException, TimeoutError, SchemaMissing.
    """
    found: dict[str, list[Stored]] = {key: [] for key in sorted(keys)}
    for key, stored in _records(parts, topics.TIMELINE, keys, read):
        found[key].append(stored)
    return found


def evaluations_of(parts: Parts, keys: frozenset[str], read: Reader = read_topic) -> dict[str, Record]:
    """Event id -> the evaluation, of these patients; as far back as the topic is kept.

    Raises KafkaException, TimeoutError, SchemaMissing.
    """
    return {one.value["event_id"]: one.value for _, one in _records(parts, topics.EVALUATION, keys, read)}


def _records(parts: Parts, topic: str, keys: frozenset[str], read: Reader) -> Iterator[tuple[str, Stored]]:
    wanted = {key.encode(): key for key in keys}
    for message in read(parts.settings.bootstrap, topic):
        key = wanted.get(message.key() or b"")
        if key is None:
            continue
        try:
            value = parts.codec.decode(message.value() or b"")
        except SchemaMissing:
            raise
        except CodecError:
            continue
        yield key, Stored(message.partition() or 0, message.offset() or 0, value)
