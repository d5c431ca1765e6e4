"""Applies one command to one task: the pure heart of the tasks stage."""

from dataclasses import replace

from processors.envelope import Record
from processors.tasks.changes import CHANGES, create
from processors.tasks.guards import refuse
from processors.tasks.ladder import breach, climb
from processors.tasks.states import Move, Status, next_status
from processors.tasks.task import Change, Command, Due, Outcome, Task, Timer, person

#: How many command ids a task remembers to know a repeated one.
SEEN_KEPT = 32
#: How many of those told a task remembers.
TOLD_KEPT = 64
_NO_SPEC: Record = {}


def apply(task: Task | None, command: Command, now: int) -> Outcome | None:
    """What becomes of the command at stage time `now` (microseconds).

    None for a due record that nothing waits for any more: it leaves no trace.
    """
    if command.move is Move.DUE:
        return _fall_due(task, command.due, now) if command.due else None
    before = task.status if task else Status.NONE
    refusal = refuse(task, command)
    if refusal is not None:
        kept = _remember(task, command.command_id) if task else None
        return Outcome(task=kept, from_status=before, refusal=refusal)
    if task is None:
        change = create(command, command.spec or _NO_SPEC, now)
    else:
        change = CHANGES[command.move](task, command, now)
    status = next_status(before, command.move) or before
    changed = replace(
        _remember(change.task, command.command_id),
        status=status,
        status_reason=command.reason_code or command.effect,
    )
    actor = (person(command.actor.id),) if command.actor.is_person else ()
    return _settled(replace(change, task=changed), actor, before, now)


def _fall_due(task: Task | None, due: Due, now: int) -> Outcome | None:
    """The second check: a timer acts on what the task is now, so an acknowledgement ahead of it in the inbox wins."""
    if task is None:
        return None
    if due.timer is Timer.FORGET:
        return None if task.is_open else Outcome(task=None, from_status=task.status, forgotten=True)
    change = climb(task, due, now) if due.timer is Timer.STEP else breach(task, due)
    return _settled(change, (), task.status, now) if change else None


def _settled(change: Change, actor: tuple[str, ...], before: Status, now: int) -> Outcome:
    notify = tuple(dict.fromkeys(change.notify))
    told = tuple(dict.fromkeys((*change.task.told, *notify, *actor)))[-TOLD_KEPT:]
    task = replace(change.task, revision=change.task.revision + 1, updated_at=now, told=told)
    return Outcome(task=task, from_status=before, notify=notify, transition=change.transition, dues=change.dues)


def _remember(task: Task, command_id: str) -> Task:
    return task if command_id in task.seen else replace(task, seen=(*task.seen, command_id)[-SEEN_KEPT:])
