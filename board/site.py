"""What the board's pages work with: the store, the audit, the clock and the templates."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from prometheus_client import CollectorRegistry, Counter, Gauge
from starlette.requests import Request
from starlette.templating import Jinja2Templates

from board import wording
from board.audit import Audit, FirstSights, Sight
from board.identity import user_of
from board.lineage import Origins
from board.live import Watcher
from streams.clock import now_us

HERE = Path(__file__).parent
MOST_ROWS = 200


@dataclass(slots=True)
class Metrics:
    """Counters of the board."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    pages: Counter = field(init=False)
    audit: Counter = field(init=False)
    viewers: Gauge = field(init=False)

    def __post_init__(self) -> None:
        """Create the metrics in this registry."""
        of = self.registry
        self.pages = Counter("wardline_board_pages", "pages and fragments served", ["page"], registry=of)
        self.audit = Counter("wardline_board_audit", "audit records by outcome", ["outcome"], registry=of)
        self.viewers = Gauge("wardline_board_viewers", "open live connections", registry=of)

    def audited(self, outcome: str) -> None:
        """The audit tells what became of a record."""
        self.audit.labels(outcome).inc()


@dataclass(slots=True, kw_only=True)
class Site:
    """One board. `stopping`: says when open live connections have to end."""

    store: Path
    audit: Audit
    metrics: Metrics
    origins: Origins
    clock_us: Callable[[], int] = now_us
    stopping: Callable[[], bool] = lambda: False
    watcher: Watcher = field(init=False)
    sights: FirstSights = field(default_factory=FirstSights)

    def __post_init__(self) -> None:
        """Watch the store."""
        self.watcher = Watcher(self.store, self.stopping)

    def saw(self, request: Request, target: str, purpose: str) -> None:
        """The person behind the request saw this: always recorded."""
        self.audit.saw(Sight(user_of(request), target, purpose, self.clock_us()))

    def saw_list(self, request: Request, targets: list[str]) -> None:
        """The person was shown these in a list: recorded unless just shown."""
        user, now_us = user_of(request), self.clock_us()
        for target in self.sights.new(user, targets, now_us):
            self.audit.saw(Sight(user, target, "queue", now_us))


def site_of(request: Request) -> Site:
    """The board that serves this request."""
    return cast(Site, request.app.state.site)


def templates() -> Jinja2Templates:
    """The pages' templates, with the board's words."""
    made = Jinja2Templates(HERE / "templates")
    made.env.globals.update(clock=wording.clock, tier=wording.tier, utc=wording.utc, iso=wording.iso)
    made.env.globals.update(decided=wording.decided, counted=wording.counted)
    made.env.filters["held_back"] = wording.held_back
    made.env.filters.update(duration=wording.duration, plain=wording.plain, result_status=wording.result_status)
    made.env.trim_blocks = True
    made.env.lstrip_blocks = True
    return made
