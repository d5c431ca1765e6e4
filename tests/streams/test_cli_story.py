"""The story that the demo tells: from the SQL store, and without names."""

from pathlib import Path

import pytest
from read_side import Log, hospital_story, store_of

from streams.cli.story import Store, brief, clock, story


@pytest.fixture
def store(tmp_path: Path) -> Store:
    log = Log()
    hospital_story(log)
    hospital_story(log, 2, spec__title="Second task")
    return Store(store_of(tmp_path / "wardline.db", log.records))


def test_a_store_that_is_not_there_yet_tells_nothing_and_does_not_fail(tmp_path):
    nothing = Store(tmp_path / "absent.db")
    assert nothing.task_count() == 0
    assert brief(nothing) == "0 messages; tasks 0 open"


def test_tasks_are_counted(store):
    assert store.task_count() == 2


def test_the_story_counts_messages_by_feed_and_state(store):
    assert "lab 2 (2 converted)" in story(store)


def test_the_story_tells_the_most_urgent_task_with_reason_and_next_action(store):
    task = store.rows("SELECT * FROM v_queue_now LIMIT 1")[0]
    told = story(store)
    assert all(task[name] in told for name in ("title", "reason", "next_action", "role"))


def test_the_story_names_no_patient(store):
    task = store.rows("SELECT * FROM v_queue_now LIMIT 1")[0]
    assert task["patient_name"]
    assert task["patient_name"] not in story(store)


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "no clock"), (45, "45 s left"), (125, "2 min 5 s left"), (-61, "1 min 1 s late")]
)
def test_the_clock_is_told_as_people_say_it(seconds, text):
    assert clock(seconds) == text
