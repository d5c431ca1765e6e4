"""One MLLP connection seen from the sender: frames out, acknowledgements in."""

import asyncio
import re
from dataclasses import dataclass

from streams.simulate.er7 import END, START, frame

#: The longest acknowledgement that is read.
MAX_ANSWER_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """An acknowledgement: MSA-1, MSA-2, and whether the receiver asks to send again later (table 0357 code 207)."""

    code: str
    control_id: str
    text: str
    later: bool


class Connection:
    """An open connection. Raises OSError and asyncio.IncompleteReadError when the other side goes away."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @staticmethod
    async def open(host: str, port: int, timeout_s: float) -> "Connection":
        """Connect. Raises OSError or TimeoutError."""
        opening = asyncio.open_connection(host, port, limit=MAX_ANSWER_BYTES)
        return Connection(*await asyncio.wait_for(opening, timeout_s))

    async def send(self, message: bytes) -> None:
        """Write one framed message."""
        self._writer.write(frame(message))
        await self._writer.drain()

    async def answer(self, timeout_s: float) -> Answer:
        """The next acknowledgement. Raises TimeoutError when none comes."""
        framed = await asyncio.wait_for(self._reader.readuntil(END), timeout_s)
        return read_answer(framed.rsplit(START, 1)[-1].removesuffix(END))

    async def close(self) -> None:
        """Close, whatever state the connection is in."""
        self._writer.close()
        try:
            await asyncio.wait_for(self._writer.wait_closed(), 1.0)
        except (OSError, TimeoutError):
            self._writer.transport.abort()


def read_answer(message: bytes) -> Answer:
    """An acknowledgement's bytes; the code is "" when there is no MSA."""
    segments = {line[:3]: line.split("|") for line in message.decode("utf-8", "replace").split("\r")}
    msa = [*segments.get("MSA", []), "", "", "", ""]
    err = "|".join(segments.get("ERR", []))
    codes = re.split(r"[|^&~]", err)
    refused = msa[1] in ("AR", "AE", "CR", "CE")
    return Answer(code=msa[1], control_id=msa[2], text=err or msa[3], later=refused and "207" in codes)
