"""Kafka headers of every record: CloudEvents 1.0 in binary mode and W3C trace context; ids only, no patient data."""

from datetime import UTC, datetime

from processors.envelope import Record

_FIXED: list[tuple[str, str | bytes | None]] = [("ce_specversion", b"1.0"), ("content-type", b"application/avro")]


def record_headers(topic: str, value: Record) -> list[tuple[str, str | bytes | None]]:
    """Headers for one record; the trace id is the correlation id, so a trace follows a message to its task."""
    event, correlation = value["event_id"], value["correlation_id"] or value["event_id"]
    return [
        *_FIXED,
        ("ce_id", event.encode()),
        ("ce_type", topic.encode()),
        ("ce_source", f"/wardline/{value['produced_by']['component']}".encode()),
        ("ce_time", _time(value["received_at"]).encode()),
        ("traceparent", f"00-{correlation:0>32.32}-{event:0>16.16}-01".encode()),
    ]


def _time(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).isoformat(timespec="milliseconds")
