"""What the topics hold of some patients, decided again for one who asks why; committed records only."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from confluent_kafka import Message

from processors import topics
from processors.envelope import Record
from processors.records.why_not import Recomputed, recompute
from processors.rules.compiled import RuleSet
from streams.codec import CodecError, SchemaMissing
from streams.parts import Parts
from streams.reader import read_topic
from streams.sinks.why_not import Switches

Reader = Callable[[str, str], Iterator[Message]]


@dataclass(frozen=True, slots=True)
class _Stored:
    """One record and where it stands."""

    partition: int
    offset: int
    value: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One rule and some patients."""

    rules: RuleSet
    rule_id: str
    keys: frozenset[str]
    switches: Switches


@dataclass(frozen=True, slots=True)
class Found:
    """What the rule answers now, the evaluations that were recorded, and how many events were decided again."""

    recomputed: Recomputed
    evaluations: dict[str, Record]
    events: int


def decide_again(parts: Parts, question: Question, read: Reader = read_topic) -> Found:
    """Read the patients' timelines and decide them from their beginning, each event under the switches of its place.

    Raises KafkaException, TimeoutError, SchemaMissing.
    """
    timelines = _timelines(parts, question.keys, read)
    whole = Recomputed()
    for stored in timelines.values():
        events = [(one.value, question.switches.at(one.partition, one.offset)) for one in stored]
        whole.add(recompute(question.rules, parts.keyring, question.rule_id, events))
    evaluations = {
        one.value["event_id"]: one.value for _, one in _records(parts, topics.EVALUATION, question.keys, read)
    }
    return Found(whole, evaluations, sum(map(len, timelines.values())))


def _timelines(parts: Parts, keys: frozenset[str], read: Reader) -> dict[str, list[_Stored]]:
    found: dict[str, list[_Stored]] = {key: [] for key in sorted(keys)}
    for key, stored in _records(parts, topics.TIMELINE, keys, read):
        found[key].append(stored)
    return found


def _records(parts: Parts, topic: str, keys: frozenset[str], read: Reader) -> Iterator[tuple[str, _Stored]]:
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
        yield key, _Stored(message.partition() or 0, message.offset() or 0, value)
