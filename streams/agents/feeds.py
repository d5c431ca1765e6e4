"""Agent feed_health: per feed the last message, the count and how long it has been silent, in a Faust table."""

from collections.abc import Sequence

import orjson
from faust.types import EventT, StreamT
from prometheus_client import Gauge

from processors import topics
from streams.app import Host
from streams.clock import now_us
from streams.guards import BATCH_FAILED, fatal
from streams.sites import load_sites

_SOURCE = "ce_source"


def register(host: Host) -> None:
    """raw.hl7v2.v1 -> table feed_health, metrics wardline_feed_*."""
    expected = {name: s.expected_silence_s for name, s in load_sites(host.parts.settings.sites_dir).items()}
    source = host.app.topic(topics.RAW, key_serializer="raw", value_serializer="raw")
    table = host.app.Table("feed_health", key_type=bytes, value_type=bytes)
    messages = Gauge("wardline_feed_messages", "messages received", ["feed"])
    last = Gauge("wardline_feed_last_message_time_seconds", "when the last message came", ["feed"])
    silent = Gauge("wardline_feed_silent", "1 when silent for longer than expected", ["feed"])

    @host.app.agent(source, name="feed_health")
    async def feed_health(stream: StreamT[bytes]) -> None:
        async for event in stream.events():
            try:
                if host.continuity.seen(event):
                    key, row = _row(event, table.get(_key(event)))
                    table[key] = row
            except Exception as why:
                fatal(BATCH_FAILED, f"feed_health: {type(why).__name__}")

    @host.app.timer(5.0)  # type: ignore[untyped-decorator]
    async def report() -> None:
        for feed, row in totals(list(table.items())).items():
            messages.labels(feed).set(row["count"])
            last.labels(feed).set(row["at"] / 1e6)
            silent.labels(feed).set(now_us() - row["at"] > expected.get(feed, 900) * 1_000_000)


def totals(rows: Sequence[tuple[bytes, bytes]]) -> dict[str, dict[str, int]]:
    """Rows per feed and partition added up per feed: count, and `at` = last message in microseconds."""
    found: dict[str, dict[str, int]] = {}
    for key, data in rows:
        feed = key.decode().rsplit("/", 1)[0]
        row = orjson.loads(data)
        total = found.setdefault(feed, {"count": 0, "at": 0})
        total["count"] += row["count"]
        total["at"] = max(total["at"], row["at"])
    return found


def _key(event: EventT[bytes]) -> bytes:
    headers = event.headers if isinstance(event.headers, dict) else dict(event.headers or ())
    feed = bytes(headers.get(_SOURCE, b"unknown")).decode().rsplit("/", 1)[-1]
    return f"{feed}/{event.message.partition}".encode()


def _row(event: EventT[bytes], known: bytes | None) -> tuple[bytes, bytes]:
    """The row after this event; an event that the row has counted already changes nothing (offset fence)."""
    row = orjson.loads(known) if known else {"v": 1, "count": 0, "at": 0, "offset": -1}
    if event.message.offset > row["offset"]:
        row |= {"count": row["count"] + 1, "offset": event.message.offset}
        row["at"] = max(row["at"], int(event.message.timestamp * 1_000_000))
    return _key(event), orjson.dumps(row)
