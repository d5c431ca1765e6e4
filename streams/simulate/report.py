"""What became of the messages that were sent: counts by acknowledgement code, lateness and waiting times."""

from collections import Counter, deque
from dataclasses import dataclass, field

#: So many of the newest measurements count for the quantiles.
KEPT = 100_000


@dataclass(slots=True)
class Report:
    """Counters of one run, written while it goes on."""

    sent: Counter[str] = field(default_factory=Counter)
    """Messages by feed, each once however often it was sent again."""
    answers: Counter[str] = field(default_factory=Counter)
    """Final acknowledgements by code."""
    put_off: int = 0
    """Answers that asked to send again later."""
    resent: int = 0
    lost_connections: int = 0
    given_up: int = 0
    lateness_s: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))
    """Due time to first write: how far behind the rate the sender was."""
    waiting_s: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))
    """First write to final acknowledgement."""
    elapsed_s: float = 0.0

    def as_json(self) -> dict[str, object]:
        """The report as plain JSON values, times in milliseconds."""
        total = sum(self.sent.values())
        return {
            "sent": total,
            "by_feed": dict(self.sent),
            "acknowledged": dict(self.answers),
            "put_off": self.put_off,
            "resent": self.resent,
            "lost_connections": self.lost_connections,
            "given_up": self.given_up,
            "elapsed_s": round(self.elapsed_s, 3),
            "rate": round(total / self.elapsed_s, 1) if self.elapsed_s else 0.0,
            "ack_ms": quantiles_ms(self.waiting_s),
            "late_ms": quantiles_ms(self.lateness_s),
        }


def quantiles_ms(seconds: "deque[float]") -> dict[str, float]:
    """Median, 95th percentile and maximum in milliseconds; {} of nothing."""
    if not seconds:
        return {}
    ordered = sorted(seconds)
    picks = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    return {name: round(ordered[min(int(len(ordered) * q), len(ordered) - 1)] * 1000, 1) for name, q in picks.items()}
