"""A board over a store, asked without a socket, and an audit that keeps what was seen."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from read_side import SECOND, T0
from starlette.applications import Starlette

from board.app import create_app
from board.audit import Sight
from board.site import Metrics


@dataclass
class KeptAudit:
    """An audit that keeps what was seen."""

    sights: list[Sight] = field(default_factory=list)

    def saw(self, sight: Sight) -> None:
        self.sights.append(sight)

    @property
    def targets(self) -> list[str]:
        return [sight.target for sight in self.sights]


@dataclass
class Client:
    """GETs of one application."""

    app: Starlette
    host: str

    def get(self, path: str, params: dict[str, str] | None = None) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{self.host}") as client:
                return await client.get(path, params=params)

        return asyncio.run(ask())


@dataclass
class Board:
    """A board whose clock stands two minutes after the first task was made."""

    store: Path
    now: int = T0 + 120 * SECOND
    audit: KeptAudit = field(default_factory=KeptAudit)
    metrics: Metrics = field(default_factory=Metrics)

    def client(self, host: str = "127.0.0.1") -> Client:
        return Client(create_app(self.store, self.audit, self.metrics, clock_us=lambda: self.now), host)
