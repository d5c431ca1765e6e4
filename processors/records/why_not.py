"""Why a rule did not fire: each time it was asked, recomputed clause by clause from a patient's recorded timeline."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from processors import topics
from processors.envelope import Emit, Record
from processors.identity import Keyring
from processors.records import decide
from processors.records.canonical import canonical_records
from processors.records.memory import MemoryStage
from processors.rules.clauses import Trace
from processors.rules.compiled import CompiledRule, RuleSet, Verdict
from processors.rules.deliberation import DECEASED, DISABLED, NOT_YET, OUT_OF_SCOPE
from processors.rules.events import ASKED
from processors.rules.facts import Situation
from processors.rules.results import NOT_FINAL, NOT_PROVEN, OLDER


class Cause(StrEnum):
    """Why nothing came of it; `fired` where something did."""

    FIRED = "fired"
    SHADOW = "shadow"
    SUPPRESSED = "suppressed"
    CLAUSE = "clause"
    LATE = "late"
    DISABLED = "disabled"
    NOT_YET = "not_yet"
    OUT_OF_SCOPE = "out_of_scope"
    DECEASED = "deceased"
    NOT_FINAL = "not_final"
    NOT_PROVEN = "not_proven"
    CLOSED_BEFORE = "closed_before"
    NOTHING_NEW = "nothing_new"
    RAISED = "raised"
    NOT_INDEXED = "not_indexed"
    SENT_ON = "sent_on"
    NOT_IN_FORCE = "not_in_force"
    DUPLICATE = "duplicate"
    FILTERED = "filtered"
    DEAD_LETTERED = "dead-lettered"
    IN_FLIGHT = "in flight"
    UNKNOWN = "unknown"


WORDS: Mapping[Cause, str] = {
    Cause.FIRED: "the rule did fire",
    Cause.SHADOW: "the rule fired in shadow: it opens no task",
    Cause.SUPPRESSED: "the rule fired and was held back",
    Cause.CLAUSE: "a clause failed",
    Cause.LATE: "it came late: a newer version of the result was known",
    Cause.DISABLED: "the rule was switched off",
    Cause.NOT_YET: "the rule was not in force yet",
    Cause.OUT_OF_SCOPE: "the rule was not for this site, unit or patient",
    Cause.DECEASED: "the patient has died",
    Cause.NOT_FINAL: "the status of the result allows no escalation",
    Cause.NOT_PROVEN: "this version proves nothing about the one before",
    Cause.CLOSED_BEFORE: "the same was asked before, and staff closed it",
    Cause.NOTHING_NEW: "a task about it was open and said the same",
    Cause.RAISED: "the rule failed with an error",
    Cause.NOT_INDEXED: "the rule was not asked: it is about other records",
    Cause.SENT_ON: "the patient was merged: the message went to the surviving one, ask with that identifier",
    Cause.NOT_IN_FORCE: "the rule is not in force",
    Cause.DUPLICATE: "the message is a repeat of another one",
    Cause.FILTERED: "the site filters the message out",
    Cause.DEAD_LETTERED: "the message could not be converted",
    Cause.IN_FLIGHT: "the message has no end state yet",
    Cause.UNKNOWN: "the evaluation is not at hand",
}
#: Kind of record -> its topic, and the field by which rules find it.
_KINDS = {
    "observation": (topics.OBSERVATION, "code"),
    "encounter": (topics.ENCOUNTER, "event"),
    "appointment": (topics.APPOINTMENT, "event"),
}
#: What an evaluation says instead of a clause.
_BARRIERS = {
    OLDER: Cause.LATE,
    DISABLED: Cause.DISABLED,
    NOT_YET: Cause.NOT_YET,
    OUT_OF_SCOPE: Cause.OUT_OF_SCOPE,
    DECEASED: Cause.DECEASED,
    NOT_FINAL: Cause.NOT_FINAL,
    NOT_PROVEN: Cause.NOT_PROVEN,
    ASKED: Cause.CLOSED_BEFORE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the rule said once. `failing` are the clauses that did not hold, of all `traces`."""

    rule_id: str
    message: str
    evaluation_id: str
    at: int
    focus: str
    outcome: str
    failed_clause: str
    cause: Cause
    detail: str
    decision_id: str = ""
    failing: tuple[str, ...] = ()
    traces: tuple[Trace, ...] = ()
    score: Record | None = None
    """What the rule's detector worked out, also where nothing came of it."""


@dataclass(slots=True, kw_only=True)
class Recomputed:
    """What came of a patient's timeline: each answer of the rule, and what the messages held that it did not ask."""

    answers: list[Answer] = field(default_factory=list)
    sent_on: set[str] = field(default_factory=set)
    """Messages that went to a surviving patient."""
    held: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Message -> codes or events of its records of the kind that the rule is about."""

    def add(self, other: "Recomputed") -> None:
        """What came of another patient's timeline."""
        self.answers += other.answers
        self.sent_on |= other.sent_on
        self.held |= other.held


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched(CompiledRule):
    """The rule, which leaves behind all its clauses whenever it is asked."""

    seen: dict[str, tuple[Trace, ...]]

    def verdict(self, situation: Situation) -> Verdict:
        verdict = CompiledRule.verdict(self, situation)
        try:
            self.seen[situation.focus] = tuple(self.traces(situation))
        except Exception:  # a clause behind the one that failed may raise; production does not ask it
            self.seen.pop(situation.focus, None)
        return verdict


