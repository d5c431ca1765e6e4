"""What `wardline tasks` prints, and how it ends."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from read_side import KEYRING, T0
from task_desk import Desk
from typer.testing import CliRunner, Result

from processors.tasks.states import Move
from streams.cli.output import FAILED, UNREACHABLE, USAGE
from streams.cli.task_text import moment, time_left
from streams.cli.tasks import ACTIONS, app, report
from streams.commands import Answer, Request, make_command, send_and_wait
from streams.task_view import TaskView

URGENT, CALM = "a1" * 16, "b2" * 16


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.create(CALM, title="Call the patient", sla={"acknowledge_s": 0, "due_s": 7200, "ladder": []})
    desk.create(URGENT)
    return desk


def run(desk: Desk, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--data", str(desk.database.parent)])


def test_the_list_begins_with_the_least_time_left(desk: Desk) -> None:
    listed = [json.loads(line)["task_id"] for line in run(desk, "list", "--json").stdout.splitlines()]
    assert listed == [URGENT, CALM]


def test_the_list_for_people_has_a_line_for_each_task(desk: Desk) -> None:
    lines = run(desk, "list").stdout.splitlines()
    assert ["Critical potassium" in lines[1], "Call the patient" in lines[2], len(lines)] == [True, True, 3]


def test_the_list_is_filtered_by_role(desk: Desk) -> None:
    assert run(desk, "list", "--role", "scheduler").stdout == "no open tasks\n"


def test_a_task_is_shown_by_the_beginning_of_its_id(desk: Desk) -> None:
    shown = json.loads(run(desk, "show", "a1a1", "--json").stdout)
    assert (shown["task_id"], [event["command"] for event in shown["history"]]) == (URGENT, ["create"])


def test_a_task_is_told_with_its_history(desk: Desk) -> None:
    assert "create -> requested" in run(desk, "show", URGENT).stdout


def test_an_id_that_fits_no_task_fails(desk: Desk) -> None:
    assert run(desk, "show", "cc").exit_code == FAILED


def test_an_id_that_fits_two_tasks_fails(desk: Desk) -> None:
    desk.create("a1ff" * 8)
    assert run(desk, "show", "a1").exit_code == FAILED


def test_a_whole_id_is_no_beginning_of_another(desk: Desk) -> None:
    desk.create(f"{URGENT}0")
    assert json.loads(run(desk, "show", URGENT, "--json").stdout)["task_id"] == URGENT


def test_without_a_store_the_command_says_so(tmp_path: Path) -> None:
    result = run(Desk(tmp_path), "list")
    assert (result.exit_code, "wardline up" in result.stderr) == (UNREACHABLE, True)


def test_without_a_broker_a_command_ends_unreachable(desk: Desk) -> None:
    assert run(desk, "claim", URGENT, "--as", "ada", "--role", "nurse").exit_code == UNREACHABLE


def test_a_command_without_a_person_is_a_wrong_usage(desk: Desk) -> None:
    assert run(desk, "claim", URGENT, "--role", "nurse").exit_code == USAGE


def test_every_command_of_a_person_can_be_typed() -> None:
    rules = {Move.CREATE, Move.AMEND, Move.RETRACT, Move.RETRACT_WRONG_PATIENT, Move.RELINK, Move.DUE}
    assert set(ACTIONS) == set(Move) - rules


def ask(desk: Desk, **changes: object) -> tuple[Request, Answer]:
    request = replace(Request(command="claim", user="ada", role="nurse"), **changes)
    view = TaskView(desk.database)
    return request, send_and_wait(make_command(request, view.task(URGENT), KEYRING, T0), desk, view)


def test_an_accepted_command_says_the_new_revision(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    request, answer = ask(desk)
    report(answer, request, quiet=False)
    assert capsys.readouterr().out == "claim: accepted, revision 2, accepted (acknowledged)\n"


def test_a_refused_command_says_why_and_what_to_do(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    request, answer = ask(desk, command="dismiss")
    with pytest.raises(SystemExit) as ended:
        report(answer, request, quiet=False)
    said = capsys.readouterr().err
    assert (ended.value.code, "reason_missing" in said, "not_applicable" in said) == (FAILED, True, True)


def test_a_pending_command_is_said_to_be_stored(capsys: pytest.CaptureFixture[str]) -> None:
    answer = Answer(state="pending", command_id="c1")
    report(answer, Request(command="claim", user="ada", role="nurse"), quiet=False)
    assert capsys.readouterr().out.startswith("pending: the command c1 is stored")


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "-"), (0, "0:00"), (725, "12:05"), (4200, "1 h 10"), (-200, "late 3:20")]
)
def test_the_time_left_is_read_at_a_glance(seconds: int | None, text: str) -> None:
    assert time_left(seconds) == text


@pytest.mark.parametrize(("at", "text"), [(0, "-"), (1_800_000_000_000_000, "2027-01-15 08:00:00Z")])
def test_a_moment_is_shown_in_utc(at: int, text: str) -> None:
    assert moment(at) == text
