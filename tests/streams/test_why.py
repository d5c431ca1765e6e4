"""`wardline why`: a task and each record on the way to it, with who did each step."""

import json
from pathlib import Path

import pytest
import typer
from read_side import Log, hospital_story, store_of
from recorded_world import Recording, result
from typer.testing import CliRunner, Result

from processors import topics
from streams.cli.why import why


def call(*arguments: object) -> Result:
    app = typer.Typer()
    app.command()(why)
    return CliRunner().invoke(app, [str(one) for one in arguments], env={"WARDLINE_BOOTSTRAP": None})


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """A critical potassium and its correction."""
    corrected = result(2, "6.6", minute=5, status="C", order="F1")
    return Recording(tmp_path).play((0, result(1, "6.9")), (5, corrected))


def answer(recording: Recording, asked: str) -> dict[str, object]:
    out = call(asked, "--data", recording.store(), "--json")
    assert out.exit_code == 0, out.stderr
    value: dict[str, object] = json.loads(out.stdout)
    return value


def test_a_task_names_its_rule_and_version_and_each_clause_with_its_source(recording: Recording) -> None:
    decision = answer(recording, recording.of(topics.TASK)[0]["task_id"])["decisions"][0]
    assert (decision["rule_id"], decision["rule_version"], decision["decided_by"]) == (
        "critical-potassium",
        "2",
        "rule",
    )
    clause = next(one for one in decision["clauses"] if one["text"] == "breach in low, high")
    assert (clause["holds"], clause["value"], clause["path"]) == (True, "high", "OBX[1]-5")
    assert decision["evidence"][0]["value"] == "6.9"


def test_every_decision_about_the_task_is_told(recording: Recording) -> None:
    task = recording.of(topics.TASK)[0]["task_id"]
    assert [one["effect"] for one in answer(recording, task)["decisions"]] == ["escalate", "amend_renotify"]


def test_each_step_says_who_did_it(recording: Recording) -> None:
    steps = answer(recording, recording.of(topics.TASK)[0]["task_id"])["steps"]
    assert [(step["decided_by"], step["stage"]) for step in steps[:5]] == [
        ("middleware", "received"),
        ("middleware", "end state"),
        ("middleware", "canonical"),
        ("rule", "decision"),
        ("rule", "transition"),
    ]


def test_the_beginning_of_an_id_is_enough(recording: Recording) -> None:
    task = recording.of(topics.TASK)[0]["task_id"]
    assert answer(recording, task[:6])["task"]["task_id"] == task


@pytest.mark.parametrize("topic", [topics.DECISION, topics.TASK_EVENT, topics.OBSERVATION, topics.MESSAGE])
def test_a_record_leads_back_to_its_message(recording: Recording, topic: str) -> None:
    value = recording.of(topic)[0]
    found = answer(recording, value["event_id"])
    assert found["record"]["topic"] == topic
    assert found["steps"][0]["event_id"] == value["correlation_id"]


def test_a_canonical_record_rests_on_no_rule(recording: Recording) -> None:
    out = call(recording.of(topics.OBSERVATION)[0]["event_id"], "--data", recording.store())
    assert "no rule decided on it" in out.stdout
    assert "project: canonical, OBX[1] Potassium 6.9 mmol/L (final)" in out.stdout


def test_the_text_tells_clauses_evidence_and_steps_and_no_name(recording: Recording) -> None:
    out = call(recording.of(topics.TASK)[0]["task_id"], "--data", recording.store())
    assert "decided by rule: critical-potassium 2, set " in out.stdout
    assert "yes  breach in low, high: high from OBX[1]-5" in out.stdout
    assert "no   laboratory_flag in HH, LL, AA: none from OBX[1]-8" in out.stdout
    assert not [word for word in ("PATIENT", "4711") if word in out.stdout]
    assert "warning: this read is not in the audit log: no broker is known" in out.stderr


def test_what_a_person_did_is_a_persons_step(tmp_path: Path) -> None:
    log = Log()
    hospital_story(log)
    ada = {"kind": "person", "id": "ada", "role": "nurse"}
    claim = {"command": "claim", "accepted": True, "to_status": "accepted", "reason_code": "at_bedside"}
    log.add(topics.TASK_EVENT, event_id="tev-9", task_id="task-1", actor=ada, correlation_id="raw-1", **claim)
    store_of(tmp_path / "wardline.db", log.records)
    lines = call("task-1", "--data", tmp_path).stdout.splitlines()
    assert "person      ada as nurse: transition, claim: accepted, at_bedside" in lines[-1]


def test_a_score_is_told_with_its_inputs(tmp_path: Path) -> None:
    pulse = {"name": "pulse", "value": "112", "unit": "/min", "path": "OBX[2]-5", "points": 2, "state": "used"}
    inputs = [pulse, {"name": "temperature", "value": "", "unit": "", "path": "", "points": 0, "state": "missing"}]
    scored = {"name": "NEWS2", "value": "7", "band": "high", "complete": False, "inputs": inputs}
    log = Log()
    log.add(topics.DECISION, event_id="dec-9", correlation_id="raw-9", rule_id="deterioration", score=scored)
    store_of(tmp_path / "wardline.db", log.records)
    text = call("dec-9", "--data", tmp_path).stdout
    assert "score        NEWS2 7 high, not complete" in text
    assert "pulse: 112 /min from OBX[2]-5, 2 points, used" in text


def test_a_beginning_that_fits_two_tasks_exits_with_1(tmp_path: Path) -> None:
    log = Log()
    hospital_story(log, 1)
    hospital_story(log, 2)
    store_of(tmp_path / "wardline.db", log.records)
    out = call("task", "--data", tmp_path)
    assert (out.exit_code, "more than one task begins with 'task'" in out.stderr) == (1, True)


def test_an_unknown_id_exits_with_1(recording: Recording) -> None:
    out = call("nobody", "--data", recording.store())
    assert (out.exit_code, "no task and no record is known under 'nobody'" in out.stderr) == (1, True)


def test_a_folder_without_a_store_exits_with_3(tmp_path: Path) -> None:
    out = call("task-1", "--data", tmp_path)
    assert (out.exit_code, "start `wardline up`" in out.stderr) == (3, True)
