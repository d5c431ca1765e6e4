"""The clock of a task: arms, climbs, re-arms and stops the escalation ladder, and notices a missed due time."""

from dataclasses import replace

from processors.envelope import Record
from processors.tasks.spec import sla_of
from processors.tasks.task import Change, Due, LadderStep, Route, SlaState, Task, Timer, Transition, queue_of

SECOND = 1_000_000
#: How long a closed task's row is kept, so that late commands still find it.
KEPT_CLOSED_S = 30 * 24 * 3600
TIERS = ("R", "S", "U", "E")
PRIORITIES = ("routine", "urgent", "asap", "stat")


def wind_up(task: Task) -> Change:
    """The task of this moment with its clock running: first ladder step and due time."""
    sla = task.sla
    task = replace(
        task,
        acknowledge_by=task.created_at + sla.acknowledge_s * SECOND if sla.acknowledge_s else 0,
        due_at=task.created_at + sla.due_s * SECOND if sla.due_s else 0,
    )
    deadline = (Due(Timer.DEADLINE, task.due_at),) if task.due_at else ()
    armed = _arm(task, task.created_at + sla.ladder[0].after_s * SECOND) if sla.ladder else Change(task=task)
    return replace(armed, dues=armed.dues + deadline)


def reschedule(change: Change, sla: Record, now: int) -> Change:
    """The clock of an open task set anew, `sla` counting from now; steps that were climbed stay climbed."""
    task = change.task
    passed = (now - task.created_at) // SECOND
    ladder = [{**step, "after_s": step["after_s"] + passed} for step in sla["ladder"]]
    counted = {**task.spec["sla"], "due_s": sla["due_s"] + passed if sla["due_s"] else 0, "ladder": ladder}
    spec = {**task.spec, "sla": counted}
    moved = replace(task, spec=spec, sla=sla_of(spec), due_at=task.created_at + counted["due_s"] * SECOND)
    moved = moved if counted["due_s"] else replace(moved, due_at=0)
    dues = (*change.dues, *((Due(Timer.DEADLINE, moved.due_at),) if moved.due_at else ()))
    if not task.next_step or task.step >= len(ladder):
        return replace(change, task=moved, dues=dues)
    armed = _arm(moved, task.created_at + ladder[task.step]["after_s"] * SECOND)
    return replace(change, task=armed.task, dues=dues + armed.dues)


def stand_still(task: Task) -> Task:
    """The task with its ladder stopped; a timer already set finds nothing to do."""
    return replace(task, next_step=0, next_at=0)


def arm_again(task: Task, now: int, *, halved: bool) -> Change:
    """The next step counted from now: after its usual interval, or half of it where somebody has seen but not acted."""
    if task.step >= len(task.sla.ladder):
        return Change(task=stand_still(task))
    interval = _interval(task, task.step + 1)
    return _arm(task, now + (interval // 2 if halved else interval))


def climb(task: Task, due: Due, now: int) -> Change | None:
    """One step up, or None where the ladder no longer waits for this timer: acted upon, re-armed or closed meanwhile.

    After a standstill the next step waits at least half its interval, so that whoever is told now has time to act.
    """
    if not task.is_open or not task.next_step or (due.step, due.at) != (task.next_step, task.next_at):
        return None
    reached = task.sla.ladder[task.next_step - 1]
    told = queue_of(reached.role, task.route.unit)
    raised = _raised(replace(task, step=task.next_step), reached)
    if raised.step >= len(task.sla.ladder):
        return Change(task=stand_still(raised), notify=(told, *task.owner_told))
    planned = task.created_at + task.sla.ladder[raised.step].after_s * SECOND
    armed = _arm(raised, max(planned, now + _interval(raised, raised.step + 1) // 2))
    return replace(armed, notify=(told, *task.owner_told))


def breach(task: Task, due: Due) -> Change | None:
    """The due time has passed and the task is open, or None where there is nothing to notice."""
    if not task.is_open or due.at != task.due_at or task.sla_state is SlaState.BREACHED:
        return None
    breached = replace(task, sla_state=SlaState.BREACHED)
    return Change(task=breached, notify=(task.route.queue, *task.owner_told), transition=Transition.BREACHED)


def closed(task: Task, sla_state: SlaState, now: int) -> tuple[Task, tuple[Due, ...]]:
    """The task with its clock at rest, and the timer that drops its row; a breach stays a breach."""
    late = task.sla_state is SlaState.BREACHED or (sla_state is SlaState.MET and 0 < task.due_at < now)
    rested = replace(stand_still(task), sla_state=SlaState.BREACHED if late else sla_state)
    return rested, (Due(Timer.FORGET, now + KEPT_CLOSED_S * SECOND),)


def higher(one: str, other: str, order: tuple[str, ...]) -> str:
    """The higher of two values of an ordered list; an unknown one counts as lowest."""
    return max(one, other, key=lambda value: order.index(value) if value in order else -1)


def _arm(task: Task, at: int) -> Change:
    armed = replace(task, next_step=task.step + 1, next_at=at)
    return Change(task=armed, dues=(Due(Timer.STEP, at, armed.next_step),))


def _interval(task: Task, step: int) -> int:
    ladder = task.sla.ladder
    before = ladder[step - 2].after_s if step > 1 else 0
    return max(0, ladder[step - 1].after_s - before) * SECOND


def _raised(task: Task, reached: LadderStep) -> Task:
    if reached.action != "escalate":
        return task
    route = Route(reached.role, task.route.unit, _next(task.route.acuity, TIERS))
    return replace(task, route=route, priority=_next(task.priority, PRIORITIES))


def _next(value: str, order: tuple[str, ...]) -> str:
    if value not in order:
        return value
    return order[min(order.index(value) + 1, len(order) - 1)]
