"""Deciding on one result: order of versions, the effect of its status on what is open, repeats; then remembering it."""

from functools import partial

from processors.envelope import Record, Row
from processors.rules import remember, repeats
from processors.rules.compiled import CompiledRule
from processors.rules.conclusions import Target, conclude, doubt, withdraw
from processors.rules.context import LIVE, same_value, version_of
from processors.rules.deliberation import Deliberation, target
from processors.rules.effects import Effect, Finding, Handling, Mode, handling
from processors.rules.facts import Situation
from processors.rules.limits import Breach, State
from processors.rules.scoring import note
from processors.rules.versions import FINAL_RANK, Version, version_time

OLDER = "a newer version of this result is known"
NOT_FINAL = "the status of the result allows no escalation"
NOT_PROVEN = "this version does not prove that the critical value before it was wrong"


def decide_result(d: Deliberation, record: Record) -> None:
    """One observation: all rules that name its code."""
    remember.pending(d.context, record, d.now)
    parameter = d.rules.readings.get(record["code"])
    if parameter and remember.measurement(d.context, record, parameter, d.message, d.now):
        note(d, record["code"], record)
    row = handling(record["status_code"])
    situation = d.situation(record)
    situation.held = d.context.held(situation.focus, record["code"])
    rules = d.rules.by_code.get(record["code"], () if _is_of_no_interest(situation, row) else d.rules.other_codes)
    if not rules:
        return
    situation.told = d.context.was_told(situation.focus)
    version = Version(version_time(record), row.rank)
    if situation.held is not None and version.is_older_than(version_of(situation.held)):
        for rule in rules:
            d.say(rule.rule, situation, "no_action", OLDER)
        return
    repeats.forget(d.context, situation.focus)
    for rule in rules:
        d.guarded(rule, situation, partial(_weigh, d, rule, situation, row))
    _remember(d, situation, version, row)


def _is_of_no_interest(situation: Situation, row: Handling) -> bool:
    """A code that no rule names, without a critical flag, that never had one: not worth a place in the row."""
    plain = row.mode is Mode.WEIGH and not row.is_correction
    return plain and not situation.laboratory_flag and situation.held is None


def _weigh(d: Deliberation, rule: CompiledRule, situation: Situation, row: Handling) -> None:
    verdict = rule.verdict(situation)
    found = d.context.live(rule.rule.id, situation.focus)
    if found is not None and verdict.holds:
        _still(d, rule, situation, row, found)
    elif found is not None:
        _no_longer(d, rule, situation, row, found)
    elif not verdict.holds:
        _not_critical(d, rule, situation, row, verdict.failed_clause)
    elif rule.rule.outcome == "escalate" and row.mode is not Mode.WEIGH:
        d.say(rule.rule, situation, "no_action", NOT_FINAL)
    else:
        _first(d, rule, situation, row)
    if not verdict.holds and row.mode is Mode.WEIGH:
        repeats.interrupt(d.context, rule.rule, situation)


def _not_critical(d: Deliberation, rule: CompiledRule, situation: Situation, row: Handling, clause: str) -> None:
    """Nothing is open. Who has acted on an earlier, critical version is told all the same: the task stays closed."""
    concerns = rule.rule.outcome == "escalate" and row.mode in (Mode.WEIGH, Mode.WITHDRAW)
    closed = d.context.last_closed(rule.rule.id, situation.focus) if concerns else None
    if closed is None or not _is_taken_back(situation, row, closed[1]):
        d.say(rule.rule, situation, "no_action", clause)
        return
    d.take_back(withdraw(rule, situation, row.clear, target(*closed, "retract"), closed[1]))
    for record in repeats.release(d.context, closed[0]):
        _again(d, rule, d.situation(record))


def page_again(d: Deliberation, task_id: str, item: Row, *, closed: bool) -> None:
    """Staff doubt the value or have ordered another: the next critical one pages.

    Where they have closed the task, what it held back pages now.
    """
    rule, held_back = d.rules.by_id.get(item["rule"]), repeats.release(d.context, task_id)
    if rule is None or not closed:
        return
    for record in held_back:
        situation = d.situation(record)
        d.guarded(rule, situation, partial(_again, d, rule, situation))


def _first(d: Deliberation, rule: CompiledRule, situation: Situation, row: Handling) -> None:
    """Nothing is open for this result."""
    barrier = d.barrier(rule, situation)
    if barrier:
        d.say(rule.rule, situation, "no_action", barrier)
        return
    shadow = rule.rule.status == "shadow"
    closed = d.context.last_closed(rule.rule.id, situation.focus)
    if closed is not None and _finding(situation, closed[1]) is Finding.SAME:
        d.conclude(conclude(rule, situation, Effect.CONFIRM, target(*closed, "")))
        return
    held_back = repeats.suppressed(d.context, rule.rule, situation)
    if held_back is not None:
        mechanism, task_id = held_back
        known = Target(task_id, d.patient_key, "", shadow, mechanism)
        d.conclude(conclude(rule, situation, Effect.NONE, known))
        repeats.hold(d.context, rule.rule, situation)
        return
    effect = row.first if rule.rule.outcome == "escalate" else Effect(rule.rule.effect or Effect.NONE)
    d.open(rule, situation, effect, _stated(situation))


