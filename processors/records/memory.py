"""Runs a step over records in memory, for `try`, replay and tests: the same semantics as a stage, without Kafka."""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import orjson

from processors.envelope import Emit, Position, Record, Row, Step
from processors.errors import Rejection


@dataclass(slots=True)
class MemoryRows:
    """Rows of one partition in a dict; the reference implementation of the Rows port."""

    now: int = 0
    rows: dict[str, bytes] = field(default_factory=dict)
    timers: list[tuple[int, str, str, bytes]] = field(default_factory=list)
    pending: dict[str, bytes | None] = field(default_factory=dict)
    asked: list[tuple[int, str, str, bytes]] = field(default_factory=list)
    armed: set[tuple[int, str]] = field(default_factory=set)
    """When and name of each timer, so that none is armed twice."""

    def get(self, key: str) -> Row | None:
        """A private copy of the row, or None."""
        data = self.pending[key] if key in self.pending else self.rows.get(key)
        return None if data is None else orjson.loads(data)

    def put(self, key: str, row: Row) -> None:
        """Write the row."""
        self.pending[key] = orjson.dumps(row)

    def delete(self, key: str) -> None:
        """Remove the row."""
        self.pending[key] = None

    def due(self, at: int, key: str, name: str, value: Record) -> None:
        """Arm a timer."""
        self.asked.append((at, name, key, orjson.dumps(value)))

    def keep(self) -> None:
        """Make the changes of the record count."""
        for key, data in self.pending.items():
            if data is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = data
        for timer in self.asked:
            if timer[:2] not in self.armed:
                self.armed.add(timer[:2])
                heapq.heappush(self.timers, timer)
        self.drop()

    def drop(self) -> None:
        """Forget the changes of the record."""
        self.pending.clear()
        self.asked.clear()


@dataclass(slots=True)
class MemoryStage:
    """One partition of one stage. `take` decides on one record; `fire` gives the timers that have run out."""

    inbox: str
    step: Step
    refused: Callable[[Rejection, Record, Position], Iterable[Emit]]
    partition: int = 0
    rows: MemoryRows = field(default_factory=MemoryRows)
    offset: int = 0

    def take(self, value: Record) -> list[Emit]:
        """Decide on one record of the inbox."""
        at = Position(self.inbox, self.partition, self.offset)
        self.pass_over(value)
        try:
            out = list(self.step(value, at, self.rows))
        except Rejection as why:
            self.rows.drop()
            return list(self.refused(why, value, at))
        self.rows.keep()
        return out

    def pass_over(self, value: Record) -> None:
        """A record that was set aside: only time goes on."""
        self.offset += 1
        self.rows.now = max(self.rows.now, value["received_at"], value.get("fired_at", 0))

    def fire(self, until: int) -> list[Emit]:
        """Timers due at or before `until` (microseconds) as records for the inbox, `fired_at` set to their time."""
        fired = []
        while self.rows.timers and self.rows.timers[0][0] <= until:
            at, name, key, data = heapq.heappop(self.rows.timers)
            self.rows.armed.discard((at, name))
            fired.append(Emit(self.inbox, key, {**orjson.loads(data), "fired_at": at}))
        return fired
