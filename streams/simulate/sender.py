"""Sends a stream of messages at its own pace (open loop), one ordered lane per feed, each message at least once."""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from streams.simulate.hospital import Outgoing
from streams.simulate.mllp import Answer, Connection
from streams.simulate.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How to send."""

    host: str = "127.0.0.1"
    ports: Mapping[str, int]
    """Port by feed."""
    window: int = 1
    """How many messages of a lane may wait for their acknowledgement; 1 is what most interface engines do."""
    connect_timeout_s: float = 3.0
    ack_timeout_s: float = 15.0
    give_up_s: float = 120.0
    """A message that was not acknowledged so long after its first sending is given up."""
    unreachable_s: float = 5.0
    """The first connection of a lane must succeed within this."""
    first_pause_s: float = 0.25
    longest_pause_s: float = 4.0
    queue_messages: int = 20_000
    drain_s: float = 5.0
    """So long after `stop` what was sent may still be answered."""


class Unreachable(Exception):
    """Nothing listens at a feed's address."""

    def __init__(self, feed: str, host: str, port: int) -> None:
        super().__init__(f"nothing accepts connections for feed '{feed}' at {host}:{port}")
        self.feed = feed


class _Later(Exception):
    """The receiver asks to send again later."""


async def send(messages: Iterable[Outgoing], sending: Sending, report: Report, stop: asyncio.Event) -> None:
    """Send all messages, each at its due time after the call, until `stop`. Raises Unreachable.

    Lateness of the sender never delays what is due next; what a lane cannot send yet waits in its queue.
    """
    loop = asyncio.get_running_loop()
    started = loop.time()
    driving = asyncio.create_task(_drive(messages, sending, report, stop))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((driving, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not driving.done():
            await asyncio.wait((driving,), timeout=sending.drain_s)
        if driving.done():
            driving.result()
    except* Unreachable as group:
        raise group.exceptions[0] from None
    finally:
        for task in (driving, stopping):
            task.cancel()
        await asyncio.gather(driving, stopping, return_exceptions=True)
        report.elapsed_s = loop.time() - started


async def _drive(messages: Iterable[Outgoing], sending: Sending, report: Report, stop: asyncio.Event) -> None:
    started = asyncio.get_running_loop().time()
    lanes: dict[str, _Lane] = {}
    async with asyncio.TaskGroup() as tasks:
        for message in messages:
            if not await _wait(started + message.at_s, stop):
                break
            lane = lanes.get(message.feed)
            if lane is None:
                lane = lanes[message.feed] = _Lane(message.feed, sending, report)
                tasks.create_task(lane.run())
            await lane.put(message, started + message.at_s)
        for lane in lanes.values():
            await lane.finish()


async def _wait(until: float, stop: asyncio.Event) -> bool:
    """False when `stop` came first."""
    delay = until - asyncio.get_running_loop().time()
    if delay <= 0:
        await asyncio.sleep(0)
        return not stop.is_set()
    try:
        await asyncio.wait_for(stop.wait(), delay)
    except TimeoutError:
        return True
    return False


@dataclass(slots=True)
class _Pending:
    """A message that was sent and not yet finally answered."""

    message: Outgoing
    first_sent: float


class _Lane:
    """One feed's connection: keeps the order, sends again from the first unanswered message after any failure."""

    def __init__(self, feed: str, sending: Sending, report: Report) -> None:
        self._feed = feed
        self._sending = sending
        self._report = report
        self._queue: asyncio.Queue[tuple[Outgoing, float] | None] = asyncio.Queue(sending.queue_messages)
        self._unanswered: deque[_Pending] = deque()
        self._answered = asyncio.Event()
        self._sent_any = asyncio.Event()
        self._last = False
        self._now = asyncio.get_running_loop().time

    async def put(self, message: Outgoing, due: float) -> None:
        await self._queue.put((message, due))

    async def finish(self) -> None:
        await self._queue.put(None)

    async def run(self) -> None:
        """Until all is sent and answered or given up. Raises Unreachable when the first connection never succeeds."""
        began, connected, pause = self._now(), False, self._sending.first_pause_s
        while not (self._last and not self._unanswered):
            try:
                connection = await self._open()
            except (OSError, TimeoutError) as why:
                if not connected and self._now() - began > self._sending.unreachable_s:
                    raise Unreachable(self._feed, self._sending.host, self._sending.ports[self._feed]) from why
                clean = False
            else:
                connected = True
                before = sum(self._report.answers.values())
                clean = await self._converse(connection)
                if sum(self._report.answers.values()) > before:
                    pause = self._sending.first_pause_s
            if not clean:
                self._drop_old()
                await asyncio.sleep(pause)
                pause = min(pause * 2, self._sending.longest_pause_s)

    async def _open(self) -> Connection:
        port = self._sending.ports[self._feed]
        return await Connection.open(self._sending.host, port, self._sending.connect_timeout_s)

    async def _converse(self, connection: Connection) -> bool:
        """Write and read side by side; True when everything was answered, False when the connection failed."""
        writing = asyncio.create_task(self._write(connection))
        reading = asyncio.create_task(self._read(connection))
        try:
            done, _ = await asyncio.wait((writing, reading), return_when=asyncio.FIRST_COMPLETED)
            if writing in done and not writing.exception():
                await reading
            else:
                for task in done:
                    task.result()
            return True
        except _Later:
            return False
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            self._report.lost_connections += 1
            return False
        finally:
            for task in (writing, reading):
                task.cancel()
            await asyncio.gather(writing, reading, return_exceptions=True)
            await connection.close()

    async def _write(self, connection: Connection) -> None:
        for pending in list(self._unanswered):
            self._report.resent += 1
            await connection.send(pending.message.data)
        while not self._last:
            while len(self._unanswered) >= self._sending.window:
                self._answered.clear()
                await self._answered.wait()
            item = await self._queue.get()
            if item is None:
                self._last = True
                self._sent_any.set()
                return
            message, due = item
            now = self._now()
            self._unanswered.append(_Pending(message, now))
            self._report.sent[self._feed] += 1
            self._report.lateness_s.append(max(0.0, now - due))
            self._sent_any.set()
            await connection.send(message.data)

    async def _read(self, connection: Connection) -> None:
        while True:
            while not self._unanswered:
                if self._last:
                    return
                self._sent_any.clear()
                await self._sent_any.wait()
            self._settle(await connection.answer(self._sending.ack_timeout_s))

    def _settle(self, answer: Answer) -> None:
        if answer.later:
            self._report.put_off += 1
            raise _Later
        pending = self._unanswered.popleft()
        self._report.answers[answer.code or "none"] += 1
        self._report.waiting_s.append(self._now() - pending.first_sent)
        self._answered.set()

    def _drop_old(self) -> None:
        while self._unanswered and self._now() - self._unanswered[0].first_sent > self._sending.give_up_s:
            self._unanswered.popleft()
            self._report.given_up += 1
