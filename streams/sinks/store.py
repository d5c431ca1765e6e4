"""The SQLite store's one writer: rows and positions of a batch in one transaction, so no crash loses or doubles any.

WAL with synchronous=NORMAL: a power cut may lose the last transactions whole, never a part of one; since the positions
are among what is lost, those records are read again from Kafka.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType

from processors.identity import Keyring
from streams.private import private_folder
from streams.sinks.rows import Consumed, Unreadable, Writes, gather
from streams.sinks.statements import STATEMENTS

SQL = Path(__file__).parent / "sql"
#: Changes with every change of schema.sql. The store is derived, so an older one is rebuilt from Kafka, not migrated.
SCHEMA_VERSION = 2
_WAL_PAGES = 1_000
_WAL_BYTES = 64 * 1024 * 1024
_CACHE_KIB = 32 * 1024
#: topic, partition -> first offset not yet in the store.
Positions = dict[tuple[str, int], int]


class StoreRefused(Exception):
    """The file may not be written: another writer, another schema, another identity secret. Says how to mend it."""


class Store:
    """Exclusive writer of one SQLite file; use as a context manager."""

    def __init__(self, path: Path, keyring: Keyring) -> None:
        """Raises StoreRefused, leaving the file as it is."""
        self._keyring = keyring
        private_folder(path.parent)
        self._lock = _take_lock(path.with_name(path.name + ".lock"))
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(path, isolation_level=None)
            self._open()
        except BaseException:
            os.close(self._lock)
            raise

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let the next writer in."""
        self._connection.close()
        os.close(self._lock)

    def positions(self) -> Positions:
        """Where to read on."""
        rows = self._connection.execute("SELECT topic, log_partition, next_offset FROM position")
        return {(topic, partition): offset for topic, partition, offset in rows}

    def apply(self, batch: Iterable[Consumed | Unreadable], ends: Positions) -> int:
        """Write a batch; returns how many records were new. `ends`: how far partitions were read beyond their records.

        Records below the stored position are passed over: they are in the store already.
        """
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            known = self.positions()
            moved = dict(known)
            count = self._write(batch, moved)
            for place, offset in ends.items():
                moved[place] = max(moved.get(place, 0), offset)
            self._move({place: offset for place, offset in moved.items() if known.get(place) != offset})
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.rollback()
            raise
        return count

    def _write(self, batch: Iterable[Consumed | Unreadable], moved: Positions) -> int:
        writes, count = Writes(), 0
        for record in batch:
            place = (record.at.topic, record.at.partition)
            if record.at.offset >= moved.get(place, 0):
                moved[place] = record.at.offset + 1
                gather(record, self._keyring, writes)
                count += 1
        for (statement, cells), number in writes.counts.items():
            writes.add(statement, (*cells, number))
        for name, sql in STATEMENTS.items():
            if name in writes.rows:
                self._connection.executemany(sql, writes.rows[name])
        return count

    def _move(self, moved: Mapping[tuple[str, int], int]) -> None:
        self._connection.executemany(
            "INSERT INTO position (topic, log_partition, next_offset) VALUES (?, ?, ?)"
            " ON CONFLICT (topic, log_partition) DO UPDATE SET next_offset = excluded.next_offset",
            [(topic, partition, offset) for (topic, partition), offset in moved.items()],
        )

    def _open(self) -> None:
        run = self._connection.execute
        found = run("PRAGMA user_version").fetchone()[0]
        if found not in (0, SCHEMA_VERSION):
            raise StoreRefused(
                f"the store has schema {found}, this version needs {SCHEMA_VERSION}; delete it to rebuild"
            )
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")
        run(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
        run(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
        run(f"PRAGMA cache_size = -{_CACHE_KIB}")
        run("PRAGMA temp_store = MEMORY")
        made = (SQL / "schema.sql").read_text() + f"\nPRAGMA user_version = {SCHEMA_VERSION};" if found == 0 else ""
        self._connection.executescript(f"BEGIN IMMEDIATE;\n{made}\n{(SQL / 'views.sql').read_text()}\nCOMMIT;")
        run("INSERT INTO store (key, value) VALUES ('key_id', ?) ON CONFLICT DO NOTHING", (self._keyring.key_id,))
        key_id = run("SELECT value FROM store WHERE key = 'key_id'").fetchone()[0]
        if key_id != self._keyring.key_id:
            raise StoreRefused(f"the store was made under identity secret {key_id}, not {self._keyring.key_id}")


def _take_lock(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as why:
        os.close(handle)
        raise StoreRefused("another sink is writing this store; stop it first") from why
    return handle
