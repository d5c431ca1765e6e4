"""Runs the cases of rules through the real decide step, in memory, and counts the answers of each clause."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from processors import topics
from processors.envelope import Emit, Record
from processors.identity import Keyring
from processors.records import decide
from processors.records.memory import MemoryStage
from processors.records.rule_examples import PATIENT_KEY, envelope, later, records_of
from processors.rules.cases import START, Case, Ended, Expected, Moment
from processors.rules.compiled import CompiledRule, RuleSet, observed
from processors.rules.times import MINUTE, instant

HOUR = 60 * MINUTE
KEYRING = Keyring(b"rule examples", "examples")
_STATUS = {"acknowledged": "accepted", "completed": "completed", "dismissed": "rejected"}


@dataclass(slots=True)
class Coverage:
    """How often each clause of each rule was seen true and false."""

    seen: Counter[tuple[str, str, bool]] = field(default_factory=Counter)

    def note(self, rule_id: str, clause: str, holds: bool) -> None:
        """Count one answer."""
        self.seen[rule_id, clause, holds] += 1

    def gaps(self, rules: RuleSet) -> list[tuple[str, str, str]]:
        """(rule, clause, 'never true' or 'never false') for what no case has shown, rules in force only."""
        found = []
        for compiled in in_force(rules):
            for text in clause_texts(compiled):
                found += [
                    (compiled.rule.id, text, f"never {word}")
                    for holds, word in ((True, "true"), (False, "false"))
                    if not self.seen[compiled.rule.id, text, holds]
                ]
        return found

    def share(self, rules: RuleSet) -> float:
        """Per cent of the answers (true and false of each clause) that some case has shown."""
        wanted = 2 * sum(len(clause_texts(compiled)) for compiled in in_force(rules))
        return 100.0 if not wanted else 100.0 * (wanted - len(self.gaps(rules))) / wanted


def in_force(rules: RuleSet) -> list[CompiledRule]:
    """Rules that decide, for real or in shadow."""
    return [compiled for compiled in rules.rules if compiled.rule.status in ("active", "shadow")]


def clause_texts(compiled: CompiledRule) -> list[str]:
    """The clauses of a rule, as written."""
    clauses = (*compiled.when, *compiled.any_of, *compiled.unless, *compiled.resolved_when)
    return list(dict.fromkeys(clause.text for clause in clauses))


def run_cases(rules: RuleSet, cases: Iterable[Case], coverage: Coverage) -> list[tuple[Case, list[str]]]:
    """Each case with what went wrong (empty = passed)."""
    watched = observed(rules, coverage.note)
    return [(case, _Run(watched, case).failures()) for case in cases]


def decided_texts(rules: RuleSet, case: Case) -> list[str]:
    """Every reason, next action and title that the case brings forth."""
    run = _Run(rules, case)
    run.failures()
    return run.texts


class _Run:
    """One case: a patient of its own in a stage of its own."""

    def __init__(self, rules: RuleSet, case: Case) -> None:
        self._case = case
        self._messages: dict[str, list[tuple[str, Record]]] = {}
        step = decide.make_step(rules, KEYRING, frozenset(case.disabled), self._read)
        self._stage = MemoryStage(topics.TIMELINE, step, decide.refused)
        self._tasks: dict[str, str] = {}
        self.texts: list[str] = []

    def failures(self) -> list[str]:
        at, found = START, []
        for number, moment in enumerate(self._case.story, 1):
            at = moment.at or (at if number == 1 else later(at, HOUR))
            wrong = _compare(moment.expect, self._decisions(moment, at, f"m{number}"))
            found += [f"moment {number}: {text}" for text in wrong]
        return found

    def _read(self, value: Record) -> list[tuple[str, Record]]:
        return self._messages[value["event_id"]]

    def _decisions(self, moment: Moment, at: str, event_id: str) -> list[Emit]:
        out = [e for due in self._stage.fire(instant(at) or 0) for e in self._stage.take(due.value)]
        out += self._stage.take(self._event(moment, at, event_id))
        for emit in out:
            if emit.topic == topics.DECISION:
                self.texts += [emit.value["reason"], emit.value["next_action"]]
                if emit.value["task_id"]:
                    self._tasks[emit.value["rule_id"]] = emit.value["task_id"]
            if emit.topic == topics.COMMAND and emit.value["spec"]:
                self.texts.append(emit.value["spec"]["title"])
        return out

    def _event(self, moment: Moment, at: str, event_id: str) -> Record:
        if moment.task:
            return envelope(event_id, at, "", "") | decide.NO_TIMELINE | self._task_outcome(moment.task)
        base = envelope(event_id, at, *_type_of(moment))
        self._messages[event_id] = list(records_of(moment, self._case.born, base))
        return base | decide.NO_TIMELINE | {"kind": "bundle", "version_time": at}

    def _task_outcome(self, ended: Ended) -> Record:
        outcome = {
            "task_id": self._tasks.get(ended.rule, ""),
            "revision": 2,
            "transition": ended.becomes,
            "status": _STATUS[ended.becomes],
            "reason_code": ended.reason,
            "rule_id": ended.rule,
            "focus": "",
            "actor": {"kind": "person", "id": "example", "role": ""},
        }
        return {"kind": "task_outcome", "patient_key": PATIENT_KEY, "task_outcome": outcome}


def _type_of(moment: Moment) -> tuple[str, str]:
    if moment.stay:
        return "ADT", moment.stay.event
    if moment.appointment:
        return "SIU", moment.appointment.event
    return ("ORU", "R01") if moment.results or moment.vitals else ("ORM", "O01")


def _compare(expected: tuple[Expected, ...], out: list[Emit]) -> list[str]:
    commands = {e.value["causation_id"]: e.value["command"] for e in out if e.topic == topics.COMMAND}
    decisions = [e.value for e in out if e.topic == topics.DECISION]
    found = [(d, _shown(d, commands.get(d["event_id"], "none"))) for d in decisions]
    wrong = []
    for wanted in expected:
        text = _wanted(wanted)
        match = next(
            (pair for pair in found if pair[1] == text and wanted.says.lower() in pair[0]["reason"].lower()), None
        )
        if match is None:
            wrong.append(f"expected {text}{f' saying {wanted.says!r}' if wanted.says else ''}; it did not come")
        else:
            found.remove(match)
    failed = [
        line for e in out if e.topic == topics.EVALUATION for line in e.value["rules"] if line["outcome"] == "failed"
    ]
    wrong += [f"{line['rule_id']} failed: {line['failed_clause']}" for line in failed]
    return wrong + [f"not expected: {text} ({decision['reason']})" for decision, text in found]


def _wanted(wanted: Expected) -> str:
    return f"{wanted.rule} {wanted.effect} task {wanted.command}{' suppressed' if wanted.suppressed else ''}"


def _shown(decision: Record, command: str) -> str:
    held = " suppressed" if decision["suppressed_by"] else ""
    return f"{decision['rule_id']} {decision['effect']} task {command}{held}"
