"""A watched folder: each message of a file is stored as a raw record, then the file moves to done/ or failed/."""

import asyncio
import fcntl
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from processors.errors import Reason, Rejection
from processors.hl7.batch import Batch, split
from processors.hl7.mllp import DEFAULT_HEAD_BYTES, TooLarge
from processors.identity import content_digest
from processors.sites import Site
from streams.gateway.connection import Shared
from streams.gateway.intake import Arrival, Receipt, take, take_envelope, take_head
from streams.gateway.log import NotStored

log = logging.getLogger(__name__)

DONE, FAILED = "done", "failed"
REPORT = ".report.json"
_LOCK = ".wardline.lock"
#: Names that senders give to files which they are still writing.
_UNFINISHED = (".tmp", ".part", ".filepart", ".partial")
_MOST_REPORTED = 1000


class FolderRefused(Exception):
    """The folder cannot be watched: it is gone, may not be written, or another gateway watches it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchLimits:
    """Every limit of a watched folder."""

    settle_s: float = 2.0
    """A file is taken when neither its size nor its time has changed for so long."""
    poll_s: float = 0.5
    retry_s: float = 1.0
    """Pause before what the log did not take is offered again."""
    in_flight: int = 200
    in_flight_bytes: int = 16_000_000
    file_bytes: int = 1_000_000_000


@dataclass(slots=True)
class Outcomes:
    """What became of the messages of one file; `problems` in their order, without patient data."""

    messages: int = 0
    stored: int = 0
    problems: list[dict[str, object]] = field(default_factory=list)

    def settle(self, receipt: Receipt, number: int) -> None:
        """The log has confirmed a record; one without refusal is a message on its way."""
        self.messages += not receipt.is_envelope
        why = receipt.outcome.refusal
        if why is None:
            self.stored += 1
        else:
            self.note(why, 0 if receipt.is_envelope else number, receipt.stamp.event_id)

    def note(self, why: Rejection, number: int = 0, event_id: str = "") -> None:
        """Something to look at; message 0 is the file or its envelope."""
        line: dict[str, object] = {"message": number, "error": why.reason.value, "location": why.path}
        self.problems.append(line | {"detail": why.detail, "event_id": event_id})


@dataclass(frozen=True, slots=True)
class _Look:
    """A file as it was when it last changed."""

    size: int
    mtime_ns: int
    since_s: float

    def is_same(self, size: int, mtime_ns: int) -> bool:
        return (self.size, self.mtime_ns) == (size, mtime_ns)


class Watcher:
    """Takes the files of one folder for one feed, oldest first, one at a time.

    Nothing is remembered between runs: a file that was half stored is taken again from its begin, and what was stored
    already becomes a visible duplicate. Names of files may hold patient data: they are in no log line and no report.
    """

    def __init__(self, folder: Path, site: Site, shared: Shared, limits: WatchLimits | None = None) -> None:
        self.folder = folder
        self._site = site
        self._shared = shared
        self._limits = limits or WatchLimits()
        self._looks: dict[str, _Look] = {}
        self._stuck: set[tuple[str, int, int]] = set()
        self._count = 0
        self._stop = asyncio.Event()
        self._lock = -1

    def open(self) -> None:
        """Make done/ and failed/ and lock the folder. Raises FolderRefused."""
        try:
            for name in (DONE, FAILED):
                (self.folder / name).mkdir(exist_ok=True)
            self._lock = os.open(self.folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as why:
            raise FolderRefused("another gateway watches it") from why
        except OSError as why:
            raise FolderRefused(why.strerror or type(why).__name__) from why

    def close(self) -> None:
        """Let another gateway watch the folder."""
        if self._lock >= 0:
            os.close(self._lock)
        self._lock = -1

    async def run(self) -> None:
        """Look again and again until `stop`. Raises FolderRefused when the folder is gone."""
        while not self._stop.is_set():
            await self.turn(time.monotonic())
            await self._pause(self._limits.poll_s)

    def stop(self) -> None:
        """Take no more; the file in hand stays where it is unless all of it is stored."""
        self._stop.set()

    async def turn(self, now_s: float) -> int:
        """Look once and take every file that has stopped growing; how many were moved."""
        return sum([await self._file(name, look) for name, look in self._settled(now_s) if not self._stop.is_set()])

    def _settled(self, now_s: float) -> list[tuple[str, _Look]]:
        found: dict[str, _Look] = {}
        for name, size, mtime_ns in self._files():
            known = self._looks.get(name)
            found[name] = known if known and known.is_same(size, mtime_ns) else _Look(size, mtime_ns, now_s)
        self._looks = found
        ready = [(name, look) for name, look in found.items() if now_s - look.since_s >= self._limits.settle_s]
        ready = [(name, look) for name, look in ready if (name, look.size, look.mtime_ns) not in self._stuck]
        return sorted(ready, key=lambda one: (one[1].mtime_ns, one[0]))

    def _files(self) -> Iterator[tuple[str, int, int]]:
        """Name, size and time of each file; an empty one is still to be written."""
        try:
            with os.scandir(self.folder) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or entry.name.endswith(_UNFINISHED):
                        continue
                    if entry.is_file(follow_symlinks=False) and entry.stat().st_size:
                        yield entry.name, entry.stat().st_size, entry.stat().st_mtime_ns
        except FileNotFoundError as why:
            if not self.folder.is_dir():
                raise FolderRefused("it is gone") from why

    async def _file(self, name: str, look: _Look) -> bool:
        self._count += 1
        taken_as = f"{self._shared.desk.instance}-file-{self._count}"
        outcomes = Outcomes()
        try:
            if look.size > self._limits.file_bytes:
                what = f"{look.size} bytes are above the limit of {self._limits.file_bytes}; split the file"
                raise Rejection(Reason.TOO_LARGE, "file", what)
            await self._store(await asyncio.to_thread(self._read, name), taken_as, outcomes)
        except Rejection as why:
            outcomes.note(why)
        except NotStored:
            return False
        return self._move(name, look, taken_as, outcomes)

    def _read(self, name: str) -> bytes:
        try:
            return (self.folder / name).read_bytes()
        except OSError as why:
            what = f"the file cannot be read ({why.strerror}); correct its owner and mode, then put it back"
            raise Rejection(Reason.FILE_UNREADABLE, "file", what) from why

    async def _store(self, content: bytes, taken_as: str, outcomes: Outcomes) -> None:
        """Every message of a file, in order. Raises NotStored when told to stop before all is confirmed."""
        batch = await asyncio.to_thread(split, content)
        self._shared.figures.received(self._site.feed, len(content))
        window: list[tuple[int, Receipt]] = []
        size = 0
        for numbered in self._receipts(batch, content, taken_as):
            window.append(numbered)
            size += len(numbered[1].entry.value)
            if len(window) >= self._limits.in_flight or size >= self._limits.in_flight_bytes:
                await self._confirm(window, outcomes)
                window, size = [], 0
        await self._confirm(window, outcomes)

    def _receipts(self, batch: Batch, content: bytes, taken_as: str) -> Iterator[tuple[int, Receipt]]:
        desk = self._shared.desk
        for number, payload in enumerate(batch.messages, 1):
            at = Arrival(self._site, taken_as, number, "file")
            if len(payload) > desk.limit_bytes:
                head = TooLarge(payload[:DEFAULT_HEAD_BYTES], len(payload), content_digest(payload))
                yield number, take_head(head, at, desk)
            else:
                yield number, take(payload, at, desk)
        envelope = take_envelope(batch, content, Arrival(self._site, taken_as, 0, "file"), desk)
        if envelope:
            yield 0, envelope

    async def _confirm(self, window: list[tuple[int, Receipt]], outcomes: Outcomes) -> None:
        """Wait until the log has confirmed all; what it did not take is offered again, in the same order."""
        left = window
        while left:
            if self._stop.is_set():
                raise NotStored("stopped before the end of the file")
            began_s = time.monotonic()
            appended = [self._shared.raw_log.append(receipt.entry) for _, receipt in left]
            results = await asyncio.gather(*appended, return_exceptions=True)
            again = []
            for one, result in zip(left, results, strict=True):
                if result is None:
                    self._settle(one, outcomes, time.monotonic() - began_s)
                elif isinstance(result, NotStored):
                    again.append(one)
                else:
                    raise result
            left = again
            if left:
                log.error("file waits for the message log", extra={"feed": self._site.feed, "count": len(left)})
                await self._pause(self._limits.retry_s)

    def _settle(self, one: tuple[int, Receipt], outcomes: Outcomes, seconds: float) -> None:
        number, receipt = one
        outcomes.settle(receipt, number)
        figures, feed = self._shared.figures, self._site.feed
        figures.stored(feed, seconds)
        if not receipt.is_envelope:
            figures.message(feed, receipt.message.type if receipt.message else "none", "none")

    def _move(self, name: str, look: _Look, taken_as: str, outcomes: Outcomes) -> bool:
        """To done/, or to failed/ with a report beside it. A file that changed meanwhile stays and is taken again."""
        feed = self._site.feed
        extra = {"feed": feed, "peer": taken_as, "count": outcomes.messages}
        source = self.folder / name
        place = FAILED if outcomes.problems else DONE
        try:
            state = source.stat()
            if not look.is_same(state.st_size, state.st_mtime_ns):
                log.warning("file changed while it was read; it is taken again", extra=extra)
                return False
            (self.folder / place).mkdir(exist_ok=True)
            target = _free(self.folder / place, name)
            if outcomes.problems:
                _write_report(target.with_name(target.name + REPORT), feed, taken_as, outcomes)
            source.rename(target)
        except OSError as why:
            self._stuck.add((name, look.size, look.mtime_ns))
            log.error("file stored but not moved; it stays", extra=extra | {"reason": type(why).__name__})
            return False
        self._shared.figures.file(feed, place)
        log.log(logging.WARNING if outcomes.problems else logging.INFO, "file taken", extra=extra | {"code": place})
        return True

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return


def _free(folder: Path, name: str) -> Path:
    """A name in the folder that nothing has: the file's own, else with a number before its ending."""
    wanted, count = folder / name, 1
    target = wanted
    while target.exists():
        count += 1
        target = wanted.with_name(f"{wanted.stem}.{count}{wanted.suffix}")
    return target


def _write_report(path: Path, feed: str, taken_as: str, outcomes: Outcomes) -> None:
    """What to look at, replaced in one step. Event ids lead on by `wardline trace`; patient data stays in the file."""
    said = {
        "feed": feed,
        "taken_as": taken_as,
        "messages": outcomes.messages,
        "stored": outcomes.stored,
        "problem_count": len(outcomes.problems),
        "problems": outcomes.problems[:_MOST_REPORTED],
    }
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(orjson.dumps(said, option=orjson.OPT_INDENT_2) + b"\n")
    fresh.replace(path)
