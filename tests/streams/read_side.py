"""Builders of records and of a store filled through the sink's own functions, for the tests of sink and board."""

from pathlib import Path

from processors import topics
from processors.envelope import Position, Record
from processors.identity import Keyring
from streams.contracts import filled, load_schemas
from streams.settings import HOME
from streams.sinks.rows import Consumed, Unreadable
from streams.sinks.store import Positions, Store

KEYRING = Keyring.of(b"test secret")
SCHEMAS = load_schemas(HOME / "schemas")
T0 = 1_790_000_000_000_000
SECOND = 1_000_000


def blank(topic: str, /, **changes: object) -> Record:
    """A record with every default of its schema; `source__feed="lab"` changes a nested field."""
    schema = filled(SCHEMAS[topic])
    assert isinstance(schema, dict)
    value: Record = {field["name"]: _copy(field["default"]) for field in schema["fields"]}
    for path, change in changes.items():
        *parents, last = path.split("__")
        inside = value
        for name in parents:
            inside = inside[name]
        assert last in inside, path
        inside[last] = change
    return value


def _copy(value: object) -> object:
    if isinstance(value, dict):
        return {name: _copy(item) for name, item in value.items()}
    return list(value) if isinstance(value, list) else value


class Log:
    """Records with positions, as Kafka would have given them."""

    def __init__(self) -> None:
        self.records: list[Consumed | Unreadable] = []
        self.next: dict[tuple[str, int], int] = {}
        self.at = T0

    def add(self, topic: str, partition: int = 0, /, **changes: object) -> Consumed:
        """Append one record; the next one is known a millisecond later."""
        place = (topic, partition)
        offset = self.next.get(place, 0)
        self.next[place] = offset + 1
        self.at += 1_000
        record = Consumed(Position(topic, partition, offset), self.at, blank(topic, **changes))
        self.records.append(record)
        return record


def store_of(path: Path, records: list[Consumed | Unreadable], ends: Positions | None = None) -> Path:
    """Write the records as the sink would."""
    with Store(path, KEYRING) as store:
        store.apply(records, ends or {})
    return path


def evidence(**changes: object) -> Record:
    """One value that a decision rests on."""
    return {
        "label": "Potassium",
        "value": "6.9",
        "unit": "mmol/L",
        "limit": "at or above 6.2",
        "at": "2026-11-22T08:12:00+01:00",
        "status": "F",
        "path": "OBX[2]-5",
        "message_id": "raw-1",
        "control_id": "LAB0001",
        "record_id": "obs-1",
        **changes,
    }


RULE = {"rule_id": "critical-potassium", "rule_version": "1.2.0", "citation": "CRIT-1 of the laboratory handbook"}
REASON = "Potassium 6.9 mmol/L is at or above the critical limit 6.2"
CLAUSES = [
    {"text": "code is potassium", "holds": True, "value": "2823-3", "unit": "", "path": "OBX[2]-3"},
    {"text": "value ≥ 6.2 mmol/L", "holds": True, "value": "6.9", "unit": "mmol/L", "path": "OBX[2]-5"},
    {"text": "specimen is haemolysed", "holds": False, "value": "", "unit": "", "path": "SPM[1]-24"},
]
SLA = {
    "acknowledge_s": 900,
    "due_s": 3600,
    "ladder": [
        {"after_s": 900, "role": "charge-nurse", "action": "escalate"},
        {"after_s": 1800, "role": "senior-physician", "action": "escalate"},
    ],
}
SUBJECT = {
    "name": "TESTPATIENT, Ada",
    "identifier": "MRN-TEST-7",
    "patient_id": "p-1",
    "birth_date": "1950-02-03",
    "gender": "female",
    "location": "4W, room 412, bed A",
}


def hospital_story(log: Log, number: int = 1, created_at: int = T0, **task: object) -> Record:
    """One message from socket to task: raw, end state, patient, observation, decision, task event and task."""
    common: dict[str, object] = {
        "correlation_id": f"raw-{number}",
        "received_at": created_at - SECOND,
        "patient_key": "pk-1",
        "source__feed": "lab",
        "source__message_type": "ORU",
        "source__trigger": "R01",
        "source__control_id": f"LAB{number:04d}",
    }
    _message(log, number, common)
    found = evidence(message_id=f"raw-{number}", record_id=f"obs-{number}", control_id=f"LAB{number:04d}")
    decided = {**RULE, "task_id": f"task-{number}", "focus": f"obs-{number}", "outcome": "escalate", "reason": REASON}
    more = {"decided_by": "rule", "effect": "escalate", "evidence": [found], "clauses": CLAUSES}
    log.add(topics.DECISION, event_id=f"dec-{number}", **decided, **more, **common)
    _created(log, number, created_at, common)
    spec = {f"spec__{name}": value for name, value in _spec(number, found).items()}
    return log.add(topics.TASK, **{**common, **spec, **_state(number, created_at), **task}).value


#: What was odd about the message.
REMARKS: dict[str, object] = {
    "warnings": [{"code": "number_unreadable", "path": "OBX[3]-5", "text": "not a number as HL7 writes it"}],
    "unmapped": {"ZAB-2": 1},
}


def _message(log: Log, number: int, common: dict[str, object]) -> None:
    raw = {**common, "event_id": f"raw-{number}", "correlation_id": "", "size": 512}
    offset = log.add(topics.RAW, **raw).at.offset
    log.add(
        topics.MESSAGE, event_id=f"end-{number}", state="converted", raw_offset=offset, resources=4, **REMARKS, **common
    )
    log.add(topics.PATIENT, event_id=f"pat-{number}", patient_id="p-1", identifier="MRN-TEST-7", **common)
    result = {"display": "Potassium", "value_text": "6.9", "unit": "mmol/L", "status": "final", "source_path": "OBX[2]"}
    ids = {"event_id": f"rec-{number}", "observation_id": f"obs-{number}", "filler_number": f"ACC-{number}"}
    log.add(topics.OBSERVATION, **ids, **result, **common)


def _created(log: Log, number: int, at: int, common: dict[str, object]) -> None:
    log.add(
        topics.TASK_EVENT,
        event_id=f"tev-{number}",
        task_id=f"task-{number}",
        revision=1,
        command="create",
        command_id=f"cmd-{number}",
        accepted=True,
        to_status="requested",
        actor={"kind": "rule", "id": "critical-potassium", "role": ""},
        at=at,
        queue="nurse@4W",
        **common,
    )


def _spec(number: int, found: Record) -> Record:
    return {
        **RULE,
        **{f"subject__{name}": value for name, value in SUBJECT.items()},
        "title": "Critical potassium 6.9 mmol/L",
        "reason": REASON,
        "next_action": "Call the covering physician, repeat the sample, record an ECG",
        "priority": "stat",
        "route": {"role": "nurse", "unit": "4W", "acuity": "U"},
        "sla": SLA,
        "evidence": [found],
        "decision_id": f"dec-{number}",
        "focus": f"obs-{number}",
    }


def _state(number: int, created_at: int) -> Record:
    return {
        "event_id": f"state-{number}",
        "task_id": f"task-{number}",
        "revision": 1,
        "status": "requested",
        "business_status": "waiting for somebody to acknowledge",
        "queue": "nurse@4W",
        "created_at": created_at,
        "updated_at": created_at,
        "acknowledge_by": created_at + 900 * SECOND,
        "due_at": created_at + 3600 * SECOND,
        "sla_state": "running",
        "route_key": "pk-1",
    }
