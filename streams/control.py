"""What is in force: digests of rules and sites, disabled rules, code version; follows the topic ops.control.v1."""

from collections.abc import Mapping
from dataclasses import dataclass

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from processors import topics
from processors.envelope import VERSION, Record, Row
from streams.codec import Codec


@dataclass(frozen=True, slots=True)
class Effective:
    """The set under which a batch is decided."""

    code: str
    digests: tuple[tuple[str, str], ...]
    disabled: frozenset[str]

    def row(self) -> Row:
        """As kept in the stage's own row and in ops.epoch.v1."""
        return {"code": self.code, "digests": dict(self.digests), "disabled": sorted(self.disabled)}


class ControlWatch:
    """Follows ops.control.v1; `poll` between batches, `effective` for what is in force now."""

    def __init__(self, bootstrap: str, codec: Codec, digests: Mapping[str, str]) -> None:
        self._codec = codec
        self._digests = tuple(sorted(digests.items()))
        self._known: dict[str, Record] = {}
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "wardline-control-watch",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "log_level": 3,
            }
        )

    def start(self, timeout_s: float = 30.0) -> None:
        """Read the topic to its end. Raises TimeoutError when the broker does not answer in time."""
        found = self._consumer.list_topics(topics.CONTROL, timeout=timeout_s).topics[topics.CONTROL].partitions
        waiting = set(found)
        self._consumer.assign([TopicPartition(topics.CONTROL, p, OFFSET_BEGINNING) for p in found])
        silent_s = 0.0
        while waiting:
            ended = self.poll(0.5)
            silent_s = 0.0 if ended else silent_s + 0.5
            waiting -= ended
            if silent_s > timeout_s:
                raise TimeoutError(f"{topics.CONTROL} could not be read to its end")

    def poll(self, timeout_s: float = 0.0) -> set[int]:
        """Take in what is new; the partitions whose end was reached."""
        ended = set()
        for message in self._consumer.consume(100, timeout_s):
            error = message.error()
            if error is None:
                self._take(message.key(), message.value())
            elif error.code() == KafkaError._PARTITION_EOF:
                ended.add(message.partition() or 0)
        return ended

    def effective(self) -> Effective:
        """What is in force now."""
        disabled = {r["name"].removeprefix("rule/") for r in self._known.values() if r["kind"] == "rule_disabled"}
        return Effective(VERSION, self._digests, frozenset(disabled))

    def close(self) -> None:
        """Close the consumer."""
        self._consumer.close()

    def _take(self, key: bytes | None, value: bytes | None) -> None:
        name = (key or b"").decode()
        if value is None:
            self._known.pop(name, None)
        else:
            self._known[name] = self._codec.decode(value)
