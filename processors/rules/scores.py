"""The registry of detectors: which score is worked out from which codes, and the facts that its rules may name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from processors.envelope import Row
from processors.rules import aki, aki_score, news2, news2_facts
from processors.rules.context import Context
from processors.rules.facts import EVERYWHERE, FACTS, Fact, Found, Situation
from processors.rules.language import Rule
from processors.rules.limits import number
from processors.rules.readings import ID, Reading, of
from processors.rules.score import Chart, Score
from processors.rules.times import DAY, MINUTE, instant
from processors.rules.units import spelling


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """One score. `codes`: code -> parameter; `settings` are parameters that make no set of their own."""

    name: str
    codes: Mapping[str, str]
    compute: Callable[[Chart], Score]
    facts: tuple[str, ...]
    settings: frozenset[str] = frozenset()


#: A setting counts for a set that is at most this much older: both may come in one message, with times of their own.
SETTING_AHEAD_US = 5 * MINUTE
DETECTORS: Mapping[str, Detector] = {
    detector.name: detector
    for detector in (
        Detector(
            name=news2.NAME,
            codes=news2.CODES,
            compute=news2.news2,
            facts=news2_facts.FACTS,
            settings=frozenset({"spo2_scale"}),
        ),
        Detector(name=aki_score.NHSE, codes=aki.CODES, compute=aki_score.aki_nhse, facts=aki_score.FACTS),
        Detector(name=aki_score.KDIGO, codes=aki.CODES, compute=aki_score.aki_kdigo, facts=aki_score.FACTS),
    )
}


def facts_of(rule: Rule) -> Mapping[str, Fact]:
    """The facts that a rule may name: of its score, else of its kind of record."""
    if rule.score:
        return _FACTS[rule.score]
    return FACTS[rule.on.record]


def newest_set(name: str, context: Context) -> int:
    """Clinical time of the newest reading of a score (microseconds); 0 where there is none."""
    detector = DETECTORS[name]
    series = _series(detector, context)
    times = [one.at for p, found in series.items() if p not in detector.settings for one in found]
    return max(times, default=0)


def worked_out(name: str, context: Context, at: int, now: int) -> Score:
    """The score of the set whose newest reading is at `at`, from what the row knows now."""
    detector = DETECTORS[name]
    until = dict.fromkeys(detector.settings, at + SETTING_AHEAD_US)
    series = _series(detector, context).items()
    then = {p: tuple(one for one in found if one.at <= until.get(p, at)) for p, found in series}
    return detector.compute(Chart(readings=then, at=at, birth_date=context.subject["birth_date"], now=now))


def is_remembered(name: str, context: Context, rests_on: list[str]) -> bool:
    """Every reading that a score rested on is still in the row, if only as withdrawn."""
    parameters = set(DETECTORS[name].codes.values())
    known = {values[ID] for p in parameters for values in context.row["readings"].get(p, ())}
    return known.issuperset(rests_on)


def _series(detector: Detector, context: Context) -> dict[str, tuple[Reading, ...]]:
    rows = context.row["readings"]
    found = {p: of(rows[p]) for p in dict.fromkeys(detector.codes.values()) if p in rows}
    return {p: tuple(one for one in readings if not one.is_withdrawn) for p, readings in found.items()}


def _fact(name: str) -> Fact:
    def found(situation: Situation) -> Found:
        score = situation.score
        return Found(None) if score is None else score.facts[name]

    return found


def _potassium(situation: Situation) -> Found:
    """The newest potassium of the last day in mmol/L, for what makes a mild kidney injury urgent."""
    newest = [e for e in situation.context.row["results"].get(POTASSIUM, ()) if situation.now - e["at"] <= DAY]
    for entry in sorted(newest, key=_by_time, reverse=True):
        found = number({"value_text": entry["value"], "comparator": ""})
        if found is not None and spelling(entry["unit"]) in MMOL_L:
            return Found(found[1], entry["unit"])
    return Found("unknown")


def _by_time(entry: Row) -> tuple[int, str]:
    return instant(entry["eff"]) or 0, entry["id"]


POTASSIUM = "2823-3"
MMOL_L = frozenset({"mmol/l", "meq/l"})
#: Facts of every rule on a score, beside those of its detector.
_ON_SCORES: dict[str, Fact] = {**EVERYWHERE, "potassium": _potassium}
_FACTS = {d.name: {**_ON_SCORES, **{name: _fact(name) for name in d.facts}} for d in DETECTORS.values()}
