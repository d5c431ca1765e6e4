"""The step of the stage tasks: a command record in; task, event and outcome records out; one row per task."""

from collections.abc import Iterator
from dataclasses import dataclass

from processors import topics
from processors.envelope import Emit, Position, Record, Row, Rows, Step, caused_by
from processors.errors import Rejection, StateFailure
from processors.identity import Keyring
from processors.records.command import parse_command
from processors.records.dead_letter import dead_letter
from processors.tasks.apply import apply
from processors.tasks.spec import route_of, sla_of
from processors.tasks.states import Move, Status
from processors.tasks.task import Command, Due, Outcome, SlaState, Task
from processors.tasks.wording import business_status

STAGE = "tasks"
ROW_VERSION = 1
#: Commands that say what the task is about; their message is the one that the task is traced to.
_DEFINING = frozenset({Move.CREATE, Move.AMEND})


def make_step(keyring: Keyring) -> Step:
    """The step over `workflow.command.v1`. Raises Rejection(command_invalid) for a record that is no command."""

    def step(value: Record, at: Position, rows: Rows) -> Iterator[Emit]:  # noqa: ARG001
        command = parse_command(value)
        key = f"task/{command.task_id}"
        row = rows.get(key)
        outcome = apply(task_of(row) if row else None, command, rows.now)
        if outcome is None:
            return
        if outcome.forgotten:
            rows.delete(key)
            return
        yield from _Written(keyring, value, command, outcome, row or {}).into(rows, key)

    return step


def refused(rejection: Rejection, value: Record, at: Position) -> list[Emit]:
    """The dead letter of a record that is no command."""
    return [dead_letter(STAGE, rejection, value, at)]


def task_of(row: Row) -> Task:
    """The task of a row."""
    if row["v"] != ROW_VERSION:
        raise StateFailure(f"row version {row['v']} is not known")
    record = row["task"]
    spec = record["spec"]
    return Task(
        **{name: record[name] for name in _PLAIN},
        spec=spec,
        route=route_of(spec),
        priority=spec["priority"],
        sla=sla_of(spec),
        status=Status(record["status"]),
        sla_state=SlaState(record["sla_state"]),
        told=tuple(record["told"]),
        next_step=row["next_step"],
        next_at=row["next_at"],
        seen=tuple(row["seen"]),
    )


#: Fields that the record and the dataclass share as they are.
_PLAIN = (
    "task_id",
    "route_key",
    "patient_key",
    "revision",
    "status_reason",
    "owner",
    "created_at",
    "updated_at",
    "acknowledged_at",
    "acknowledge_by",
    "due_at",
    "step",
    "provisional",
)


@dataclass(frozen=True, slots=True)
class _Written:
    """The records and the row of one outcome."""

    keyring: Keyring
    value: Record
    command: Command
    outcome: Outcome
    row: Row

    def into(self, rows: Rows, key: str) -> Iterator[Emit]:
        """Event first, then the new state, then what the rules hear; the row and the timers beside them."""
        count = self.row.get("events", 0) + 1
        task = self.outcome.task
        event = self._event(task, count, rows.now)
        yield Emit(topics.TASK_EVENT, self.command.task_id, event)
        if task is None:
            return
        record = self._task(task) if self.outcome.accepted else self.row["task"]
        rows.put(
            key,
            {
                "v": ROW_VERSION,
                "task": record,
                "next_step": task.next_step,
                "next_at": task.next_at,
                "seen": task.seen,
                "events": count,
            },
        )
        if not self.outcome.accepted:
            return
        for due in self.outcome.dues:
            rows.due(due.at, task.route_key, f"{task.task_id}/{due.timer}/{due.step}", self._due(task, record, due))
        yield Emit(topics.TASK, task.task_id, record)
        if self.outcome.transition and task.spec["rule_id"]:
            yield Emit(topics.TIMELINE, task.route_key, self._heard(task, event))

    def _event(self, task: Task | None, count: int, now: int) -> Record:
        parts = (str(task.created_at), str(count)) if task else (self.command.command_id,)
        return self._envelope(task, ("task-event", self.command.task_id, *parts), self.command.actor.kind != "rule") | {
            "task_id": self.command.task_id,
            "revision": task.revision if task else 0,
            "command": self.value["command"],
            "command_id": self.command.command_id,
            "accepted": self.outcome.accepted,
            "refusal": self.outcome.refusal or "",
            "from_status": self.outcome.from_status.value,
            "to_status": task.status.value if task else "",
            "business_status": business_status(task) if task else "",
            "actor": self.value["actor"],
            "reason_code": self.command.reason_code,
            "comment": self.value["comment"],
            "at": now,
            "step": task.step if task else 0,
            "queue": task.route.queue if task else "",
            "rule_id": task.spec["rule_id"] if task else "",
            "notify": list(self.outcome.notify),
        }

    def _task(self, task: Task) -> Record:
        route = {"role": task.route.role, "unit": task.route.unit, "acuity": task.route.acuity}
        parts = ("task-state", task.task_id, str(task.created_at), str(task.revision))
        return {
            **self._envelope(task, parts, self.command.move not in _DEFINING),
            **{name: getattr(task, name) for name in _PLAIN},
            "status": task.status.value,
            "business_status": business_status(task),
            "spec": {**task.spec, "route": route, "priority": task.priority},
            "queue": task.route.queue,
            "sla_state": task.sla_state.value,
            "told": list(task.told),
        }

    def _heard(self, task: Task, event: Record) -> Record:
        """Under the route_key: decide's row is found there, and forwards where the patient was merged."""
        event_id = self.keyring.event_id("task-outcome", event["event_id"])
        return caused_by(event, STAGE, event_id, patient_key=task.route_key) | {
            "kind": "task_outcome",
            "fired_at": 0,
            "bundle": "",
            "sources": {},
            "version_time": "",
            "content_ref": None,
            "task_outcome": {
                "task_id": task.task_id,
                "revision": task.revision,
                "transition": self.outcome.transition or "",
                "status": task.status.value,
                "reason_code": self.command.reason_code,
                "rule_id": task.spec["rule_id"],
                "focus": task.spec["focus"],
                "actor": self.value["actor"],
            },
            "due": None,
            "merge": None,
        }

    def _due(self, task: Task, record: Record, due: Due) -> Record:
        due_id = self.keyring.event_id("due", task.task_id, due.timer, str(due.step), str(due.at))
        return caused_by(record, STAGE, due_id) | {
            "command": Move.DUE.value,
            "task_id": task.task_id,
            "route_key": task.route_key,
            "expected_revision": -1,
            "actor": {"kind": "middleware", "id": STAGE, "role": ""},
            "reason_code": "",
            "comment": "",
            "effect": "",
            "fired_at": 0,
            "spec": None,
            "due": {"due_id": due_id, "at": due.at, "name": due.timer.value, "ref": task.task_id, "step": due.step},
        }

    def _envelope(self, task: Task | None, parts: tuple[str, ...], as_before: bool) -> Record:
        """`as_before`: the task stays traced to the message that it was; a person or a timer brings none."""
        known = self.row.get("task")
        origin = {name: known[name] for name in ("correlation_id", "occurred_at", "source")} if known else {}
        patient_key = task.patient_key if task else self.value["patient_key"]
        changes = {"patient_key": patient_key, "key_id": self.keyring.key_id, **(origin if as_before else {})}
        return caused_by(self.value, STAGE, self.keyring.event_id(*parts), **changes)
