"""Chooses loopback ports: the configured one, else the one used last time when free, else any free one."""

import secrets
import socket
from collections.abc import Iterable, Mapping

from streams.platform.failure import PlatformError

LOOPBACK = "127.0.0.1"
#: Below Linux's range for outgoing connections: a client that retries a stopped server cannot take its port.
_FIRST, _COUNT = 20_000, 12_000


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def is_open(port: int, timeout_s: float = 0.5) -> bool:
    """Whether something accepts connections on this loopback port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout_s):
            return True
    except OSError:
        return False


def choose(names: Iterable[str], configured: Mapping[str, int], remembered: Mapping[str, int]) -> dict[str, int]:
    """One port per name, all different. A configured port that is taken raises PlatformError (code 3)."""
    chosen: dict[str, int] = {}
    for name in names:
        if configured.get(name):
            chosen[name] = _configured(name, configured[name])
        else:
            chosen[name] = _automatic(remembered.get(name, 0), {*chosen.values(), *configured.values()})
    return chosen


def _configured(name: str, port: int) -> int:
    if is_free(port):
        return port
    raise PlatformError(
        f"port {port} for {name} is taken",
        code=3,
        where=f"{LOOPBACK}:{port}",
        why="another program listens there",
        fix="stop that program, or choose another port, or leave it out to have a free one chosen",
    )


def _automatic(remembered: int, taken: set[int]) -> int:
    if remembered and remembered not in taken and is_free(remembered):
        return remembered
    for _ in range(200):
        port = _FIRST + secrets.randbelow(_COUNT)
        if port not in taken and is_free(port):
            return port
    raise PlatformError("no free port was found", why="200 tries")
