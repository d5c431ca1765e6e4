"""A board over a store, asked without a socket, and an audit that keeps what was seen."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from read_side import SECOND, T0
from starlette.applications import Starlette

from board import site as board_site
from board.app import create_app
from board.audit import Sight
from board.lineage import NotTraceable
from board.site import Metrics
from processors.envelope import Row
from processors.hl7.message import parse
from processors.identity import Keyring
from processors.mapping.convert import Origin, lineage
from processors.sites import Site


@dataclass
class KeptAudit:
    """An audit that keeps what was seen."""

    sights: list[Sight] = field(default_factory=list)

    def saw(self, sight: Sight) -> None:
        self.sights.append(sight)

    @property
    def targets(self) -> list[str]:
        return [sight.target for sight in self.sights]


GOLDEN = Path(__file__).parent.parent / "golden" / "oru_r01_potassium" / "message.hl7"


def golden_origins(raw: Row) -> Sequence[Origin]:
    """The lineage of one message, whichever is asked for; the second one's record has expired."""
    if raw["control_id"] == "LAB0002":
        raise NotTraceable("the topic's retention has removed the record")
    return lineage(parse(GOLDEN.read_bytes()), WESTMERE, Keyring.of(b"test"))


WESTMERE = Site(feed="lab")


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
        site = board_site.Site(
            store=self.store,
            audit=self.audit,
            metrics=self.metrics,
            origins=golden_origins,
            clock_us=lambda: self.now,
        )
        return Client(create_app(site), host)
