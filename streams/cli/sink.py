"""`wardline sink`: writes the SQL store until stopped."""

import logging
import signal
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from confluent_kafka import KafkaException

from processors.errors import ConfigError
from streams.catalog import BrokerUnreachable
from streams.cli.output import CONFIGURATION, FAILED, REFUSED, UNREACHABLE, fail
from streams.codec import SchemaMissing
from streams.logs import configure
from streams.parts import Parts, connect
from streams.registry import RegistryError
from streams.settings import Settings
from streams.sinks.columns import SINK_TOPICS
from streams.sinks.sink import Progress, run
from streams.sinks.source import PositionsRefused, Source, TopicsMissing
from streams.sinks.store import Store, StoreRefused
from streams.sinks.web import Web

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """How a failure is told: exit code, what (with the error's own words), where, and how to fix it."""

    code: int
    what: str
    where: str
    fix: str = ""


_FAILURES: dict[type[Exception], Failure] = {
    ConfigError: Failure(CONFIGURATION, "{}", ""),
    TopicsMissing: Failure(CONFIGURATION, "topics are missing: {}", "broker", "wardline topics apply"),
    SchemaMissing: Failure(UNREACHABLE, "{}", "registry", "wardline doctor"),
    RegistryError: Failure(UNREACHABLE, "{}", "registry", "wardline doctor"),
    BrokerUnreachable: Failure(UNREACHABLE, "the broker does not answer: {}", "broker", "wardline doctor"),
    KafkaException: Failure(UNREACHABLE, "the broker refused: {}", "broker", "wardline doctor"),
    StoreRefused: Failure(REFUSED, "{}", "store"),
    PositionsRefused: Failure(
        *(REFUSED, "{}", "store"),
        "delete the store to have it rebuilt from what the log still holds; for expired records also --accept-gap",
    ),
    sqlite3.OperationalError: Failure(FAILED, "the store cannot be written: {}", "store", "is there room on the disk?"),
}


def sink(
    data: Annotated[Path | None, typer.Option(help="data folder")] = None,
    port: Annotated[int, typer.Option(help="port of /healthz and /metrics; 0 = any free one")] = 0,
    accept_gap: Annotated[bool, typer.Option(help="go on although records expired unread; they stay missing")] = False,
) -> None:
    """Write the SQL store until stopped: state, history and positions in one transaction per batch."""
    settings = Settings.load(data)
    configure("sink")
    if not settings.bootstrap:
        fail(UNREACHABLE, "no broker is known", str(settings.data_dir), "run.json is missing", "start `wardline up`")
    try:
        _run(connect(settings), port or settings.web_port, accept_gap)
    except tuple(_FAILURES) as why:
        failure = next(f for kind, f in _FAILURES.items() if isinstance(why, kind))
        where = {
            "": "",
            "broker": settings.bootstrap,
            "registry": settings.registry_url,
            "store": str(settings.database),
        }
        fail(failure.code, failure.what.format(_said(why)), where[failure.where], fix=failure.fix)


def _said(why: BaseException) -> str:
    return str(why.args[0].str()) if isinstance(why, KafkaException) else str(why)


def _run(parts: Parts, port: int, accept_gap: bool) -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settings = parts.settings
    progress = Progress()
    with Store(settings.database, parts.keyring) as store:
        source = Source(settings.bootstrap, parts.codec, SINK_TOPICS)
        web = Web(port, progress.health, progress.registry)
        try:
            starts = source.start(store.positions(), accept_gap)
            log.info("sink reads", extra={"count": len(starts), "url": f"http://127.0.0.1:{web.port}/healthz"})
            run(source, store, progress, stop)
        finally:
            web.close()
            source.close()
    log.info("sink stopped")
