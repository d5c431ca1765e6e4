"""Builders for the tests of tasks: a spec, commands, and a desk that runs the stage in memory."""

from dataclasses import dataclass, field
from pathlib import Path

from processors import topics
from processors.envelope import NO_SOURCE, Emit, Record
from processors.identity import Keyring
from processors.records.memory import MemoryStage
from processors.records.task import make_step, refused
from streams.codec import Codec

KEYRING = Keyring.of(b"a secret of the tests")
CODEC = Codec.offline(Path(__file__).parents[2] / "schemas")
MINUTE = 60_000_000
NINE = 1_800_000_000_000_000
ROUTE_KEY = "5" * 32
LADDER = (
    {"after_s": 900, "role": "charge_nurse", "action": "escalate"},
    {"after_s": 1800, "role": "senior_physician", "action": "notify"},
)
RULE = {"kind": "rule", "id": "critical-potassium", "role": ""}


def make_evidence(**changes: object) -> Record:
    empty = dict.fromkeys(
        ("label", "value", "unit", "limit", "at", "status", "path", "message_id", "control_id", "record_id"), ""
    )
    return {
        **empty,
        "label": "Potassium",
        "value": "6.8",
        "unit": "mmol/L",
        "status": "F",
        "path": "OBX[1]-5",
        **changes,
    }


def make_spec(**changes: object) -> Record:
    spec: Record = {
        "code": "critical-result",
        "domain": "laboratory",
        "title": "Critical potassium",
        "reason": "Potassium 6.8 mmol/L is above 6.2",
        "next_action": "Call the covering physician",
        "priority": "urgent",
        "subject": make_subject(),
        "route": {"role": "nurse", "unit": "ICU", "acuity": "U"},
        "sla": {"acknowledge_s": 900, "due_s": 3600, "ladder": [dict(step) for step in LADDER]},
        "evidence": [make_evidence()],
        "citation": "CRIT-1",
        "rule_id": "critical-potassium",
        "rule_version": "1",
        "decision_id": "d" * 32,
        "focus": "observation-1",
    }
    return {**spec, **changes}


def make_subject(**changes: object) -> Record:
    names = ("patient_id", "name", "identifier", "birth_date", "gender", "encounter_id", "visit_number", "unit")
    return {**dict.fromkeys(names, ""), "location": "ICU 4", "name": "Test Patient", **changes}


def someone(user: str = "ada", role: str = "nurse") -> Record:
    return {"kind": "person", "id": user, "role": role}


@dataclass
class Desk:
    """The tasks stage in memory. Each command gets the next id and the present time."""

    now: int = NINE
    stage: MemoryStage = field(default_factory=lambda: MemoryStage(topics.COMMAND, make_step(KEYRING), refused))
    out: list[Emit] = field(default_factory=list)
    sent: int = 0

    def send(self, command: str, actor: Record | None = None, **changes: object) -> list[Emit]:
        """Send one command now; what came out of it."""
        return self.take(self.record(command, actor, **changes))

    def record(self, command: str, actor: Record | None = None, **changes: object) -> Record:
        self.sent += 1
        value: Record = {
            "event_id": f"{self.sent:032x}",
            "correlation_id": "a" * 32,
            "causation_id": "b" * 32,
            "patient_key": ROUTE_KEY,
            "occurred_at": "2026-11-22T09:00:00+01:00",
            "received_at": self.now,
            "source": {**NO_SOURCE, "feed": "lab"},
            "produced_by": {"component": "decide", "version": "1"},
            "key_id": KEYRING.key_id,
            "command": command,
            "task_id": "task-1",
            "route_key": ROUTE_KEY,
            "expected_revision": -1,
            "actor": actor or RULE,
            "reason_code": "",
            "comment": "",
            "effect": "",
            "fired_at": 0,
            "spec": None,
            "due": None,
        }
        return {**value, **changes}

    def take(self, value: Record) -> list[Emit]:
        CODEC.encode(topics.COMMAND, value)
        came = self.stage.take(value)
        for emit in came:
            CODEC.encode(emit.topic, emit.value)
        self.out += came
        return came

    def create(self, **changes: object) -> list[Emit]:
        return self.send("create", spec=make_spec(**changes), effect="escalate")

    def later(self, minutes: float, *, fire: bool = True) -> list[Emit]:
        """Let time pass; timers that run out meanwhile are consumed in their order, unless `fire` is False."""
        self.now += round(minutes * MINUTE)
        came: list[Emit] = []
        while fire and (due := self.fired()):
            for value in due:
                came += self.take(value)
        return came

    def fired(self) -> list[Record]:
        """The due records that the stage would write into its inbox by now."""
        return [emit.value for emit in self.stage.fire(self.now)]

    @property
    def task(self) -> Record:
        return self.of(topics.TASK)[-1]

    @property
    def event(self) -> Record:
        return self.of(topics.TASK_EVENT)[-1]

    @property
    def heard(self) -> list[str]:
        return [value["task_outcome"]["transition"] for value in self.of(topics.TIMELINE)]

    def of(self, topic: str) -> list[Record]:
        return [emit.value for emit in self.out if emit.topic == topic]


def in_status(status: str) -> Desk:
    """A desk whose task was brought to the status by commands; a task in work is owned by ada."""
    desk = Desk()
    for name, changes in _WAYS[status]:
        desk.send(name, someone() if name not in ("create", "retract") else None, **changes)
    return desk


_CREATE = ("create", {"spec": make_spec()})
_WAYS: dict[str, list[tuple[str, Record]]] = {
    "": [],
    "requested": [_CREATE],
    "accepted": [_CREATE, ("claim", {"reason_code": "treating"})],
    "in-progress": [_CREATE, ("start", {})],
    "on-hold": [_CREATE, ("start", {}), ("hold", {})],
    "completed": [_CREATE, ("claim", {}), ("complete", {})],
    "cancelled": [_CREATE, ("override", {"reason_code": "comfort_care"})],
    "rejected": [_CREATE, ("dismiss", {"reason_code": "duplicate"})],
    "failed": [_CREATE, ("start", {}), ("dismiss", {"reason_code": "duplicate"})],
    "entered-in-error": [_CREATE, ("retract", {"effect": "retract_wrong_patient"})],
}
