"""The board's pages, API and headers over a store that the sink filled."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from board_client import Board
from read_side import SECOND, T0, Log, hospital_story

from board.audit import FirstSights
from board.identity import LOCAL
from board.wording import clock, counted, decided, duration, held_back, plain, result_status
from processors import topics


def test_the_queue_is_ordered_by_least_time_left_and_ends_with_what_has_no_clock(
    log: Log, board_of: Callable[[Log], Board]
) -> None:
    hospital_story(log, 1, acknowledge_by=T0 + 600 * SECOND)
    hospital_story(log, 2, acknowledge_by=0, due_at=0)
    hospital_story(log, 3, acknowledge_by=T0 - 60 * SECOND)
    hospital_story(log, 4, acknowledge_by=0, due_at=T0 + 300 * SECOND)
    tasks = board_of(log).client().get("/api/queue").json()["tasks"]
    assert [task["task_id"] for task in tasks] == ["task-3", "task-4", "task-1", "task-2"]


def test_a_row_names_patient_reason_next_action_owner_role_and_location(board: Board) -> None:
    page = board.client().get("/").text
    for text in ("TESTPATIENT, Ada", "MRN-TEST-7", "room 412", "above the critical limit", "record an ECG", "nurse"):
        assert text in page


def test_a_clock_says_in_text_that_it_is_late(board: Board) -> None:
    board.now = T0 + 1000 * SECOND
    assert re.search(r'class="clock clock-late".*?1 min late', board.client().get("/").text)


def test_the_filter_by_role_and_unit_leaves_other_queues_out(log: Log, board_of: Callable[[Log], Board]) -> None:
    hospital_story(log, 1)
    hospital_story(log, 2, spec__route={"role": "nurse", "unit": "ICU", "acuity": "U"})
    answer = board_of(log).client().get("/api/queue", params={"role": "nurse", "unit": "ICU"}).json()
    assert [task["task_id"] for task in answer["tasks"]] == ["task-2"]
    assert answer["open"] == 1


def test_a_closed_task_leaves_the_queue(log: Log, board_of: Callable[[Log], Board]) -> None:
    hospital_story(log, 1, status="completed")
    assert board_of(log).client().get("/api/queue").json()["tasks"] == []


def test_the_page_holds_at_most_200_rows_and_says_how_many_there_are(
    log: Log, board_of: Callable[[Log], Board]
) -> None:
    for number in range(1, 206):
        hospital_story(log, number)
    page = board_of(log).client().get("/").text
    assert page.count("data-task=") == 200
    assert "<strong>205</strong> open" in page


def test_the_why_panel_shows_evidence_with_its_field_clauses_and_rule_version(board: Board) -> None:
    page = board.client().get("/task/task-1", params={"panel": "1"}).text
    for text in ("OBX[2]-5", "at or above 6.2", "critical-potassium", "1.2.0", "✓", "✗", "CRIT-1 of the laboratory"):
        assert text in page
    assert "<html" not in page


def test_the_why_panel_shows_the_chain_with_topic_positions(board: Board) -> None:
    records = board.client().get("/api/task/task-1").json()["chains"][0]["records"]
    assert [record["stage"] for record in records] == [
        *("received", "end state", "canonical", "decision", "transition", "task")
    ]
    assert (records[2]["topic"], records[2]["log_partition"], records[2]["log_offset"]) == (topics.OBSERVATION, 0, 0)


def test_the_ladder_shows_which_steps_were_reached(log: Log, board_of: Callable[[Log], Board]) -> None:
    hospital_story(log, 1, step=1)
    ladder = board_of(log).client().get("/api/task/task-1").json()["ladder"]
    assert {moment["what"]: moment["state"] for moment in ladder} == {
        "made": "reached",
        "step 1: moves to charge-nurse": "reached",
        "must be acknowledged": "open",
        "step 2: moves to senior-physician": "open",
        "due": "open",
    }


def test_the_ladder_goes_on_where_somebody_acknowledged_without_saying_what_they_do(
    log: Log, board_of: Callable[[Log], Board]
) -> None:
    hospital_story(log, 1, acknowledged_at=T0, owner="kim", business_status="acknowledged, action awaited")
    hospital_story(log, 2, acknowledged_at=T0, owner="kim", business_status="acknowledged")
    client = board_of(log).client()
    ladders = [client.get(f"/api/task/task-{number}").json()["ladder"] for number in (1, 2)]
    states = [{m["state"] for m in ladder if m["what"].startswith("step")} for ladder in ladders]
    assert states == [{"open"}, {"stopped"}]


def test_a_task_taken_back_says_why_and_no_longer_what_it_had_asked_as_the_next_thing(
    log: Log, board_of: Callable[[Log], Board]
) -> None:
    hospital_story(log, 1, status="cancelled", business_status="withdrawn")
    log.add(
        topics.DECISION,
        event_id="decision-back",
        task_id="task-1",
        effect="retract",
        reason="The laboratory changed this result.",
        next_action="Tell those who were told.",
    )
    page = board_of(log).client().get("/task/task-1").text
    assert "Closed: withdrawn." in page
    assert re.search(r'<span class="label">Now:</span> Tell those who were told', page)
    assert '<span class="label">Next:</span>' not in page


def test_the_why_panel_speaks_plainly() -> None:
    assert decided({"effect": "escalate_provisional", "outcome": "escalate"}) == (
        "call staff now, on a preliminary result"
    )
    assert decided({"effect": "none", "outcome": "route_task"}) == "ask for work"
    assert held_back("window 240 min: critical-potassium/potassium/high") == "held back as a repeat (window 240 min)"
    assert (result_status("P"), result_status("")) == ("preliminary result (P)", "")
    assert (counted(1, "record"), counted(2, "record")) == ("1 record", "2 records")
    assert plain("laboratory_flag in HH") == "laboratory flag in HH"


def test_a_refused_command_stays_visible_in_the_history(log: Log, board_of: Callable[[Log], Board]) -> None:
    hospital_story(log, 1)
    actor = {"kind": "person", "id": "kim", "role": "nurse"}
    log.add(topics.TASK_EVENT, task_id="task-1", command="complete", refusal="not_owner", actor=actor)
    page = board_of(log).client().get("/task/task-1").text
    assert re.search(r"<strong>complete</strong> by person kim \(nurse\): <strong>refused</strong>, not_owner", page)


def test_a_patient_with_a_missing_record_is_marked_on_the_task(log: Log, board_of: Callable[[Log], Board]) -> None:
    hospital_story(log, 1)
    log.add(topics.DEAD_LETTER, stage="decide", reason="defect", patient_key="pk-1", state="open", offset=9)
    assert 'role="alert"' in board_of(log).client().get("/task/task-1").text


def test_text_from_messages_cannot_become_markup(log: Log, board_of: Callable[[Log], Board]) -> None:
    hospital_story(log, 1, spec__title="<script>alert(1)</script>")
    board = board_of(log)
    for path in ("/", "/task/task-1"):
        assert "<script>alert" not in board.client().get(path).text


def test_reading_why_is_audited_every_time(board: Board) -> None:
    client = board.client()
    client.get("/task/task-1")
    client.get("/api/task/task-1")
    assert board.audit.targets == ["task/task-1", "task/task-1"]


def test_a_task_shown_in_a_list_is_audited_once_within_a_quarter_of_an_hour(board: Board) -> None:
    client = board.client()
    client.get("/")
    client.get("/", params={"rows": "1"})
    assert board.audit.targets == ["task/task-1"]


def test_a_sight_is_new_again_after_a_quarter_of_an_hour() -> None:
    sights = FirstSights()
    sights.new(LOCAL, ["task/1"], T0)
    assert sights.new(LOCAL, ["task/1"], T0 + 901 * SECOND) == ["task/1"]


def test_an_unknown_task_is_not_found_and_not_audited(board: Board) -> None:
    assert board.client().get("/task/nobody").status_code == 404
    assert board.client().get("/api/task/nobody").status_code == 404
    assert board.audit.sights == []


@pytest.mark.parametrize("limit", ["0", "201", "-1", "many"])
def test_a_limit_out_of_range_is_refused(board: Board, limit: str) -> None:
    assert board.client().get("/api/queue", params={"limit": limit}).status_code == 400


def test_without_a_store_the_pages_say_so_and_the_process_is_healthy(tmp_path: Path) -> None:
    client = Board(tmp_path / "absent.db").client()
    assert client.get("/").status_code == 503
    assert client.get("/healthz").json() == {"ok": True, "role": "board", "store": "missing", "viewers": 0}


def test_another_host_name_is_refused(board: Board) -> None:
    assert board.client("evil.example").get("/").status_code == 400


def test_pages_are_not_cached_and_run_no_foreign_script(board: Board) -> None:
    headers = board.client().get("/").headers
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]


def test_metrics_count_pages_and_name_no_task(board: Board) -> None:
    client = board.client()
    client.get("/task/task-1")
    text = client.get("/metrics").text
    assert 'wardline_board_pages_total{page="task"} 1.0' in text
    assert "task-1" not in text


def test_messages_shows_end_states_dead_letters_and_unmapped_fields(log: Log, board_of: Callable[[Log], Board]) -> None:
    log.add(topics.RAW, event_id="r", source__feed="clinic")
    log.add(
        topics.MESSAGE,
        source__feed="clinic",
        state="dead-lettered",
        reason="not_hl7",
        unmapped={"ZPI-3": 2},
        raw_offset=0,
    )
    log.add(
        topics.DEAD_LETTER, topic=topics.RAW, stage="normalize", reason="not_hl7", detail="the first bytes are no MSH"
    )
    page = board_of(log).client().get("/messages").text
    for text in ("clinic", "not_hl7", "the first bytes are no MSH", "ZPI-3", "raw.hl7v2.v1/0/0"):
        assert text in page


def test_one_message_is_shown_from_socket_to_task_and_audited(board: Board) -> None:
    assert "workflow.task.v1/0/0" in board.client().get("/message/raw-1").text
    assert board.audit.targets == ["message/raw-1"]


def test_the_lineage_page_gives_each_value_its_field_and_is_audited(board: Board) -> None:
    page = board.client().get("/message/raw-1/lineage").text
    assert re.search(r'class="id">OBX\[1\]-5</th><td>6.50</td><td class="id">valueQuantity.value</td>', page)
    assert "PID[1]-5.2" in page
    assert [(sight.target, sight.purpose) for sight in board.audit.sights] == [("message/raw-1", "lineage")]


def test_a_message_whose_bytes_are_gone_says_so(log: Log, board_of: Callable[[Log], Board]) -> None:
    hospital_story(log, 2)
    answer = board_of(log).client().get("/message/raw-2/lineage")
    assert (answer.status_code, "retention has removed" in answer.text) == (503, True)


def test_the_board_never_writes_the_store(board: Board) -> None:
    before = board.store.read_bytes()
    for path in ("/", "/task/task-1", "/messages", "/message/raw-1", "/api", "/api/queue"):
        assert board.client().get(path).status_code == 200
    assert board.store.read_bytes() == before


@pytest.mark.parametrize(
    ("seconds", "text"), [(45, "45 s"), (-720, "12 min"), (11100, "3 h 05 min"), (187200, "2 d 4 h")]
)
def test_durations_read_as_people_say_them(seconds: int, text: str) -> None:
    assert duration(seconds) == text


def test_an_acknowledged_task_counts_to_its_due_time() -> None:
    row = {"clock_at": T0 + 60 * SECOND, "acknowledge_by": T0, "acknowledged_at": T0}
    assert clock(row, T0)["until"] == "until due"
