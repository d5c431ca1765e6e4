"""One MLLP connection: frames in, answers out in the same order, and none before the log has confirmed."""

import asyncio
import logging
import time
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

from processors.errors import Reason, Rejection
from processors.hl7.acknowledge import NOT_STORED, Outcome, Stamp, acknowledge
from processors.hl7.batch import Batch, is_batch, split
from processors.hl7.batch_answer import answer_batch
from processors.hl7.mllp import Deframer, Event, Frame, Garbage, TooLarge, frame
from processors.sites import Site
from streams.gateway.figures import Figures
from streams.gateway.intake import Arrival, Desk, Receipt, take, take_envelope, take_head
from streams.gateway.log import RawLog

log = logging.getLogger(__name__)


class Cause(StrEnum):
    """Why we closed a connection."""

    NOT_STORED = "not_stored"
    IDLE = "idle"
    SLOW = "slow"
    SHUTDOWN = "shutdown"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Every limit of a connection."""

    message_bytes: int = 10_000_000
    in_flight_frames: int = 64
    in_flight_bytes: int = 32_000_000
    all_in_flight_bytes: int = 96_000_000
    """Over all connections; below the producer's own buffer."""
    connections: int = 256
    idle_s: float = 600.0
    slow_frame_s: float = 60.0
    """A frame must end within this after its begin."""
    pause_s: float = 0.25
    """Silence after an end block without carriage return that ends the frame all the same."""
    unframed_s: float = 2.0
    """Silence after bytes without any frame, then the sender is told how to frame."""
    linger_s: float = 2.0
    """How long we go on reading after the last answer of a connection that we close, so that the answer arrives."""


@dataclass(slots=True)
class Shared:
    """What all connections of a gateway have in common."""

    desk: Desk
    raw_log: RawLog
    figures: Figures
    limits: Limits
    in_flight_bytes: int = 0
    connections: set["Connection"] = field(default_factory=set)


@dataclass(slots=True)
class _Together:
    """A batch that came in one frame: its answers leave in one frame, once all of it is settled."""

    batch: Batch
    stamp: Stamp
    missing: int
    is_answered: bool
    """Even when it holds no message."""
    answers: list[bytes] = field(default_factory=list)

    def add(self, answer: bytes | None) -> bytes | None:
        """One more is settled. The whole answer after the last; None before, or when no message wants an answer."""
        self.missing -= 1
        self.answers += [answer] if answer is not None else []
        if self.missing or not (self.answers or self.is_answered):
            return None
        return answer_batch(self.batch, self.answers, self.stamp)


@dataclass(slots=True)
class _Waiting:
    """A message between the log and its answer."""

    receipt: Receipt
    stored: asyncio.Future[None] | None
    began_s: float
    together: _Together | None = None

    @property
    def size(self) -> int:
        return len(self.receipt.entry.value)

    @property
    def is_settled(self) -> bool:
        return self.stored is None or self.stored.done()

    @property
    def is_confirmed(self) -> bool:
        stored = self.stored
        return stored is not None and stored.done() and not stored.cancelled() and stored.exception() is None


