"""The store: rows and positions together, once each, whatever is repeated or fails half-way."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from read_side import KEYRING, Log, hospital_story, store_of

from processors import topics
from processors.envelope import Position
from processors.identity import Keyring
from streams.sinks.rows import Consumed, Unreadable
from streams.sinks.store import Store, StoreRefused


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    tables = rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'")
    return {str(name): sorted(rows(path, f"SELECT * FROM {name}"), key=repr) for (name,) in tables}


def story() -> Log:
    log = Log()
    for number in (1, 2, 3):
        hospital_story(log, number)
    return log


def test_records_given_again_change_nothing(tmp_path: Path) -> None:
    log = story()
    path = store_of(tmp_path / "a.db", log.records)
    before = contents(path)
    with Store(path, KEYRING) as store:
        assert store.apply(log.records, {}) == 0
    assert contents(path) == before


def test_batches_cut_anywhere_give_the_same_store(tmp_path: Path) -> None:
    log = story()
    whole = store_of(tmp_path / "whole.db", log.records)
    cut = tmp_path / "cut.db"
    for end in range(1, len(log.records) + 1):
        with Store(cut, KEYRING) as store:
            store.apply(log.records[max(0, end - 3) : end], {})
    assert contents(cut) == contents(whole)


def test_a_batch_that_fails_leaves_neither_rows_nor_positions(tmp_path: Path) -> None:
    log = story()
    path = store_of(tmp_path / "a.db", log.records[:3])
    before = contents(path)
    broken = Consumed(Position(topics.TASK, 0, 99), 0, {"task_id": "incomplete"})
    with Store(path, KEYRING) as store, pytest.raises(KeyError):
        store.apply([*log.records, broken], {})
    assert contents(path) == before


def test_an_older_revision_does_not_replace_a_newer_one(tmp_path: Path) -> None:
    log = Log()
    log.add(topics.TASK, task_id="t", revision=2, status="completed")
    log.add(topics.TASK, task_id="t", revision=1, status="requested")
    path = store_of(tmp_path / "a.db", log.records)
    assert rows(path, "SELECT revision, status FROM task") == [(2, "completed")]
    assert rows(path, "SELECT count(*) FROM task_revision") == [(2,)]


def test_an_unreadable_record_is_shown_and_passed_over(tmp_path: Path) -> None:
    log = Log()
    good = log.add(topics.TASK, task_id="t", revision=1)
    bad = Unreadable(Position(topics.TASK, 0, 1), 5, "not in Confluent wire format")
    path = store_of(tmp_path / "a.db", [good, bad])
    assert rows(path, "SELECT topic, log_offset, detail FROM unreadable") == [
        (topics.TASK, 1, "not in Confluent wire format")
    ]
    assert rows(path, "SELECT next_offset FROM position") == [(2,)]


def test_a_position_never_moves_back(tmp_path: Path) -> None:
    log = Log()
    log.add(topics.TASK, task_id="t")
    path = store_of(tmp_path / "a.db", log.records, {(topics.TASK, 0): 7})
    with Store(path, KEYRING) as store:
        store.apply([], {(topics.TASK, 0): 3})
        assert store.positions() == {(topics.TASK, 0): 7}


def test_a_message_is_in_flight_until_its_end_state_whichever_comes_first(tmp_path: Path) -> None:
    log = Log()
    log.add(topics.MESSAGE, state="converted", raw_offset=1)
    log.add(topics.RAW, event_id="waits")
    log.add(topics.RAW, event_id="ended before it was seen")
    log.add(topics.RAW, event_id="ends later")
    path = store_of(tmp_path / "a.db", log.records)
    log.add(topics.MESSAGE, state="filtered", raw_offset=2)
    store_of(path, log.records)
    assert rows(path, "SELECT event_id FROM in_flight") == [("waits",)]


def test_a_dead_letter_ends_a_raw_message_too(tmp_path: Path) -> None:
    log = Log()
    log.add(topics.RAW, event_id="r")
    log.add(topics.DEAD_LETTER, topic=topics.RAW, partition=0, offset=0)
    assert rows(store_of(tmp_path / "a.db", log.records), "SELECT * FROM in_flight") == []


def test_only_one_sink_writes(tmp_path: Path) -> None:
    with Store(tmp_path / "a.db", KEYRING), pytest.raises(StoreRefused, match="another sink"):
        Store(tmp_path / "a.db", KEYRING)


def test_a_lock_left_behind_does_not_stop_the_next_sink(tmp_path: Path) -> None:
    Store(tmp_path / "a.db", KEYRING).close()
    assert (tmp_path / "a.db.lock").exists()
    Store(tmp_path / "a.db", KEYRING).close()


def test_a_store_made_under_another_secret_is_refused(tmp_path: Path) -> None:
    store_of(tmp_path / "a.db", [])
    with pytest.raises(StoreRefused, match="identity secret"):
        Store(tmp_path / "a.db", Keyring.of(b"another secret"))


def test_a_store_of_another_schema_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreRefused, match=r"999.*delete it to rebuild"):
        Store(tmp_path / "a.db", KEYRING)


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    path = store_of(tmp_path / "a.db", [])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
