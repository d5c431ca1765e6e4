"""Deciding on scores: open, amend, take back what a corrected value had caused, alert again only when it is worse."""

from dataclasses import dataclass
from functools import partial

from processors.envelope import Record, Row
from processors.rules.compiled import CompiledRule
from processors.rules.conclusions import Target, conclude, resolve, unsupported
from processors.rules.deliberation import Deliberation, Measured, Recheck, target
from processors.rules.effects import Effect, handling
from processors.rules.events import ASKED, close_others
from processors.rules.facts import Situation
from processors.rules.score import Score
from processors.rules.scores import DETECTORS, is_remembered, newest_set, worked_out
from processors.rules.times import MINUTE, iso

NO_RECORD: Record = {"source_path": ""}
_ENVELOPE = ("event_id", "correlation_id", "source", "occurred_at", "received_at")
WRONG_PATIENT = "W"
PROVISIONAL = frozenset({"P"})


@dataclass(slots=True, kw_only=True)
class _Round:
    """One score worked out anew: the newest set, what is remembered of those before, and what has come."""

    name: str
    current: Situation
    score: Score
    measured: Measured
    state: Row
    """`rank` of the newest set and of the one `before` it, the last alert (`paged`), the timer that is `armed`."""

    @property
    def is_correction(self) -> bool:
        """What has come corrects or withdraws, or is taken over from another row."""
        return any(handling(status).rank > handling("F").rank for status in self.measured.statuses)


def decide_scores(d: Deliberation) -> None:
    """Every score whose readings have changed: all its rules."""
    for name, measured in d.measured.items():
        found = _round(d, name, measured)
        if found is not None:
            _decide(d, found)


def weigh_scores_again(d: Deliberation) -> None:
    """The readings of two patients were joined."""
    d.measured.update({name: Measured(NO_RECORD) for name in d.rules.by_score if newest_set(name, d.context)})
    decide_scores(d)


def look_at_expired(d: Deliberation, rule: CompiledRule) -> None:
    """The time of the next set has come; where a newer set has moved it, the rule looks again then."""
    found = _round(d, rule.rule.score, Measured(NO_RECORD))
    if found is not None:
        found.state["armed"] = 0
        d.guarded(rule, found.current, partial(_weigh, d, rule, found))
        _arm(d, rule, found)
        d.context.section("scores")[found.name] = found.state


def _round(d: Deliberation, name: str, measured: Measured) -> _Round | None:
    """None when the detector raised: then each of its rules has failed."""
    at = newest_set(name, d.context)
    try:
        current = _situation(d, name, at, measured.record)
    except Exception as why:
        for rule in d.rules.by_score[name]:
            d.say(rule.rule, d.situation(measured.record), "failed", f"the detector raised {type(why).__name__}")
        return None
    state = dict(d.context.row["scores"].get(name) or {"at": 0, "rank": 0, "before": 0, "paged": None, "armed": 0})
    return _Round(name=name, current=current, score=_score(current), measured=measured, state=state)


def _situation(d: Deliberation, name: str, at: int, record: Record) -> Situation:
    """A score with all that its rules may ask. The record is the envelope of what brought it about."""
    situation = d.situation(NO_RECORD | {key: record[key] for key in _ENVELOPE if key in record})
    situation.score = worked_out(name, d.context, at, d.now)
    situation.label = name
    return situation


def _score(situation: Situation) -> Score:
    score = situation.score
    assert score is not None
    return score


def _decide(d: Deliberation, now: _Round) -> None:
    rules = d.rules.by_score[now.name]
    before = len(d.conclusions)
    for rule in rules:
        d.guarded(rule, now.current, partial(_take_back_unsupported, d, rule, now))
    _advance(now, anew=len(d.conclusions) > before)
    for rule in rules:
        d.guarded(rule, now.current, partial(_weigh, d, rule, now))
        _arm(d, rule, now)
    d.context.section("scores")[now.name] = now.state


def _advance(now: _Round, *, anew: bool) -> None:
    """What this set is compared with: the one before it, or nothing where a task was just taken back.

    An incomplete set may be in a higher band than is proven; it never counts as an improvement.
    """
    state, score = now.state, now.score
    before = state["rank"] if score.at > state["at"] else state["before"]
    before = 0 if anew else before
    rank = score.rank if score.complete else max(score.rank, before)
    state.update(at=score.at, before=before, rank=rank)


# what is open


def _take_back_unsupported(d: Deliberation, rule: CompiledRule, now: _Round) -> None:
    """The set that a task rests on is worked out again: a value of it was corrected or withdrawn, or one came late.

    Who has closed a task that had escalated is told as well.
    """
    found = d.context.live(rule.rule.id, now.name)
    if found is None and rule.rule.outcome == "escalate":
        found = d.context.last_closed(rule.rule.id, now.name)
    if found is None or rule.is_resolved(now.current):
        return
    cause = _cause(d, now, found[1])
    if cause is not None and not rule.verdict(cause).holds:
        wrong_patient = WRONG_PATIENT in now.measured.statuses
        effect = Effect.RETRACT_WRONG_PATIENT if wrong_patient else Effect.RETRACT
        d.take_back(unsupported(rule, cause, effect, target(*found, "retract"), found[1]))


def _cause(d: Deliberation, now: _Round, item: Row) -> Situation | None:
    """The set that a task rests on, as it is known now; None when its readings are not remembered any more."""
    if not is_remembered(now.name, d.context, item["rests_on"]):
        return None
    if item["set_at"] == now.score.at:
        return now.current
    return _situation(d, now.name, item["set_at"], now.measured.record)


