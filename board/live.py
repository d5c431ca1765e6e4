"""Pushes to open pages that something changed: one watcher for all, at most two pushes a second each."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from streams.sinks.reads import Reads, StoreMissing, connect

POLL_S = 0.5
PING_S = 15.0


class Watcher:
    """Looks at the store twice a second while anybody looks at the board."""

    def __init__(self, store: Path, stopping: Callable[[], bool]) -> None:
        self._store = store
        self._stopping = stopping
        self._reads: Reads | None = None
        self._seen = -1
        self._version = 0
        self._task: asyncio.Task[None] | None = None
        self.viewers = 0

    async def pushes(self) -> AsyncIterator[str]:
        """Server-sent events: `changed` with a number, and comments that keep the connection open."""
        self.viewers += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())
        sent, silent_s = self._version, 0.0
        yield "retry: 2000\n\n"
        try:
            while not self._stopping():
                await asyncio.sleep(POLL_S)
                silent_s += POLL_S
                if self._version != sent:
                    sent, silent_s = self._version, 0.0
                    yield f"event: changed\ndata: {sent}\n\n"
                elif silent_s >= PING_S:
                    silent_s = 0.0
                    yield ": still here\n\n"
        finally:
            self.viewers -= 1

    async def _watch(self) -> None:
        while self.viewers and not self._stopping():
            await asyncio.to_thread(self.look)
            await asyncio.sleep(POLL_S)

    def look(self) -> int:
        """A number that changes when tasks or messages changed; a cheap look when nothing was written."""
        try:
            if self._reads is None:
                self._reads = Reads(connect(self._store))
            changed = self._reads.changed()
            if changed != self._seen:
                self._seen = changed
                row = self._reads.row("version")
                self._version = int(row["version"]) if row else 0
        except (StoreMissing, sqlite3.Error):
            self._reads, self._seen = None, -1
        return self._version
