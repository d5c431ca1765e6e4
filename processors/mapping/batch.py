"""Files of HL7 messages -> single messages: batch envelopes (FHS, BHS, BTS, FTS) verified, MLLP framing passed over."""

import re
from dataclasses import dataclass

from processors.errors import Reason, Rejection

_START = re.compile(rb"(?:\A|(?<=[\r\n\x0b\x1c]))(MSH|FHS|BHS|BTS|FTS)(?=[^A-Za-z0-9\r\n ])")
_BEFORE = b"\xef\xbb\xbf\x0b\x00 \t\r\n"
_AFTER = b"\x1c\x0b\x00 \t\r\n"


@dataclass(frozen=True, slots=True)
class Batch:
    """The messages of one file, in order, and the counts in its trailers that do not hold."""

    messages: tuple[bytes, ...]
    problems: tuple[Rejection, ...]


def split(content: bytes) -> Batch:
    """Every message of a file. What stands before the first message and is no envelope counts as one of its own.

    Counts: BTS-1 messages in the batch, FTS-1 batches in the file (HL7 2.5.1 chapter 2.10.3); only where they are sent.
    """
    content = content.lstrip(_BEFORE)
    starts = [(found.start(), found.group(1)) for found in _START.finditer(content)]
    counter = _Counter()
    first = starts[0][0] if starts else len(content)
    messages = [content[:first].rstrip(_AFTER)] if content[:first].strip(_AFTER) else []
    for n, (start, name) in enumerate(starts):
        end = starts[n + 1][0] if n + 1 < len(starts) else len(content)
        part = content[start:end].rstrip(_AFTER)
        if name == b"MSH":
            messages.append(part)
        counter.take(name, part)
    return Batch(tuple(messages), tuple(counter.problems))


class _Counter:
    def __init__(self) -> None:
        self.problems: list[Rejection] = []
        self._messages = 0
        self._batches = 0
        self._separator = b"|"

    def take(self, name: bytes, part: bytes) -> None:
        if name == b"MSH":
            self._messages += 1
        elif name == b"BHS":
            self._messages = 0
            self._batches += 1
            self._separator = part[3:4]
        elif name == b"FHS":
            self._separator = part[3:4]
        elif name == b"BTS":
            self._compare("BTS-1", part, self._messages, "messages in the batch")
        else:
            self._compare("FTS-1", part, self._batches, "batches in the file")

    def _compare(self, path: str, part: bytes, counted: int, what: str) -> None:
        line = re.split(rb"[\r\n]", part, maxsplit=1)[0]
        fields = line.split(self._separator or b"|")
        sent = fields[1].strip() if len(fields) > 1 else b""
        if sent and (not sent.isdigit() or int(sent) != counted):
            shown = sent.decode() if sent.isdigit() else "no number"
            detail = f"the trailer says {shown}, {counted} {what} were found; ask the sender for the file again"
            self.problems.append(Rejection(Reason.BATCH_COUNT, path, detail))
