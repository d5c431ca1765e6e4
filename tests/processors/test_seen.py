"""The memory of repeats: what it does not understand it leaves alone."""

import pytest

from processors.errors import StateFailure
from processors.records.memory import MemoryRows
from processors.records.seen import Seen


def test_a_row_of_a_later_version_is_a_failure_of_state() -> None:
    rows = MemoryRows()
    rows.put("seen/1", {"v": 99, "contents": []})
    with pytest.raises(StateFailure):
        Seen(rows).contents("seen/1", 1)
