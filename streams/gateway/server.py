"""The MLLP server: one listener per feed, the clock of all connections, and an orderly end."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from processors.sites import Site
from streams.gateway.connection import Cause, Connection, Shared

LOOPBACK = "127.0.0.1"
_TICK_S = 0.1
#: After the last answer, for senders to take it and close their side.
_GOODBYE_S = 0.5


@dataclass(frozen=True, slots=True)
class Listener:
    """Where one feed is listened for."""

    feed: str
    host: str
    port: int


class PortTaken(Exception):
    """A listener's port is in use. The text names feed and port."""


class Gateway:
    """Listens until `stop`."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._servers: list[asyncio.Server] = []
        self._count = 0
        self._clock: asyncio.Task[None] | None = None

    async def start(self, sites: Mapping[str, Site], ports: Mapping[str, int]) -> list[Listener]:
        """Listen for every feed of `ports` (0 = any free port). Raises PortTaken, and then listens for none."""
        loop = asyncio.get_running_loop()
        listeners: list[Listener] = []
        for feed, port in ports.items():
            site = sites[feed]
            try:
                server = await loop.create_server(partial(self._connection, site), LOOPBACK, port)
            except OSError as why:
                await self.stop(0.0)
                raise PortTaken(f"port {port} of feed '{feed}' cannot be had: {why.strerror}") from why
            self._servers.append(server)
            listeners.append(Listener(feed, LOOPBACK, server.sockets[0].getsockname()[1]))
        self._clock = loop.create_task(self._tick())
        return listeners

    async def stop(self, drain_s: float) -> int:
        """Accept no more, read no more, answer what is in flight: once stored, else after `drain_s` with a no.

        How many connections were told no.
        """
        for server in self._servers:
            server.close()
        for connection in list(self._shared.connections):
            connection.close(Cause.SHUTDOWN)
        shared = self._shared
        await _until(lambda: all(c.is_flushed for c in shared.connections), drain_s)
        told_no = [connection for connection in shared.connections if not connection.is_done]
        for connection in told_no:
            connection.give_up()
        await _until(lambda: not shared.connections, min(drain_s, _GOODBYE_S))
        if self._clock:
            self._clock.cancel()
        for connection in list(shared.connections):
            connection.abort()
        await asyncio.sleep(0)
        return len(told_no)

    def _connection(self, site: Site) -> Connection:
        self._count += 1
        return Connection(site, f"{self._shared.desk.instance}-{self._count}", self._shared)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            now_s = time.monotonic()
            for connection in list(self._shared.connections):
                connection.check(now_s)


async def _until(reached: Callable[[], bool], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        if reached() or time.monotonic() > deadline:
            return
        await asyncio.sleep(0.02)
