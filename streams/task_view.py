"""Reads tasks, their history and the outcomes of commands from the SQL store, read-only."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from processors.envelope import Row

BUSY_S = 2.0
#: Columns of the task table that hold JSON.
_JSON = ("sla", "evidence", "told")
#: Comes after every character that an id can hold.
_LAST = "\U0010ffff"


class StoreMissing(Exception):
    """There is no SQL store to read; the text names the file."""


class TaskUnknown(Exception):
    """No task, or more than one, begins with the given id."""


class TaskView:
    """One read-only connection per call, so that the writer is never held up."""

    def __init__(self, database: Path) -> None:
        self._database = database

    def queue(self, filters: dict[str, str], limit: int) -> list[Row]:
        """Open tasks, least time left first; `filters` by column (role, unit, queue, owner, rule_id)."""
        wanted = {name: value for name, value in filters.items() if value}
        where = " AND ".join(f"{name} = :{name}" for name in wanted if name in _FILTERS) or "1"
        query = f"SELECT * FROM v_queue_now WHERE {where} LIMIT :limit"  # noqa: S608
        return self._rows(query, {**wanted, "limit": limit})

    def task(self, task_id: str) -> Row:
        """The present state of one task, open or closed, by its id or the beginning of it. Raises TaskUnknown."""
        query = "SELECT * FROM task WHERE task_id >= :begin AND task_id < :end ORDER BY task_id LIMIT 2"
        found = self._rows(query, {"begin": task_id, "end": task_id + _LAST})
        exact = [row for row in found if row["task_id"] == task_id]
        if not task_id or (len(found) != 1 and not exact):
            raise TaskUnknown("more than one task begins so" if found else "there is no such task in the store")
        return {**found[0], **{name: json.loads(found[0][name]) for name in _JSON}}

    def history(self, task_id: str) -> list[Row]:
        """Every command to the task, the refused ones too, in order."""
        query = "SELECT * FROM task_event WHERE task_id = :id ORDER BY log_partition, log_offset"
        return self._rows(query, {"id": task_id})

    def outcome(self, command_id: str) -> Row | None:
        """What became of a command: its first event; a repetition changes nothing. None while it is not known."""
        query = "SELECT * FROM task_event WHERE command_id = :id ORDER BY log_partition, log_offset LIMIT 1"
        found = self._rows(query, {"id": command_id})
        return found[0] if found else None

    def _rows(self, query: str, values: dict[str, object]) -> list[Row]:
        with self._open() as connection:
            return [dict(row) for row in connection.execute(query, values)]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if not self._database.is_file():
            raise StoreMissing(str(self._database))
        connection = sqlite3.connect(f"{self._database.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)
        connection.row_factory = sqlite3.Row
        try:
            yield connection
        finally:
            connection.close()


_FILTERS = frozenset({"role", "unit", "queue", "owner", "rule_id"})
