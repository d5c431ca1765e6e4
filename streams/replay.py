"""Recomputes stages from their recorded inbox and compares with what they wrote: same in, same out."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from confluent_kafka import Message

from processors import topics
from processors.envelope import VERSION, Emit, Record
from processors.errors import Reason
from processors.records.memory import MemoryStage
from streams.clock import now_us
from streams.codec import CodecError, SchemaMissing
from streams.control import Effective
from streams.parts import Parts
from streams.reader import read_topic
from streams.stage import StageDefinition

OUTPUTS = {
    "normalize": (topics.TIMELINE, topics.MESSAGE, topics.DEAD_LETTER),
    "project": (*topics.CANONICAL, topics.DEAD_LETTER),
    "decide": (topics.DECISION, topics.EVALUATION, topics.COMMAND, topics.TIMELINE, topics.DEAD_LETTER),
    "tasks": (topics.TASK, topics.TASK_EVENT, topics.TIMELINE, topics.DEAD_LETTER),
}
"""What each stage writes beside timers to itself."""
_EXAMPLES = 5
Reader = Callable[[str, str], Iterator[Message]]
"""Bootstrap servers and topic to its records, each partition in order."""


@dataclass(slots=True)
class Definitions:
    """A StageHost that only takes note."""

    parts: Parts
    found: list[tuple[StageDefinition, dict[str, str]]] = field(default_factory=list)

    def stage(self, definition: StageDefinition, digests: dict[str, str] | None = None) -> None:
        """Take note of the definition."""
        self.found.append((definition, digests or {}))


@dataclass(slots=True)
class StageVerdict:
    """How one stage's recorded outputs compare with the recomputed ones; ids, never values."""

    stage: str
    inputs: int = 0
    outputs: int = 0
    missing: list[str] = field(default_factory=list)
    surplus: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    other_settings: list[str] = field(default_factory=list)
    rows: dict[str, bytes] = field(default_factory=dict)
    """The last row of each `partition/key`."""

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.missing or self.surplus or self.different or self.doubled)

    def summary(self) -> Record:
        """Counts, and the first few ids of each kind of difference."""
        kinds = ("missing", "surplus", "different", "doubled", "other_settings")
        counts = {kind: len(getattr(self, kind)) for kind in kinds}
        examples = {kind: getattr(self, kind)[:_EXAMPLES] for kind in kinds if getattr(self, kind)}
        return {"stage": self.stage, "inputs": self.inputs, "outputs": self.outputs, **counts, "examples": examples}


def verify(
    definition: StageDefinition, digests: dict[str, str], parts: Parts, read: Reader = read_topic
) -> StageVerdict:
    """Recompute one stage over its whole recorded inbox, under its recorded epochs; compare each output's digest.

    What was set aside as a defect is a recorded fact like an epoch: it is not decided again.
    """
    recording = _Recording(definition.name, parts, read)
    verdict = StageVerdict(definition.name)
    wanted = _recompute(definition, digests, recording, verdict)
    for topic in OUTPUTS[definition.name]:
        _compare(topic, wanted[topic], recording, verdict)
    return verdict


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One recomputed output."""

    digest: bytes
    key: str
    received_at: int


@dataclass(frozen=True, slots=True)
class _Recording:
    """What a stage read and wrote, as the topics hold it now."""

    stage: str
    parts: Parts
    read: Reader

    def records(self, topic: str) -> Iterator[Record]:
        """All records of a topic that somebody could read when they were written."""
        return (self.decode(message) for message in self.read(self.parts.settings.bootstrap, topic))

    def decode(self, message: Message) -> Record:
        """Raises CodecError."""
        return self.parts.codec.decode(message.value() or b"")

    def digest(self, topic: str, value: Record) -> bytes:
        """Of the Avro body: ids of schemas differ between registries."""
        return hashlib.sha256(self.parts.codec.body(topic, value)).digest()

    def epochs(self) -> dict[int, list[tuple[int, Effective]]]:
        """Per partition, in order: from which offset on which set was in force."""
        found: dict[int, list[tuple[int, Effective]]] = defaultdict(list)
        for value in self.records(topics.EPOCH):
            if value["stage"] == self.stage:
                digests = tuple(sorted(value["digests"].items()))
                effective = Effective(value["code_version"], digests, frozenset(value["disabled"]))
                found[value["partition"]].append((value["from_offset"], effective))
        return {partition: sorted(epochs, key=lambda pair: pair[0]) for partition, epochs in found.items()}

    def set_aside(self) -> set[tuple[int, int]]:
        """Partition and offset of the records that the stage crashed on, or that were none of ours."""
        letters = self.records(topics.DEAD_LETTER)
        return {(one["partition"], one["offset"]) for one in letters if self.is_defect(one)}

    def is_defect(self, letter: Record) -> bool:
        """Not recomputed: why the process died is not in the record."""
        return (letter["stage"], letter["reason"]) == (self.stage, Reason.DEFECT.value)

    def may_be_gone(self, topic: str, one: _Wanted) -> bool:
        """The topic's retention may have removed the record since."""
        kept_us = self.parts.catalog.topics[topic].retention_ms * 1000
        return 0 <= kept_us < now_us() - one.received_at


