"""The one transition table of tasks: what each command does to each FHIR R4 Task status."""

from enum import StrEnum


class Status(StrEnum):
    """FHIR R4 task-status (hl7.org/fhir/R4/valueset-task-status), and NONE where no task is known yet."""

    NONE = ""
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in-progress"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    FAILED = "failed"
    ENTERED_IN_ERROR = "entered-in-error"


class Move(StrEnum):
    """Every command, and `retract` for a wrong patient apart, because it ends elsewhere."""

    CREATE = "create"
    AMEND = "amend"
    RETRACT = "retract"
    RETRACT_WRONG_PATIENT = "retract_wrong_patient"
    RELINK = "relink"
    CLAIM = "claim"
    RELEASE = "release"
    START = "start"
    HOLD = "hold"
    RESUME = "resume"
    COMPLETE = "complete"
    DISMISS = "dismiss"
    OVERRIDE = "override"
    DUE = "due"


OPEN = frozenset({Status.REQUESTED, Status.ACCEPTED, Status.IN_PROGRESS, Status.ON_HOLD})
CLOSED = frozenset(Status) - OPEN - {Status.NONE}

#: Names that a command record may carry; a retract is told apart by its effect.
COMMANDS = frozenset(Move) - {Move.RETRACT_WRONG_PATIENT}


def _stays(*statuses: Status) -> dict[Status, Status]:
    return {status: status for status in statuses}


def _ends(to: Status, *statuses: Status) -> dict[Status, Status]:
    return {status: to for status in statuses}


_BEGUN = (Status.IN_PROGRESS, Status.ON_HOLD)
_NOT_BEGUN = (Status.REQUESTED, Status.ACCEPTED)
_DONE = (Status.COMPLETED, Status.REJECTED, Status.FAILED)

#: What is absent is refused. A dismissed task was `rejected` when nobody had begun, else it `failed` (FHIR: attempted,
#: not completed); an override and a retract cancel; work that was done stays done.
TRANSITIONS: dict[Move, dict[Status, Status]] = {
    Move.CREATE: {Status.NONE: Status.REQUESTED},
    Move.AMEND: _stays(*OPEN, *_DONE, Status.CANCELLED),
    Move.RETRACT: _ends(Status.CANCELLED, *OPEN) | _stays(*_DONE),
    Move.RETRACT_WRONG_PATIENT: _ends(Status.ENTERED_IN_ERROR, *OPEN, Status.CANCELLED) | _stays(*_DONE),
    Move.RELINK: _stays(*OPEN, *CLOSED),
    Move.CLAIM: _ends(Status.ACCEPTED, *_NOT_BEGUN),
    Move.RELEASE: _ends(Status.REQUESTED, Status.ACCEPTED, *_BEGUN),
    Move.START: _ends(Status.IN_PROGRESS, *_NOT_BEGUN),
    Move.HOLD: _ends(Status.ON_HOLD, Status.ACCEPTED, Status.IN_PROGRESS),
    Move.RESUME: {Status.ON_HOLD: Status.IN_PROGRESS},
    Move.COMPLETE: _ends(Status.COMPLETED, *OPEN),
    Move.DISMISS: _ends(Status.REJECTED, *_NOT_BEGUN) | _ends(Status.FAILED, *_BEGUN),
    Move.OVERRIDE: _ends(Status.CANCELLED, *OPEN),
    Move.DUE: _stays(*OPEN),
}


def next_status(status: Status, move: Move) -> Status | None:
    """The status after the move, or None where the table has no transition."""
    return TRANSITIONS[move].get(status)
