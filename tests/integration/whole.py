"""The whole platform as `wardline up` runs it, for a test: kept alive here, spoken to over sockets, read from SQL."""

import contextlib
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from streams.platform.launcher import Launcher, Options
from streams.settings import Settings

T = TypeVar("T")
START_S = 180.0
LOOK_S = 0.1
#: From socket to SQL on a busy machine.
ARRIVAL_S = 60.0
_LISTEN = ("--listen", "*=0")


@contextlib.contextmanager
def running(
    data_dir: Path, roles: tuple[str, ...] = (), environment: Mapping[str, str] | None = None
) -> Iterator[Launcher]:
    """A platform under its own supervisor, with free ports; `roles` empty = all. Children get the environment, too."""
    before = {name: os.environ.get(name) for name in environment or {}}
    os.environ.update(environment or {})
    options = {"roles": roles} if roles else {}
    launcher = Launcher(Options(data_dir=data_dir, role_arguments={"gateway": _LISTEN}, **options), print)
    halt, started = threading.Event(), threading.Event()

    def live() -> None:
        try:
            launcher.start()
            started.set()
            launcher.run_until(halt)
        finally:
            launcher.stop()

    thread = threading.Thread(target=live)
    thread.start()
    try:
        assert started.wait(START_S), "the platform did not start"
        yield launcher
    finally:
        halt.set()
        thread.join(60)
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


@dataclass(slots=True)
class Whole:
    """A running platform as its senders, its readers and its users see it."""

    launcher: Launcher
    answers: list[bytes] = field(default_factory=list)
    """Every answer that came over a socket."""

    @property
    def settings(self) -> Settings:
        return self.launcher.settings

    def send(self, payload: bytes, feed: str = "default", timeout_s: float = 20.0) -> bytes:
        """One framed message on a connection of its own; its answer without frame, b"" when none came in time."""
        return self.send_raw(b"\x0b" + payload + b"\x1c\r", feed, timeout_s)

    def send_raw(self, sent: bytes, feed: str = "default", timeout_s: float = 20.0) -> bytes:
        """Bytes as they are, on a connection of its own; the first answer, b"" when none came in time."""
        with socket.create_connection(("127.0.0.1", self._port(feed)), 5.0) as line:
            line.sendall(sent)
            line.settimeout(timeout_s)
            got = b""
            with contextlib.suppress(TimeoutError):
                while not got.endswith(b"\x1c\r"):
                    part = line.recv(65536)
                    if not part:
                        break
                    got += part
        answer = got.removeprefix(b"\x0b").removesuffix(b"\x1c\r")
        self.answers.append(answer)
        return answer

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """What a query of the SQL store gives now."""
        store = sqlite3.connect(f"file:{self.settings.database}?mode=ro", uri=True, timeout=5.0)
        with contextlib.closing(store):
            store.row_factory = sqlite3.Row
            return store.execute(sql, values).fetchall()

    def arrived(self, sql: str, *values: object, count: int = 1) -> list[sqlite3.Row]:
        """The rows of a query as soon as there are that many."""
        return until(lambda: found if len(found := self.rows(sql, *values)) >= count else None, sql)

    def end_states(self, control_id: str, count: int = 1) -> list[sqlite3.Row]:
        """The end states of the messages with that MSH-10, oldest first."""
        return self.arrived("SELECT * FROM message WHERE control_id = ? ORDER BY known_at", control_id, count=count)

    def end_state(self, control_id: str) -> sqlite3.Row:
        """The end state of the one message with that MSH-10."""
        (row,) = self.end_states(control_id)
        return row

    def wardline(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The console command on this platform's data folder."""
        program = Path(sys.executable).with_name("wardline")
        argv = [str(program), *arguments, "--data", str(self.settings.data_dir)]
        return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)

    def _port(self, feed: str) -> int:
        listeners = json.loads((self.settings.data_dir / "gateway.json").read_text("utf-8"))
        return int(listeners[feed]["port"])


def until(look: Callable[[], T | None], what: str, timeout_s: float = ARRIVAL_S) -> T:
    """The first value that is not None."""
    deadline = time.monotonic() + timeout_s
    while (found := look()) is None:
        assert time.monotonic() < deadline, f"not seen within {timeout_s} s: {what}"
        time.sleep(LOOK_S)
    return found
