"""One child process: started tethered to us, its output in a log file, stopped by its own pid within a deadline."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from streams.platform.failure import PlatformError
from streams.private import private_folder

_TETHER = Path(__file__).with_name("tether.py")
_KEPT_LOG_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run: an absolute program with arguments, extra environment, and where its output goes."""

    name: str
    argv: tuple[str, ...]
    log: Path
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)


class Child:
    """A running program. Start it from a thread that lives as long as the child shall (the tether follows threads)."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program; a log above 8 MiB is put aside as `<log>.1` first."""
        log = self.command.log
        private_folder(log.parent)
        if log.is_file() and log.stat().st_size > _KEPT_LOG_BYTES:
            log.replace(log.with_name(log.name + ".1"))
        argv = [sys.executable, "-I", "-S", str(_TETHER), str(os.getpid()), *self.command.argv]
        with log.open("ab") as output:
            try:
                self._running = subprocess.Popen(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=self.command.folder,
                    env={**os.environ, **self.command.environment},
                    start_new_session=True,
                )
            except OSError as why:
                raise PlatformError(f"{self.command.name} could not be started", why=str(why)) from why

    @property
    def pid(self) -> int:
        """The process id, 0 before the first start."""
        return self._running.pid if self._running else 0

    @property
    def exit_code(self) -> int | None:
        """None while running; negative for the signal that ended it."""
        return self._running.poll() if self._running else 0

    def signal(self, number: signal.Signals) -> None:
        """Send a signal when it still runs."""
        if self._running is not None:
            self._running.send_signal(number)

    def wait(self, timeout_s: float) -> bool:
        """True when it ended within the time."""
        if self._running is None:
            return True
        try:
            self._running.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self, timeout_s: float) -> bool:
        """SIGTERM, then SIGKILL at the deadline. True when the polite way was enough."""
        self.signal(signal.SIGTERM)
        if self.wait(timeout_s):
            return True
        self.signal(signal.SIGKILL)
        self.wait(timeout_s)
        return False

    def log_tail(self, lines: int = 5) -> str:
        """The last lines of its log, for an error text of the platform's own programs."""
        if not self.command.log.is_file():
            return ""
        with self.command.log.open("rb") as file:
            file.seek(max(0, self.command.log.stat().st_size - 4096))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
