"""The views and lookups that people and programs read."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from read_side import KEYRING, SECOND, T0, Log, hospital_story, store_of

from processors import topics
from streams.sinks.chain import chain_of
from streams.sinks.reads import QUERIES, StoreMissing, reading

#: Columns of v_queue_now that commands and the board count on.
QUEUE_COLUMNS = {
    *("task_id", "status", "business_status", "priority", "title", "reason", "next_action", "role", "unit", "acuity"),
    *("queue", "owner", "due_at", "acknowledge_by", "seconds_left", "step", "sla_state", "rule_id", "patient_name"),
    *("patient_identifier", "location", "revision", "route_key", "created_at"),
}


def ask(path: Path, sql: str) -> list[dict[str, object]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(sql)]


def filled(tmp_path: Path, log: Log) -> Path:
    return store_of(tmp_path / "a.db", log.records)


def test_the_queue_holds_every_agreed_column(tmp_path: Path) -> None:
    log = Log()
    hospital_story(log)
    assert set(ask(filled(tmp_path, log), "SELECT * FROM v_queue_now")[0]) >= QUEUE_COLUMNS


def test_seconds_left_are_counted_from_now(tmp_path: Path) -> None:
    log = Log()
    hospital_story(log)
    row = ask(
        filled(tmp_path, log),
        "SELECT seconds_left - (acknowledge_by / 1e6 - unixepoch('now')) AS difference FROM v_queue_now",
    )[0]
    assert -2 <= float(str(row["difference"])) <= 2


@pytest.mark.parametrize(
    ("state", "clock"),
    [
        ({}, T0 + 900 * SECOND),
        ({"acknowledged_at": T0, "sla_state": "acknowledged"}, T0 + 3600 * SECOND),
        ({"due_at": T0 + 60 * SECOND}, T0 + 60 * SECOND),
        ({"acknowledge_by": 0, "due_at": 0}, None),
        ({"sla_state": "stopped"}, None),
    ],
)
def test_the_clock_runs_to_the_next_moment_at_which_a_task_is_late(
    tmp_path: Path, state: dict[str, object], clock: int | None
) -> None:
    log = Log()
    hospital_story(log, 1, **state)
    assert ask(filled(tmp_path, log), "SELECT clock_at FROM task") == [{"clock_at": clock}]


def test_sla_by_day_counts_in_time_late_and_percentiles(tmp_path: Path) -> None:
    log = Log()
    for number, seconds in enumerate((60, 120, 240, 1200), 1):
        hospital_story(log, number, acknowledged_at=T0 + seconds * SECOND, sla_state="acknowledged")
    hospital_story(log, 5)
    row = ask(filled(tmp_path, log), "SELECT * FROM v_sla_daily")[0]
    assert row == {
        "day": "2026-09-21",
        "queue": "nurse@4W",
        "rule_id": "critical-potassium",
        "created": 5,
        "acknowledged": 4,
        "acknowledged_in_time": 3,
        "breached": 2,
        "open": 5,
        "completed": 0,
        "median_seconds_to_acknowledge": 180.0,
        "p95_seconds_to_acknowledge": 1200.0,
    }


def test_a_task_counts_for_the_queue_that_it_was_made_for(tmp_path: Path) -> None:
    log = Log()
    hospital_story(log, 1)
    hospital_story(log, 1, revision=2, queue="charge-nurse@4W")
    assert [row["queue"] for row in ask(filled(tmp_path, log), "SELECT queue FROM v_sla_daily")] == ["nurse@4W"]


def test_a_feed_shows_how_its_messages_ended(tmp_path: Path) -> None:
    log = Log()
    for offset, state in enumerate(("converted", "duplicate", "dead-lettered")):
        log.add(topics.RAW, source__feed="lab", received_at=T0 + offset)
        log.add(topics.MESSAGE, source__feed="lab", state=state, raw_offset=offset)
    log.add(topics.RAW, source__feed="lab", received_at=T0 + 9)
    assert ask(filled(tmp_path, log), "SELECT * FROM v_feed") == [
        {
            "feed": "lab",
            "last_received_at": T0 + 9,
            "received": 4,
            "converted": 1,
            "duplicate": 1,
            "filtered": 0,
            "dead_lettered": 1,
            "in_flight": 1,
        }
    ]


def test_a_redriven_dead_letter_closes_the_patients_gap(tmp_path: Path) -> None:
    log = Log()
    letter = {"stage": "decide", "reason": "defect", "patient_key": "pk", "topic": topics.TIMELINE, "offset": 4}
    log.add(topics.DEAD_LETTER, state="open", **letter)
    path = filled(tmp_path, log)
    assert [row["patient_key"] for row in ask(path, "SELECT * FROM v_patient_gap")] == ["pk"]
    log.add(topics.DEAD_LETTER, state="redriven", **letter)
    store_of(path, log.records)
    assert ask(path, "SELECT * FROM v_patient_gap") == []


def test_what_the_gateway_refused_before_storing_is_shown_each_by_itself(tmp_path: Path) -> None:
    log = Log()
    for number in (1, 2):
        log.add(topics.DEAD_LETTER, event_id=f"d{number}", stage="gateway", topic="", partition=-1, offset=-1)
    log.add(topics.DEAD_LETTER, event_id="d1", stage="gateway", topic="", partition=-1, offset=-1, state="redriven")
    path = filled(tmp_path, log)
    assert [row["event_id"] for row in ask(path, "SELECT event_id FROM v_dead_letter_open")] == ["d2"]
    with reading(path) as reads:
        assert reads.messages_of("d2", None) == ["d2"]
        assert len(chain_of(reads, "d2")) == 1


def test_the_newest_statement_about_a_visit_wins(tmp_path: Path) -> None:
    log = Log()
    log.add(topics.ENCOUNTER, encounter_id="e", status="in-progress")
    log.add(topics.ENCOUNTER, encounter_id="e", status="finished")
    assert [row["status"] for row in ask(filled(tmp_path, log), "SELECT * FROM v_encounter_now")] == ["finished"]


@pytest.mark.parametrize("asked", ["task-1", "dec-1", "raw-1", "state-1", "LAB0001"])
def test_task_event_message_and_control_ids_lead_to_the_message(tmp_path: Path, asked: str) -> None:
    log = Log()
    hospital_story(log, 1)
    hospital_story(log, 2)
    with reading(filled(tmp_path, log)) as reads:
        assert reads.messages_of(asked, KEYRING) == ["raw-1"]


def test_a_trace_uses_an_index_in_every_table(tmp_path: Path) -> None:
    path = filled(tmp_path, Log())
    for column in ("correlation_id", "event_id"):
        plan = ask(path, f"EXPLAIN QUERY PLAN SELECT * FROM v_trace WHERE {column} = 'x'")
        scanned = [row["detail"] for row in plan if str(row["detail"]).startswith("SCAN") and "v_trace" not in str(row)]
        assert scanned == []


def test_reads_cannot_write(tmp_path: Path) -> None:
    with reading(filled(tmp_path, Log())) as reads, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reads._connection.execute("DELETE FROM task")


def test_a_store_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing), reading(tmp_path / "absent.db"):
        pass


def test_a_file_that_the_sink_has_not_filled_is_said_to_be_missing(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreMissing), reading(tmp_path / "empty.db"):
        pass


def test_every_query_is_named_once() -> None:
    assert len(QUERIES) > 20
    assert all(sql.upper().startswith("SELECT") for sql in QUERIES.values())
