"""What a rule concluded about a record, in words and values, before it becomes Avro records."""

from dataclasses import dataclass

from processors.envelope import Record, Row
from processors.rules.clauses import Trace
from processors.rules.compiled import CompiledRule
from processors.rules.context import LIVE, Context
from processors.rules.effects import DELETED, DOUBTFUL, HAEMOLYSED, STATUS, WITHDRAWN, Effect
from processors.rules.facts import Situation
from processors.rules.language import Rule
from processors.rules.limits import Breach
from processors.rules.score import Input, Score
from processors.rules.scores import facts_of
from processors.rules.times import MINUTE, business_days_later, instant
from processors.rules.units import shown

MAX_LISTED = 10
#: Evidence that this message does not hold.
UNSOURCED = {"message_id": "", "control_id": "", "record_id": ""}
NOTHING_TO_DO = "Nothing more to do for this task."
RESOLVED = "The reason for this task has gone."
NOT_NOW = "This is not needed now. If it is needed later, it will be asked for again."
CHANGED_SCORE = "A value behind this was corrected or withdrawn, or came late: {name} at that time is now {value}."
_SIGNS = {Breach.HIGH: "> ", Breach.HAEMOLYSED: "> ", Breach.LOW: "< "}


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the evaluation: what one rule said about one record."""

    rule: Rule
    focus: str
    outcome: str
    failed_clause: str = ""
    decision: int = -1
    """Index of its conclusion, -1 = none."""
    score: Score | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """One decision. `command` is create, amend, retract or '' where nothing follows."""

    rule: Rule
    focus: str
    outcome: str
    effect: Effect
    traces: tuple[Trace, ...]
    title: str
    reason: str
    next_action: str
    evidence: tuple[Record, ...]
    sla: Record
    role: str
    unit: str
    command: str = ""
    rescheduled: bool = False
    """For amend: the clock of the task is set anew, because the expected discharge has moved."""
    reason_code: str = ""
    """For retract: withdrawn_by_source | superseded | resolved."""
    task_id: str = ""
    route_key: str = ""
    shadow: bool = False
    suppressed_by: str = ""
    score: Score | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """The task that a conclusion is about."""

    task_id: str
    route_key: str
    command: str
    shadow: bool = False
    suppressed_by: str = ""


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    reason: str
    next_action: str
    outcome: str
    traces: tuple[Trace, ...]
    reason_code: str = ""


def conclude(compiled: CompiledRule, situation: Situation, effect: Effect, target: Target) -> Conclusion:
    """The rule holds: its texts filled, its clock set, its evidence listed."""
    title, reason = compiled.title.filled(situation), compiled.reason.filled(situation)
    traces = tuple(compiled.traces(situation))
    words = _Words(title, reason, next_action(compiled, situation), compiled.rule.outcome, traces)
    return _conclusion(compiled.rule, situation, effect, target, words)


def next_action(compiled: CompiledRule, situation: Situation) -> str:
    """What to do where the patient is."""
    away = situation.context.is_away and compiled.rule.away.next_action
    return (compiled.away_action if away else compiled.next_action).filled(situation)


def withdraw(compiled: CompiledRule, situation: Situation, effect: Effect, target: Target, item: Row) -> Conclusion:
    """A task is taken back because of its result: why, and what its reader should do."""
    reason, action = _withdrawn_words(compiled.rule, situation, effect)
    traces = tuple(compiled.traces(situation))
    words = _Words(item["title"], reason, action, "no_action", traces, "withdrawn_by_source")
    return _conclusion(compiled.rule, situation, effect, target, words)


def _withdrawn_words(rule: Rule, situation: Situation, effect: Effect) -> tuple[str, str]:
    reason, action = WITHDRAWN[effect]
    deleted = situation.record["status_code"] == "D"
    if effect is not Effect.RETRACT:
        return reason, action
    if rule.outcome != "escalate":
        return DELETED if deleted else rule.resolved_reason or RESOLVED, NOTHING_TO_DO
    if deleted:
        return DELETED, action
    return HAEMOLYSED if situation.assessment.breach is Breach.HAEMOLYSED else (reason, action)


def doubt(compiled: CompiledRule, situation: Situation, target: Target, item: Row) -> Conclusion:
    """A later version that proves nothing: the task stays as it is and tells of it."""
    measured = situation.record["value_text"].strip()
    shown_measured = f"{measured} {shown(situation.record['unit'])}".strip() or "no value"
    reason = DOUBTFUL.format(analyte=situation.label, measured=shown_measured)
    traces = tuple(compiled.traces(situation))
    words = _Words(item["title"], reason, next_action(compiled, situation), compiled.rule.outcome, traces)
    return _conclusion(compiled.rule, situation, Effect.AMEND_RENOTIFY, target, words)


def unsupported(compiled: CompiledRule, situation: Situation, effect: Effect, target: Target, item: Row) -> Conclusion:
    """A task is taken back because the values that its score rested on have changed."""
    reason, action = WITHDRAWN[effect]
    score = situation.score
    if effect is Effect.RETRACT and score is not None:
        reason = CHANGED_SCORE.format(name=score.name, value=score.value or "not certain")
    if compiled.rule.outcome != "escalate":
        reason, action = compiled.rule.resolved_reason or reason, NOTHING_TO_DO
    words = _Words(item["title"], reason, action, "no_action", tuple(compiled.traces(situation)), "withdrawn_by_source")
    return _conclusion(compiled.rule, situation, effect, target, words)


def close(compiled: CompiledRule, situation: Situation, target: Target, item: Row) -> Conclusion:
    """A task is taken back because another event made it pointless (`closes`)."""
    reason = compiled.reason.filled(situation)
    traces = tuple(compiled.traces(situation))
    words = _Words(item["title"], reason, NOTHING_TO_DO, "no_action", traces, "superseded")
    return _conclusion(compiled.rule, situation, Effect.RETRACT, target, words)


def resolve(compiled: CompiledRule, situation: Situation, target: Target, item: Row) -> Conclusion:
    """A task is taken back because what it asked for has come, or its rule does not hold any more."""
    if compiled.is_resolved(situation):
        traces = tuple(clause.trace(situation) for clause in compiled.resolved_when)
        reason = compiled.rule.resolved_reason or RESOLVED
    else:
        traces, reason = tuple(compiled.traces(situation)), NOT_NOW
    words = _Words(item["title"], reason, NOTHING_TO_DO, "no_action", traces, "resolved")
    return _conclusion(compiled.rule, situation, Effect.RETRACT, target, words)


def _conclusion(rule: Rule, situation: Situation, effect: Effect, target: Target, words: _Words) -> Conclusion:
    return Conclusion(
        rule=rule,
        focus=situation.focus,
        outcome=words.outcome,
        effect=effect,
        traces=words.traces,
        title=words.title,
        reason=words.reason,
        next_action=words.next_action,
        evidence=tuple(evidence(rule, situation)),
        sla=clock(rule, situation),
        role=(situation.context.is_away and rule.away.role) or rule.route.role,
        unit=rule.route.unit or situation.context.subject["unit"],
        command=target.command,
        reason_code=words.reason_code,
        task_id=target.task_id,
        route_key=target.route_key,
        shadow=target.shadow,
        suppressed_by=target.suppressed_by,
        score=situation.score,
    )


def evidence(rule: Rule, situation: Situation) -> list[Record]:
    """The result itself, the earlier version that it replaces, and the facts that the rule names."""
    shown = []
    if "observation_id" in situation.record:
        shown.append(_result_evidence(situation))
        shown += _earlier_evidence(situation)
    if situation.score is not None:
        shown += [_input_evidence(situation, one) for one in situation.score.inputs if one.value]
    for name in rule.evidence:
        shown += _fact_evidence(rule, name, situation)
    return shown


def _blank(situation: Situation, label: str) -> Record:
    record = situation.record
    return {
        "label": label,
        "value": "",
        "unit": "",
        "limit": "",
        "at": "",
        "status": "",
        "path": "",
        "message_id": record.get("correlation_id", ""),
        "control_id": record.get("source", {}).get("control_id", ""),
        "record_id": record.get("event_id", ""),
    }


def _result_evidence(situation: Situation) -> Record:
    record, found = situation.record, situation.assessment
    return _blank(situation, situation.label) | {
        "value": record["value_text"].strip(),
        "unit": record["unit"].strip(),
        "limit": _SIGNS.get(found.breach, "") + found.limit,
        "at": record["effective_at"],
        "status": record["status_code"],
        "path": situation.source("5"),
    }


def _input_evidence(situation: Situation, one: Input) -> Record:
    """An input of a score. Its message is not remembered, its record is."""
    shown = {"value": one.value, "unit": one.unit, "status": one.state.value}
    if one.reading is None:
        return _blank(situation, one.words) | UNSOURCED | shown
    read = {"at": one.reading.eff, "path": one.reading.path}
    source = {**UNSOURCED, "record_id": one.reading.rec}
    return _blank(situation, one.words) | source | shown | read


def _earlier_evidence(situation: Situation) -> list[Record]:
    held = situation.held
    if held is None or held["value"] in ("", situation.record["value_text"].strip()):
        return []
    words = STATUS[held["status"]].words if held["status"] in STATUS else "no status"
    label = f"{situation.label}, earlier version ({words})"
    shown = {"value": held["value"], "unit": held["unit"], "at": held["eff"]}
    return [_blank(situation, label) | UNSOURCED | shown]


def _fact_evidence(rule: Rule, name: str, situation: Situation) -> list[Record]:
    label = name.replace("_", " ")
    listed = _listed(name, situation.context)
    if listed:
        rows = [{"value": value, "status": status} for value, status in listed[:MAX_LISTED]]
        return [_blank(situation, label) | UNSOURCED | row for row in rows]
    found = facts_of(rule)[name](situation)
    source = {} if found.path else UNSOURCED
    return [_blank(situation, label) | source | {"value": found.text, "unit": found.unit, "path": found.path}]


def _listed(name: str, context: Context) -> list[tuple[str, str]]:
    """What a fact has counted: (what, status)."""
    section = {"pending_results": "pending", "pending_orders": "orders"}.get(name)
    if section:
        return [(waiting["label"], waiting["status"]) for waiting in context.row[section].values()]
    wanted = {"open_escalations": ("outcome", "escalate"), "open_discharge_items": ("domain", "discharge")}.get(name)
    if wanted is None:
        return []
    live = [item for _, item in context.items() if item["state"] in LIVE and not item["shadow"]]
    return [(item["title"], item["state"]) for item in live if item[wanted[0]] == wanted[1]]


def clock(rule: Rule, situation: Situation) -> Record:
    """Seconds from now; what counts back from the expected discharge is dropped when that is not known, 1 when past."""
    sla, now, away = rule.sla, situation.now, situation.context.is_away
    acknowledge = (away and rule.away.acknowledge_min) or sla.acknowledge_min
    steps = [
        {"after_s": after, "role": step.role, "action": step.action}
        for step in ((away and rule.away.ladder) or rule.ladder)
        if (after := _after_s(step.after_min, step.before_discharge_min, situation))
    ]
    due = _after_s(sla.due_min, sla.due_before_discharge_min, situation)
    if sla.due_business_days:
        due = (business_days_later(now, sla.due_business_days) - now) // 1_000_000
    return {"acknowledge_s": acknowledge * 60, "due_s": due, "ladder": sorted(steps, key=_by_time)}


def hangs_on_discharge(rule: Rule) -> bool:
    """The clock counts back from the expected discharge."""
    return bool(rule.sla.due_before_discharge_min) or any(step.before_discharge_min for step in rule.ladder)


def _after_s(after_min: int, before_discharge_min: int, situation: Situation) -> int:
    expected = instant(situation.context.encounter.get("expected_discharge_at", ""))
    if not before_discharge_min or expected is None:
        return after_min * 60
    return max(1, (expected - before_discharge_min * MINUTE - situation.now) // 1_000_000)


def _by_time(step: Record) -> int:
    after: int = step["after_s"]
    return after
