"""What every RawLog must do: the fake of the fast tests and the one on Kafka pass the same checks."""

import time
from collections.abc import Callable

from processors import topics
from streams.gateway.log import Entry, NotStored, RawLog


def entry(text: str, key: str = "k") -> Entry:
    return Entry(topic=topics.RAW, key=key, value=text.encode())


async def confirms_and_keeps_in_order(log: RawLog, kept: Callable[[], list[bytes]]) -> None:
    """Every append is confirmed, and what is kept stands in the order of the calls."""
    texts = [f"entry {n}" for n in range(50)]
    for stored in [log.append(entry(text)) for text in texts]:
        await stored
    assert kept() == [text.encode() for text in texts]


async def confirms_nothing_while_away(log: RawLog, within_s: float) -> None:
    """With the store gone each append fails, in time, by NotStored and nothing else."""
    began_s = time.monotonic()
    failures = []
    for stored in [log.append(entry(str(n))) for n in range(5)]:
        try:
            await stored
        except NotStored as why:
            failures.append(why)
    assert len(failures) == 5
    assert time.monotonic() - began_s < within_s
