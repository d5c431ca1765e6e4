"""Recomputes stages from their recorded inbox and compares with what they wrote: same in, same out."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from processors import topics
from processors.envelope import VERSION, Record
from processors.records.memory import MemoryStage
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


def verify(definition: StageDefinition, digests: dict[str, str], parts: Parts) -> StageVerdict:
    """Recompute one stage over its whole recorded inbox, under its recorded epochs; compare each output's bytes."""
    verdict = StageVerdict(definition.name)
    wanted = _recompute(definition, digests, parts, verdict)
    for topic in OUTPUTS[definition.name]:
        _compare(topic, wanted[topic], parts, verdict)
    return verdict


def _recompute(
    definition: StageDefinition, digests: dict[str, str], parts: Parts, verdict: StageVerdict
) -> dict[str, dict[str, bytes]]:
    epochs = _epochs(definition.name, parts)
    stages: dict[int, MemoryStage] = {}
    wanted: dict[str, dict[str, bytes]] = defaultdict(dict)
    inbox = sorted(_records(definition.inbox, parts), key=lambda place: place[:2])
    for partition, offset, value in inbox:
        stage = stages.get(partition)
        if stage is None:
            effective = Effective(VERSION, tuple(sorted(digests.items())), frozenset())
            stage = MemoryStage(definition.inbox, definition.make(effective), definition.refused, partition)
            stages[partition] = stage
        epoch = epochs.get((partition, offset))
        if epoch is not None:
            stage.step = definition.make(epoch)
            if epoch.digests != tuple(sorted(digests.items())):
                verdict.other_settings.append(f"{partition}/{offset}")
        stage.offset = offset
        verdict.inputs += 1
        for emit in stage.take(value):
            wanted[emit.topic][emit.value["event_id"]] = parts.codec.body(emit.topic, emit.value)
    for stage in stages.values():
        verdict.rows |= stage.rows.rows
    return wanted


def _epochs(stage: str, parts: Parts) -> dict[tuple[int, int], Effective]:
    found = {}
    for _, _, value in _records(topics.EPOCH, parts):
        if value["stage"] == stage:
            effective = Effective(
                value["code_version"], tuple(sorted(value["digests"].items())), frozenset(value["disabled"])
            )
            found[(value["partition"], value["from_offset"])] = effective
    return found


def _compare(topic: str, wanted: dict[str, bytes], parts: Parts, verdict: StageVerdict) -> None:
    seen: set[str] = set()
    for _, _, value in _records(topic, parts):
        if value["produced_by"]["component"] != verdict.stage or _is_timer(value):
            continue
        name = value["event_id"]
        verdict.outputs += 1
        if name in seen:
            verdict.doubled.append(name)
        elif name not in wanted:
            verdict.surplus.append(name)
        elif parts.codec.body(topic, value) != wanted[name]:
            verdict.different.append(name)
        seen.add(name)
    verdict.missing += [name for name in wanted if name not in seen]


def _is_timer(value: Record) -> bool:
    return value.get("kind") == "due" or value.get("command") == "due"


def _records(topic: str, parts: Parts) -> Iterator[tuple[int, int, Record]]:
    for message in read_topic(parts.settings.bootstrap, topic):
        yield message.partition() or 0, message.offset() or 0, parts.codec.decode(message.value() or b"")
