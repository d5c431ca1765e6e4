"""The critical-value detector: one result against the limits of its code, unit and patient group, in exact decimals."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from processors.envelope import Record
from processors.rules.language import Analyte, Limits
from processors.rules.times import age_days, age_years
from processors.rules.units import shown, spelling

VERSION = "1"
NEWBORN_DAYS = 28
CHILD_UNDER_YEARS = 18

#: Laboratory flags (OBX-8, HL7 table 0078) that mean critical, most severe first.
CRITICAL_FLAGS = ("HH", "LL", "AA")
_NUMBER = re.compile(r"\s*(<=|>=|<|>|≤|≥|=)?\s*\^?\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\Z", re.ASCII)
_SPELLED = {"≤": "<=", "≥": ">=", "=": ""}


class State(StrEnum):
    """Whether a result could be compared with limits. `not_proven`: a bound (`<5`) that proves nothing."""

    SCORED = "scored"
    NOT_PROVEN = "not_proven"
    UNIT_MISSING = "unit_missing"
    UNIT_WRONG = "unit_wrong"
    NO_NUMBER = "no_number"
    NO_LIMITS = "no_limits"


class Breach(StrEnum):
    """On which side of its limits a result lies. `haemolysed`: high, and the specimen may explain it."""

    NONE = "none"
    LOW = "low"
    HIGH = "high"
    HAEMOLYSED = "haemolysed"


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the detector found; `number` is what was compared, `limit` the limit that was passed, as shown to people."""

    state: State
    breach: Breach = Breach.NONE
    number: Decimal | None = None
    limit: str = ""
    worse_by: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CodeLimits:
    """The limits of one code: patient group -> unit (in the one spelling) -> limits."""

    groups: Mapping[str, Mapping[str, Limits]]


def by_code(analytes: Iterable[Analyte]) -> dict[str, CodeLimits]:
    """The limits of all analytes by code."""
    found: dict[str, dict[str, dict[str, Limits]]] = {}
    for analyte in analytes:
        for limits in analyte.limits:
            for code in limits.codes or analyte.codes:
                units = found.setdefault(code, {}).setdefault(limits.patients, {})
                units |= {spelling(unit): limits for unit in limits.units}
    return {code: CodeLimits(groups) for code, groups in found.items()}


def patient_groups(birth_date: str, at: str) -> tuple[str, ...]:
    """The columns that apply, best first. An unknown age counts as adult."""
    days = age_days(birth_date, at)
    if days is not None and days <= NEWBORN_DAYS:
        return ("newborn", "child")
    years = age_years(birth_date, at)
    return ("child",) if years is not None and years < CHILD_UNDER_YEARS else ("adult",)


def number(record: Record) -> tuple[str, Decimal] | None:
    """Comparator (empty when exact) and the digits as sent of a numeric result; None for anything else."""
    match = _NUMBER.match(record["value_text"])
    if match is None:
        return None
    sign = match[1] or record["comparator"]
    return _SPELLED.get(sign, sign), Decimal(match[2])


def critical_flag(interpretation: Iterable[str]) -> str:
    """The most severe laboratory flag that means critical, or ''."""
    given = set(interpretation)
    return next((flag for flag in CRITICAL_FLAGS if flag in given), "")


def assess(
    record: Record,
    limits: CodeLimits | None,
    groups: tuple[str, ...],
    *,
    ucum: Callable[[], str],
    haemolysed: Callable[[], bool],
) -> Assessment:
    """Compare strictly. `ucum` gives the mapped unit, `haemolysed` the specimen's state; asked only when needed."""
    tables = [limits.groups[g] for g in groups if g in limits.groups] if limits else []
    if not tables:
        return Assessment(State.NO_LIMITS)
    value = number(record)
    if value is None:
        return Assessment(State.NO_NUMBER)
    row = _row(tables, record["unit"]) or _row(tables, ucum())
    if row is None:
        return Assessment(State.UNIT_WRONG if record["unit"].strip() else State.UNIT_MISSING, number=value[1])
    return _compared(value, row, record["unit"], haemolysed)


def _row(tables: list[Mapping[str, Limits]], unit: str) -> Limits | None:
    wanted = spelling(unit)
    return next((table[wanted] for table in tables if wanted in table), None)


def _compared(value: tuple[str, Decimal], row: Limits, unit: str, haemolysed: Callable[[], bool]) -> Assessment:
    sign, sent = value
    amount = sent * row.times
    if row.high is not None and _above(sign, amount, row.high):
        breach = Breach.HIGH
        if row.haemolysed_high is not None and amount <= row.haemolysed_high and haemolysed():
            breach = Breach.HAEMOLYSED
        return Assessment(State.SCORED, breach, amount, _shown(row.high, row, unit), row.worse_by)
    if row.low is not None and _below(sign, amount, row.low):
        return Assessment(State.SCORED, Breach.LOW, amount, _shown(row.low, row, unit), row.worse_by)
    return Assessment(State.SCORED if _is_proven(sign, amount, row) else State.NOT_PROVEN, number=amount)


def _above(sign: str, amount: Decimal, high: Decimal) -> bool:
    """A bound `>` at or above the limit proves it; `<` proves nothing on this side."""
    return amount >= high if sign == ">" else amount > high and sign in ("", ">=")


def _below(sign: str, amount: Decimal, low: Decimal) -> bool:
    return amount <= low if sign == "<" else amount < low and sign in ("", "<=")


def _is_proven(sign: str, amount: Decimal, row: Limits) -> bool:
    """Not critical for sure: an exact value, or a bound on whose open side no limit lies."""
    if sign in ("<", "<="):
        return row.low is None and (row.high is None or amount <= row.high)
    if sign in (">", ">="):
        return row.high is None and (row.low is None or amount >= row.low)
    return True


def _shown(limit: Decimal, row: Limits, unit: str) -> str:
    """The limit in the unit as sent; a converted one is rounded, the comparison is not."""
    amount = str(limit) if row.times == 1 else f"{limit / row.times:.2f}"
    return f"{amount} {shown(unit or row.units[0])}".strip()
