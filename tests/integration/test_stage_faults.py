"""The engine loses nothing and doubles nothing under the faults that matter most; faults.py has the whole table."""

from collections.abc import Callable
from pathlib import Path

import faults
import pytest
from conftest import Broker

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(240)]
EVENTS = 8_000


@pytest.fixture
def exact(own_kafka: Broker, tmp_path: Path) -> Callable[[str], faults.Run]:
    def run(scenario: str) -> faults.Run:
        verdict, run, _ = faults.run_one(scenario, own_kafka, tmp_path / "workers", EVENTS)
        assert verdict.exact, f"{verdict} exits={run.exits()}"
        return run

    return run


def test_offsets_rows_and_outputs_commit_together_when_killed_inside_transactions(exact):
    deaths = exact("kill_at_commits").exits().count(-9)
    assert deaths >= 2, "one with the transaction open, one just after the commit"


def test_rows_come_back_from_the_changelog_after_the_disk_is_wiped(exact):
    exact("kill_and_wipe")


def test_a_frozen_worker_that_comes_back_changes_nothing(exact):
    exact("frozen_worker")


def test_a_transaction_left_open_by_a_dead_worker_is_not_read_past(exact):
    exact("dead_in_transaction")


def test_a_stop_in_mid_stream_ends_the_batch_and_exits_0(exact):
    assert exact("terminate").exits() == []
