"""The SQL that writes the store, by name, in the order in which a batch runs it."""

from collections.abc import Iterable

from processors import topics
from streams.sinks.columns import EVALUATION_COLUMNS, TABLES, columns


def _insert(table: str, names: Iterable[str], more: str = "") -> str:
    listed = tuple(names)
    return " ".join(("INSERT INTO", table, f"({', '.join(listed)})", f"VALUES ({', '.join('?' * len(listed))})", more))


def _upsert_task() -> str:
    names = columns(topics.TASK)
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name != "task_id")
    newer = f"ON CONFLICT (task_id) DO UPDATE SET {changes} WHERE excluded.revision >= task.revision"
    return _insert("task", names, newer)


def _count(table: str, names: tuple[str, ...]) -> str:
    keys = ", ".join(names)
    more = f"ON CONFLICT ({keys}) DO UPDATE SET count = count + excluded.count"
    return _insert(table, (*names, "count"), more)


_ARRIVED = (
    "INSERT INTO in_flight (raw_partition, raw_offset, event_id, feed, received_at) SELECT ?1, ?2, ?3, ?4, ?5"
    " WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.raw_partition = ?1 AND m.raw_offset = ?2)"
    " AND NOT EXISTS (SELECT 1 FROM dead_letter d"
    " WHERE d.source_topic = ?6 AND d.source_partition = ?1 AND d.source_offset = ?2)"
)
_ENDED = "DELETE FROM in_flight WHERE raw_partition = ? AND raw_offset = ?"
_SEEN = (
    "INSERT INTO feed_seen (feed, last_received_at) VALUES (?, ?)"
    " ON CONFLICT (feed) DO UPDATE SET last_received_at = max(last_received_at, excluded.last_received_at)"
)
#: Name -> SQL, in the order in which a batch runs them: appended rows first, then what looks at them.
STATEMENTS: dict[str, str] = {
    **{table: _insert(table, columns(topic)) for topic, (table, _) in TABLES.items()},
    "rule_evaluation": _insert("rule_evaluation", EVALUATION_COLUMNS),
    "lookup": _insert("lookup", ("hash", "target"), "ON CONFLICT DO NOTHING"),
    "task": _upsert_task(),
    "feed_seen": _SEEN,
    "arrived": _ARRIVED,
    "ended": _ENDED,
    "unreadable": _insert("unreadable", ("topic", "log_partition", "log_offset", "known_at", "detail")),
    "feed_count": _count("feed_count", ("feed", "state", "reason")),
    "unmapped_count": _count("unmapped_count", ("feed", "message_type", "field")),
    "warning_count": _count("warning_count", ("feed", "code", "path")),
    "rule_count": _count("rule_count", ("day", "rule_id", "rule_version", "status", "outcome", "failed_clause")),
}
