"""Checks of the running roles: their health pages, and how far the SQL store is behind the topics."""

import sqlite3
from collections.abc import Iterator, Mapping

from confluent_kafka import Consumer, KafkaException, TopicPartition

from processors.envelope import Record
from streams.platform.check import Check, fail, ok, warn
from streams.platform.ports import LOOPBACK
from streams.platform.registry_server import http_status
from streams.settings import Settings

LAG_RECORDS = 5_000
_TIMEOUT_S = 5.0

Offsets = Mapping[tuple[str, int], int]


def check_roles(settings: Settings, run: Record, is_running: bool) -> Iterator[Check]:
    """One line per started role, then the sink's lag. `run` is run.json."""
    started = run.get("roles", {}) if is_running else {}
    if not started:
        yield warn("roles", "none was started from this data folder", "wardline up")
    for name, role in started.items():
        yield health(name, http_status(LOOPBACK, int(role["web_port"]), "/healthz", _TIMEOUT_S), settings)
    if settings.database.is_file():
        yield _sink(settings)


def health(name: str, status: int, settings: Settings) -> Check:
    """The verdict on what /healthz answered (0 = nothing)."""
    log = settings.data_dir / "logs" / f"{name}.log"
    if status == 200:
        return ok(name, "healthy")
    what = f"/healthz says {status}" if status else "/healthz does not answer"
    return fail(name, what, f"look into {log}; the launcher starts again what ended")


def _sink(settings: Settings) -> Check:
    name = "sink lag"
    try:
        reached = _positions(settings)
        ends = _ends(settings.bootstrap, reached)
    except sqlite3.Error as why:
        return fail(name, f"the store cannot be read: {why}", f"look into {settings.data_dir / 'logs' / 'sink.log'}")
    except KafkaException as why:
        return warn(name, f"the ends of the topics are unknown: {why.args[0].str()}", "is the broker up?")
    return lag(sum(max(0, end - reached[place]) for place, end in ends.items()))


def lag(records: int) -> Check:
    """The verdict on this many records not yet in SQL."""
    what = f"{records} records behind the topics"
    if records > LAG_RECORDS:
        return warn("sink lag", what, "wait; when it does not shrink, look into sink.log")
    return ok("sink lag", what)


def _positions(settings: Settings) -> Offsets:
    """First offset of each partition that is not in the store yet."""
    connection = sqlite3.connect(f"file:{settings.database}?mode=ro", uri=True, timeout=_TIMEOUT_S)
    try:
        rows = connection.execute("SELECT topic, log_partition, next_offset FROM position").fetchall()
    finally:
        connection.close()
    return {(topic, partition): reached for topic, partition, reached in rows}


def _ends(bootstrap: str, places: Offsets) -> Offsets:
    reader = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "wardline-lag", "enable.auto.commit": False, "log_level": 0}
    )
    try:
        known = reader.list_topics(timeout=_TIMEOUT_S).topics
        return {
            (topic, partition): reader.get_watermark_offsets(TopicPartition(topic, partition), _TIMEOUT_S)[1]
            for topic, partition in places
            if topic in known
        }
    finally:
        reader.close()
