"""The stage: one loop that runs a pure step so that outputs, rows, dead letters and offsets commit together.

Form and faults: docs/adr/0001. One thread does it all; rebalance callbacks run inside `consume`, never in mid-batch.
Any failure that is not a record's own ends the process (exit 72); the supervisor starts it again.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

from processors.envelope import Emit, Position, Record, Step
from processors.errors import Reason, Rejection, StateFailure
from processors.records.dead_letter import dead_letter
from streams.codec import Codec, CodecError, SchemaMissing
from streams.control import ControlWatch, Effective
from streams.crash import CrashMemory, defect_of
from streams.parts import Parts
from streams.restore import restore, start_offset
from streams.settings import Settings
from streams.stage_metrics import StageMetrics
from streams.stage_writer import OutputTooLarge, StageWriter, unreadable
from streams.tables import Partition, PartitionRows

_DUE_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class StageDefinition:
    """What a stage is: its one inbox, how its step is made under an effective set, and what refuses a record."""

    name: str
    inbox: str
    make: Callable[[Effective], Step]
    refused: Callable[[Rejection, Record, Position], Iterable[Emit]]
    keeps_rows: bool = True

    @property
    def changelog(self) -> str:
        """Topic of the rows."""
        return f"rows.{self.name}.v1"

    @property
    def group(self) -> str:
        """Consumer group; another than the one of the Faust app that hosts the stage."""
        return f"wardline-stage-{self.name}"


class StageHost(Protocol):
    """What an agent registers its stage with: a Faust worker (`streams.app`), or a replay (`streams.replay`)."""

    @property
    def parts(self) -> Parts:
        """What the process works with."""

    def stage(self, definition: StageDefinition, digests: dict[str, str] | None = None) -> None:
        """Take the definition; `digests`: setting -> digest of what the step is made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageParts:
    """What a stage works with."""

    settings: Settings
    codec: Codec
    control: ControlWatch
    metrics: StageMetrics
    limits: Mapping[str, int]
    """Topic -> greatest size of a value, bytes."""
    key_id: str
    clock: Callable[[], int]


@dataclass(slots=True)
class _Open:
    """One assigned partition."""

    rows: PartitionRows
    disk: Partition


