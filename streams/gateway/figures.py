"""The gateway's own figures: messages, bytes, framing errors, connections and how long storing takes."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from streams.metrics import Metric

#: Message types are the sender's text: beyond so many different ones all others are counted as `other`.
_TYPES_KEPT = 60
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Figures:
    """One set per gateway; labels are feed, message type, answer code and closed lists of causes."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._types = {"none"}
        self._messages = Counter(
            Metric.GATEWAY_MESSAGES, "messages by answer", ["feed", "type", "ack"], registry=registry
        )
        self._bytes = Counter(Metric.GATEWAY_BYTES, "bytes received", ["feed"], registry=registry)
        self._garbage = Counter(Metric.GATEWAY_GARBAGE, "bytes outside a frame, per run", ["feed"], registry=registry)
        self._open = Gauge(Metric.GATEWAY_CONNECTIONS, "open connections", ["feed"], registry=registry)
        self._closed = Counter(Metric.GATEWAY_CLOSED, "connections closed by us", ["feed", "cause"], registry=registry)
        self._delivery = Histogram(
            Metric.GATEWAY_DELIVERY, "from frame to confirmation", ["feed"], buckets=_SECONDS, registry=registry
        )
        self._files = Counter(Metric.GATEWAY_FILES, "files of a watched folder", ["feed", "result"], registry=registry)
        self.log_open = Gauge(Metric.GATEWAY_STATE, "1 when the message log takes records", registry=registry)

    def message(self, feed: str, kind: str, code: str) -> None:
        """A message was answered; `code` is `none` where no answer was wanted."""
        if kind not in self._types and not self._known(kind):
            kind = "other"
        self._messages.labels(feed, kind, code).inc()

    def received(self, feed: str, size: int) -> None:
        """Bytes came in."""
        self._bytes.labels(feed).inc(size)

    def garbage(self, feed: str) -> None:
        """A run of bytes outside a frame."""
        self._garbage.labels(feed).inc()

    def opened(self, feed: str) -> None:
        """A sender connected."""
        self._open.labels(feed).inc()

    def lost(self, feed: str) -> None:
        """A connection is gone."""
        self._open.labels(feed).dec()

    def closed(self, feed: str, cause: str) -> None:
        """We closed a connection."""
        self._closed.labels(feed, cause).inc()

    def file(self, feed: str, result: str) -> None:
        """A file of a watched folder was moved to done or failed."""
        self._files.labels(feed, result).inc()

    def stored(self, feed: str, seconds: float) -> None:
        """The log confirmed a message."""
        self._delivery.labels(feed).observe(seconds)

    def _known(self, kind: str) -> bool:
        """Only what looks like a message type becomes a label: a mixed-up header may hold anything."""
        if len(self._types) >= _TYPES_KEPT or not (len(kind) == 3 and kind.isascii() and kind.isalpha()):
            return False
        self._types.add(kind)
        return True
