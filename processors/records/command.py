"""Reads a command record into a Command, and refuses what is none."""

from processors.envelope import Record
from processors.errors import Reason, Rejection
from processors.tasks.states import COMMANDS, Move
from processors.tasks.task import Actor, Command, Due, Timer

_ACTORS = frozenset({"rule", "middleware", "person"})
_NEEDS_SPEC = frozenset({Move.CREATE, Move.AMEND, Move.RELINK})
#: Commands that make somebody the owner.
_NEEDS_PERSON = frozenset({Move.CLAIM, Move.START})


def parse_command(value: Record) -> Command:
    """Raises Rejection(command_invalid) naming the field; no text repeats what the field held."""
    _require(value["command"] in COMMANDS, "command", "not a known command")
    for name in ("event_id", "task_id", "route_key"):
        _require(bool(value[name]), name, "must not be empty")
    move = Move(value["command"])
    if move is Move.RETRACT and value["effect"] == "retract_wrong_patient":
        move = Move.RETRACT_WRONG_PATIENT
    actor = Actor(**value["actor"])
    _require(actor.kind in _ACTORS, "actor.kind", f"must be one of {', '.join(sorted(_ACTORS))}")
    _require(bool(actor.id), "actor.id", "must not be empty")
    _require(actor.is_person or move not in _NEEDS_PERSON, "actor.kind", "only a person can own a task")
    _require(value["spec"] is not None or move not in _NEEDS_SPEC, "spec", "this command needs it")
    return Command(
        move=move,
        command_id=value["event_id"],
        task_id=value["task_id"],
        actor=actor,
        route_key=value["route_key"],
        patient_key=value["patient_key"],
        expected_revision=value["expected_revision"],
        reason_code=value["reason_code"],
        effect=value["effect"],
        spec=value["spec"],
        due=_due(value["due"]) if move is Move.DUE else None,
    )


def _due(value: Record | None) -> Due:
    _require(value is not None and value["name"] in frozenset(Timer), "due.name", "not a known timer")
    due = value or {}
    return Due(Timer(due["name"]), due["at"], due["step"])


def _require(holds: bool, path: str, detail: str) -> None:
    if not holds:
        raise Rejection(Reason.COMMAND_INVALID, path, detail)
