"""What normalize remembers of messages to know a repeat: a row per control id, forgotten after the window.

The keys written are also kept in order in small pages, so that old rows are found without a scan: each message adds
one key and takes away at most one page.
"""

from processors.envelope import Row, Rows
from processors.errors import StateFailure

FORMAT = 1
#: A repeat counts as one within this time, by received_at (microseconds).
WINDOW_US = 7 * 86_400 * 1_000_000
_MOST_CONTENTS = 8
_PAGE_KEYS = 64
_LOG = "seen-log"


class Seen:
    """The memory of one partition, on the stage's rows."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def contents(self, key: str, at: int) -> list[Row]:
        """What came under this key within the window before or after `at`: {digest, at, event_id}, oldest first."""
        row = self._row(key)
        return [one for one in row["contents"] if abs(at - one["at"]) <= WINDOW_US] if row else []

    def remember(self, key: str, digest: str, at: int, event_id: str) -> None:
        """Keep a message under its key, and forget what has left the window."""
        contents = self.contents(key, at)
        contents.append({"digest": digest, "at": at, "event_id": event_id})
        self._rows.put(key, {"v": FORMAT, "contents": contents[-_MOST_CONTENTS:]})
        self._log(key)

    def _row(self, key: str) -> Row | None:
        row = self._rows.get(key)
        if row is not None and row["v"] != FORMAT:
            raise StateFailure(f"row format {row['v']} is not known")
        return row

    def _log(self, key: str) -> None:
        now = self._rows.now
        log = self._row(_LOG) or {"v": FORMAT, "oldest": 0, "newest": 0}
        page = self._row(f"{_LOG}/{log['newest']}") or {"v": FORMAT, "keys": [], "at": now}
        page["keys"].append(key)
        page["at"] = now
        self._rows.put(f"{_LOG}/{log['newest']}", page)
        full = len(page["keys"]) >= _PAGE_KEYS
        if full:
            log["newest"] += 1
        if full or log["oldest"] < log["newest"]:
            log["oldest"] += self._forget(log["oldest"], now) if log["oldest"] < log["newest"] else 0
            self._rows.put(_LOG, log)

    def _forget(self, number: int, now: int) -> int:
        """Drop the oldest page once all of it has left the window; 1 when it was dropped, else 0."""
        name = f"{_LOG}/{number}"
        page = self._row(name)
        if page is not None and now - page["at"] <= WINDOW_US:
            return 0
        for key in page["keys"] if page else ():
            row = self._row(key)
            if row is not None and all(now - one["at"] > WINDOW_US for one in row["contents"]):
                self._rows.delete(key)
        self._rows.delete(name)
        return 1
