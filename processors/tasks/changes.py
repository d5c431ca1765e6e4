"""What each accepted command changes in a task: one small function per move, in one table."""

from collections.abc import Callable
from dataclasses import replace

from processors.envelope import Record
from processors.tasks.ladder import PRIORITIES, TIERS, arm_again, closed, higher, reschedule, stand_still, wind_up
from processors.tasks.spec import route_of, sla_of
from processors.tasks.states import Move
from processors.tasks.task import Change, Command, SlaState, Task, Transition, person

#: Reason of an amend whose clock counts back from a time that has moved (the expected discharge).
RESCHEDULED = "rescheduled"
#: Effects of a decision that page again everyone who was told.
_PAGING = frozenset({"escalate", "escalate_provisional", "escalate_corrected", "amend_renotify"})


def create(command: Command, spec: Record, now: int) -> Change:
    """A new task with its clock running; its queue is told."""
    task = Task(
        task_id=command.task_id,
        route_key=command.route_key,
        patient_key=command.patient_key,
        spec=spec,
        route=route_of(spec),
        priority=spec["priority"],
        sla=sla_of(spec),
        created_at=now,
        provisional=_is_provisional(spec, command.effect),
    )
    return replace(wind_up(task), notify=(task.route.queue,))


def _amend(task: Task, command: Command, now: int) -> Change:
    """The clock goes on as it was set and a climbed ladder keeps its place; where it matters all are told again.

    Only where the time that the clock counts back from has moved is it set anew.
    """
    given = command.spec or task.spec
    spec = {**given, "sla": task.spec["sla"]}
    route = route_of(spec)
    if task.step:
        route = replace(task.route, acuity=higher(route.acuity, task.route.acuity, TIERS))
    priority = higher(spec["priority"], task.priority, PRIORITIES) if task.step else spec["priority"]
    amended = replace(
        task, spec=spec, route=route, priority=priority, provisional=_is_provisional(spec, command.effect)
    )
    moved = (route.queue,) if task.is_open and route.queue != task.route.queue else ()
    paged = (*task.told, *task.owner_told) if command.effect in _PAGING else ()
    change = Change(task=amended, notify=(*paged, *moved))
    return reschedule(change, given["sla"], now) if command.reason_code == RESCHEDULED and task.is_open else change


def _retract(task: Task, _command: Command, now: int) -> Change:
    """Whoever acknowledged is told, also where the work is done; a task that nobody touched just leaves the queue."""
    people = tuple(told for told in task.told if told.startswith(person("")))
    return _withdrawn(task, (*people, *task.owner_told), now)


def _retract_wrong_patient(task: Task, _command: Command, now: int) -> Change:
    return _withdrawn(task, (*task.told, *task.owner_told), now)


def _withdrawn(task: Task, notify: tuple[str, ...], now: int) -> Change:
    if not task.is_open:
        return Change(task=task, notify=notify)
    rested, dues = closed(task, SlaState.STOPPED, now)
    return Change(task=rested, notify=notify, transition=Transition.CANCELLED, dues=dues)


def _relink(task: Task, command: Command, _now: int) -> Change:
    """Only the patient shown changes: the task keeps its route_key and so its partition.

    A task of the patient's unit follows the patient to another unit, and the queue there is told.
    """
    subject, before = (command.spec or task.spec)["subject"], task.spec["subject"]
    follows = task.is_open and subject["unit"] and task.route.unit == before["unit"] != subject["unit"]
    route = replace(task.route, unit=subject["unit"]) if follows else task.route
    shown = {**task.spec, "subject": subject}
    linked = replace(task, spec=shown, route=route, patient_key=command.patient_key or task.patient_key)
    return Change(task=linked, notify=(route.queue, *task.owner_told) if follows else ())


def _claim(task: Task, command: Command, now: int) -> Change:
    """With an action code the ladder stops; without one it goes on after half the interval."""
    owned = replace(_acknowledged(task, now), owner=command.actor.id)
    change = Change(task=stand_still(owned)) if command.reason_code else arm_again(owned, now, halved=True)
    return replace(change, transition=_first_acknowledgement(task))


def _start(task: Task, command: Command, now: int) -> Change:
    owner = task.owner or command.actor.id
    started = replace(stand_still(_acknowledged(task, now)), owner=owner)
    return Change(task=started, transition=_first_acknowledgement(task))


def _hold(task: Task, _command: Command, now: int) -> Change:
    return Change(task=stand_still(_acknowledged(task, now)))


def _resume(task: Task, _command: Command, _now: int) -> Change:
    return Change(task=task)


def _release(task: Task, _command: Command, now: int) -> Change:
    """Nobody owns the task: the queue is told and the clock of acknowledgement starts again."""
    by = now + task.sla.acknowledge_s * 1_000_000 if task.sla.acknowledge_s else 0
    running = task.sla_state if task.sla_state is SlaState.BREACHED else SlaState.RUNNING
    freed = replace(task, owner="", acknowledged_at=0, acknowledge_by=by, sla_state=running)
    return replace(arm_again(freed, now, halved=False), notify=(task.route.queue,))


def _complete(task: Task, command: Command, now: int) -> Change:
    rested, dues = closed(_acknowledged(task, now), SlaState.MET, now)
    owner = task.owner or (command.actor.id if command.actor.is_person else "")
    return Change(task=replace(rested, owner=owner), transition=Transition.COMPLETED, dues=dues)


def _dismiss(task: Task, _command: Command, now: int) -> Change:
    rested, dues = closed(_acknowledged(task, now), SlaState.STOPPED, now)
    return Change(task=rested, transition=Transition.DISMISSED, dues=dues)


def _override(task: Task, command: Command, now: int) -> Change:
    """The owner is told when somebody else overrides."""
    rested, dues = closed(_acknowledged(task, now), SlaState.STOPPED, now)
    notify = task.owner_told if command.actor.id != task.owner else ()
    return Change(task=rested, notify=notify, transition=Transition.OVERRIDDEN, dues=dues)


def _acknowledged(task: Task, now: int) -> Task:
    state = task.sla_state if task.sla_state is SlaState.BREACHED else SlaState.ACKNOWLEDGED
    return replace(task, acknowledged_at=task.acknowledged_at or now, sla_state=state)


def _first_acknowledgement(task: Task) -> Transition | None:
    return None if task.acknowledged_at else Transition.ACKNOWLEDGED


def _is_provisional(spec: Record, effect: str) -> bool:
    """Rests on a preliminary result: said by the effect or by OBX-11 (HL7 table 0085) of the evidence."""
    return effect == "escalate_provisional" or any(item["status"] == "P" for item in spec["evidence"])


CHANGES: dict[Move, Callable[[Task, Command, int], Change]] = {
    Move.AMEND: _amend,
    Move.RETRACT: _retract,
    Move.RETRACT_WRONG_PATIENT: _retract_wrong_patient,
    Move.RELINK: _relink,
    Move.CLAIM: _claim,
    Move.RELEASE: _release,
    Move.START: _start,
    Move.HOLD: _hold,
    Move.RESUME: _resume,
    Move.COMPLETE: _complete,
    Move.DISMISS: _dismiss,
    Move.OVERRIDE: _override,
}
