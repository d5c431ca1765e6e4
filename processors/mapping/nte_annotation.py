"""NTE -> Annotation: the lines of one place become one note, because senders use a segment per line."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.scope import Scope

#: NTE-1 to NTE-3: set id, source and the comment.
MAPPED = frozenset((1, 2, 3))


def notes(segments: list[Segment], scope: Scope) -> list[Record]:
    """One Annotation with all lines, blank lines inside kept; [] when there is no text."""
    lines: list[str] = []
    for segment in segments:
        for raw in segment.repetitions(3) or [""]:
            text = scope.unescape(raw).rstrip()
            lines.append("" if text == '""' else text)
    text = "\n".join(lines).strip("\n")
    return [{"text": text}] if text.strip() else []
