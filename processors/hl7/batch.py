"""Files of HL7 messages -> single messages: batch envelopes (FHS, BHS, BTS, FTS) verified, MLLP framing passed over."""

import re
from dataclasses import dataclass

from processors.errors import Reason, Rejection
from processors.hl7.charset import wide_codec

_START = re.compile(rb"(?:\A|(?<=[\r\n\x0b\x1c]))(MSH|FHS|BHS|BTS|FTS)(?=[^A-Za-z0-9\r\n ])")
_BATCH = re.compile(rb"(?:FHS|BHS)[^A-Za-z0-9\r\n ]")
_LINE_END = re.compile(rb"[\r\n]")
_BEFORE = b"\xef\xbb\xbf\x0b\x00 \t\r\n"
_AFTER = b"\x1c\x0b\x00 \t\r\n"
_ASK = "ask the sender for the file again"


@dataclass(frozen=True, slots=True)
class Batch:
    """The messages of one file or frame, in order.

    `problems`: counts in trailers that do not hold, and trailers that are missing; `envelope`: the FHS, BHS, BTS and
    FTS lines as sent.
    """

    messages: tuple[bytes, ...]
    problems: tuple[Rejection, ...]
    envelope: tuple[bytes, ...] = ()


def is_batch(content: bytes) -> bool:
    """Whether bytes begin with a file or batch header."""
    return _BATCH.match(content, _begin(content, 0, len(content))) is not None


def split(content: bytes) -> Batch:
    """Every message of a file. What belongs to no message and is no envelope counts as a message of its own.

    Counts: BTS-1 messages in the batch, FTS-1 batches in the file (HL7 2.5.1 chapter 2.10.3); only where they are sent.
    """
    codec = wide_codec(content)
    if codec:
        return _split_wide(content, codec)
    begin = _begin(content, 0, len(content))
    starts = [(found.start(), found.group(1)) for found in _START.finditer(content, begin)]
    if not starts or starts[0][0] > begin:
        starts.insert(0, (begin, b""))
    counter = _Counter()
    messages: list[bytes] = []
    envelope: list[bytes] = []
    for n, (start, name) in enumerate(starts):
        end = _end(content, start, starts[n + 1][0] if n + 1 < len(starts) else len(content))
        if name == b"MSH":
            counter.take(name, b"")
        elif name:
            found = _LINE_END.search(content, start, end)
            line_end = found.start() if found else end
            line = content[start:line_end]
            counter.take(name, line)
            envelope.append(line)
            start = _begin(content, line_end, end)
        if start < end:
            messages.append(content[start:end])
    counter.finish()
    return Batch(tuple(messages), tuple(counter.problems), tuple(envelope))


def _split_wide(content: bytes, codec: str) -> Batch:
    """A file in UTF-16 or UTF-32: its messages keep that form. What cannot be read so is one message, as it is."""
    try:
        text = content.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return Batch((content,), ())
    found = split(text.encode("utf-8"))
    messages = tuple(one.decode("utf-8").encode(codec) for one in found.messages)
    return Batch(messages, found.problems, found.envelope)


def _begin(content: bytes, start: int, end: int) -> int:
    while start < end and content[start] in _BEFORE:
        start += 1
    return start


def _end(content: bytes, start: int, end: int) -> int:
    while end > start and content[end - 1] in _AFTER:
        end -= 1
    return end


class _Counter:
    def __init__(self) -> None:
        self.problems: list[Rejection] = []
        self._messages = 0
        self._batches = 0
        self._loose = 0
        self._in_batch = False
        self._in_file = False

    def take(self, name: bytes, line: bytes) -> None:
        """The next header, trailer or message."""
        if name == b"BHS":
            self._close_batch()
            self._messages, self._in_batch = 0, True
            self._batches += 1
        elif name == b"BTS":
            self._compare("BTS-1", line, (self._messages,), "messages in the batch")
            self._batches += not self._in_batch
            self._messages, self._loose, self._in_batch = 0, 0, False
        elif name == b"FHS":
            self.finish()
            self._batches, self._loose, self._in_file = 0, 0, True
        elif name == b"FTS":
            self._close_batch()
            counts = (self._batches + 1, self._batches) if self._loose else (self._batches,)
            self._compare("FTS-1", line, counts, "batches in the file")
            self._batches, self._loose, self._in_file = 0, 0, False
        else:
            self._messages += 1
            self._loose += not self._in_batch

    def finish(self) -> None:
        """Nothing follows: what was opened should be closed."""
        self._close_batch()
        if self._in_file:
            what = f"the file has a header and no trailer: its end may be missing; {_ASK}"
            self.problems.append(Rejection(Reason.BATCH_COUNT, "FTS", what))
        self._in_file = False

    def _close_batch(self) -> None:
        if self._in_batch:
            what = f"the batch has a header and no trailer: its end may be missing; {_ASK}"
            self.problems.append(Rejection(Reason.BATCH_COUNT, "BTS", what))
        self._in_batch = False

    def _compare(self, path: str, line: bytes, counted: tuple[int, ...], what: str) -> None:
        """`counted`: the numbers that are right; messages without a batch around them may count as one or none."""
        fields = line.split(line[3:4]) if len(line) > 3 else []
        sent = fields[1].strip() if len(fields) > 1 else b""
        is_number = sent.isdigit() and len(sent) < 10
        if sent and not (is_number and int(sent) in counted):
            shown = sent.decode() if is_number else "no number"
            detail = f"the trailer says {shown}, {counted[0]} {what} were found; {_ASK}"
            self.problems.append(Rejection(Reason.BATCH_COUNT, path, detail))
