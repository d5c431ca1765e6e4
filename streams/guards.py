"""What keeps a Faust agent from losing records: failed sends end the process, and a gap in the offsets ends it too."""

import os
import sys
from collections.abc import Callable
from typing import NoReturn

import faust
from confluent_kafka import Consumer, TopicPartition
from faust.types import EventT

BATCH_FAILED, SEND_FAILED, STAGE_FAILED, RECORDS_SKIPPED = 70, 71, 72, 73


def fatal(code: int, what: str) -> NoReturn:
    """End the process now: nothing may be acknowledged after this. `what` carries no payload."""
    sys.stderr.write(f"fatal: {what}; exit {code}\n")
    sys.stderr.flush()
    os._exit(code)


class SendGuard(faust.Sensor):
    """A send that failed must not be followed by a commit: Faust only warns, so the process ends (exit 71)."""

    def on_send_error(self, producer: object, exc: BaseException, state: object) -> None:  # noqa: ARG002
        """Called by Faust when the broker refused a record."""
        fatal(SEND_FAILED, f"a record could not be written: {type(exc).__name__}")


class ContinuityGuard:
    """Faust may drop records at start and after a rebalance; then commits stand still and a later skip would hide it.

    `seen` demands the next offset of each partition. On a gap it asks the broker whether a record lies in it.
    """

    def __init__(self, bootstrap: str, group: str, give_up: Callable[[int, str], NoReturn] = fatal) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._give_up = give_up
        self._next: dict[tuple[str, int], int] = {}

    def seen(self, event: EventT[bytes]) -> bool:
        """Take note of one event; False for a repetition. Ends the process (exit 73) when records were skipped."""
        message = event.message
        place = (message.topic, message.partition)
        wanted = self._next.get(place)
        if wanted is None:
            wanted = self._committed(place)
        if message.offset < wanted:
            return False
        if message.offset > wanted and self._record_between(place, wanted, message.offset):
            self._give_up(RECORDS_SKIPPED, f"{place[0]}/{place[1]}: records from offset {wanted} were skipped")
        self._next[place] = message.offset + 1
        return True

    def forget(self) -> None:
        """Partitions were assigned anew."""
        self._next.clear()

    def _committed(self, place: tuple[str, int]) -> int:
        consumer = self._consumer()
        try:
            part = consumer.committed([TopicPartition(*place)], timeout=10)[0]
            low, _ = consumer.get_watermark_offsets(TopicPartition(*place), timeout=10)
            return max(low, part.offset)
        finally:
            consumer.close()

    def _record_between(self, place: tuple[str, int], start: int, end: int) -> bool:
        consumer = self._consumer()
        try:
            consumer.assign([TopicPartition(*place, start)])
            for message in consumer.consume(1, 10.0):
                return message.error() is None and (message.offset() or 0) < end
            return False
        finally:
            consumer.close()

    def _consumer(self) -> Consumer:
        return Consumer(
            {
                "bootstrap.servers": self._bootstrap,
                "group.id": self._group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "log_level": 3,
            }
        )
