"""Keeps children running: readiness with a progress line, restart with back-off, an ordered stop within a deadline."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from streams.platform.failure import PlatformError

Say = Callable[[str], None]
FIRST_DELAY_S, LAST_DELAY_S = 0.5, 30.0
HEALTHY_S = 60.0
ALARM_AFTER = 5
#: Exit codes that a restart cannot mend: usage, configuration, refused for safety.
FINAL_CODES = frozenset({2, 3, 5})
_TRIES_BEFORE_READY = 4
_REMINDER_S = 5.0
_TICK_S = 0.05
_KILL_WAIT_S = 2.0


def delay_s(failures: int) -> float:
    """Pause before the next start after so many failures in a row: 0.5, 1, 2 … 30 seconds."""
    return float(min(LAST_DELAY_S, FIRST_DELAY_S * 2 ** min(failures - 1, 10)))


def ending(exit_code: int) -> str:
    """How a program ended, for people."""
    return f"was ended by {signal.Signals(-exit_code).name}" if exit_code < 0 else f"ended with exit code {exit_code}"


class Program(Protocol):
    """What the supervisor needs of a child."""

    @property
    def exit_code(self) -> int | None: ...
    def start(self) -> None: ...
    def signal(self, number: signal.Signals) -> None: ...
    def wait(self, timeout_s: float) -> bool: ...
    def log_tail(self, lines: int = 5) -> str: ...


@dataclass(slots=True)
class Service:
    """A child with its readiness probe and its history."""

    name: str
    program: Program
    is_ready: Callable[[], bool]
    log: Path
    failures: int = 0
    started_at: float = 0.0
    restart_at: float | None = None
    was_ready: bool = False


class Supervisor:
    """All children of one launcher. `clock` and `pause` are given so that tests need not wait."""

    def __init__(
        self, say: Say, clock: Callable[[], float] = time.monotonic, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._say = say
        self._clock = clock
        self._pause = pause
        self._services: list[Service] = []
        self._lock = threading.RLock()
        self._stopping = False

    def start(self, service: Service) -> None:
        """Start a child and watch it from now on."""
        with self._lock:
            service.started_at = self._clock()
            self._services.append(service)
            service.program.start()

    def tick(self) -> None:
        """Look at every child once: announce what ended, start again what is due."""
        with self._lock:
            for service in () if self._stopping else tuple(self._services):
                self._look(service)

    def _look(self, service: Service) -> None:
        now = self._clock()
        if service.restart_at is not None:
            if now >= service.restart_at:
                service.restart_at = None
                service.started_at = now
                service.program.start()
                self._say(f"{service.name}: started again")
            return
        code = service.program.exit_code
        if code is None:
            return
        if now - service.started_at >= HEALTHY_S:
            service.failures = 0
        service.failures += 1
        wait_s = delay_s(service.failures)
        service.restart_at = now + wait_s
        self._say(f"{service.name}: {ending(code)}; starts again in {wait_s:g} s (log: {service.log})")
        if service.failures >= ALARM_AFTER:
            self._say(f"ALARM {service.name}: ended {service.failures} times in a row (log: {service.log})")

    def await_ready(self, services: Sequence[Service], timeout_s: float) -> None:
        """Wait until all are ready. Raises PlatformError when one ends for good, keeps ending, or is late."""
        began = reminded = self._clock()
        waiting = list(services)
        while waiting:
            self.tick()
            now = self._clock()
            for service in tuple(waiting):
                self._refuse_hopeless(service)
                if service.restart_at is None and service.is_ready():
                    service.was_ready = True
                    waiting.remove(service)
                    self._say(f"{service.name}: ready after {now - began:.1f} s")
            if waiting and now - began > timeout_s:
                raise self._late(waiting, timeout_s)
            if waiting and now - reminded >= _REMINDER_S:
                reminded = now
                names = ", ".join(service.name for service in waiting)
                self._say(f"waiting for {names} ({now - began:.0f} s)")
            self._pause(_TICK_S)

    def _refuse_hopeless(self, service: Service) -> None:
        code = service.program.exit_code
        if service.restart_at is None or code is None:
            return
        if code in FINAL_CODES or service.failures >= _TRIES_BEFORE_READY:
            raise PlatformError(
                f"{service.name} cannot start: {ending(code)}",
                code=code if code in FINAL_CODES else 1,
                where=str(service.log),
                why=service.program.log_tail(),
            )

    @staticmethod
    def _late(waiting: Sequence[Service], timeout_s: float) -> PlatformError:
        names = ", ".join(service.name for service in waiting)
        logs = ", ".join(str(service.log) for service in waiting)
        return PlatformError(f"{names} not ready within {timeout_s:g} s", code=4, where=logs, fix="look into the log")

    def stop(self, groups: Sequence[tuple[frozenset[str], float]]) -> list[str]:
        """Stop group after group, each until its deadline (seconds from now); what is left then is killed.

        Names of those that had to be killed.
        """
        with self._lock:
            self._stopping = True
        began = self._clock()
        killed: list[str] = []
        for names, deadline_s in groups:
            running = [s for s in self._services if s.name in names and s.program.exit_code is None]
            for service in running:
                service.program.signal(signal.SIGTERM)
            killed += [s.name for s in running if not self._ended(s, began + deadline_s)]
        return killed

    def _ended(self, service: Service, deadline: float) -> bool:
        if service.program.wait(max(0.05, deadline - self._clock())):
            return True
        service.program.signal(signal.SIGKILL)
        service.program.wait(_KILL_WAIT_S)
        return False
