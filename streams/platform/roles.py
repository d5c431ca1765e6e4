"""The roles that `wardline up` runs as child processes: their commands, ports and readiness."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from processors.config import nearest
from streams.platform.child import Command
from streams.platform.failure import PlatformError
from streams.platform.ports import LOOPBACK
from streams.platform.registry_server import http_status
from streams.settings import Settings

#: role -> arguments of the `wardline` command, in the order in which they are started.
ROLES: Mapping[str, tuple[str, ...]] = {
    "gateway": ("gateway",),
    "normalize": ("worker", "normalize"),
    "project": ("worker", "project"),
    "decide": ("worker", "decide"),
    "tasks": ("worker", "tasks"),
    "feeds": ("worker", "feeds"),
    "sink": ("sink",),
    "board": ("board",),
}
#: Ports that people type; used when free.
PREFERRED_PORTS: Mapping[str, int] = {"board": 8080}


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One role to start: its web port (health, metrics; the pages of the board) and arguments beyond the usual."""

    name: str
    web_port: int
    more: tuple[str, ...] = ()


def chosen_roles(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names in starting order. Raises PlatformError (code 2) for an unknown one."""
    for name in names:
        if name not in ROLES:
            raise PlatformError(f"there is no role '{name}'{nearest(name, ROLES)}", code=2)
    return tuple(name for name in ROLES if name in names)


def command(role: Role, settings: Settings) -> Command:
    """How to start a role: the console script of this installation, told by environment where everything is."""
    script = Path(sys.executable).with_name("wardline")
    program = (str(script),) if script.is_file() else ("-c", "from streams.cli.main import main; main()")
    return Command(
        name=role.name,
        argv=(sys.executable, *program, *ROLES[role.name], *role.more),
        log=settings.data_dir / "logs" / f"{role.name}.log",
        folder=settings.data_dir,
        environment={
            "WARDLINE_DATA": str(settings.data_dir),
            "WARDLINE_HOME": str(settings.home),
            "WARDLINE_BOOTSTRAP": settings.bootstrap,
            "WARDLINE_REGISTRY_URL": settings.registry_url,
            "WARDLINE_WEB_PORT": str(role.web_port),
            "MALLOC_ARENA_MAX": "2",
            "PYTHONUNBUFFERED": "1",
        },
    )


def is_ready(web_port: int) -> bool:
    """Whether the role says so itself: /readyz, or /healthz where it has no /readyz."""
    status = http_status(LOOPBACK, web_port, "/readyz")
    return status == 200 or (status == 404 and http_status(LOOPBACK, web_port, "/healthz") == 200)
