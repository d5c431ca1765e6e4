"""Repeats: page again only if worse, after a value that was not critical, or outside the window."""

from processors.envelope import Record, Row
from processors.rules.context import LIVE, MAX_HELD, Context
from processors.rules.effects import handling
from processors.rules.facts import Situation
from processors.rules.language import Rule
from processors.rules.limits import Breach, State
from processors.rules.times import MINUTE, instant
from processors.rules.units import spelling

#: A held result keeps its FHIR form (notes, mapped unit) up to this size.
MAX_RESOURCE_CHARS = 2000
#: Without `worse_by` (no limits, the laboratory's flag alone) a repeat is worse by this part of the value paged.
WORSE_BY_PART = 5
#: What staff say when they doubt the value or ask for another: the next critical one pages, whatever the window says.
REASONS_TO_PAGE_AGAIN = frozenset({"specimen_error", "result_disputed", "repeat_ordered"})


def suppressed(context: Context, rule: Rule, situation: Situation) -> tuple[str, str] | None:
    """The mechanism that holds this page back and the task already there, or None when it must go out.

    A correction is never held back, nor a value that may be critical in a unit that cannot be used. What asks for work
    and does not page (a new specimen) is held back only as long as its task is open: a done one is no answer.
    """
    alert = context.alert(_key(rule, situation))
    if alert is None or situation.now - alert["at"] >= rule.suppress.window_min * MINUTE:
        return None
    if handling(situation.record["status_code"]).is_correction or situation.assessment.suspect:
        return None
    pages = rule.outcome == "escalate"
    item = context.row["items"].get(alert["task_id"])
    if (pages and _is_worse(alert, situation)) or (not pages and (item is None or item["state"] not in LIVE)):
        return None
    return f"window {rule.suppress.window_min} min: {_key(rule, situation)}", alert["task_id"]


def is_worse_than_paged(context: Context, rule: Rule, situation: Situation) -> bool:
    """A later version of the result that was paged is worse by a step: whoever acts on it must hear."""
    alert = context.alert(_key(rule, situation))
    return rule.outcome == "escalate" and alert is not None and _is_worse(alert, situation)


def page(context: Context, rule: Rule, situation: Situation, task_id: str) -> None:
    """Later repeats are measured against this page."""
    if rule.suppress.window_min:
        stated = {"at": situation.now, "task_id": task_id, "held": [], **_measure(situation)}
        context.section("alerts")[_key(rule, situation)] = stated


def restate(context: Context, rule: Rule, situation: Situation, task_id: str) -> None:
    """The page was amended: repeats are measured against the new value; another direction replaces it."""
    for key in _keys_of_task(context, task_id):
        if key == _key(rule, situation):
            context.section("alerts")[key].update(_measure(situation))
            return
        context.section("alerts").pop(key)
    page(context, rule, situation, task_id)


def hold(context: Context, rule: Rule, situation: Situation) -> None:
    """Keep a suppressed result, in case the page that held it back is withdrawn."""
    alert = context.section("alerts")[_key(rule, situation)]
    alert["held"] = [*alert["held"], _compact(situation.record)][-MAX_HELD:]


def forget(context: Context, observation_id: str) -> None:
    """A newer version of a held result has come; it will be weighed by itself."""
    for alert in context.row["alerts"].values():
        if any(record["observation_id"] == observation_id for record in alert["held"]):
            context.changed = True
            alert["held"] = [record for record in alert["held"] if record["observation_id"] != observation_id]


def release(context: Context, task_id: str) -> list[Record]:
    """The page is withdrawn: it suppresses nothing any more. Gives what it had held back."""
    released: list[Record] = []
    for key in _keys_of_task(context, task_id):
        released += context.section("alerts").pop(key)["held"]
    return released


def interrupt(context: Context, rule: Rule, situation: Situation) -> None:
    """A later result that is not critical ends the episode: the next critical one is new."""
    if not context.row["alerts"] or not _is_said_not_critical(situation):
        return
    prefix = f"{rule.id}/{situation.label}/"
    at = _effective(situation)
    over = [k for k, a in context.row["alerts"].items() if k.startswith(prefix) and a["effective"] <= at]
    for key in over:
        context.section("alerts").pop(key)


def _key(rule: Rule, situation: Situation) -> str:
    return f"{rule.id}/{situation.label}/{situation.direction}"


def _is_said_not_critical(situation: Situation) -> bool:
    """By our limits, or where there are none by the laboratory's flag; a flag that is absent says nothing."""
    state = situation.assessment.state
    return state is State.SCORED or (state is State.NO_LIMITS and bool(situation.record["interpretation"]))


def _keys_of_task(context: Context, task_id: str) -> list[str]:
    return [key for key, alert in context.row["alerts"].items() if alert["task_id"] == task_id]


def _measure(situation: Situation) -> Row:
    number = situation.assessment.number
    return {
        "number": "" if number is None else str(number),
        "unit": spelling(situation.record["unit"]),
        "effective": _effective(situation),
        "by_limit": situation.assessment.breach is not Breach.NONE,
    }


def _effective(situation: Situation) -> int:
    return instant(situation.record["effective_at"]) or situation.now


def _is_worse(alert: Row, situation: Situation) -> bool:
    """Beyond the page's value by the step of the limits, or beyond a limit where the page rested on the flag alone.

    What cannot be compared counts as worse.
    """
    found = situation.assessment
    if found.breach is not Breach.NONE and not alert.get("by_limit", True):
        return True
    if found.number is None or not alert["number"]:
        return found.number is not None or bool(alert["number"])
    if alert["unit"] != spelling(situation.record["unit"]):
        return True
    before = type(found.number)(alert["number"])
    step = abs(before) / WORSE_BY_PART if found.worse_by is None else found.worse_by
    difference = found.number - before
    return (-difference if situation.direction == "low" else difference) >= step


def _compact(record: Record) -> Record:
    short = len(record["resource"]) <= MAX_RESOURCE_CHARS
    return record if short else {**record, "resource": ""}
