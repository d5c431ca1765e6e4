"""What a stage tells about itself: Prometheus metrics, and whether it makes progress."""

from dataclasses import dataclass, field

from confluent_kafka import Consumer
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

STUCK_AFTER_S = 60.0


@dataclass(slots=True)
class StageMetrics:
    """Metrics of one stage, all labelled with its name. Times in seconds."""

    stage: str
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    records: Counter = field(init=False)
    refusals: Counter = field(init=False)
    timers: Counter = field(init=False)
    seconds: Histogram = field(init=False)
    backlog: Gauge = field(init=False)
    committed_at: Gauge = field(init=False)
    _last_progress_us: int = 0
    _lag: int = 0
    _began_us: int = 0

    def __post_init__(self) -> None:
        """Create the metrics in this registry."""
        of, label = self.registry, ["stage"]
        self.records = Counter("wardline_stage_records", "records decided", label, registry=of)
        self.refusals = Counter("wardline_stage_refused", "records refused", [*label, "reason"], registry=of)
        self.timers = Counter("wardline_stage_timers", "timers fired", label, registry=of)
        self.seconds = Histogram("wardline_stage_batch_seconds", "one batch with its commit", label, registry=of)
        self.backlog = Gauge("wardline_stage_lag_records", "records not yet decided", label, registry=of)
        self.committed_at = Gauge("wardline_stage_commit_time_seconds", "last commit", label, registry=of)

    def began(self, now_us: int) -> None:
        """A batch is being decided."""
        self._began_us = now_us

    def batch(self, records: int, seconds: float) -> None:
        """A batch was decided and committed."""
        self._began_us = 0
        self.records.labels(self.stage).inc(records)
        self.seconds.labels(self.stage).observe(seconds)

    def refused(self, reason: str) -> None:
        """A record was refused."""
        self.refusals.labels(self.stage, reason).inc()

    def fired(self, timers: int) -> None:
        """Timers were written to the inbox."""
        self.timers.labels(self.stage).inc(timers)

    def committed(self, now_us: int) -> None:
        """A transaction committed."""
        self._last_progress_us = now_us
        self.committed_at.labels(self.stage).set(now_us / 1e6)

    def lag(self, consumer: Consumer, now_us: int) -> None:
        """Measure the backlog from what the client already knows; no backlog counts as progress."""
        lag = 0
        for part in consumer.position(consumer.assignment()):
            _, high = consumer.get_watermark_offsets(part, cached=True)
            if high > 0 and part.offset >= 0:
                lag += max(0, high - part.offset)
        self._lag = lag
        self.backlog.labels(self.stage).set(lag)
        if lag == 0:
            self._last_progress_us = now_us

    def stuck_s(self, now_us: int) -> float:
        """Seconds since a batch was begun that is not committed, or without progress while there is a backlog."""
        if self._began_us:
            return (now_us - self._began_us) / 1e6
        if self._lag == 0 or self._last_progress_us == 0:
            return 0.0
        return (now_us - self._last_progress_us) / 1e6
