"""Says why a command is refused: the guards in the order in which they are asked."""

from collections.abc import Callable

from processors.tasks.reasons import REASONS
from processors.tasks.states import Move, next_status
from processors.tasks.task import Command, Refusal, Task


def refuse(task: Task | None, command: Command) -> Refusal | None:
    """The first reason to refuse, or None where the command may go on."""
    if task is None:
        return None if command.move is Move.CREATE else Refusal.UNKNOWN_TASK
    for guard in _GUARDS:
        refusal = guard(task, command)
        if refusal is not None:
            return refusal
    return None


def _repeated(task: Task, command: Command) -> Refusal | None:
    return Refusal.REPEATED if command.command_id in task.seen else None


def _exists(_task: Task, command: Command) -> Refusal | None:
    return Refusal.EXISTS if command.move is Move.CREATE else None


def _revision(task: Task, command: Command) -> Refusal | None:
    return Refusal.STALE_REVISION if command.expected_revision not in (-1, task.revision) else None


def _transition(task: Task, command: Command) -> Refusal | None:
    if next_status(task.status, command.move) is not None:
        return None
    return Refusal.WRONG_STATUS if task.is_open else Refusal.CLOSED


#: What only the owner may do; anybody may where nobody owns the task. An override is a clinician's word over the rule.
_OWNERS = frozenset({Move.START, Move.HOLD, Move.RESUME, Move.COMPLETE, Move.DISMISS})


def _ownership(task: Task, command: Command) -> Refusal | None:
    if not command.actor.is_person or not task.owner:
        return None
    is_owner = command.actor.id == task.owner
    if command.move is Move.CLAIM:
        return None if is_owner and command.reason_code else Refusal.OWNED
    if command.move is Move.RELEASE:
        return None if is_owner or command.reason_code else Refusal.NOT_OWNER
    return Refusal.NOT_OWNER if command.move in _OWNERS and not is_owner else None


def _reason(_task: Task, command: Command) -> Refusal | None:
    reasons = REASONS.get(command.move)
    if reasons is None:
        return None
    if not command.reason_code:
        return Refusal.REASON_MISSING if reasons.required else None
    return None if command.reason_code in reasons.codes else Refusal.REASON_UNKNOWN


_GUARDS: tuple[Callable[[Task, Command], Refusal | None], ...] = (
    _repeated,
    _exists,
    _revision,
    _transition,
    _ownership,
    _reason,
)
