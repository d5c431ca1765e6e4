"""The rows of one stage in one partition: on disk in RocksDB, always a copy of what the changelog has committed.

The disk never leads the changelog: rows reach it after the transaction that wrote them to the changelog has committed.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson
from rocksdict import BlockBasedOptions, Cache, Options, Rdict, WriteBatch

from processors.envelope import Record, Row
from processors.errors import StateFailure
from streams.clock import now_us
from streams.private import private_folder

FORMAT = 1
"""Version of what this module writes beside the rows; another one on disk is wiped and restored."""
STALE_AFTER_S = 12 * 3600
"""A disk older than this is restored from the begin: the changelog forgets tombstones after a day."""
_POSITION = b"\x00position"
_DUE = "\x00due/"
META = "\x00meta"
"""Row of the stage itself: stage time, the effective set of the last batch, and the inbox offset that comes next."""


class Partition:
    """Rows of one partition on disk, with the changelog offset they stand at."""

    def __init__(self, folder: Path, key_id: str) -> None:
        self._folder = folder
        self._key_id = key_id
        private_folder(folder.parent)
        self._db = Rdict(str(folder), _options())

    def position(self, changelog_end: int) -> int:
        """The next changelog offset to read; wipes rows that are stale, foreign or ahead of the changelog."""
        raw = self._db.get(_POSITION)
        if raw is not None:
            known = orjson.loads(raw)
            fresh = now_us() // 1_000_000 - known["written_at_s"] < STALE_AFTER_S
            ours = known["format"] == FORMAT and known["key_id"] == self._key_id
            if fresh and ours and known["next"] <= changelog_end:
                return int(known["next"])
            self._wipe()
        return 0

    def apply(self, rows: Mapping[str, bytes | None], next_offset: int) -> None:
        """Write rows (None = removed) and the changelog position in one batch."""
        batch = WriteBatch(raw_mode=True)
        for key, row in rows.items():
            if row is None:
                batch.delete(key.encode())
            else:
                batch.put(key.encode(), row)
        mark = {"format": FORMAT, "key_id": self._key_id, "next": next_offset, "written_at_s": now_us() // 1_000_000}
        batch.put(_POSITION, orjson.dumps(mark))
        self._db.write(batch)

    def get(self, key: str) -> bytes | None:
        """One row. Raises StateFailure."""
        try:
            row: bytes | None = self._db.get(key.encode())
        except Exception as why:
            raise StateFailure(type(why).__name__) from why
        return row

    def due_keys(self, until: int, limit: int) -> list[str]:
        """Keys of timers due at or before `until` (microseconds), earliest first."""
        found: list[str] = []
        last = due_key(until + 1, "")
        for key in self._db.keys(from_key=_DUE.encode()):
            name = bytes(key).decode()  # type: ignore[arg-type]
            if not name.startswith(_DUE) or name >= last or len(found) >= limit:
                break
            found.append(name)
        return found

    def rows(self) -> Iterator[tuple[str, bytes]]:
        """Every row but the position, in key order."""
        items: Iterator[tuple[bytes, bytes]] = self._db.items()  # type: ignore[assignment]
        return ((key.decode(), row) for key, row in items if key != _POSITION)

    def close(self) -> None:
        """Close the disk."""
        self._db.close()

    def _wipe(self) -> None:
        self._db.close()
        Rdict.destroy(str(self._folder), _options())
        self._db = Rdict(str(self._folder), _options())


class PartitionRows:
    """The Rows port over a Partition: changes of one record, over those of the open batch, over the disk."""

    def __init__(self, partition: Partition) -> None:
        self._disk = partition
        self._batch: dict[str, bytes | None] = {}
        self._record: dict[str, bytes | None] = {}
        meta = self.get(META) or {}
        self.now: int = meta.get("now", 0)
        self.epoch: Row | None = meta.get("epoch")
        self.next: int = meta.get("next", 0)
        self.touched = False

    def get(self, key: str) -> Row | None:
        """A private copy of the row, or None. Raises StateFailure."""
        if key in self._record:
            data = self._record[key]
        else:
            data = self._batch[key] if key in self._batch else self._disk.get(key)
        try:
            return None if data is None else orjson.loads(data)
        except orjson.JSONDecodeError as why:
            raise StateFailure("a row is no JSON") from why

    def put(self, key: str, row: Row) -> None:
        """Write the row."""
        self._record[key] = orjson.dumps(row)

    def delete(self, key: str) -> None:
        """Remove the row."""
        self._record[key] = None

    def due(self, at: int, key: str, name: str, value: Record) -> None:
        """Arm a timer: a row that sorts by its time. One that is armed already stays as it is."""
        row_key = due_key(at, name)
        if self.get(row_key) is None:
            self._record[row_key] = orjson.dumps({"key": key, "value": value})

    def largest(self) -> int:
        """Size of the greatest row that the record has written, bytes."""
        return max((len(row) for row in self._record.values() if row is not None), default=0)

    def keep(self) -> None:
        """Make the changes of the record count in this batch."""
        self._batch.update(self._record)
        self.touched = True
        self._record.clear()

    def drop(self) -> None:
        """Forget the changes of the record."""
        self._record.clear()

    def changes(self) -> dict[str, bytes | None]:
        """The rows of the open batch, one entry a key, with the stage's own row last."""
        self._batch[META] = orjson.dumps({"v": 1, "now": self.now, "epoch": self.epoch, "next": self.next})
        return self._batch

    def clear(self) -> None:
        """Begin a new batch."""
        self._batch = {}
        self.touched = False


def due_key(at: int, name: str) -> str:
    """Row key of a timer; sorts by time, then name."""
    return f"{_DUE}{at:020d}/{name}"


def _options() -> Options:
    options = Options(raw_mode=True)
    table = BlockBasedOptions()
    table.set_block_cache(Cache(8 << 20))
    options.set_block_based_table_factory(table)
    options.set_write_buffer_size(4 << 20)
    options.set_max_write_buffer_number(2)
    options.set_keep_log_file_num(2)
    return options
