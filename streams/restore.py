"""Brings a partition's rows up to the end of its changelog, and says where a stage goes on reading."""

import time

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.tables import Partition

_APPLY_BYTES = 8 * 1024 * 1024


class OffsetExpired(Exception):
    """Records between the committed offset and the log's begin are gone: reading on would hide a gap."""


def start_offset(consumer: Consumer, part: TopicPartition, decided: int) -> int:
    """Where to go on: the committed offset, else the begin of the log. Raises OffsetExpired when records are gone.

    `decided`: the next offset as the rows know it, 0 where they do not. The broker forgets the offsets of a group that
    was away for a week; the rows forget nothing, and what they have counted is never decided again.
    """
    committed = consumer.committed([part], timeout=30)[0].offset
    low, _ = consumer.get_watermark_offsets(part, timeout=30)
    start = max(committed, decided)
    if start < low and (decided or committed >= 0):
        raise OffsetExpired(
            f"{part.topic}/{part.partition}: read up to {start}, log begins at {low}; "
            "retention has removed unread records: lengthen it, then set the group's offset by hand"
        )
    return max(start, low)


def restore(disk: Partition, changelog: str, number: int, bootstrap: str) -> int:
    """Read the changelog from the disk's position to its end; the number of records applied.

    Waits until no transaction of a dead worker is open on it, so that nothing committed can appear behind the end read.
    """
    end = _settled_end(changelog, number, bootstrap)
    position = disk.position(end)
    consumer = _reader(bootstrap, "read_committed")
    consumer.assign([TopicPartition(changelog, number, position)])
    rows: dict[str, bytes | None] = {}
    applied = size = 0
    try:
        while position < end:
            for message in consumer.consume(100, 1.0):
                error = message.error()
                if error is not None and error.code() == KafkaError._PARTITION_EOF:
                    position = max(position, message.offset() or 0)
                    continue
                if error is not None:
                    raise KafkaException(error)
                rows[(message.key() or b"").decode()] = message.value()
                size += len(message.value() or b"")
                position = (message.offset() or 0) + 1
                applied += 1
            if size >= _APPLY_BYTES:
                disk.apply(rows, position)
                rows, size = {}, 0
        disk.apply(rows, position)
    finally:
        consumer.close()
    return applied


def _settled_end(changelog: str, number: int, bootstrap: str, patience_s: float = 90.0) -> int:
    """The end of the log once the last stable offset has reached it."""
    stable, plain = _reader(bootstrap, "read_committed"), _reader(bootstrap, "read_uncommitted")
    part = TopicPartition(changelog, number)
    deadline = time.monotonic() + patience_s
    try:
        while True:
            end = plain.get_watermark_offsets(part, timeout=30)[1]
            if stable.get_watermark_offsets(part, timeout=30)[1] >= end:
                return int(end)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{changelog}/{number}: a transaction stayed open for {patience_s:.0f} s")
            time.sleep(0.2)
    finally:
        stable.close()
        plain.close()


def _reader(bootstrap: str, isolation: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "wardline-restore",
            "isolation.level": isolation,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "queued.max.messages.kbytes": 16384,
            "log_level": 3,
        }
    )
