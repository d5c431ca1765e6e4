"""The report of a backtest as plain data: totals, tasks by rule, unit, role and hour, differences, what it lacked."""

from collections import Counter
from dataclasses import dataclass

from processors.envelope import Emit, Record, Row
from processors.records.backtest import Backtest, Decided, Difference
from processors.rules.context import MAX_AGE_US
from processors.rules.times import DAY, iso

COUNTED = ("against", "present", "added", "removed", "retimed", "changed")
STAFF = (
    "what staff did with tasks (claims, completions, overrides): in both sets nobody answers, so each ladder climbs "
    "to its end and no page is repeated because somebody doubted the value"
)
SWITCHES = "rules switched off while this was recorded: they count as on, but for those named by --without"
SITES = "sites as they were: messages are read by the sites as they are now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What was read; microseconds. `since` is 0 where nothing was warmed up."""

    first: int
    last: int
    since: int
    messages: int
    warm_up_messages: int


def report(backtest: Backtest, period: Period, found: list[Difference]) -> Row:
    """Everything but the names of the sets. The n-th difference is opened by its number."""
    tally = backtest.tally
    return {
        "period": {
            "first_message": _time(period.first),
            "last_message": _time(period.last),
            "from": _time(period.since or period.first),
            "messages": period.messages,
            "warm_up_messages": period.warm_up_messages,
            "warm_up_days": round(_warm_up(period) / DAY, 2),
            "states": dict(sorted(backtest.states.items())),
        },
        "decisions": _counts(tally.decisions),
        "tasks": _counts(tally.tasks),
        "tasks_by": {
            name.removesuffix("_id"): {value: _counts(counter) for value, counter in sorted(values.items())}
            for name, values in tally.by.items()
        },
        "differences": [_line(number, one) for number, one in enumerate(found, 1)],
        "lacked": lacked(period),
    }


def lacked(period: Period) -> list[str]:
    """What production knew and a backtest does not."""
    warm_up, window = _warm_up(period), MAX_AGE_US
    said = f"warm-up {warm_up / DAY:.1f} days of the {window // DAY} that decide remembers"
    before = f"everything before the first message, {_time(period.first)}: stays, results, open tasks ({said})"
    return [*([before] if warm_up < window else []), STAFF, SWITCHES, SITES]


def opened(one: Difference) -> list[Row]:
    """The records of both sides, as `wardline try` prints them, each with its side."""
    sides = (("against", one.against), ("present", one.present))
    return [{"side": side, **record} for side, decided in sides if decided for record in _records(decided)]


def _records(decided: Decided) -> list[Record]:
    return [_record(emit) for emit in (decided.decision, decided.command) if emit is not None]


def _record(emit: Emit) -> Record:
    return {"topic": emit.topic, "key": emit.key, "value": emit.value}


def _line(number: int, one: Difference) -> Row:
    """Where and what, nothing of the patient."""
    shown = one.shown
    return {
        "number": number,
        "kind": one.kind,
        "at": _time(shown.at),
        "against_at": _time(one.against.at) if one.against else "",
        "rule": shown.rule_id,
        "version": shown.decision.value["rule_version"],
        "unit": shown.unit,
        "role": shown.role,
        "effect": shown.decision.value["effect"],
        "command": shown.moves,
        "shadow": shown.decision.value["shadow"],
        "suppressed": bool(shown.decision.value["suppressed_by"]),
        "message": shown.decision.value["correlation_id"],
    }


def _counts(counter: Counter[str]) -> dict[str, int]:
    return {name: counter[name] for name in COUNTED}


def _warm_up(period: Period) -> int:
    return max(0, period.since - period.first)


def _time(at: int) -> str:
    return iso(at) if at else ""
