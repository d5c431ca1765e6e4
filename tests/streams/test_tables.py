"""Rows on disk: what counts when, how timers sort, and when the disk is not to be trusted."""

from pathlib import Path

import orjson
import pytest

from processors.errors import StateFailure
from streams.tables import META, Partition, PartitionRows, due_key


@pytest.fixture
def disk(tmp_path: Path):
    partition = Partition(tmp_path / "0", "key-1")
    yield partition
    partition.close()


def test_a_row_put_by_a_record_that_was_dropped_does_not_count(disk):
    rows = PartitionRows(disk)
    rows.put("patient/1", {"v": 1})
    rows.drop()
    assert rows.get("patient/1") is None


def test_a_row_kept_in_the_batch_is_seen_by_the_next_record(disk):
    rows = PartitionRows(disk)
    rows.put("patient/1", {"v": 1, "n": 1})
    rows.keep()
    assert rows.get("patient/1") == {"v": 1, "n": 1}


def test_a_deleted_row_is_gone_before_the_disk_knows(disk):
    disk.apply({"patient/1": b'{"v":1}'}, 1)
    rows = PartitionRows(disk)
    rows.delete("patient/1")
    assert rows.get("patient/1") is None
    assert disk.get("patient/1") is not None


def test_changing_a_row_that_was_read_changes_nothing_until_it_is_put(disk):
    disk.apply({"patient/1": b'{"v":1,"list":[]}'}, 1)
    rows = PartitionRows(disk)
    rows.get("patient/1")["list"].append(1)
    assert rows.get("patient/1") == {"v": 1, "list": []}


def test_stage_time_survives_with_the_rows(disk):
    rows = PartitionRows(disk)
    rows.now = 42
    rows.keep()
    disk.apply(rows.changes(), 1)
    assert PartitionRows(disk).now == 42
    assert orjson.loads(disk.get(META))["now"] == 42


def test_timers_come_out_by_time_and_only_when_due(disk):
    rows = PartitionRows(disk)
    for at in (300, 100, 2000):
        rows.due(at, "k", f"timer-{at}", {})
    rows.keep()
    disk.apply(rows.changes(), 1)
    assert disk.due_keys(300, 10) == [due_key(100, "timer-100"), due_key(300, "timer-300")]
    assert disk.due_keys(5000, 1) == [due_key(100, "timer-100")]
    assert disk.due_keys(99, 10) == []


def test_rows_stand_where_their_changelog_position_says(disk, tmp_path):
    disk.apply({"a": b"{}"}, 7)
    assert disk.position(7) == 7


@pytest.mark.parametrize("end", [6, 0])
def test_rows_ahead_of_the_changelog_are_wiped(disk, end):
    disk.apply({"a": b"{}"}, 7)
    assert disk.position(end) == 0
    assert disk.get("a") is None


def test_rows_made_under_another_secret_are_wiped(disk, tmp_path):
    disk.apply({"a": b"{}"}, 7)
    disk.close()
    other = Partition(tmp_path / "0", "key-2")
    assert other.position(7) == 0
    assert other.get("a") is None
    other.close()
    disk._db = Partition(tmp_path / "x", "key-1")._db


def test_a_timer_that_is_armed_again_stays_as_it_was(disk):
    rows = PartitionRows(disk)
    rows.due(100, "k", "timer", {"n": 1})
    rows.keep()
    rows.due(100, "k", "timer", {"n": 2})
    rows.keep()
    assert rows.get(due_key(100, "timer"))["value"] == {"n": 1}


def test_the_next_inbox_offset_survives_with_the_rows(disk):
    rows = PartitionRows(disk)
    rows.next = 7
    disk.apply(rows.changes(), 1)
    assert PartitionRows(disk).next == 7


def test_a_row_that_is_no_json_is_a_failure_of_state(disk):
    disk.apply({"patient/1": b"{"}, 1)
    with pytest.raises(StateFailure):
        PartitionRows(disk).get("patient/1")