class Connection(asyncio.Protocol):
    """Speaks MLLP with one sender.

    After the first message that was not stored, all behind it is refused without being sent to the log, and the
    connection ends: so the sender can begin again at that message and keep its order.
    """

    def __init__(self, site: Site, peer: str, shared: Shared) -> None:
        self._site = site
        self._peer = peer
        self._shared = shared
        self._deframer = Deframer(shared.limits.message_bytes)
        self._waiting: deque[_Waiting] = deque()
        self._bytes = 0
        self._count = 0
        self._is_refusing = False
        self._is_broken = False
        self._is_closing = False
        self._is_ended = False
        self._is_paused = False
        self._is_writable = True
        self._heard_s = self._frame_began_s = self._closing_since_s = time.monotonic()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A sender has connected."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream transport is needed")
        self._transport = transport
        self._shared.figures.opened(self._site.feed)
        self._shared.connections.add(self)
        if len(self._shared.connections) > self._shared.limits.connections:
            self.close(Cause.TOO_MANY)

    def connection_lost(self, _: Exception | None) -> None:
        """The connection is gone; what is in flight is stored without an answer."""
        self._transport = None
        self._is_closing = True
        self._shared.figures.lost(self._site.feed)
        self._shared.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        self._heard_s = time.monotonic()
        self._shared.figures.received(self._site.feed, len(data))
        if self._is_closing:
            return
        was_inside = self._deframer.inside
        events = self._deframer.receive(data)
        if events or not was_inside:
            self._frame_began_s = self._heard_s
        self._handle(events)

    def eof_received(self) -> bool:
        """The sender will send no more; it may still wait for answers."""
        if not self._is_closing:
            self._handle([*self._deframer.conclude(), *self._deframer.finish()])
            self._refuse_unframed()
        self._is_closing = self._is_ended = True
        self._release()
        return bool(self._waiting)

    def pause_writing(self) -> None:
        """The sender does not read its answers: read no more of it either."""
        self._is_writable = False
        self._balance()

    def resume_writing(self) -> None:
        """It reads again."""
        self._is_writable = True
        self._balance()

    @property
    def is_done(self) -> bool:
        """Nothing is left to answer."""
        return not self._waiting

    @property
    def is_flushed(self) -> bool:
        """Every answer has left for the network."""
        return self.is_done and (self._transport is None or self._transport.get_write_buffer_size() == 0)

    def check(self, now_s: float) -> None:
        """Called some times a second: what depends on silence or time."""
        limits = self._shared.limits
        silent_s = now_s - self._heard_s
        if self._is_closing:
            if not self._waiting and now_s - self._closing_since_s > limits.linger_s:
                self.abort()
            return
        self._balance()
        if self._deframer.awaits_return and silent_s > limits.pause_s:
            self._handle(self._deframer.conclude())
        elif self._deframer.inside and not self._is_paused and now_s - self._frame_began_s > limits.slow_frame_s:
            self.close(Cause.SLOW)
        elif self._deframer.has_garbage and self._count == 0 and silent_s > limits.unframed_s:
            self._handle(self._deframer.finish())
            self._refuse_unframed()
        elif silent_s > limits.idle_s and not self._waiting:
            self.close(Cause.IDLE)

    def close(self, cause: Cause) -> None:
        """Read no more messages, answer what is in flight, then end the connection."""
        if self._is_closing:
            return
        self._is_closing = True
        self._shared.figures.closed(self._site.feed, cause.value)
        extra = {"feed": self._site.feed, "peer": self._peer, "reason": cause.value}
        log.log(logging.INFO if cause is Cause.SHUTDOWN else logging.WARNING, "connection closed", extra=extra)
        self._release()

    def give_up(self) -> None:
        """Answer no to all that is not yet confirmed: the sender keeps it and sends it again."""
        self._is_broken = True
        self._release()

    def abort(self) -> None:
        """End at once; what is in flight stays without an answer."""
        if self._transport:
            self._transport.abort()

    def _handle(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Garbage):
                self._shared.figures.garbage(self._site.feed)
                extra = {"feed": self._site.feed, "peer": self._peer, "size": event.size, "code": event.head}
                log.warning("bytes outside a frame", extra=extra)
            else:
                self._take(event)
        self._release()
        self._balance()

    def _take(self, event: Frame | TooLarge) -> None:
        if isinstance(event, TooLarge):
            self._accept(take_head(event, self._arrival(), self._shared.desk))
        elif is_batch(event.payload):
            self._take_batch(event.payload)
        else:
            self._accept(take(event.payload, self._arrival(), self._shared.desk))

    def _take_batch(self, payload: bytes) -> None:
        """Each message is stored by itself and acknowledged by itself, in one answer (HL7 2.5.1 chapter 2.10.3.3)."""
        batch, desk = split(payload), self._shared.desk
        receipts = [take(one, self._arrival(), desk) for one in batch.messages]
        envelope = take_envelope(batch, payload, self._arrival(), desk)
        receipts += [envelope] if envelope else []
        is_answered = not batch.messages and self._site.ack.mode != "none"
        together = _Together(batch, receipts[0].stamp, len(receipts), is_answered)
        for receipt in receipts:
            self._accept(receipt, together)

    def _arrival(self) -> Arrival:
        self._count += 1
        return Arrival(self._site, self._peer, self._count)

    def _accept(self, receipt: Receipt, together: _Together | None = None) -> None:
        waiting = _Waiting(receipt, None, time.monotonic(), together)
        if not self._is_refusing:
            waiting.stored = self._shared.raw_log.append(receipt.entry)
            self._is_refusing = waiting.is_settled and not waiting.is_confirmed
            waiting.stored.add_done_callback(self._settled)
        self._bytes += waiting.size
        self._shared.in_flight_bytes += waiting.size
        self._waiting.append(waiting)

    def _settled(self, stored: asyncio.Future[None]) -> None:
        self._is_refusing = self._is_refusing or stored.cancelled() or stored.exception() is not None
        self._release()
        self._balance()

    def _release(self) -> None:
        """Answer from the front as far as it is known what became of the messages."""
        while self._waiting:
            first = self._waiting[0]
            if not self._is_broken and not first.is_settled:
                return
            self._waiting.popleft()
            self._bytes -= first.size
            self._shared.in_flight_bytes -= first.size
            self._answer(first)
        if self._is_broken and not self._is_closing:
            self.close(Cause.NOT_STORED)
        elif self._is_closing:
            self._say_goodbye()

    def _answer(self, waiting: _Waiting) -> None:
        self._is_broken = self._is_broken or not waiting.is_confirmed
        outcome = NOT_STORED if self._is_broken else waiting.receipt.outcome
        if waiting.is_confirmed:
            self._shared.figures.stored(self._site.feed, time.monotonic() - waiting.began_s)
        receipt = waiting.receipt
        message, answer = receipt.message, None
        if not receipt.is_envelope:
            answer = acknowledge(message, outcome, self._site.ack, receipt.stamp)
            kind = message.type if message else "none"
            self._shared.figures.message(self._site.feed, kind, answer.code if answer else "none")
        payload = answer.payload if answer else None
        if waiting.together:
            payload = waiting.together.add(payload)
        if payload is not None and self._transport:
            self._transport.write(frame(payload))

    def _refuse_unframed(self) -> None:
        """Bytes came and never a frame: say how to send, once. Nothing is stored, and the sender is told no."""
        if self._count or not self._transport:
            return
        self._count += 1
        why = Rejection(Reason.NOT_HL7, "frame", "not stored: no MLLP frame; begin with 0x0B and end with 0x1C 0x0D")
        desk = self._shared.desk
        stamp = Stamp(desk.keyring.event_id("unframed", self._peer), time.strftime("%Y%m%d%H%M%S+0000", time.gmtime()))
        answer = acknowledge(None, Outcome(refusal=why), self._site.ack, stamp)
        self._shared.figures.message(self._site.feed, "none", answer.code if answer else "none")
        if answer:
            self._transport.write(frame(answer.payload))

    def _say_goodbye(self) -> None:
        """All is answered: half-close, go on reading for a while, so that unread bytes do not destroy the answers."""
        self._closing_since_s = time.monotonic()
        if self._transport is None or self._transport.is_closing():
            return
        if self._is_ended:
            self._transport.close()
            return
        self._resume()
        self._transport.write_eof()

    def _balance(self) -> None:
        """Stop reading while too much is in flight, here or over all connections; go on when it is half of that."""
        limits, shared = self._shared.limits, self._shared
        share = 0.5 if self._is_paused else 1.0
        is_full = len(self._waiting) >= limits.in_flight_frames * share or self._bytes >= limits.in_flight_bytes * share
        is_full_everywhere = shared.in_flight_bytes >= limits.all_in_flight_bytes * share
        if self._transport is None or self._is_closing:
            return
        if is_full or is_full_everywhere or not self._is_writable:
            self._pause()
        else:
            self._resume()

    def _pause(self) -> None:
        if not self._is_paused and self._transport and not self._transport.is_closing():
            self._is_paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._is_paused and self._transport and not self._transport.is_closing():
            self._is_paused = False
            now_s = time.monotonic()
            self._frame_began_s += now_s - self._heard_s
            self._heard_s = now_s
            self._transport.resume_reading()
