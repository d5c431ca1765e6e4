"""The answer to a batch: one batch with the acknowledgement of each message (HL7 2.5.1 chapter 2.10.3.3, case a)."""

from collections.abc import Sequence

from processors.hl7.acknowledge import APPLICATION, CONTROL_ID_LENGTH, Stamp
from processors.hl7.batch import Batch

_USUAL = b"BHS|^~\\&"
_TEXT = "latin-1"
"""The envelope is echoed byte for byte."""


def answer_batch(batch: Batch, answers: Sequence[bytes], stamp: Stamp) -> bytes:
    """BHS, the answers in the messages' order, BTS with their count and what was wrong; inside FHS and FTS as sent.

    FHS-12 and BHS-12 refer to the sender's control ids; addresses are swapped. Messages that want no answer have none,
    so BTS-1 may be less than what came.
    """
    headers = {line[:3]: line for line in reversed(batch.envelope) if line[:3] in (b"FHS", b"BHS")}
    segments = [_header(headers.get(b"BHS", _USUAL), b"BHS", stamp)]
    mark = segments[0][3:4]
    comment = _plain(" / ".join(f"{one.path}: {one.detail}" for one in batch.problems)).encode("ascii", "replace")
    segments += [one.rstrip(b"\r") for one in answers]
    segments.append(mark.join((b"BTS", str(len(answers)).encode(), comment)).rstrip(mark))
    if b"FHS" in headers:
        first = _header(headers[b"FHS"], b"FHS", stamp)
        segments = [first, *segments, first[3:4].join((b"FTS", b"1"))]
    return b"\r".join(segments) + b"\r"


def _header(line: bytes, name: bytes, stamp: Stamp) -> bytes:
    """FHS or BHS of the answer (chapter 2.15.2 and 2.15.6: the same fields)."""
    text = "".join(c for c in line.decode(_TEXT) if c >= " ")
    mark = text[3:4] or "|"
    fields = text.split(mark)
    sent = [*fields, *[""] * 12]
    control_id = stamp.event_id[:CONTROL_ID_LENGTH]
    told = [name.decode(), sent[1] or "^~\\&", sent[4] or APPLICATION, sent[5], sent[2], sent[3], stamp.time]
    told += ["", "", "", control_id, sent[10]]
    return mark.join(told).rstrip(mark).encode(_TEXT)


def _plain(text: str) -> str:
    """Without what might be a delimiter."""
    return "".join(c if c.isalnum() or c in " .,;:-/" else " " for c in text)
