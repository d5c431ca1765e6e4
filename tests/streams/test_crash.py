"""The second-crash rule: what is remembered between two lives of a stage."""

from pathlib import Path

from processors.envelope import Position
from streams.crash import DEATHS_BEFORE_REFUSAL, STARTS_BEFORE_TRIAL, CrashMemory

AT = Position("inbox", 1, 42)


def lives(folder: Path, count: int) -> CrashMemory:
    memory = CrashMemory(folder / "crash.json")
    for _ in range(count - 1):
        memory = CrashMemory(folder / "crash.json")
    return memory


def test_a_record_is_set_aside_only_the_second_time_the_step_raises_on_it(tmp_path):
    first = lives(tmp_path, 1)
    assert not first.crashed_before(AT)
    first.raised(AT)
    assert lives(tmp_path, 1).crashed_before(AT)


def test_another_record_is_not_blamed(tmp_path):
    lives(tmp_path, 1).raised(AT)
    assert not lives(tmp_path, 1).crashed_before(Position("inbox", 1, 43))


def test_a_commit_clears_the_memory(tmp_path):
    memory = lives(tmp_path, 1)
    memory.raised(AT)
    memory.committed()
    assert not lives(tmp_path, 1).crashed_before(AT)


def test_records_go_on_trial_after_too_many_starts_without_a_commit(tmp_path):
    assert not lives(tmp_path, STARTS_BEFORE_TRIAL).on_trial
    assert lives(tmp_path, 1).on_trial


def test_a_record_within_which_the_process_died_too_often_is_set_aside(tmp_path):
    memory = lives(tmp_path, 1)
    for _ in range(DEATHS_BEFORE_REFUSAL):
        assert not memory.died_before(AT)
        memory.trying(AT)
        memory = lives(tmp_path, 1)
    assert memory.died_before(AT)
