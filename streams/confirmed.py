"""Writes a few records to Kafka and returns when the broker has confirmed them: commands, switches, audit."""

from collections.abc import Sequence
from typing import TypeAlias

from confluent_kafka import KafkaException, Message, Producer

from processors.envelope import Record
from streams.codec import Codec
from streams.headers import record_headers

#: Topic, key, value.
Entry: TypeAlias = tuple[str, str, Record]


class NotConfirmed(Exception):
    """The broker did not confirm the records in time; they may have been stored or not."""


class ConfirmedWriter:
    """One producer; the partition follows from the key as everywhere (murmur2)."""

    def __init__(self, bootstrap: str, codec: Codec, timeout_s: float) -> None:
        self._codec = codec
        self._timeout_s = timeout_s
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "acks": "all",
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "delivery.timeout.ms": int(timeout_s * 1000),
                "linger.ms": 0,
                "log_level": 0,
            }
        )

    def write(self, entries: Sequence[Entry]) -> None:
        """Return when all replicas in sync have them. Raises NotConfirmed, SchemaMissing."""
        failures: list[str] = []

        def delivered(error: object, _message: Message) -> None:
            failures.append("" if error is None else str(error))

        try:
            for topic, key, value in entries:
                self._producer.produce(
                    topic,
                    key=key.encode(),
                    value=self._codec.encode(topic, value),
                    headers=[*record_headers(topic, value)],
                    on_delivery=delivered,
                )
        except (KafkaException, BufferError) as why:
            raise NotConfirmed(str(why)) from why
        self._producer.flush(self._timeout_s + 1.0)
        if failures != [""] * len(entries):
            raise NotConfirmed(next(filter(None, failures), "no confirmation in time"))
