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

VERSION = "2"
NEWBORN_DAYS = 28
CHILD_UNDER_YEARS = 18

#: Laboratory flags (OBX-8, HL7 table 0078) that mean critical, most severe first.
CRITICAL_FLAGS = ("HH", "LL", "AA")
_NUMBER = re.compile(r"\s*(<=|>=|<|>|≤|≥|=)?\s*\^?\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\Z", re.ASCII)
_DIGIT = re.compile(r"\d", re.ASCII)
_SPELLED = {"≤": "<=", "≥": ">=", "=": ""}


class State(StrEnum):
    """Whether a result could be compared with limits.

    `not_proven`: a bound (`<5`) that proves nothing; `unreadable`: digits, but no plain number (`6,8`, `6.8*`).
    """

    SCORED = "scored"
    NOT_PROVEN = "not_proven"
    UNIT_MISSING = "unit_missing"
    UNIT_WRONG = "unit_wrong"
    UNREADABLE = "unreadable"
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
    """What the detector found; `number` is what was compared, `limit` the limit that was passed, as shown to people.

    `suspect`: the unit cannot be used, and in a unit of this analyte the value would be critical.
    """

    state: State
    breach: Breach = Breach.NONE
    number: Decimal | None = None
    limit: str = ""
    worse_by: Decimal | None = None
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class CodeLimits:
    """The limits of one code: patient group -> unit (in the one spelling) -> limits. `kin`: of all its analyte."""

    groups: Mapping[str, Mapping[str, Limits]]
    kin: Mapping[str, Mapping[str, Limits]]


def by_code(analytes: Iterable[Analyte]) -> dict[str, CodeLimits]:
    """The limits of all analytes by code."""
    found: dict[str, CodeLimits] = {}
    for analyte in analytes:
        kin = _by_group(analyte.limits)
        for code in analyte.codes:
            own = _by_group(limits for limits in analyte.limits if code in (limits.codes or analyte.codes))
            if own:
                found[code] = CodeLimits(own, kin)
    return found


def _by_group(rows: Iterable[Limits]) -> dict[str, dict[str, Limits]]:
    found: dict[str, dict[str, Limits]] = {}
    for limits in rows:
        found.setdefault(limits.patients, {}).update({spelling(unit): limits for unit in limits.units})
    return found


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
    value = number(record)
    if limits is None or not tables:
        return Assessment(State.NO_LIMITS, number=value[1] if value else None)
    if value is None:
        return Assessment(State.UNREADABLE if _DIGIT.search(record["value_text"]) else State.NO_NUMBER)
    row = _row(tables, record["unit"]) or _row(tables, ucum())
    if row is None:
        state = State.UNIT_WRONG if record["unit"].strip() else State.UNIT_MISSING
        kin = [limits.kin[g] for g in groups if g in limits.kin]
        return Assessment(state, number=value[1], suspect=_is_suspect(value, tables, _row(kin, record["unit"])))
    return _compared(value, row, record["unit"], haemolysed)


def _is_suspect(value: tuple[str, Decimal], tables: list[Mapping[str, Limits]], meant: Limits | None) -> bool:
    """Critical in the unit that another code of the analyte is reported in; else in any unit of this code."""
    rows = [meant] if meant else [row for table in tables for row in table.values()]
    return any(_compared(value, row, "", bool).breach is not Breach.NONE for row in rows)


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
    state = State.SCORED if _is_proven(sign, amount, row) else State.NOT_PROVEN
    return Assessment(state, number=amount, worse_by=row.worse_by)


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
    amount = str(limit) if row.times == 1 else f"{limit / row.times:.3f}"
    return f"{amount} {shown(unit or row.units[0])}".strip()
