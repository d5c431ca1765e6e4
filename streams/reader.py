"""Reads a whole topic as it stands now, committed records only."""

from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

_SILENCE_S = 30.0
_POLL_S = 1.0


def read_topic(bootstrap: str, topic: str, max_bytes: int = 13 * 1024 * 1024) -> Iterator[Message]:
    """All committed records, each partition in order, up to where the topic ends when its last record is read.

    Raises KafkaException when the topic cannot be read, TimeoutError when the broker is silent for 30 s.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "wardline-reader",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "fetch.message.max.bytes": max_bytes,
            "log_level": 3,
        }
    )
    try:
        found = consumer.list_topics(topic, timeout=_SILENCE_S).topics[topic]
        if found.error is not None:
            raise KafkaException(found.error)
        waiting = set(found.partitions)
        consumer.assign([TopicPartition(topic, number, 0) for number in waiting])
        silent_s = 0.0
        while waiting:
            batch = consumer.consume(1000, _POLL_S)
            silent_s = 0.0 if batch else silent_s + _POLL_S
            if silent_s > _SILENCE_S:
                raise TimeoutError(f"{topic}: no answer for {_SILENCE_S:.0f} s")
            for message in batch:
                error = message.error()
                if error is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:
                    waiting.discard(message.partition() or 0)
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()