def _weigh(d: Deliberation, rule: CompiledRule, now: _Round) -> None:
    verdict = rule.verdict(now.current)
    found = d.context.live(rule.rule.id, now.name)
    if found is not None and rule.is_resolved(now.current):
        d.take_back(resolve(rule, now.current, target(*found, "retract"), found[1]))
    elif found is not None:
        shown = now.current if verdict.holds else _cause(d, now, found[1])
        _still(d, rule, now, found, shown)
    elif verdict.holds:
        _first(d, rule, now)
    elif not any(said.rule is rule.rule for said in d.said):
        d.say(rule.rule, now.current, "no_action", verdict.failed_clause)


def _still(d: Deliberation, rule: CompiledRule, now: _Round, task: tuple[str, Row], shown: Situation | None) -> None:
    """The task stays: its texts follow the newest set for which the rule holds, and say so aloud when that is worse."""
    task_id, item = task
    if shown is None or rule.reason.filled(shown) == item["value"]:
        if shown is now.current:
            d.context.section("items")[task_id].update(_stated(rule, shown))
        d.say(rule.rule, now.current, rule.rule.outcome)
        return
    same_set = item["set_at"] == _score(shown).at
    worse = not same_set and rule.rule.realert.higher_band and _is_worse(d, rule, now)
    effect = Effect.AMEND_RENOTIFY if worse or (same_set and now.is_correction) else Effect.AMEND
    conclusion = conclude(rule, shown, effect, target(task_id, item, "amend"))
    d.conclude(conclusion)
    d.context.section("items")[task_id].update(_stated(rule, shown), title=conclusion.title)
    if worse:
        _page(d, now, task_id)


# what is new


def _first(d: Deliberation, rule: CompiledRule, now: _Round) -> None:
    barrier = d.barrier(rule, now.current) or _asked(d, rule, now)
    if barrier:
        d.say(rule.rule, now.current, "no_action", barrier)
        return
    held_by = _held_back(d, rule, now)
    if held_by:
        paged = now.state["paged"] or {"task_id": ""}
        known = Target(paged["task_id"], d.patient_key, "", rule.rule.status == "shadow", held_by)
        d.conclude(conclude(rule, now.current, Effect.NONE, known))
        return
    d.open(rule, now.current, _first_effect(rule, now), _stated(rule, now.current))
    if rule.rule.realert.higher_band:
        _page(d, now, d.conclusions[-1].task_id)
    close_others(d, rule, now.current)


def _first_effect(rule: CompiledRule, now: _Round) -> Effect:
    if rule.rule.outcome != "escalate":
        return Effect(rule.rule.effect or Effect.NONE)
    if now.is_correction:
        return Effect.ESCALATE_CORRECTED
    return Effect.ESCALATE_PROVISIONAL if now.measured.statuses == PROVISIONAL else Effect.ESCALATE


def _asked(d: Deliberation, rule: CompiledRule, now: _Round) -> str:
    """Staff have closed the task about this very set, and it is no worse."""
    closed = d.context.last_closed(rule.rule.id, now.name)
    same = closed is not None and closed[1]["set_at"] == now.score.at and closed[1]["level"] >= now.score.level
    return ASKED if same else ""


def _held_back(d: Deliberation, rule: CompiledRule, now: _Round) -> str:
    """The mechanism that holds an alert back, or ''."""
    if rule.rule.realert.higher_band:
        paged = now.state["paged"]
        return "" if _is_worse(d, rule, now) else f"no higher band than when last told, {iso(paged['at'])}"
    closed = d.context.last_closed(rule.rule.id, now.name)
    window_min = rule.rule.suppress.window_min
    within = closed is not None and d.now - closed[1]["at"] < window_min * MINUTE
    return f"window {window_min} min: {rule.rule.id}" if within else ""


def _is_worse(d: Deliberation, rule: CompiledRule, now: _Round) -> bool:
    """In a higher band than the set before, risen by the rule's step since the last alert, or after its window."""
    paged, score, realert = now.state["paged"], now.score, rule.rule.realert
    if paged is None or score.rank > now.state["before"]:
        return True
    if realert.rise and score.rank == paged["rank"] and score.level - paged["level"] >= realert.rise:
        return True
    window_min = rule.rule.suppress.window_min
    return bool(window_min and d.now - paged["at"] >= window_min * MINUTE)


def _page(d: Deliberation, now: _Round, task_id: str) -> None:
    now.state["paged"] = {"rank": now.score.rank, "level": now.score.level, "at": d.now, "task_id": task_id}


def _stated(rule: CompiledRule, situation: Situation) -> Row:
    score = _score(situation)
    return {
        "value": rule.reason.filled(situation),
        "set_at": score.at,
        "level": score.level,
        "rests_on": list(score.rests_on),
    }


def _arm(d: Deliberation, rule: CompiledRule, now: _Round) -> None:
    """One timer a patient: a later set does not arm another, the one that runs looks at what is newest then."""
    expires, armed = now.score.expires, now.state["armed"]
    if not rule.rule.recheck_at_expiry or expires is None or expires <= d.now:
        return
    if armed <= d.now or expires < armed:
        now.state["armed"] = expires
        d.rechecks.append(Recheck(rule.rule.id, now.name, expires))


def note(d: Deliberation, code: str, record: Record) -> None:
    """A reading of some scores has changed: they are worked out when the whole message is read."""
    for name in d.rules.by_score:
        if code in DETECTORS[name].codes:
            d.measured.setdefault(name, Measured(record)).statuses.add(record["status_code"])
