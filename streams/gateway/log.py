"""The port through which the gateway stores what it received; the broker's confirmation is its answer."""

import asyncio
from dataclasses import dataclass
from typing import Protocol


class NotStored(Exception):
    """The log did not confirm in time, or is known to be away. The entry may be stored all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record as it goes to the log."""

    topic: str
    key: str
    value: bytes
    headers: tuple[tuple[str, str | bytes | None], ...] = ()


class RawLog(Protocol):
    """Appends in the order of the calls, per key.

    Once an entry of a key has failed, no later entry of that key that was appended before the failure was known is
    kept without it: what is stored is a begin of what was appended.
    """

    def append(self, entry: Entry) -> asyncio.Future[None]:
        """A future that is done when the log has confirmed, or fails with NotStored. Call it from the event loop."""
