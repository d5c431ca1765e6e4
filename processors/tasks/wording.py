"""FHIR businessStatus of a task: ladder step and state of the clock in words."""

from processors.tasks.reasons import REASONS
from processors.tasks.states import Move, Status
from processors.tasks.task import SlaState, Task

_CLOSED: dict[Status, str] = {
    Status.COMPLETED: "done",
    Status.CANCELLED: "withdrawn",
    Status.REJECTED: "dismissed",
    Status.FAILED: "dismissed after it was begun",
    Status.ENTERED_IN_ERROR: "withdrawn: wrong patient",
}
#: Effects of an amendment that whoever has acknowledged must see.
_CHANGED_SINCE = frozenset({"amend_renotify", "escalate_corrected"})
_OPEN: dict[Status, str] = {
    Status.REQUESTED: "waiting for somebody to acknowledge",
    Status.ACCEPTED: "acknowledged",
    Status.IN_PROGRESS: "being worked on",
    Status.ON_HOLD: "on hold",
}


def business_status(task: Task) -> str:
    """For example `escalated to charge_nurse (step 1), waiting for somebody to acknowledge`."""
    if task.status is Status.CANCELLED and task.status_reason in REASONS[Move.OVERRIDE].codes:
        return "overridden"
    if not task.is_open:
        late = ", late" if task.status is Status.COMPLETED and task.sla_state is SlaState.BREACHED else ""
        return _CLOSED[task.status] + late
    words = _OPEN[task.status]
    if task.acknowledged_at and task.status_reason in _CHANGED_SINCE:
        words += ", changed since: look again"
    if task.status is Status.ACCEPTED and task.next_step:
        words += ", action awaited"
    if task.step:
        reached = task.sla.ladder[task.step - 1]
        verb = "escalated to" if reached.action == "escalate" else "reminded"
        words = f"{verb} {reached.role} (step {task.step}), {words}"
    return f"overdue, {words}" if task.sla_state is SlaState.BREACHED else words
