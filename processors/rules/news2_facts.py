"""What rules and their texts may say of a NEWS2: the facts, in words of the ward."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from processors.rules.facts import Found
from processors.rules.news2_points import MEASURES, amount_of
from processors.rules.score import Chart, Input, InputState
from processors.rules.times import iso

_GAPS = {
    InputState.MISSING: "not measured",
    InputState.STALE: "older than an hour",
    InputState.UNIT: "without a usable unit",
    InputState.REJECTED: "not possible as sent",
}
#: Units as the ward writes them.
_UNITS = {"/min": "", "{breaths}/min": "", "{beats}/min": "", "1": "", "Cel": "°C", "[degF]": "°F", "mm[Hg]": "mmHg"}
FACTS = (
    "news2",
    "news2_lower",
    "news2_upper",
    "news2_band",
    "news2_complete",
    "news2_words",
    "news2_points",
    "news2_gaps",
    "news2_three",
    "news2_scale",
    "news2_interval",
    "news2_overdue",
    "news2_set_at",
    "qsofa",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the score came to; `minutes` until the next set."""

    lower: int
    upper: int
    band: str
    complete: bool
    minutes: int
    expires: int | None


def facts(chart: Chart, inputs: tuple[Input, ...], told: Told) -> dict[str, Found]:
    """Each fact of FACTS. The last input is the saturation scale."""
    used = [one for one in inputs[:-1] if one.state is InputState.USED]
    path = ", ".join(one.reading.path for one in used if one.reading)
    gaps = [one for one in inputs[:-1] if one.state is not InputState.USED]
    return {
        "news2": Found(Decimal(told.lower) if told.complete else None, "", path),
        "news2_lower": Found(Decimal(told.lower), "", path),
        "news2_upper": Found(Decimal(told.upper), "", path),
        "news2_band": Found(told.band, "", path),
        "news2_complete": Found("yes" if told.complete else "no"),
        "news2_words": Found(str(told.lower) if told.complete else f"at least {told.lower}, at most {told.upper}"),
        "news2_points": Found(", ".join(map(_scored, used)) or "none"),
        "news2_gaps": Found(_gaps(gaps) or _uncertain(inputs)),
        "news2_three": Found(", ".join(_shown(one) for one in used if one.points == 3) or "none"),
        "news2_scale": Found(inputs[-1].value),
        "news2_interval": Found(_interval(told.minutes)),
        "news2_overdue": Found("yes" if told.expires is not None and chart.now >= told.expires else "no"),
        "news2_set_at": Found(f"{iso(chart.at)[:10]} {iso(chart.at)[11:16]} UTC"),
        "qsofa": _qsofa(chart, used),
    }


def _shown(one: Input) -> str:
    return f"{one.words} {one.value} {_UNITS.get(one.unit, one.unit)}".strip()


def _scored(one: Input) -> str:
    return f"{_shown(one)} ({one.points})"


def _gaps(gaps: list[Input]) -> str:
    return "; ".join(f"{one.words} {_GAPS[one.state]}{_sent(one)}" for one in gaps)


def _sent(one: Input) -> str:
    return f" ({f'{one.value} {one.unit}'.strip()})" if one.value else ""


def _uncertain(inputs: tuple[Input, ...]) -> str:
    return "none" if inputs[-1].state is InputState.USED else f"saturation scale '{inputs[-1].value}' is not 1 or 2"


def _interval(minutes: int) -> str:
    return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"


def _qsofa(chart: Chart, used: list[Input]) -> Found:
    """Evidence only (Sepsis-3): breathing 22 or more, systolic 100 or less, not alert; one point each that is known."""
    known = {one.name: one for one in used}
    met = [one.words for name, one in known.items() if name in _QSOFA and _QSOFA[name](_amount(chart, name))]
    met += [one.words for one in used if one.name == "consciousness" and one.points]
    return Found(f"{len(met)} of 3 ({', '.join(met) or 'none'})")


def _amount(chart: Chart, name: str) -> Decimal:
    amount = amount_of(chart.readings[name][0], MEASURES[name])
    assert isinstance(amount, Decimal)
    return amount


_QSOFA: dict[str, Callable[[Decimal], bool]] = {
    "respirations": lambda amount: amount >= 22,
    "systolic": lambda amount: amount <= 100,
}
