"""What a task, a command and the outcome of a command are: frozen, without Avro."""

from dataclasses import dataclass
from enum import StrEnum

from processors.envelope import Record
from processors.tasks.states import OPEN, Move, Status


class Refusal(StrEnum):
    """Why a command changed nothing. Closed list, explained in docs/tasks.md."""

    UNKNOWN_TASK = "unknown_task"
    EXISTS = "exists"
    REPEATED = "repeated"
    STALE_REVISION = "stale_revision"
    CLOSED = "closed"
    WRONG_STATUS = "wrong_status"
    OWNED = "owned"
    NOT_OWNER = "not_owner"
    REASON_MISSING = "reason_missing"
    REASON_UNKNOWN = "reason_unknown"


class Transition(StrEnum):
    """What the rules hear of: the transitions that become a task_outcome in the patient's timeline."""

    ACKNOWLEDGED = "acknowledged"
    COMPLETED = "completed"
    DISMISSED = "dismissed"
    OVERRIDDEN = "overridden"
    CANCELLED = "cancelled"
    BREACHED = "breached"


class SlaState(StrEnum):
    """The state of a task's clock."""

    RUNNING = "running"
    ACKNOWLEDGED = "acknowledged"
    BREACHED = "breached"
    MET = "met"
    STOPPED = "stopped"


class Timer(StrEnum):
    """What a due record is about."""

    STEP = "step"
    DEADLINE = "deadline"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: kind is rule, middleware or person."""

    kind: str
    id: str
    role: str = ""

    @property
    def is_person(self) -> bool:
        """Ownership binds people only; rules and the middleware act for the record."""
        return self.kind == "person"


@dataclass(frozen=True, slots=True)
class LadderStep:
    """Whom to tell when nobody has acted `after_s` seconds after the creation; `escalate` also moves the task."""

    after_s: int
    role: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sla:
    """The clock of a task, seconds; 0 = none."""

    acknowledge_s: int = 0
    due_s: int = 0
    ladder: tuple[LadderStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """Who should act; acuity is a tier of `TIERS`."""

    role: str
    unit: str
    acuity: str

    @property
    def queue(self) -> str:
        """`role@unit`, or the role alone where no unit is known."""
        return queue_of(self.role, self.unit)


def queue_of(role: str, unit: str) -> str:
    """The name of a queue."""
    return f"{role}@{unit}" if unit else role


@dataclass(frozen=True, slots=True)
class Due:
    """A timer that was asked for (`at` in microseconds); `step` counts from 1 for a ladder step, else 0."""

    timer: Timer
    at: int
    step: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task. Times are stage time in microseconds, 0 = none."""

    task_id: str
    route_key: str
    patient_key: str
    spec: Record
    """What the task says, as in the schema; where the ladder has raised route or priority, the fields below count."""
    route: Route
    priority: str
    sla: Sla
    status: Status = Status.REQUESTED
    revision: int = 0
    status_reason: str = ""
    owner: str = ""
    created_at: int = 0
    updated_at: int = 0
    acknowledged_at: int = 0
    acknowledge_by: int = 0
    due_at: int = 0
    step: int = 0
    """Ladder step reached."""
    next_step: int = 0
    """Ladder step waited for, 0 = the ladder stands still."""
    next_at: int = 0
    sla_state: SlaState = SlaState.RUNNING
    provisional: bool = False
    told: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    """Ids of the newest commands, to know a repeated one."""

    @property
    def is_open(self) -> bool:
        """Somebody still has to act."""
        return self.status in OPEN

    @property
    def owner_told(self) -> tuple[str, ...]:
        """The owner as one who is told; empty when nobody owns the task."""
        return (person(self.owner),) if self.owner else ()


def person(user: str) -> str:
    """How a person is named among those told; queues have no prefix."""
    return f"user:{user}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A request to change a task."""

    move: Move
    command_id: str
    task_id: str
    actor: Actor
    route_key: str = ""
    patient_key: str = ""
    expected_revision: int = -1
    """-1 = any."""
    reason_code: str = ""
    effect: str = ""
    spec: Record | None = None
    due: Due | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an accepted command does: the task after it, who is told, what the rules hear, and the timers to set."""

    task: Task
    notify: tuple[str, ...] = ()
    transition: Transition | None = None
    dues: tuple[Due, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a command: the task after it (None where there is none) and why it was refused, if it was."""

    task: Task | None
    from_status: Status
    refusal: Refusal | None = None
    notify: tuple[str, ...] = ()
    transition: Transition | None = None
    dues: tuple[Due, ...] = ()
    forgotten: bool = False
    """A closed task whose row is no longer kept."""

    @property
    def accepted(self) -> bool:
        """The command changed the task."""
        return self.refusal is None
