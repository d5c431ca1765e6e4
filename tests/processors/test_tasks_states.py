"""The transition table, walked cell by cell through the real step."""

from pathlib import Path

import pytest
from task_world import in_status, make_spec, someone

from processors.tasks.diagram import markdown, mermaid
from processors.tasks.reasons import REASONS
from processors.tasks.states import CLOSED, COMMANDS, OPEN, TRANSITIONS, Move, Status, next_status

DOCS = Path(__file__).parents[2] / "docs" / "tasks.md"
RULE_MOVES = {Move.CREATE, Move.AMEND, Move.RETRACT, Move.RETRACT_WRONG_PATIENT, Move.RELINK}
CELLS = [(status, move) for status in Status for move in Move if move is not Move.DUE]


@pytest.mark.parametrize(("status", "move"), CELLS)
def test_each_cell_of_the_table_is_what_the_step_does(status: Status, move: Move) -> None:
    desk = in_status(status)
    reasons = REASONS.get(move)
    desk.send(
        "retract" if move is Move.RETRACT_WRONG_PATIENT else move,
        None if move in RULE_MOVES else someone(),
        spec=make_spec() if move in RULE_MOVES else None,
        effect=move if move is Move.RETRACT_WRONG_PATIENT else "",
        reason_code=next(iter(reasons.codes)) if reasons else "",
    )
    expected = next_status(status, move)
    assert (desk.event["accepted"], desk.event["to_status"]) == (expected is not None, expected or status)


def test_every_status_is_open_closed_or_none() -> None:
    assert OPEN | CLOSED | {Status.NONE} == set(Status)


def test_the_commands_are_those_of_the_schema() -> None:
    schema = (Path(__file__).parents[2] / "schemas" / "workflow.command.v1.avsc").read_text()
    assert " | ".join(move for move in Move if move in COMMANDS) in schema


def test_no_closed_task_opens_again() -> None:
    assert not [(s, m) for m, row in TRANSITIONS.items() for s, to in row.items() if s in CLOSED and to in OPEN]


@pytest.mark.parametrize("drawn", [markdown(), mermaid()])
def test_the_documentation_shows_the_table_as_it_is(drawn: str) -> None:
    assert drawn in DOCS.read_text("utf-8")


def test_the_documentation_names_every_coded_reason() -> None:
    text = DOCS.read_text("utf-8")
    assert not [code for reasons in REASONS.values() for code in reasons.codes if f"`{code}`" not in text]
