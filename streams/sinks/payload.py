"""Fetches the bytes of one raw message from Kafka by its position."""

import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

from processors import topics
from processors.envelope import Position
from streams.catalog import BrokerUnreachable
from streams.codec import Codec

ANSWER_TIMEOUT_S = 10.0
_FETCH_BYTES = 16 * 1024 * 1024


class Expired(Exception):
    """The topic's retention has removed the record."""


def raw_payload(bootstrap: str, codec: Codec, at: Position) -> bytes:
    """The message as received. Raises Expired, BrokerUnreachable, CodecError."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "wardline-trace",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "fetch.message.max.bytes": _FETCH_BYTES,
            "log_level": 2,
        }
    )
    try:
        return _read(consumer, codec, at)
    except KafkaException as why:
        raise BrokerUnreachable(why.args[0].str()) from why
    finally:
        consumer.close()


def _read(consumer: Consumer, codec: Codec, at: Position) -> bytes:
    low, high = consumer.get_watermark_offsets(TopicPartition(at.topic, at.partition), ANSWER_TIMEOUT_S)
    if not low <= at.offset < high:
        raise Expired(f"{at.topic}/{at.partition} holds offsets {low} to {high - 1}, not {at.offset}")
    consumer.assign([TopicPartition(at.topic, at.partition, at.offset)])
    deadline = time.monotonic() + ANSWER_TIMEOUT_S
    while time.monotonic() < deadline:
        message = consumer.poll(0.5)
        if message is not None and message.error() is None:
            if message.offset() != at.offset:
                raise Expired(f"{at.topic}/{at.partition} has no record at {at.offset}")
            payload: bytes = codec.decode(message.value() or b"")["payload"]
            return payload
    raise BrokerUnreachable(f"no record within {ANSWER_TIMEOUT_S:g} s")


def raw_position(partition: int, offset: int) -> Position:
    """Where a raw message stands."""
    return Position(topics.RAW, partition, offset)
