"""One critical potassium from a sender's socket to the board, and what people and later messages do to its task."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from made_up import hl7_now, potassium, report, sodium
from whole import Whole, until

from processors.envelope import Row

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(240)]
EFFECTIVE_S = 10.0
LACTATE = "OBX|1|NM|2524-7^Lactate^LN||9.4|mmol/L|0.5-2.0|HH|||F|||{sent_at}"
NURSE = ("--as", "nurse.one", "--role", "bedside nurse")


@pytest.fixture(scope="module")
def critical(whole: Whole) -> Row:
    """A task as the board's API shows it in the queue."""
    return on_board(whole, correlation_of(whole, critical_report(whole)))


def critical_report(whole: Whole, **changes: object) -> str:
    """Send a potassium of 7.1; the control id."""
    sent = report(results=(sodium(1), potassium(2, "7.1", flag="HH")), **changes)
    assert f"MSA|AA|{sent.control_id}".encode() in whole.send(sent.bytes())
    return sent.control_id


def correlation_of(whole: Whole, control_id: str) -> str:
    return str(whole.end_state(control_id)["correlation_id"])


def on_board(whole: Whole, correlation_id: str) -> Row:
    """The queue's entry for the task that came of a message."""

    def look() -> Row | None:
        queue = httpx.get(f"{board(whole)}/api/queue").json()["tasks"]
        return next((task for task in queue if task["correlation_id"] == correlation_id), None)

    return until(look, "the task on the board")


def board(whole: Whole) -> str:
    return str(whole.launcher.run_json["roles"]["board"]["web"])


def task_in_sql(whole: Whole, task_id: str, status: str) -> Row:
    """The task as soon as it has that status."""
    (row,) = whole.arrived("SELECT * FROM task WHERE task_id = ? AND status = ?", task_id, status)
    return dict(row)


def test_the_task_says_why_and_what_to_do_next(critical: Row) -> None:
    assert "potassium 7.1 mmol/L is above the critical limit of 6.2 mmol/L" in critical["reason"]
    assert critical["next_action"].startswith("Check the patient")


def test_the_task_has_an_owner_role_and_a_running_clock(critical: Row) -> None:
    assert (critical["role"], critical["unit"], critical["priority"]) == ("bedside nurse", "4E", "stat")
    assert 0 < critical["seconds_left"] <= 1800
    assert critical["sla_state"] == "running"


def test_the_evidence_names_the_field_of_the_message(whole: Whole, critical: Row) -> None:
    shown = httpx.get(f"{board(whole)}/api/task/{critical['task_id']}").json()
    assert "OBX[2]-5" in {item["path"] for item in shown["evidence"]}
    assert all(clause["holds"] for clause in shown["decision"]["clauses"] if clause["holds"] is not None)


def test_the_board_traces_each_value_to_its_field_from_the_bytes_as_received(whole: Whole, critical: Row) -> None:
    shown = httpx.get(f"{board(whole)}/api/task/{critical['task_id']}").json()
    page = httpx.get(f"{board(whole)}/message/{shown['chains'][0]['correlation_id']}/lineage")
    assert page.status_code == 200
    assert re.search(r'>OBX\[1\]-5</th><td>[0-9.]+</td><td class="id">valueQuantity.value<', page.text)


def test_the_page_of_the_board_shows_the_reason(whole: Whole, critical: Row) -> None:
    page = httpx.get(f"{board(whole)}/task/{critical['task_id']}")
    assert page.status_code == 200
    assert "is above the critical limit of 6.2 mmol/L" in page.text


def test_trace_follows_the_message_from_socket_to_task(whole: Whole, critical: Row) -> None:
    shown = whole.wardline("trace", critical["correlation_id"], "--json")
    assert shown.returncode == 0, shown.stderr
    (message,) = json.loads(shown.stdout)["messages"]
    stages = list(dict.fromkeys(row["stage"] for row in message["chain"]))
    assert stages[:4] == ["received", "end state", "canonical", "decision"]
    assert sorted(stages[4:]) == ["task", "transition"], "both of one transaction, in the order of the log"
    assert {"OBX[1]", "OBX[2]"} <= {row["path"] for row in message["chain"]}


