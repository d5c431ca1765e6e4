"""Audit of what people saw: one record per read of identity, to Kafka, without ever holding up the page."""

import queue
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from confluent_kafka import KafkaException, Producer

from board.identity import User
from processors import topics
from processors.envelope import Record
from processors.identity import Keyring
from streams import audit
from streams.audit import Act
from streams.catalog import load_catalog
from streams.codec import Codec, CodecError
from streams.registry import Registry, RegistryError
from streams.settings import Settings

#: Entries kept while the broker or registry is away; beyond it they are counted as lost.
MOST_WAITING = 10_000
RETRY_S = 5.0
DELIVERY_TIMEOUT_S = 30.0
#: A list shows the same task to the same person again and again; it counts once within this time.
SAME_SIGHT_S = 900
MOST_SIGHTS = 50_000


@dataclass(frozen=True, slots=True)
class Sight:
    """Somebody saw something: target is an id (`task/<id>`, `message/<id>`), at in microseconds."""

    user: User
    target: str
    purpose: str
    at: int


class Audit(Protocol):
    """Where sights go."""

    def saw(self, sight: Sight) -> None:
        """Keep it; never blocks and never fails."""


class FirstSights:
    """Which tasks a person has not been shown in a list lately. Bounded: the oldest are forgotten first."""

    def __init__(self) -> None:
        self._shown: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._lock = threading.Lock()

    def new(self, user: User, targets: list[str], now_us: int) -> list[str]:
        """Those to be recorded now."""
        found = []
        with self._lock:
            for target in targets:
                key = (user.id, target)
                if now_us - self._shown.get(key, 0) >= SAME_SIGHT_S * 1_000_000:
                    found.append(target)
                    self._shown[key] = now_us
                    self._shown.move_to_end(key)
            while len(self._shown) > MOST_SIGHTS:
                self._shown.popitem(last=False)
        return found


def audit_record(sight: Sight, number: int, keyring: Keyring) -> Record:
    """The Avro record; `number` tells apart what was seen in the same microsecond."""
    act = Act(
        component="board",
        user=sight.user.id,
        role=sight.user.role,
        target=sight.target,
        purpose=sight.purpose,
        at=sight.at,
    )
    return audit.audit_record(act, number, keyring)


class Sends(Protocol):
    """The part of a producer that the audit uses."""

    def __call__(self, key: str, record: Record) -> None:
        """Send one record. Raises on failure."""


class QueuedAudit:
    """Hands sights to a thread that sends them; waits for broker and registry as long as the queue has room."""

    def __init__(self, keyring: Keyring, connect: Callable[[], Sends], count: Callable[[str], None]) -> None:
        """`connect` raises while Kafka or registry is away; `count` is told `sent`, `delayed` or `lost`."""
        self._keyring = keyring
        self._connect = connect
        self._count = count
        self._waiting: queue.Queue[Sight] = queue.Queue(MOST_WAITING)
        self._stop = threading.Event()
        self._number = 0
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
        self._thread.start()

    def saw(self, sight: Sight) -> None:
        """Queue it, or count it as lost when the queue is full."""
        try:
            self._waiting.put_nowait(sight)
        except queue.Full:
            self._count("lost")

    def close(self, timeout_s: float = 5.0) -> None:
        """Send what waits, as far as the time allows."""
        self._stop.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        sends: Sends | None = None
        while not (self._stop.is_set() and self._waiting.empty()):
            try:
                sends = sends or self._connect()
                self._send_next(sends)
            except (KafkaException, RegistryError, CodecError, BufferError, OSError):
                self._count("delayed")
                if self._stop.wait(RETRY_S):
                    return

    def _send_next(self, sends: Sends) -> None:
        try:
            sight = self._waiting.get(timeout=0.2)
        except queue.Empty:
            return
        self._number += 1
        sends(sight.user.id, audit_record(sight, self._number, self._keyring))
        self._count("sent")


def kafka_sender(settings: Settings, count: Callable[[str], None]) -> Sends:
    """A sender to ops.audit.v1. Raises RegistryError, SchemaMissing, KafkaException, OSError."""
    codec = Codec.connect(Registry(settings.registry_url), settings.schemas_dir)
    limit = load_catalog(settings.topics_file).topics[topics.AUDIT].max_bytes
    producer = Producer(
        {
            "bootstrap.servers": settings.bootstrap,
            "acks": "all",
            "enable.idempotence": True,
            "delivery.timeout.ms": int(DELIVERY_TIMEOUT_S * 1000),
            "message.max.bytes": limit,
            "linger.ms": 20,
            "log_level": 2,
        }
    )

    def delivered(error: object, _message: object) -> None:
        if error is not None:
            count("lost")

    def send(key: str, record: Record) -> None:
        producer.produce(topics.AUDIT, key=key, value=codec.encode(topics.AUDIT, record), on_delivery=delivered)
        producer.poll(0)

    return send
