"""What a stage writes in one transaction: encoded outputs, rows for the changelog, and the positions it has read to."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition

from processors import topics
from processors.envelope import NO_SOURCE, Emit, Position, Record, caused_by
from processors.lineage import derived_id
from streams.control import Effective
from streams.headers import record_headers

if TYPE_CHECKING:
    from streams.stage import StageDefinition, StageParts

Headers = list[tuple[str, str | bytes | None]]
Encoded = tuple[str, str, bytes, int, Headers]
"""Topic, key, value, partition, headers."""
_Outgoing = tuple[str, str, bytes | None, int, Headers]
_Note = Callable[[KafkaError | None, Message], None]
ANY = -1
"""Partition chosen by murmur2 of the key."""


class OutputTooLarge(Exception):
    """A step gave a record above its topic's limit; a defect, counted against the record that caused it."""


class StageWriter:
    """Collects one batch and writes it in one transaction."""

    def __init__(self, producer: Producer, definition: "StageDefinition", parts: "StageParts") -> None:
        self._producer = producer
        self._definition = definition
        self._parts = parts
        self._outputs: list[Encoded] = []

    def encode(self, emit: Emit, partition: int) -> Encoded:
        """One output as bytes with its partition. Raises OutputTooLarge and what the codec refuses."""
        data = self._parts.codec.encode(emit.topic, emit.value)
        if len(data) > self._parts.limits[emit.topic]:
            raise OutputTooLarge(emit.topic)
        where = ANY if emit.elsewhere else partition
        if emit.topic in (topics.EPOCH, topics.CONTROL):
            where = 0
        return emit.topic, emit.key, data, where, record_headers(emit.topic, emit.value)

    def extend(self, outputs: list[Encoded]) -> None:
        """Add outputs to the batch."""
        self._outputs += outputs

    def epoch(self, at: Position, effective: Effective) -> Emit:
        """The record that says from which offset on the effective set is used."""
        name = self._definition.name
        event_id = derived_id(f"{name}/{at.partition}/{at.offset}", effective.code, *sorted(effective.disabled))
        value = caused_by(unreadable(at), name, event_id, key_id=self._parts.key_id) | {
            "stage": name,
            "partition": at.partition,
            "from_offset": at.offset,
            "code_version": effective.code,
            "digests": dict(effective.digests),
            "disabled": sorted(effective.disabled),
        }
        return Emit(topics.EPOCH, f"{name}/{at.partition}", value)

    def commit(
        self, rows: Mapping[int, Mapping[str, bytes | None]], reached: Mapping[int, int], membership: object
    ) -> dict[int, int]:
        """One transaction; per partition of the changelog the next offset to read. Raises KafkaException.

        `reached`: the inbox offset that comes next in every partition written for, also where it has not moved: the
        broker refuses the transaction when `membership` is of a time before the partitions went to another worker.
        """
        producer = self._producer
        next_offset: dict[int, int] = {}

        def note(error: KafkaError | None, message: Message) -> None:
            if error is None:
                next_offset[message.partition() or 0] = (message.offset() or 0) + 1

        producer.begin_transaction()
        for number, changed in rows.items():
            for key, row in changed.items():
                self._put((self._definition.changelog, key, row, number, []), note)
        for output in self._outputs:
            self._put(output)
        inbox = self._definition.inbox
        offsets = [TopicPartition(inbox, number, offset) for number, offset in reached.items()]
        producer.send_offsets_to_transaction(offsets, membership, 30)
        if producer.flush(self._parts.settings.transaction_timeout_s) > 0:
            raise KafkaException(KafkaError(KafkaError._MSG_TIMED_OUT))
        producer.commit_transaction(60)
        self._outputs = []
        return next_offset

    def _put(self, record: "_Outgoing", note: "_Note | None" = None) -> None:
        """Hand one record to the client; wait while its queue is full."""
        topic, key, value, where, headers = record
        while True:
            try:
                self._producer.produce(
                    topic, key=key.encode(), value=value, partition=where, on_delivery=note, headers=headers
                )
            except BufferError:
                self._producer.poll(0.1)
            else:
                return


def unreadable(at: Position) -> Record:
    """The envelope of a record that has none: its place is all that is known."""
    return {
        "event_id": derived_id(f"{at.topic}/{at.partition}/{at.offset}"),
        "correlation_id": "",
        "causation_id": "",
        "patient_key": "",
        "occurred_at": "",
        "received_at": 0,
        "source": NO_SOURCE,
        "produced_by": {"component": "", "version": ""},
        "key_id": "",
    }
