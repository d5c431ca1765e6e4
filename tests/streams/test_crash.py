"""The second-crash rule: what is remembered between two lives of a stage."""

from collections.abc import Callable
from pathlib import Path

import pytest

from processors.envelope import Position
from streams.crash import DEATHS_BEFORE_REFUSAL, CrashMemory

AT = Position("inbox", 1, 42)
BATCH = [Position("inbox", 0, 7), *(Position("inbox", 1, n) for n in range(40, 45))]


@pytest.fixture
def life(tmp_path: Path) -> Callable[[], CrashMemory]:
    """A new life; the one before it ended suddenly unless it said `ends`."""
    return lambda: CrashMemory(tmp_path / "crash.json")


def suspected(life: Callable[[], CrashMemory]) -> CrashMemory:
    life()
    life().begins(BATCH)
    return life()


def test_a_record_is_set_aside_only_the_second_time_the_step_raises_on_it(life):
    first = life()
    assert not first.crashed_before(AT)
    first.raised(AT)
    first.ends()
    assert life().crashed_before(AT)


def test_another_record_is_not_blamed(life):
    first = life()
    first.raised(AT)
    first.ends()
    assert not life().crashed_before(Position("inbox", 1, 43))


def test_a_commit_behind_the_record_clears_the_memory_of_it(life, tmp_path):
    memory = life()
    memory.raised(AT)
    memory.committed({"inbox/1": 43})
    memory.ends()
    assert not (tmp_path / "crash.json").exists()


def test_commits_of_other_partitions_and_before_the_record_clear_nothing(life):
    memory = suspected(life)
    memory.raised(AT)
    memory.committed({"inbox/0": 1000, "inbox/1": 42})
    assert memory.crashed_before(AT)
    assert memory.is_suspect(AT)


def test_what_was_being_decided_at_a_sudden_death_is_decided_record_by_record(life):
    memory = suspected(life)
    assert [memory.is_suspect(at) for at in BATCH] == [True] * len(BATCH)
    assert not memory.is_suspect(Position("inbox", 1, 45))


def test_a_record_within_which_the_process_died_too_often_is_set_aside(life):
    memory = suspected(life)
    for _ in range(DEATHS_BEFORE_REFUSAL):
        assert not memory.is_culprit(AT)
        memory.begins([AT])
        memory = life()
    assert memory.is_culprit(AT)


def test_a_death_while_committing_accuses_no_record(life):
    suspected(life)
    for _ in range(5):
        memory = life()
        memory.begins([AT])
        memory.decided()
    assert not life().is_culprit(AT)


def test_ends_with_an_exception_accuse_no_record_however_many(life):
    suspected(life)
    for _ in range(5):
        memory = life()
        memory.begins([AT])
        memory.ends()
    assert not life().is_culprit(AT)


def test_a_stage_that_ends_in_order_again_and_again_suspects_nothing(life):
    for _ in range(5):
        memory = life()
        memory.begins(BATCH)
        memory.ends()
    assert not life().is_suspect(AT)