def _recompute(
    definition: StageDefinition, digests: dict[str, str], recording: _Recording, verdict: StageVerdict
) -> dict[str, dict[str, _Wanted]]:
    epochs, set_aside = recording.epochs(), recording.set_aside()
    ours = tuple(sorted(digests.items()))
    stages: dict[int, MemoryStage] = {}
    wanted: dict[str, dict[str, _Wanted]] = defaultdict(dict)
    for message in recording.read(recording.parts.settings.bootstrap, definition.inbox):
        partition, offset = message.partition() or 0, message.offset() or 0
        if partition not in stages:
            step = definition.make(Effective(VERSION, ours, frozenset()))
            stages[partition] = MemoryStage(definition.inbox, step, definition.refused, partition)
        stage = stages[partition]
        stage.offset = offset
        for epoch in _begun(epochs.get(partition, []), offset):
            stage.step = definition.make(epoch)
            if epoch.digests != ours:
                verdict.other_settings.append(f"{partition}/{offset}")
        verdict.inputs += 1
        for emit in _decided(stage, message, recording, verdict, (partition, offset) in set_aside):
            one = _Wanted(recording.digest(emit.topic, emit.value), emit.key, emit.value["received_at"])
            wanted[emit.topic][emit.value["event_id"]] = one
    for number, stage in stages.items():
        verdict.rows |= {f"{number}/{key}": row for key, row in stage.rows.rows.items()}
    return wanted


def _begun(epochs: list[tuple[int, Effective]], offset: int) -> Iterator[Effective]:
    """The epochs that begin up to here, taken off the list."""
    while epochs and epochs[0][0] <= offset:
        yield epochs.pop(0)[1]


def _decided(
    stage: MemoryStage, message: Message, recording: _Recording, verdict: StageVerdict, is_set_aside: bool
) -> list[Emit]:
    value = _readable(message, recording)
    if is_set_aside:
        if value is not None:
            stage.pass_over(value)
        return []
    try:
        if value is not None:
            return stage.take(value)
        what = "unreadable"
    except Exception as why:
        stage.rows.drop()
        what = type(why).__name__
    verdict.different.append(f"{stage.partition}/{message.offset()}: {what}")
    return []


def _readable(message: Message, recording: _Recording) -> Record | None:
    try:
        return recording.decode(message)
    except SchemaMissing:
        raise
    except CodecError:
        return None


def _compare(topic: str, wanted: dict[str, _Wanted], recording: _Recording, verdict: StageVerdict) -> None:
    seen: set[str] = set()
    for value in recording.records(topic):
        if value["produced_by"]["component"] != verdict.stage or _is_timer(value):
            continue
        if topic == topics.DEAD_LETTER and recording.is_defect(value):
            continue
        name = value["event_id"]
        verdict.outputs += 1
        if name in seen:
            verdict.doubled.append(name)
        elif name not in wanted:
            verdict.surplus.append(name)
        elif recording.digest(topic, value) != wanted[name].digest:
            verdict.different.append(name)
        seen.add(name)
    expected = _newest(wanted) if recording.parts.catalog.topics[topic].cleanup == "compact" else wanted
    lost = (name for name, one in expected.items() if name not in seen and not recording.may_be_gone(topic, one))
    verdict.missing += lost


def _newest(wanted: dict[str, _Wanted]) -> dict[str, _Wanted]:
    """What a compacted topic must still hold: the last record of each key."""
    last = {one.key: name for name, one in wanted.items()}
    return {name: wanted[name] for name in last.values()}


def _is_timer(value: Record) -> bool:
    """A timer that the stage wrote to itself; one sent on to another patient is an output like any other."""
    due: Record = value.get("due") or {}
    return bool(due) and bool(due["due_id"] == value["event_id"])
