"""A small world for decide: rules from text or from the project, messages in short form, one in-memory stage."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import orjson

from processors import topics
from processors.envelope import Emit, Record, Row
from processors.identity import Keyring
from processors.records import decide
from processors.records.memory import MemoryStage
from processors.records.rule_examples import envelope, later, records_of
from processors.rules.cases import START, Appointment, Moment, Order, Result, Stay
from processors.rules.compiled import RuleSet
from processors.rules.context import row_key
from processors.rules.parse import parse_rules
from processors.rules.times import MINUTE, instant
from streams.rules import load_rules

RULES = Path(__file__).resolve().parents[2] / "rules"
KEYRING = Keyring(b"tests", "tests")
ALEX, SAM, KIM = "a" * 32, "b" * 32, "c" * 32
POTASSIUM = "2823-3"

RULE = """
analytes:
  potassium: {label: potassium, codes: ["2823-3"], limits: [{units: [mmol/L], low: 2.8, high: 6.2}]}
rules:
  - id: high
    version: "3"
    status: active
    owner: tests
    effective_from: "2026-01-01"
    domain: tests
    on: {record: observation, analytes: [potassium]}
    when: ["status in P, F, C", "breach in low, high"]
    outcome: escalate
    task: {code: critical-result, title: "{analyte} {measured}", priority: stat}
    reason: "{analyte} {measured} is {finding}"
    next_action: "Call the physician."
    citation: "none"
    route: {role: nurse, acuity: U}
"""


@cache
def project_rules() -> RuleSet:
    return load_rules(RULES)


def rules(text: str = RULE, **changes: str) -> RuleSet:
    """The rule above, with `key=value` lines of the text replaced."""
    for key, value in changes.items():
        lines = [f"    {key}: {value}" if line.startswith(f"    {key}:") else line for line in text.splitlines()]
        text = "\n".join(lines)
    return parse_rules({"rules.yaml": text})


def potassium(value: str = "6.8", status: str = "F", **more: str) -> Result:
    return Result(code=POTASSIUM, value=value, unit=more.pop("unit", "mmol/L"), status=status, **more)


@dataclass
class Ward:
    """One partition of decide."""

    rules: RuleSet = field(default_factory=project_rules)
    disabled: frozenset[str] = frozenset()
    at: str = START
    messages: dict[str, list[tuple[str, Record]]] = field(default_factory=dict)
    said: list[Emit] = field(default_factory=list)

    def __post_init__(self) -> None:
        step = decide.make_step(self.rules, KEYRING, self.disabled, lambda value: self.messages[value["event_id"]])
        self.stage = MemoryStage(topics.TIMELINE, step, decide.refused)

    def sends(self, *results: Result, patient: str = ALEX, **more: object) -> list[Emit]:
        """A message about results, a stay, an appointment or orders, a minute after the one before."""
        return self.takes(self.message(*results, patient=patient, **more))

    def message(self, *results: Result, patient: str = ALEX, **more: object) -> Record:
        self.at = later(self.at, MINUTE)
        moment = Moment(
            results=results,
            stay=_one(more, "stay", Stay),
            appointment=_one(more, "appointment", Appointment),
            orders=tuple(o for o in [_one(more, "order", Order)] if o),
        )
        kind = ("ADT", moment.stay.event) if moment.stay else ("ORU", "R01")
        event_id = f"m{len(self.messages)}"
        base = envelope(event_id, self.at, *kind) | {"patient_key": patient}
        self.messages[event_id] = list(records_of(moment, "1960-05-01", base))
        return base | decide.NO_TIMELINE | {"kind": "bundle", "version_time": self.at}

    def merges(self, absorbed: str, survivor: str) -> tuple[Record, Record]:
        """The two events of a merge: for the survivor, for the absorbed patient."""
        kept, lost = self.message(patient=survivor), self.message(patient=absorbed)
        kept["merge"] = {"role": "survivor", "other_key": absorbed, "row": ""}
        lost["merge"] = {"role": "absorbed", "other_key": survivor, "row": ""}
        return kept, lost

    def takes(self, value: Record) -> list[Emit]:
        """Decide, and decide on what was sent to other patients as well, as if all lived in this partition."""
        out = self.stage.take(value)
        sent_on = [e for e in out if e.topic == topics.TIMELINE]
        for emit in sent_on:
            if value["event_id"] in self.messages:
                self.messages[emit.value["event_id"]] = self.messages[value["event_id"]]
            out += self.takes(emit.value)
        self.said += out
        return out

    def row(self, patient: str = ALEX) -> Row:
        row = self.stage.rows.rows[row_key(patient)]
        loaded: Row = orjson.loads(row)
        return loaded

    def outcome(self, task_id: str, status: str, transition: str, patient: str = ALEX, reason: str = "") -> list[Emit]:
        value = envelope("outcome", self.at, "", "") | decide.NO_TIMELINE
        outcome = {"task_id": task_id, "status": status, "transition": transition, "reason_code": reason}
        return self.takes(value | {"kind": "task_outcome", "patient_key": patient, "task_outcome": outcome})

    def fires(self, at: str) -> list[Emit]:
        return [e for due in self.stage.fire(instant(at) or 0) for e in self.takes(due.value)]


def _one(more: dict[str, object], name: str, shape: type) -> object:
    found = more.get(name)
    return found if isinstance(found, shape) else None


def values(out: list[Emit], topic: str) -> list[Record]:
    return [e.value for e in out if e.topic == topic]


def decisions(out: list[Emit]) -> list[tuple[str, str]]:
    return [(d["rule_id"], d["effect"]) for d in values(out, topics.DECISION)]


def commands(out: list[Emit]) -> list[str]:
    return [c["command"] for c in values(out, topics.COMMAND)]


def evaluation(out: list[Emit], rule_id: str) -> Record:
    [found] = values(out, topics.EVALUATION)
    return next(line for line in found["rules"] if line["rule_id"] == rule_id)
