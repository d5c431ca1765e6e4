"""The sink: one loop that carries records from Kafka into the SQL store and says how far behind it is."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from streams.clock import now_us
from streams.sinks.rows import Consumed, Unreadable
from streams.sinks.source import Batch
from streams.sinks.store import Positions

STUCK_AFTER_S = 60.0


class Reads(Protocol):
    """Where records come from."""

    def read(self) -> Batch:
        """The next records, after an idle window an empty batch."""


class Writer(Protocol):
    """Where records go."""

    def apply(self, batch: list[Consumed | Unreadable], ends: Positions) -> int:
        """Write in one transaction; how many were new."""


@dataclass(slots=True)
class Progress:
    """How the sink fares: metrics, and which partitions it has not read to their ends."""

    clock_us: Callable[[], int] = now_us
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    behind: dict[tuple[str, int], int] = field(default_factory=dict)
    """Partition -> when Kafka appended the newest record written of it, microseconds."""
    committed_at: int = 0
    records: Counter = field(init=False)
    unreadable: Counter = field(init=False)
    seconds: Histogram = field(init=False)
    lag: Gauge = field(init=False)

    def __post_init__(self) -> None:
        """Create the metrics in this registry."""
        of = self.registry
        self.committed_at = self.clock_us()
        self.records = Counter("wardline_sink_records", "records written to SQL", ["topic"], registry=of)
        self.unreadable = Counter("wardline_sink_unreadable", "records passed over", ["topic"], registry=of)
        self.seconds = Histogram("wardline_sink_batch_seconds", "one transaction", registry=of)
        self.lag = Gauge("wardline_sink_lag_seconds", "age of the newest record written, 0 at the end", registry=of)
        self.lag.set_function(self.lag_s)

    def wrote(self, batch: Batch, seconds: float) -> None:
        """A batch is in the store."""
        self.committed_at = self.clock_us()
        self.seconds.observe(seconds)
        for record in batch.records:
            metric = self.records if isinstance(record, Consumed) else self.unreadable
            metric.labels(record.at.topic).inc()
            self.behind[record.at.topic, record.at.partition] = record.known_at
        for place in batch.ends:
            self.behind.pop(place, None)

    def lag_s(self) -> float:
        """How old the oldest of the newest written records is, over partitions that are not read to their ends."""
        return max(0.0, (self.clock_us() - min(self.behind.values())) / 1e6) if self.behind else 0.0

    def health(self) -> tuple[bool, dict[str, object]]:
        """Whether transactions advance while there is something to read, and the figures behind that."""
        idle_s = (self.clock_us() - self.committed_at) / 1e6
        ok = not self.behind or idle_s < STUCK_AFTER_S
        return ok, {"ok": ok, "role": "sink", "lag_seconds": round(self.lag_s(), 3), "caught_up": not self.behind}


def run(source: Reads, store: Writer, progress: Progress, stop: threading.Event) -> None:
    """Carry records until told to stop; a batch begun is finished. Any failure ends the loop: nothing is skipped."""
    while not stop.is_set():
        batch = source.read()
        if batch.records or batch.ends:
            begun = time.monotonic()
            store.apply(batch.records, batch.ends)
            progress.wrote(batch, time.monotonic() - begun)
