"""The minimal lower layer protocol without IO: bytes in, frames out (HL7 2.5.1 appendix C.4.3)."""

import hashlib
from dataclasses import dataclass
from typing import TypeAlias

START = b"\x0b"
END = b"\x1c"
FRAME_END = END + b"\r"
#: What may follow the end block: its carriage return, a line feed sent in its place, or at once the next start block.
_AFTER_END = b"\r\n\x0b"
_GARBAGE_HEAD_BYTES = 8
DEFAULT_LIMIT_BYTES = 10_000_000
DEFAULT_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Frame:
    """The bytes between start and end block."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Garbage:
    """Bytes outside any frame, or the begin of one that was given up; `head` is safe to log (see `masked`)."""

    size: int
    head: str


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A frame above the limit: its first bytes, whole size and SHA-256; the rest was not kept."""

    head: bytes
    size: int
    sha256: str


Event: TypeAlias = Frame | Garbage | TooLarge


def frame(payload: bytes) -> bytes:
    """The payload between start and end block."""
    return START + payload + FRAME_END


def masked(data: bytes) -> str:
    """The first 8 bytes as hexadecimal, letters and digits as `..`: shows the framing, not the content."""
    return " ".join(".." if b > 0x7F or chr(b).isalnum() else f"{b:02x}" for b in data[:_GARBAGE_HEAD_BYTES])


class Deframer:
    """Feed it what arrives; however the bytes are cut into packets, the same events come out.

    A frame ends at 0x1C followed by CR, LF or the next start block; a lone 0x1C inside is content. CR and LF between
    frames are passed over. A start block followed by `MSH` inside a frame means that the sender began anew: what came
    before is garbage.
    """

    __slots__ = (
        "_buffer",
        "_digest",
        "_garbage",
        "_garbage_size",
        "_head",
        "_head_bytes",
        "_inside",
        "_limit",
        "_size",
    )

    def __init__(self, limit_bytes: int = DEFAULT_LIMIT_BYTES, head_bytes: int = DEFAULT_HEAD_BYTES) -> None:
        self._limit = limit_bytes
        self._head_bytes = min(head_bytes, limit_bytes)
        self._buffer = bytearray()
        self._inside = False
        self._garbage = bytearray()
        self._garbage_size = 0
        self._digest = hashlib.sha256()
        self._head = b""
        self._size = 0

    @property
    def inside(self) -> bool:
        """A frame has begun and not ended."""
        return self._inside

    @property
    def has_garbage(self) -> bool:
        """Bytes outside a frame are not yet reported: nothing but a new frame or `finish` reports them."""
        return self._garbage_size > 0

    @property
    def awaits_return(self) -> bool:
        """The end block is there, the carriage return after it is not: `conclude` takes it as the end."""
        return self._inside and self._buffer[-1:] == END

    def receive(self, data: bytes) -> list[Event]:
        """Take what arrived."""
        events: list[Event] = []
        at = 0
        while at < len(data):
            at = self._within(data, at, events) if self._inside else self._between(data, at, events)
        return events

    def conclude(self) -> list[Event]:
        """The sender has paused after an end block without carriage return: take the frame as ended."""
        if not self.awaits_return:
            return []
        events: list[Event] = []
        del self._buffer[-1:]
        self._end(events)
        return events

    def finish(self) -> list[Event]:
        """The connection is over: report what lies outside a frame, or a frame that never ended, as garbage."""
        events: list[Event] = []
        if self._inside:
            self._begin_garbage(self._head or bytes(self._buffer), self._size + len(self._buffer))
            self._reset()
        self._flush_garbage(events)
        return events

    def _between(self, data: bytes, at: int, events: list[Event]) -> int:
        start = data.find(START, at)
        outside = data[at:start] if start >= 0 else data[at:]
        if outside.strip(b"\r\n") or self._garbage_size:
            self._begin_garbage(outside.lstrip(b"\r\n") if not self._garbage_size else outside, 0)
        if start < 0:
            return len(data)
        self._flush_garbage(events)
        self._inside = True
        return start + 1

    def _within(self, data: bytes, at: int, events: list[Event]) -> int:
        if self._buffer[-1:] == END and data[at] in _AFTER_END:
            del self._buffer[-1:]
            self._end(events)
            return at + (data[at : at + 1] != START)
        end = _find_end(data, at)
        if end < 0:
            self._keep(data[at:])
            return len(data)
        self._keep(data[at:end])
        self._end(events)
        return end + 1 + (data[end + 1 : end + 2] != START)

    def _keep(self, part: bytes) -> None:
        """Append; once above the limit only head, size and digest are kept, and a trailing 0x1C held back."""
        self._buffer += part
        if self._size == 0 and len(self._buffer) - (self._buffer[-1:] == END) <= self._limit:
            return
        held = self._buffer[-1:] == END
        content = bytes(self._buffer[: len(self._buffer) - held])
        self._head = self._head or content[: self._head_bytes]
        self._digest.update(content)
        self._size += len(content)
        self._buffer = bytearray(END if held else b"")

    def _end(self, events: list[Event]) -> None:
        payload = bytes(self._buffer)
        size = self._size + len(payload)
        if size > self._limit:
            self._digest.update(payload)
            events.append(TooLarge(self._head or payload[: self._head_bytes], size, self._digest.hexdigest()))
            self._reset()
            return
        self._reset()
        again = payload.rfind(START + b"MSH")
        if again >= 0:
            self._begin_garbage(payload[:again], 0)
            self._flush_garbage(events)
            payload = payload[again + 1 :]
        events.append(Frame(payload))

    def _reset(self) -> None:
        self._buffer = bytearray()
        self._inside = False
        self._size = 0
        self._head = b""
        self._digest = hashlib.sha256()

    def _begin_garbage(self, part: bytes, size: int) -> None:
        self._garbage += part[: _GARBAGE_HEAD_BYTES - len(self._garbage)]
        self._garbage_size += size or len(part)

    def _flush_garbage(self, events: list[Event]) -> None:
        if self._garbage_size:
            events.append(Garbage(self._garbage_size, masked(bytes(self._garbage))))
        self._garbage = bytearray()
        self._garbage_size = 0


def _find_end(data: bytes, at: int) -> int:
    """Where an end block stands that is followed by what ends it; -1 when there is none in `data`."""
    end = data.find(END, at)
    while end >= 0:
        if data[end + 1 : end + 2] and data[end + 1] in _AFTER_END:
            return end
        end = data.find(END, end + 1)
    return -1
