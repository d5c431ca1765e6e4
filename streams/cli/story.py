"""What just happened, told from the SQL store: messages by feed and state, tasks by queue, the most urgent one."""

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

_BUSY_S = 2.0
_WIDTH = 12
#: End states of a message in the words of the story; columns of v_feed.
_STATES = ("converted", "duplicate", "filtered", "dead_lettered", "in_flight")


class Store:
    """The store, read only; before the sink has made it everything is empty."""

    def __init__(self, database: Path) -> None:
        self._database = database

    def rows(self, sql: str) -> list[sqlite3.Row]:
        """All rows of a query; none while the store or its tables are not there."""
        if not self._database.is_file():
            return []
        try:
            with contextlib.closing(
                sqlite3.connect(f"{self._database.as_uri()}?mode=ro", uri=True, timeout=_BUSY_S)
            ) as connection:
                connection.row_factory = sqlite3.Row
                return connection.execute(sql).fetchall()
        except sqlite3.OperationalError:
            return []

    def task_count(self) -> int:
        """Tasks ever made, open or not."""
        found = self.rows("SELECT count(*) AS n FROM task")
        return int(found[0]["n"]) if found else 0


def story(store: Store) -> str:
    """A few lines for the screen; without names of patients."""
    lines = [
        _line("messages", "; ".join(_feed(row) for row in store.rows("SELECT * FROM v_feed ORDER BY feed"))),
        _line("tasks", _tasks(store)),
        *_most_urgent(store),
    ]
    return "\n".join(line for line in lines if line)


def brief(store: Store) -> str:
    """The same in one line."""
    messages = sum(row["received"] for row in store.rows("SELECT received FROM v_feed"))
    urgent = store.rows("SELECT title, role, seconds_left FROM v_queue_now LIMIT 1")
    first = (
        f"; most urgent: {urgent[0]['title']} ({urgent[0]['role']}, {clock(urgent[0]['seconds_left'])})"
        if urgent
        else ""
    )
    return f"{messages} messages; tasks {_tasks(store)}{first}"


def _line(name: str, text: str) -> str:
    return f"  {name:<{_WIDTH}}{text}" if text else ""


def _feed(row: sqlite3.Row) -> str:
    states = ", ".join(f"{row[state]} {state.replace('_', ' ')}" for state in _STATES if row[state])
    return f"{row['feed']} {row['received']} ({states})"


def _tasks(store: Store) -> str:
    queues = store.rows("SELECT role, count(*) AS n FROM v_queue_now GROUP BY role ORDER BY n DESC, role")
    closed = store.rows("SELECT status, count(*) AS n FROM task WHERE NOT is_open GROUP BY status ORDER BY status")
    parts = [f"{sum(row['n'] for row in queues)} open"]
    if queues:
        parts.append(f"by role: {_counts(queues, 'role')}")
    if closed:
        parts.append(f"closed: {_counts(closed, 'status')}")
    return "; ".join(parts)


def _counts(rows: Sequence[sqlite3.Row], name: str) -> str:
    return ", ".join(f"{row[name] or 'unassigned'} {row['n']}" for row in rows)


def _most_urgent(store: Store) -> list[str]:
    found = store.rows("SELECT title, location, role, reason, next_action, seconds_left FROM v_queue_now LIMIT 1")
    if not found:
        return []
    task = found[0]
    where = f" ({task['location']})" if task["location"] else ""
    return [
        _line("most urgent", f"{task['title']}{where}"),
        _line("  why", task["reason"]),
        _line("  next", task["next_action"]),
        _line("  owner", f"{task['role']}, {clock(task['seconds_left'])}"),
    ]


def clock(seconds_left: int | None) -> str:
    """Time left as people say it."""
    if seconds_left is None:
        return "no clock"
    minutes, seconds = divmod(abs(seconds_left), 60)
    amount = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    return f"{amount} left" if seconds_left >= 0 else f"{amount} late"
