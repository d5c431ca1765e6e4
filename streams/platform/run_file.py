"""What lies in the data folder about a running platform: run.json (addresses, ports, roles) and the lock."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from processors.envelope import Record
from streams.platform.failure import PlatformError
from streams.private import private_folder

_RUN, _LOCK = "run.json", "lock"


def read_run(data_dir: Path) -> Record:
    """run.json, or an empty mapping. Raises PlatformError (code 3) when it is damaged."""
    path = data_dir / _RUN
    if not path.is_file():
        return {}
    try:
        known = json.loads(path.read_text("utf-8"))
    except ValueError as why:
        raise PlatformError(
            "run.json is damaged", code=3, where=str(path), fix="delete the file; ports change"
        ) from why
    return known if isinstance(known, dict) else {}


def write_run(data_dir: Path, run: Record) -> None:
    """Replace run.json in one step, so that a reader never sees half of it."""
    fresh = data_dir / f"{_RUN}.new"
    fresh.write_text(json.dumps(run, indent=2) + "\n", "utf-8")
    fresh.replace(data_dir / _RUN)


def holder(data_dir: Path) -> int:
    """Process id of the launcher that holds the folder; 0 when nobody does."""
    path = data_dir / _LOCK
    if not path.is_file():
        return 0
    with path.open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(lock.read().strip() or 0)
    return 0


@contextmanager
def held(data_dir: Path) -> Iterator[None]:
    """Hold the folder. Raises PlatformError (code 5) naming the process that has it. A dead holder holds nothing."""
    private_folder(data_dir)
    path = data_dir / _LOCK
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as why:
            lock.seek(0)
            pid = lock.read().strip() or "?"
            raise PlatformError(
                f"this data folder is in use by process {pid}",
                code=5,
                where=str(data_dir),
                fix=f"stop it first (kill {pid}), or choose another folder with --data",
            ) from why
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
        lock.truncate(0)
