"""Deciding on events of the stay and of appointments: open, amend, take back, look again, and what an event closes."""

from dataclasses import replace
from functools import partial

from processors.envelope import Record, Row
from processors.rules import remember
from processors.rules.compiled import CompiledRule
from processors.rules.conclusions import close, conclude, hangs_on_discharge, resolve
from processors.rules.context import LIVE
from processors.rules.deliberation import Deliberation, Recheck, target
from processors.rules.effects import Effect
from processors.rules.facts import Situation
from processors.rules.language import ALL_RULES
from processors.rules.scores import facts_of
from processors.rules.times import MINUTE, instant

ASKED = "the same was asked before and is closed"
MAKES_TASK = frozenset({"escalate", "route_task"})


def decide_encounter(d: Deliberation, record: Record) -> None:
    """Remember the stay, then ask the rules for its event."""
    if remember.encounter(d.context, record, d.version):
        _ask("encounter", d, record)


def decide_appointment(d: Deliberation, record: Record) -> None:
    """Remember the appointment, then ask the rules for its event."""
    if remember.appointment(d.context, record, d.version, d.now):
        _ask("appointment", d, record)


def look_again(d: Deliberation, rule_id: str, focus: str) -> None:
    """A rule looks again at the present stay, when its time has come."""
    rule, stay = d.rules.by_id.get(rule_id), d.context.encounter
    if rule is not None and stay.get("encounter_id") == focus:
        situation = d.situation(stay)
        d.guarded(rule, situation, partial(_answer, d, rule, situation))


def look_around(d: Deliberation) -> None:
    """Something changed while a discharge is pending: what stands in its way is asked for, or told anew."""
    stay = d.context.encounter
    if stay.get("pending_discharge") != "yes":
        return
    answered = {said.rule.id for said in d.said if said.focus == stay["encounter_id"]}
    for rule in d.rules.standing:
        if rule.rule.id not in answered:
            situation = d.situation(stay)
            d.guarded(rule, situation, partial(_answer, d, rule, situation))


def take_back_resolved(d: Deliberation) -> None:
    """Take back the open tasks whose cause has gone."""
    for task_id, item in list(d.context.items()):
        rule = d.rules.by_id.get(item["rule"])
        record = _record_of(d, rule, item["focus"])
        if rule is None or record is None or not rule.resolved_when or item["state"] not in LIVE:
            continue
        situation = d.situation(record)
        d.guarded(rule, situation, partial(_take_back_if_resolved, d, rule, situation, (task_id, item)))


def _ask(kind: str, d: Deliberation, record: Record) -> None:
    situation = d.situation(record)
    for rule in d.rules.by_event.get((kind, record["event"]), ()):
        d.guarded(rule, situation, partial(_answer, d, rule, situation))


def _answer(d: Deliberation, rule: CompiledRule, situation: Situation) -> None:
    verdict = rule.verdict(situation)
    found = d.context.live(rule.rule.id, situation.focus)
    _lower_count(d, rule, situation)
    if not verdict.holds:
        d.say(rule.rule, situation, "no_action", verdict.failed_clause)
        _ask_again(d, rule, situation)
        if found is not None and not rule.rule.stays:
            d.take_back(resolve(rule, situation, target(found[0], found[1], "retract"), found[1]))
        return
    if rule.rule.outcome not in MAKES_TASK:
        d.say(rule.rule, situation, rule.rule.outcome)
    elif found is not None:
        _repeat(d, rule, situation, found)
    else:
        _open(d, rule, situation)
    close_others(d, rule, situation)


def _open(d: Deliberation, rule: CompiledRule, situation: Situation) -> None:
    reason, count = rule.reason.filled(situation), _count(rule, situation)
    closed = d.context.last_closed(rule.rule.id, situation.focus)
    asked = closed is not None and _was_asked(rule, closed[1], reason, count)
    barrier = d.barrier(rule, situation)
    if barrier or asked:
        d.say(rule.rule, situation, "no_action", barrier or ASKED)
        return
    effect = Effect.ESCALATE if rule.rule.outcome == "escalate" else Effect(rule.rule.effect or Effect.NONE)
    stated = {
        "direction": "",
        "value": reason,
        "unit": "",
        "status": "",
        "count": count,
        "hangs_on": _hangs_on(rule, d),
    }
    d.open(rule, situation, effect, stated)


