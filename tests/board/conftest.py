"""Makes the builders importable and gives a board over a filled store."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "streams"))

from board_client import Board
from read_side import Log, hospital_story, store_of


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def board_of(tmp_path: Path) -> Callable[[Log], Board]:
    """Fill a store with a log's records and put a board over it."""

    def made(log: Log) -> Board:
        return Board(store_of(tmp_path / "wardline.db", log.records))

    return made


@pytest.fixture
def board(log: Log, board_of: Callable[[Log], Board]) -> Board:
    """A board with the one task of `hospital_story`."""
    hospital_story(log)
    return board_of(log)