@dataclass(slots=True)
class Stage:
    """Runs a definition until `halt` is set. `ready` is set once rows are restored."""

    definition: StageDefinition
    parts: StageParts
    halt: threading.Event = field(default_factory=threading.Event)
    ready: threading.Event = field(default_factory=threading.Event)
    _open: dict[int, _Open] = field(default_factory=dict)
    _effective: Effective | None = None
    _step: Step | None = None
    _membership: object = None
    """Of the group generation in which the open partitions were assigned."""

    @property
    def folder(self) -> Path:
        """Where this instance keeps its rows."""
        return self.parts.settings.data_dir / "stages" / f"{self.definition.name}-{self.parts.settings.instance}"

    def run(self) -> None:
        """The loop. Returns when halted; raises on anything that must end the process."""
        crashes = CrashMemory(self.folder / "crash.json")
        try:
            self._run(crashes)
        finally:
            crashes.ends()

    def _run(self, crashes: CrashMemory) -> None:
        self.parts.control.start()
        producer = self._producer()
        producer.init_transactions(60)
        consumer = self._consumer()
        writer = StageWriter(producer, self.definition, self.parts)
        consumer.subscribe(
            [self.definition.inbox], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked
        )
        while not self.halt.is_set():
            self.parts.control.poll()
            self._refresh()
            self._fire(writer, crashes)
            for chunk in self._batch(consumer, crashes):
                self._decide(chunk, writer, crashes)
            self.parts.metrics.lag(consumer, self.parts.clock())
        consumer.close()
        self._close()

    def _batch(self, consumer: Consumer, crashes: CrashMemory) -> Iterator[list[Message]]:
        """What has come: waits for the first record, then a little for more; split by size, and suspects alone."""
        settings = self.parts.settings
        first = _good(consumer.consume(1, settings.idle_window_s))
        if not first or self.halt.is_set():
            return
        batch = first + _good(consumer.consume(settings.batch_records - 1, settings.batch_window_s))
        chunk: list[Message] = []
        size = 0
        for message in batch:
            alone = crashes.is_suspect(self._place(message))
            if chunk and (alone or size >= settings.batch_bytes):
                yield chunk
                chunk, size = [], 0
            chunk.append(message)
            size = settings.batch_bytes if alone else size + len(message.value() or b"")
        if chunk:
            yield chunk

    def _place(self, message: Message) -> Position:
        return Position(self.definition.inbox, message.partition() or 0, message.offset() or 0)

    def _is_next(self, at: Position) -> bool:
        """Not so after a rebalance between two reads: the partition is gone, or the record was read once more."""
        part = self._open.get(at.partition)
        return part is not None and at.offset >= part.rows.next

    def _decide(self, batch: list[Message], writer: StageWriter, crashes: CrashMemory) -> None:
        """One transaction: every record of the batch through the step."""
        started = self.parts.clock()
        self.parts.metrics.began(started)
        crashes.begins([self._place(message) for message in batch])
        for message in batch:
            at = self._place(message)
            if not self._is_next(at):
                continue
            rows = self._open[at.partition].rows
            rows.touched = True
            self._epoch(at, rows, writer)
            self._one(message, at, rows, (writer, crashes))
            rows.next = at.offset + 1
        crashes.decided()
        self._commit(writer, crashes)
        self.parts.metrics.batch(len(batch), (self.parts.clock() - started) / 1e6)

    def _one(self, message: Message, at: Position, rows: PartitionRows, tools: "_Tools") -> None:
        """One record through the step; its outputs go to the writer, its changes to the batch."""
        writer, crashes = tools
        value = self._value(message, at, writer)
        if value is None:
            return
        rows.now = max(rows.now, value["received_at"], value.get("fired_at", 0))
        if crashes.is_culprit(at):
            self._refuse(Rejection(Reason.DEFECT, "step", "the process died within it"), value, at, writer)
            return
        try:
            outputs = [writer.encode(emit, at.partition) for emit in self._require_step()(value, at, rows)]
            if rows.largest() > self.parts.limits.get(self.definition.changelog, 0):
                raise OutputTooLarge(self.definition.changelog)
        except Rejection as why:
            rows.drop()
            self._refuse(why, value, at, writer)
            return
        except (StateFailure, OSError, MemoryError):
            raise
        except Exception as why:
            rows.drop()
            if not crashes.crashed_before(at):
                crashes.raised(at)
                raise
            self._refuse(defect_of(why), value, at, writer)
            return
        rows.keep()
        writer.extend(outputs)

    def _refuse(self, why: Rejection, value: Record, at: Position, writer: StageWriter) -> None:
        self.parts.metrics.refused(why.reason)
        writer.extend([writer.encode(emit, at.partition) for emit in self.definition.refused(why, value, at)])

    def _fire(self, writer: StageWriter, crashes: CrashMemory) -> None:
        """Timers that have run out become records of the stage's own inbox; their rows go in the same transaction."""
        now = self.parts.clock()
        fired = 0
        for number, part in self._open.items():
            for key in part.disk.due_keys(now, _DUE_LIMIT):
                timer = part.rows.get(key)
                if timer is None:
                    continue
                value = {**timer["value"], "fired_at": now}
                writer.extend([writer.encode(Emit(self.definition.inbox, timer["key"], value), number)])
                part.rows.delete(key)
                part.rows.keep()
                fired += 1
        if fired:
            self._commit(writer, crashes)
            self.parts.metrics.fired(fired)

    def _commit(self, writer: StageWriter, crashes: CrashMemory) -> None:
        changed = {n: p.rows.changes() for n, p in self._open.items() if p.rows.touched}
        reached = {n: self._open[n].rows.next for n in changed}
        if not changed:
            return
        offsets = writer.commit(changed if self.definition.keeps_rows else {}, reached, self._membership)
        for number, rows in changed.items():
            if self.definition.keeps_rows:
                self._open[number].disk.apply(rows, offsets[number])
            self._open[number].rows.clear()
        crashes.committed({f"{self.definition.inbox}/{n}": offset for n, offset in reached.items()})
        self.parts.metrics.committed(self.parts.clock())

    def _refresh(self) -> None:
        effective = self.parts.control.effective()
        if effective != self._effective:
            self._effective, self._step = effective, self.definition.make(effective)

    def _require_step(self) -> Step:
        if self._step is None:
            raise RuntimeError("the step is made before the first batch")
        return self._step

    def _epoch(self, at: Position, rows: PartitionRows, writer: StageWriter) -> None:
        """Write ops.epoch.v1 with the first record decided under another effective set."""
        effective = self._effective
        if effective is not None and rows.epoch != effective.row():
            rows.epoch = effective.row()
            writer.extend([writer.encode(writer.epoch(at, effective), at.partition)])

    def _value(self, message: Message, at: Position, writer: StageWriter) -> Record | None:
        """The record, or None when its bytes are none of ours: then it is a dead letter already."""
        data = message.value() or b""
        try:
            return self.parts.codec.decode(data)
        except SchemaMissing:
            raise
        except CodecError as why:
            refusal = Rejection(Reason.DEFECT, "value", str(why))
            letter = dead_letter(self.definition.name, refusal, unreadable(at), at, data)
            writer.extend([writer.encode(letter, at.partition)])
            return None

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._membership = consumer.consumer_group_metadata()
        for part in partitions:
            disk = Partition(self.folder / str(part.partition), self.parts.key_id)
            if self.definition.keeps_rows:
                restore(disk, self.definition.changelog, part.partition, self.parts.settings.bootstrap)
            rows = PartitionRows(disk)
            rows.next = start_offset(consumer, TopicPartition(part.topic, part.partition), rows.next)
            self._open[part.partition] = _Open(rows, disk)
        consumer.assign([TopicPartition(p.topic, p.partition, self._open[p.partition].rows.next) for p in partitions])
        self.ready.set()

    def _revoked(self, consumer: Consumer, _: list[TopicPartition]) -> None:
        self.ready.clear()
        self._close()
        consumer.unassign()

    def _close(self) -> None:
        for part in self._open.values():
            part.disk.close()
        self._open.clear()

    def _producer(self) -> Producer:
        settings = self.parts.settings
        return Producer(
            {
                "bootstrap.servers": settings.bootstrap,
                "transactional.id": f"wardline-{self.definition.name}-{settings.instance}",
                "transaction.timeout.ms": int(settings.transaction_timeout_s * 1000),
                "delivery.timeout.ms": int(settings.transaction_timeout_s * 1000) - 1000,
                "partitioner": "murmur2_random",
                "compression.type": "lz4",
                "linger.ms": 5,
                "acks": "all",
                "message.max.bytes": settings.max_record_bytes,
                "log_level": 3,
            }
        )

    def _consumer(self) -> Consumer:
        settings = self.parts.settings
        return Consumer(
            {
                "bootstrap.servers": settings.bootstrap,
                "group.id": self.definition.group,
                "group.instance.id": f"{self.definition.name}-{settings.instance}",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "session.timeout.ms": int(settings.session_timeout_s * 1000),
                "heartbeat.interval.ms": int(settings.session_timeout_s * 250),
                "fetch.message.max.bytes": settings.max_record_bytes,
                "queued.max.messages.kbytes": 32768,
                "log_level": 3,
            }
        )


_Tools = tuple[StageWriter, CrashMemory]


def _good(messages: list[Message]) -> list[Message]:
    """The records among what `consume` gave; an error that the client cannot mend by itself is raised."""
    good = []
    for message in messages:
        error = message.error()
        if error is None:
            good.append(message)
        elif error.fatal() or error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            raise RuntimeError(f"cannot go on reading: {error.name()}")
    return good
