"""Reads the SQL store without ever writing it: the queries of reads.sql, by name, as plain rows."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import orjson

from processors.envelope import Row
from processors.identity import Keyring
from streams.sinks.lookup import Kind, lookup_hash

_TEXT = (Path(__file__).parent / "sql" / "reads.sql").read_text()
QUERIES: dict[str, str] = {
    name: sql.strip() for name, sql in re.findall(r"^-- name: (\w+)\n(.*?);$", _TEXT, re.DOTALL | re.MULTILINE)
}
#: Columns that hold JSON.
_JSON = frozenset(
    {"sla", "evidence", "clauses", "score", "subject", "told", "notify", "unmapped", "warnings", "departures"}
)
BUSY_TIMEOUT_S = 2.0


class StoreMissing(Exception):
    """There is no store yet: the sink has not run in this data folder."""


class Reads:
    """One connection; for one thread, for a short while."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, name: str, **parameters: object) -> list[Row]:
        """All rows of a query of reads.sql."""
        found = self._connection.execute(QUERIES[name], parameters)
        names = [column[0] for column in found.description]
        return [_row(names, cells) for cells in found]

    def row(self, name: str, **parameters: object) -> Row | None:
        """The first row, or None."""
        return next(iter(self.rows(name, **parameters)), None)

    def messages_of(self, asked: str, keyring: Keyring | None, limit: int = 20) -> list[str]:
        """Correlation ids behind a task id, event id, correlation id or control id, in this order of preference."""
        found = self.rows("task_messages", task_id=asked) or self.rows("messages_of_event", event_id=asked, limit=limit)
        if not found and keyring is not None:
            hashed = lookup_hash(keyring, Kind.CONTROL_ID, asked)
            found = self.rows("messages_of_hash", hash=hashed, limit=limit)
        return [row["correlation_id"] for row in found if row["correlation_id"]][:limit]

    def changed(self) -> int:
        """A number that changes when anything was written; costs no query of any table."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])


@contextmanager
def reading(path: Path) -> Iterator[Reads]:
    """Open the store read-only. Raises StoreMissing."""
    with closing(connect(path)) as connection:
        yield Reads(connection)


def connect(path: Path) -> sqlite3.Connection:
    """A read-only connection, usable from any one thread at a time. Raises StoreMissing."""
    try:
        address = f"{path.resolve().as_uri()}?mode=ro"
        connection = sqlite3.connect(
            address, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_S, check_same_thread=False
        )
    except sqlite3.OperationalError as why:
        raise StoreMissing(str(path)) from why
    if connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'v_trace'").fetchone()[0] == 0:
        connection.close()
        raise StoreMissing(str(path))
    return connection


def _row(names: list[str], cells: tuple[object, ...]) -> Row:
    return {
        name: orjson.loads(cell) if name in _JSON and isinstance(cell, str) else cell
        for name, cell in zip(names, cells, strict=True)
    }
