"""`wardline demo`: the whole platform fed by the simulated hospital, with a progress display and a story."""

import asyncio
import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.status import Status

from streams.cli.output import FAILED, fail
from streams.cli.simulate import parse_duration, progress_line
from streams.cli.story import Store, brief, story
from streams.clock import now_us
from streams.platform.failure import PlatformError
from streams.platform.launcher import Launcher, Options
from streams.platform.ports import is_free
from streams.settings import HOME
from streams.simulate.hospital import Plan, messages
from streams.simulate.report import Report
from streams.simulate.sender import Sending, Unreachable, send
from streams.simulate.targets import USUAL_PORTS, listening_ports
from streams.sites import load_sites

_TICK_S = 0.2
_LOOK_S = 0.5
#: The first story comes so long after the first task: then there is something to tell.
_STORY_AFTER_S = 10.0
_STORY_EVERY_S = 30.0
_SENDER_STOP_S = 6.0


class Display:
    """Lines for people; on a terminal the newest one also turns as a spinner until something is said for good."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._began = time.monotonic()
        self._status: Status | None = None

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began

    def say(self, text: str) -> None:
        """One or more lines that stay."""
        self._console.print(f"[{self.elapsed_s:5.1f} s] {text}", markup=False)
        sys.stdout.flush()

    def turn(self, text: str) -> None:
        """What goes on just now; only shown on a terminal."""
        if not self._console.is_terminal:
            return
        if self._status is None:
            self._status = self._console.status(text)
            self._status.start()
        self._status.update(text)

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._status is not None:
            self._status.stop()


def demo(
    *,
    duration: str = typer.Option("", "--for", help="end so long after the first message, e.g. 60s; else go on"),
    rate: float = typer.Option(5.0, min=0.1, max=200.0, help="messages per second"),
    seed: int = typer.Option(1, min=0, help="which patients"),
    patients: int = typer.Option(50, min=1, help="how many are about at a time"),
    data: Path = typer.Option(Path(".wardline"), "--data", envvar="WARDLINE_DATA", help="data folder"),
    port: int = typer.Option(0, help="port of the board; else 8080 when free"),
) -> None:
    """Everything, fed by a simulated hospital: prints the board's address and what just happened."""
    span_s = parse_duration(duration) if duration else None
    display = Display()
    listen = tuple(part for feed in _taken_feeds() for part in ("--listen", f"{feed}=0"))
    options = Options(data_dir=data, ports={"board": port} if port else {}, role_arguments={"gateway": listen})
    show = _Show(display, Launcher(options, display.say))
    try:
        show.run(seed, rate, patients, span_s)
    except PlatformError as why:
        display.close()
        fail(why.code, why.what, why.where, why.why, why.fix)
    finally:
        display.close()
    if span_s is not None and show.first_task_s is None:
        fail(FAILED, "no task appeared in the SQL store", str(data), fix="run `wardline doctor`, look into logs/")


def _taken_feeds() -> list[str]:
    """Feeds whose usual port is in use: they listen on any free one instead."""
    sites = load_sites(HOME / "sites")
    return [feed for feed, site in sites.items() if site.listen.port and not is_free(site.listen.port)]


@dataclass(slots=True)
class _Show:
    """One demonstration from start to stop."""

    display: Display
    launcher: Launcher
    first_task_s: float | None = None
    _halt: threading.Event = field(default_factory=threading.Event)
    _is_up: bool = False

    def run(self, seed: int, rate: float, patients: int, span_s: float | None) -> None:
        """Start, send, tell, stop. Raises PlatformError."""
        signal.signal(signal.SIGTERM, self._stop_asked)
        signal.signal(signal.SIGINT, self._stop_asked)
        self.display.turn("starting")
        try:
            self.launcher.start()
            self._is_up = True
            self._send_and_tell(seed, rate, patients, span_s)
        except KeyboardInterrupt:
            self.display.say("interrupted while starting")
        finally:
            self._is_up = True
            began = self.display.elapsed_s
            self.display.turn("stopping")
            self.launcher.stop()
            self.display.say(f"stopped in {self.display.elapsed_s - began:.1f} s")

    def _stop_asked(self, *_: object) -> None:
        self._halt.set()
        if not self._is_up:
            raise KeyboardInterrupt

    def _send_and_tell(self, seed: int, rate: float, patients: int, span_s: float | None) -> None:
        board = self.launcher.run_json["roles"]["board"]["web"]
        self.display.say(f"the queue board: {board}")
        plan = Plan(
            seed=seed,
            start=datetime.fromtimestamp(now_us() // 1_000_000, UTC),
            interval_s=1 / rate,
            patients=patients,
            newcomers=True,
        )
        data_dir = self.launcher.settings.data_dir
        sending = Sending(ports={**USUAL_PORTS, **listening_ports(data_dir)}, give_up_s=3600.0)
        store = Store(self.launcher.settings.database)
        before = store.task_count()
        self.display.say(f"the simulated hospital sends {rate:g} messages a second; Ctrl-C stops everything")
        with _sender(plan, sending, self.display.say) as report:
            self._tell(store, before, report, span_s)
        self.display.say(progress_line(report))

    def _tell(self, store: Store, before: int, report: Report, span_s: float | None) -> None:
        began = self.display.elapsed_s
        next_look, next_story, told = began, float("inf"), False
        while not self._halt.wait(_TICK_S):
            self.launcher.tick()
            now = self.display.elapsed_s
            if span_s is not None and now - began >= span_s:
                break
            if self.first_task_s is None and now >= next_look:
                next_look = now + _LOOK_S
                if store.task_count() > before:
                    self.first_task_s, next_story = now, now + _STORY_AFTER_S
                    self.display.say(f"first task in SQL after {now:.1f} s")
            if now >= next_story:
                self.display.say(brief(store) if told else f"what just happened:\n{story(store)}")
                next_story, told = now + _STORY_EVERY_S, True
            self.display.turn(progress_line(report))
        self.display.say(f"at the end:\n{story(store)}")


@contextlib.contextmanager
def _sender(plan: Plan, sending: Sending, say: Callable[[str], None]) -> Iterator[Report]:
    """The simulator in a thread of its own for the time of the block."""
    report, stop = Report(), asyncio.Event()
    loop = asyncio.new_event_loop()

    def work() -> None:
        try:
            loop.run_until_complete(send(messages(plan), sending, report, stop))
        except Unreachable as why:
            say(f"the simulated hospital stopped: {why}")

    thread = threading.Thread(target=work, name="simulator", daemon=True)
    thread.start()
    try:
        yield report
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_SENDER_STOP_S)
        if not thread.is_alive():
            loop.close()