def _still(d: Deliberation, rule: CompiledRule, situation: Situation, row: Handling, task: tuple[str, Row]) -> None:
    """The rule holds again for a result that has a task: confirm, or amend what the task says."""
    task_id, item = task
    finding = _finding(situation, item)
    effect = row.on_open(finding) if row.mode is Mode.WEIGH else Effect.CONFIRM
    if finding is Finding.CHANGED and repeats.is_worse_than_paged(d.context, rule.rule, situation):
        effect = Effect.AMEND_RENOTIFY
    news = finding is not Finding.SAME or item["status"] != situation.record["status_code"]
    conclusion = conclude(rule, situation, effect, target(task_id, item, "amend" if news else ""))
    d.conclude(conclusion)
    if news:
        d.context.section("items")[task_id].update(_stated(situation), title=conclusion.title)
        repeats.restate(d.context, rule.rule, situation, task_id)


def _no_longer(d: Deliberation, rule: CompiledRule, situation: Situation, row: Handling, task: tuple[str, Row]) -> None:
    """The rule does not hold for a result that has a task."""
    task_id, item = task
    if rule.rule.stays or row.mode is Mode.KEEP:
        d.say(rule.rule, situation, "no_action", rule.verdict(situation).failed_clause)
    elif row.mode is Mode.CONFIRM:
        d.conclude(conclude(rule, situation, Effect.CONFIRM, target(task_id, item, "")))
    elif not _is_taken_back(situation, row, item) and _pages_or_recollects(rule):
        _doubt(d, rule, situation, task)
    else:
        d.take_back(withdraw(rule, situation, row.clear, target(task_id, item, "retract"), item))
        for record in repeats.release(d.context, task_id):
            _again(d, rule, d.situation(record))


def weigh_again(d: Deliberation, code: str, entry: Row) -> None:
    """A merge has joined the versions of a result: what an older one caused is compared with the newest."""
    row = handling(entry["status"])
    for task_id, item in list(d.context.items()):
        rule = d.rules.by_id.get(item["rule"])
        if rule is None or item["focus"] != entry["id"] or item["state"] not in LIVE:
            continue
        situation = d.situation(_as_record(code, entry))
        act = _still if rule.verdict(situation).holds else _no_longer
        d.guarded(rule, situation, partial(act, d, rule, situation, row, (task_id, item)))


def _as_record(code: str, entry: Row) -> Record:
    """The fields of a remembered version that rules ask for; its message is not at hand any more."""
    told = {"observation_id": entry["id"], "status_code": entry["status"], "value_text": entry["value"]}
    told |= {
        "unit": entry["unit"],
        "interpretation": entry.get("flags", []),
        "effective_at": entry["eff"],
        "code": code,
    }
    unknown = ("display", "comparator", "occurred_at", "version_time", "resource", "source_path")
    return told | dict.fromkeys(unknown, "")


def _pages_or_recollects(rule: CompiledRule) -> bool:
    return rule.rule.outcome == "escalate" or rule.rule.effect == Effect.RECOLLECT.value


def _is_taken_back(situation: Situation, row: Handling, item: Row) -> bool:
    """The laboratory takes the result back, or shows that it is not critical.

    A value without a usable unit, a text, a bound that proves nothing, the same value without any flag, or a
    preliminary value after a final one show nothing.
    """
    if row.mode is Mode.WITHDRAW:
        return True
    if situation.held is not None and row.rank < FINAL_RANK <= situation.held["rank"]:
        return False
    if situation.assessment.breach is Breach.HAEMOLYSED:
        return True
    silent = not situation.record["interpretation"] and same_value(item, _stated(situation))
    return situation.assessment.state in (State.SCORED, State.NO_LIMITS) and not silent


def _doubt(d: Deliberation, rule: CompiledRule, situation: Situation, task: tuple[str, Row]) -> None:
    """The task stays, and says once that there is a later version which proves nothing."""
    task_id, item = task
    stated = _stated(situation)
    said = [stated["value"], stated["unit"], stated["status"]]
    if same_value(item, stated) or item.get("doubt") == said:
        d.say(rule.rule, situation, "no_action", NOT_PROVEN)
        return
    d.conclude(doubt(rule, situation, target(task_id, item, "amend"), item))
    d.context.section("items")[task_id]["doubt"] = said


def _again(d: Deliberation, rule: CompiledRule, situation: Situation) -> None:
    """A result that was held back as the repeat of a page that is now taken back."""
    if rule.verdict(situation).holds:
        _first(d, rule, situation, handling(situation.record["status_code"]))


def _finding(situation: Situation, item: Row) -> Finding:
    stated = _stated(situation)
    if item["direction"] != stated["direction"]:
        return Finding.OPPOSITE
    return Finding.SAME if same_value(item, stated) else Finding.CHANGED


def _stated(situation: Situation) -> Row:
    record = situation.record
    return {
        "direction": situation.direction,
        "value": record["value_text"].strip(),
        "unit": record["unit"].strip(),
        "status": record["status_code"],
    }


def _remember(d: Deliberation, situation: Situation, version: Version, row: Handling) -> None:
    record = situation.record
    if row.mode is Mode.KEEP or (row.mode is Mode.CONFIRM and not record["value_text"]):
        return
    entry = {
        "id": situation.focus,
        "ver": version.at,
        "rank": version.rank,
        "status": record["status_code"],
        "value": "" if row.mode is Mode.WITHDRAW else record["value_text"].strip(),
        "unit": record["unit"].strip(),
        "eff": record["effective_at"],
        "flags": record["interpretation"],
        "at": d.now,
    }
    d.context.remember(record["code"], entry)
