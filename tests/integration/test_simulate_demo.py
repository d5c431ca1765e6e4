"""`wardline demo` as its user runs it: from nothing to a task in SQL, and a clean end."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

DEMO_TIMEOUT_S = 180
FIRST_TASK_LIMIT_S = 45.0

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(DEMO_TIMEOUT_S + 30)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    folder = tmp_path_factory.mktemp("demo")
    wardline = Path(sys.executable).with_name("wardline")
    call = [str(wardline), "demo", "--for", "25s", "--data", str(folder)]
    return subprocess.run(call, capture_output=True, text=True, timeout=DEMO_TIMEOUT_S, check=False), folder


def test_the_demo_ends_by_itself_with_exit_code_0(demo):
    done, _ = demo
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_the_first_task_is_in_sql_within_45_seconds(demo):
    done, _ = demo
    told = re.search(r"first task in SQL after ([\d.]+) s", done.stdout)
    assert told, done.stdout[-3000:]
    assert float(told[1]) <= FIRST_TASK_LIMIT_S


def test_the_demo_tells_a_story_with_a_reason_and_a_next_action(demo):
    done, _ = demo
    assert "the queue board: http://127.0.0.1:" in done.stdout
    assert re.search(r"most urgent \S", done.stdout)
    assert re.search(r"next +\S", done.stdout)


def test_every_acknowledged_message_of_the_demo_is_in_the_store(demo):
    done, folder = demo
    told = re.findall(r"sent (\d+), acknowledged", done.stdout)
    with sqlite3.connect(folder / "wardline.db") as store:
        kept = store.execute("SELECT (SELECT count(*) FROM raw) + count(*) FROM dead_letter WHERE stage = 'gateway'")
        assert kept.fetchone()[0] >= int(told[-1])


def test_a_critical_potassium_became_a_task(demo):
    _, folder = demo
    with sqlite3.connect(folder / "wardline.db") as store:
        titles = [row[0] for row in store.execute("SELECT title FROM task")]
    assert any("potassium" in title.lower() for title in titles)
