"""A simulated message as people and tools read it: one JSON line with what the simulation knows, or a file."""

import json
from pathlib import Path

from streams.simulate.dialects import DIALECTS
from streams.simulate.hospital import Outgoing


def as_json_line(message: Outgoing) -> str:
    """The message and what is known of it; bytes that the feed's charset cannot read become U+FFFD."""
    known = {
        "number": message.number,
        "at_s": round(message.at_s, 3),
        "feed": message.feed,
        "type": message.type,
        "control_id": message.control_id,
        "well_formed": message.well_formed,
        "fault": message.fault,
        "duplicate_of": message.duplicate_of,
        "story": message.story,
        "message": message.data.decode(DIALECTS[message.feed].codec, "replace"),
    }
    return json.dumps(known, ensure_ascii=False)


def as_text(message: Outgoing) -> str:
    """ER7 with a line for each segment and an empty line behind."""
    text = message.data.decode(DIALECTS[message.feed].codec, "replace")
    return text.replace("\r", "\n").rstrip("\n") + "\n\n"


def save(message: Outgoing, folder: Path) -> None:
    """The exact bytes into one file per message; the name tells order, feed, type and fault."""
    kind = message.type.replace("^", "_")
    mark = message.fault or ("duplicate" if message.duplicate_of else "")
    name = "-".join(part for part in (f"{message.number:06d}", message.feed, kind, mark) if part)
    (folder / f"{name}.hl7").write_bytes(message.data)
