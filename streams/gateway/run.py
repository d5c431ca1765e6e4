"""Runs the gateway: waits for the broker, listens, says where, and drains on SIGTERM."""

import asyncio
import dataclasses
import json
import logging
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from processors import topics
from processors.sites import Site
from streams.clock import now_us
from streams.gateway.connection import Limits, Shared
from streams.gateway.figures import Figures
from streams.gateway.intake import Desk
from streams.gateway.kafka_log import KafkaLog, LogSettings
from streams.gateway.server import Gateway, Listener
from streams.gateway.watch import Watcher, WatchLimits
from streams.parts import Parts
from streams.sinks.web import Web

log = logging.getLogger(__name__)

BROKER_WAIT_S = 30.0
DRAIN_S = 2.0
"""With what comes after it, all is over before the launcher's deadline for the gateway (4 s)."""
LISTENERS_FILE = "gateway.json"


class BrokerAway(Exception):
    """The broker did not answer at the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A folder, the feed that its files belong to, and how long a file must stand still."""

    folder: Path
    site: Site
    settle_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to listen for, and the folder to watch. `ready` is told the listeners once all of them take messages."""

    sites: Mapping[str, Site]
    ports: Mapping[str, int]
    ready: Callable[[list[Listener]], None]
    watch: Watch | None = None


async def serve(parts: Parts, plan: Plan) -> None:
    """Listen until SIGTERM or SIGINT.

    Raises BrokerAway, PortTaken, FolderRefused, or OSError when the web port is taken.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    settings = parts.settings
    figures = Figures()
    raw_log = KafkaLog(_log_settings(parts), figures.log_open.set)
    try:
        if not await raw_log.open(BROKER_WAIT_S):
            raise BrokerAway(settings.bootstrap)
        desk = Desk(
            keyring=parts.keyring,
            encoder=parts.codec,
            now_us=now_us,
            limit_bytes=settings.max_message_bytes,
        )
        shared = Shared(desk, raw_log, figures, Limits(message_bytes=settings.max_message_bytes))
        gateway = Gateway(shared)
        listeners = await gateway.start(plan.sites, plan.ports)
        web = Web(settings.web_port, lambda: _health(raw_log, listeners), figures.registry)
        try:
            async with _watching(plan.watch, shared, stop):
                plan.ready(listeners)
                log.info("web", extra={"url": f"http://127.0.0.1:{web.port}"})
                await stop.wait()
                log.info("gateway drained", extra={"count": await gateway.stop(DRAIN_S)})
        finally:
            await asyncio.to_thread(web.close)
    finally:
        await raw_log.close()


@asynccontextmanager
async def _watching(watch: Watch | None, shared: Shared, stop: asyncio.Event) -> AsyncIterator[None]:
    """Watch the folder meanwhile; when that fails, all stops. At the end the window in hand may be confirmed."""
    if watch is None:
        yield
        return
    watcher = Watcher(watch.folder, watch.site, shared, WatchLimits(settle_s=watch.settle_s))
    watcher.open()
    task = asyncio.create_task(watcher.run())
    task.add_done_callback(lambda _: stop.set())
    try:
        yield
    finally:
        watcher.stop()
        done, _ = await asyncio.wait([task], timeout=DRAIN_S)
        task.cancel()
        watcher.close()
        for one in done:
            one.result()


def write_listeners(data_dir: Path, listeners: list[Listener]) -> None:
    """gateway.json of the data folder, replaced in one step."""
    fresh = data_dir / f"{LISTENERS_FILE}.new"
    fresh.write_text(json.dumps({one.feed: dataclasses.asdict(one) for one in listeners}, indent=2) + "\n", "utf-8")
    fresh.replace(data_dir / LISTENERS_FILE)


def _log_settings(parts: Parts) -> LogSettings:
    return LogSettings(
        bootstrap=parts.settings.bootstrap,
        topic=topics.RAW,
        delivery_timeout_s=parts.settings.delivery_timeout_s,
        max_record_bytes=parts.catalog.topics[topics.RAW].max_bytes,
    )


def _health(raw_log: KafkaLog, listeners: list[Listener]) -> tuple[bool, dict[str, object]]:
    """Healthy while messages are taken; with the broker away all of them are refused."""
    ports: dict[str, object] = {one.feed: one.port for one in listeners}
    return raw_log.is_open, {"ok": raw_log.is_open, "listeners": ports}