def test_find_by_record_number_names_the_task(whole: Whole) -> None:
    sent = report()
    task = on_board(whole, correlation_of(whole, critical_report(whole, mrn=sent.mrn)))
    shown = whole.wardline("find", "--mrn", sent.mrn, "--json")
    assert shown.returncode == 0, shown.stderr
    assert task["task_id"] in shown.stdout


def test_a_claim_with_a_reason_acknowledges_the_task(whole: Whole) -> None:
    task = on_board(whole, correlation_of(whole, critical_report(whole)))
    done = whole.wardline("tasks", "claim", task["task_id"], *NURSE, "--reason", "at_bedside", "--json")
    assert done.returncode == 0, done.stderr
    row = task_in_sql(whole, task["task_id"], "accepted")
    assert (row["owner"], row["sla_state"]) == ("nurse.one", "acknowledged")
    assert row["acknowledged_at"] > row["created_at"]


def test_a_claim_on_an_old_revision_is_refused_and_the_refusal_is_shown(whole: Whole) -> None:
    task = on_board(whole, correlation_of(whole, critical_report(whole)))
    done = whole.wardline("tasks", "claim", task["task_id"], *NURSE, "--revision", "7")
    assert done.returncode == 1
    assert "stale_revision" in done.stderr
    sql = "SELECT * FROM task_event WHERE task_id = ? AND NOT accepted"
    (refused,) = whole.arrived(sql, task["task_id"])
    assert (refused["command"], refused["refusal"], refused["actor_id"]) == ("claim", "stale_revision", "nurse.one")


def test_a_correction_withdraws_the_task(whole: Whole) -> None:
    first = report()
    task = on_board(whole, correlation_of(whole, critical_report(whole, mrn=first.mrn, order=first.order)))
    mended = report(mrn=first.mrn, order=first.order, results=(sodium(1), potassium(2, "4.2", status="C")))
    whole.send(mended.bytes())
    row = task_in_sql(whole, task["task_id"], "cancelled")
    assert row["sla_state"] == "stopped"
    queue = httpx.get(f"{board(whole)}/api/queue").json()["tasks"]
    assert task["task_id"] not in {one["task_id"] for one in queue}


def test_the_same_result_again_makes_no_second_task(whole: Whole) -> None:
    first = report()
    on_board(whole, correlation_of(whole, critical_report(whole, mrn=first.mrn, order=first.order)))
    again = correlation_of(whole, critical_report(whole, mrn=first.mrn, order=first.order))
    key = whole.rows("SELECT patient_key FROM message WHERE correlation_id = ?", again)[0]["patient_key"]
    whole.arrived("SELECT 1 FROM decision WHERE correlation_id = ?", again)
    assert len(whole.rows("SELECT 1 FROM task WHERE patient_key = ?", key)) == 1


def test_a_disabled_rule_opens_no_task_within_10_seconds_and_the_epoch_is_recorded(whole: Whole) -> None:
    mrn, began_s = report().mrn, time.monotonic()
    with disabled(whole, "critical-lactate"):
        silent = lactate_report(whole, mrn)
        whole.arrived("SELECT 1 FROM epoch WHERE stage = 'decide' AND disabled LIKE '%critical-lactate%'")
        assert time.monotonic() - began_s < EFFECTIVE_S
    on_board(whole, correlation_of(whole, lactate_report(whole, mrn)))
    made = whole.rows("SELECT 1 FROM task WHERE correlation_id = ?", correlation_of(whole, silent))
    assert made == []


def lactate_report(whole: Whole, mrn: str) -> str:
    """Send a lactate of 9.4; the control id."""
    sent = report(mrn=mrn, results=(LACTATE.format(sent_at=hl7_now()),))
    whole.send(sent.bytes())
    return sent.control_id


@contextmanager
def disabled(whole: Whole, rule: str) -> Iterator[None]:
    """A rule switched off for the time of the block."""
    off = whole.wardline("rules", "disable", rule, "--reason", "test", "--as", "pharmacist.one")
    assert off.returncode == 0, off.stderr
    try:
        yield
    finally:
        on = whole.wardline("rules", "enable", rule, "--as", "pharmacist.one")
        assert on.returncode == 0, on.stderr