def _was_asked(rule: CompiledRule, closed: Row, reason: str, count: int) -> bool:
    """Staff have closed a task that asked for no less: by number where the rule counts, else in the same words."""
    return bool(count <= closed.get("count", 0) if rule.rule.again_if_more else reason == closed["value"])


def _count(rule: CompiledRule, situation: Situation) -> int:
    """How much the task asks for; 0 where the rule does not count. Closed tasks come again only when it has grown."""
    name = rule.rule.again_if_more
    return int(facts_of(rule.rule)[name](situation).text) if name else 0


def _lower_count(d: Deliberation, rule: CompiledRule, situation: Situation) -> None:
    """What staff have closed and what has come since is not counted against something new."""
    closed = d.context.last_closed(rule.rule.id, situation.focus)
    if closed is not None and (count := _count(rule, situation)) < closed[1].get("count", 0):
        d.context.section("items")[closed[0]]["count"] = count


def _hangs_on(rule: CompiledRule, d: Deliberation) -> str:
    """The expected discharge, where the clock counts back from it."""
    return str(d.context.encounter.get("expected_discharge_at", "")) if hangs_on_discharge(rule.rule) else ""


def _repeat(d: Deliberation, rule: CompiledRule, situation: Situation, task: tuple[str, Row]) -> None:
    task_id, item = task
    conclusion = conclude(rule, situation, Effect.AMEND, target(task_id, item, "amend"))
    hangs_on = _hangs_on(rule, d)
    moved = hangs_on != item.get("hangs_on", "")
    if conclusion.reason == item["value"] and not moved:
        d.say(rule.rule, situation, rule.rule.outcome)
        return
    d.conclude(replace(conclusion, rescheduled=moved))
    stated = {"value": conclusion.reason, "title": conclusion.title, "count": _count(rule, situation)}
    d.context.section("items")[task_id].update(stated, hangs_on=hangs_on)


def close_others(d: Deliberation, rule: CompiledRule, situation: Situation) -> None:
    """Tasks that became pointless: of the same appointment for an appointment, else of the patient."""
    whole_patient = rule.rule.on.record != "appointment"
    closing = [
        close(rule, situation, target(task_id, item, "retract"), item)
        for task_id, item in d.context.items()
        if item["state"] in LIVE
        and _is_closed_by(d, rule, item["rule"])
        and (whole_patient or item["focus"] == situation.focus)
    ]
    for conclusion in closing:
        d.take_back(conclusion)


def _is_closed_by(d: Deliberation, rule: CompiledRule, rule_id: str) -> bool:
    if ALL_RULES not in rule.rule.closes:
        return rule_id in rule.rule.closes
    other = d.rules.by_id.get(rule_id)
    return other is None or not (other.rule.stays or other is rule)


def _ask_again(d: Deliberation, rule: CompiledRule, situation: Situation) -> None:
    before_min = rule.rule.recheck_before_discharge_min
    expected = instant(d.context.encounter.get("expected_discharge_at", ""))
    at = (expected or 0) - before_min * MINUTE
    if before_min and expected is not None and at > d.now:
        d.rechecks.append(Recheck(rule.rule.id, situation.focus, at))


def _take_back_if_resolved(d: Deliberation, rule: CompiledRule, situation: Situation, task: tuple[str, Row]) -> None:
    if rule.is_resolved(situation):
        d.take_back(resolve(rule, situation, target(task[0], task[1], "retract"), task[1]))


def _record_of(d: Deliberation, rule: CompiledRule | None, focus: str) -> Record | None:
    """What is remembered of the record that an item is about."""
    if rule is not None and rule.rule.on.record == "appointment":
        appointment: Record | None = d.context.row["appointments"].get(focus)
        return appointment
    return d.context.encounter if d.context.encounter.get("encounter_id") == focus else None