def recompute(
    rules: RuleSet, keyring: Keyring, rule_id: str, timeline: Iterable[tuple[Record, frozenset[str]]]
) -> Recomputed:
    """Decide a patient's timeline again, from its beginning; each event with the rules switched off at that place."""
    watched = _watched(rules.by_id[rule_id])
    watching = _with(rules, watched)
    stage = MemoryStage(topics.TIMELINE, decide.make_step(watching, keyring), decide.refused)
    found = Recomputed()
    for value, disabled in timeline:
        watched.seen.clear()
        stage.step = decide.make_step(watching, keyring, disabled)
        try:
            out = stage.take(value)
        except Exception:  # what was set aside as a defect is not decided again
            stage.rows.drop()
            continue
        _note(found, watched, value, out)
    return found


def cause_of(outcome: str, failed_clause: str, decision: Record | None) -> tuple[Cause, str]:
    """The cause and its detail, by a line of an evaluation and its decision (the record, or its row in SQL)."""
    if decision is not None:
        if decision["shadow"]:
            return Cause.SHADOW, decision["reason"]
        held = decision["suppressed_by"]
        return (Cause.SUPPRESSED, held) if held else (Cause.FIRED, decision["reason"])
    if outcome == "failed":
        return Cause.RAISED, failed_clause
    if outcome != "no_action" or not failed_clause:
        return Cause.NOTHING_NEW, ""
    cause = _BARRIERS.get(failed_clause)
    return (cause, "") if cause else (Cause.CLAUSE, failed_clause)


def _note(found: Recomputed, watched: _Watched, value: Record, out: list[Emit]) -> None:
    message = value["correlation_id"] or value["event_id"]
    if value["bundle"]:
        found.held[message] = _held(value, watched.rule.on.record)
    decisions = {emit.value["event_id"]: emit.value for emit in out if emit.topic == topics.DECISION}
    if any(emit.topic == topics.TIMELINE and emit.elsewhere for emit in out):
        found.sent_on.add(message)
    for evaluation in (emit.value for emit in out if emit.topic == topics.EVALUATION):
        for line in evaluation["rules"]:
            if line["rule_id"] == watched.rule.id:
                found.answers.append(_answer(watched, evaluation, line, decisions.get(line["decision_id"])))


def _answer(watched: _Watched, evaluation: Record, line: Record, decision: Record | None) -> Answer:
    cause, detail = cause_of(line["outcome"], line["failed_clause"], decision)
    traces = watched.seen.get(line["focus"], ())
    return Answer(
        rule_id=watched.rule.id,
        message=evaluation["correlation_id"],
        evaluation_id=evaluation["event_id"],
        at=evaluation["received_at"],
        focus=line["focus"],
        outcome=line["outcome"],
        failed_clause=line["failed_clause"],
        cause=cause,
        detail=detail,
        decision_id=line["decision_id"],
        failing=_failing(watched, traces),
        traces=traces,
        score=line["score"],
    )


def _failing(rule: CompiledRule, traces: tuple[Trace, ...]) -> tuple[str, ...]:
    """The clauses that must hold and do not; of those of which one must, all or none."""
    start = len(traces) - len(rule.unless) - len(rule.any_of)
    choice = traces[start : start + len(rule.any_of)] if traces else ()
    needed = [one for one in traces if one not in choice]
    failed = [one.text for one in needed if not one.holds]
    if choice and not any(one.holds for one in choice):
        failed.append("any of: " + "; ".join(one.text for one in choice))
    return tuple(failed)


def _held(value: Record, kind: str) -> tuple[str, ...]:
    """Codes of results, else events of stays or appointments."""
    wanted, name = _KINDS.get(kind, _KINDS["observation"])
    return tuple(dict.fromkeys(record[name] for topic, record in canonical_records(value) if topic == wanted))


def _watched(compiled: CompiledRule) -> _Watched:
    own = {item.name: getattr(compiled, item.name) for item in fields(compiled)}
    return _Watched(**own, seen={})


def _with(rules: RuleSet, watched: _Watched) -> RuleSet:
    """The same set with the watched rule in its place, in every index."""

    def swapped(value: Any) -> Any:
        if isinstance(value, CompiledRule):
            return watched if value.rule.id == watched.rule.id else value
        if isinstance(value, tuple):
            return tuple(map(swapped, value))
        if isinstance(value, Mapping):
            return {key: swapped(inner) for key, inner in value.items()}
        return value

    return replace(rules, **{item.name: swapped(getattr(rules, item.name)) for item in fields(rules)})
