"""Acute kidney injury from creatinine: the NHS England algorithm (2014) beside KDIGO (2012), in exact decimals.

All amounts are compared in umol/L; mg/dL times 88.4 is exact. Baselines, windows in whole elapsed days, and what counts
as a baseline are project policy and the same for both, so that they differ only where their texts do. Urine output,
dialysis and a known transplant are not seen here.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from processors.rules.readings import CREATININE, Reading
from processors.rules.score import Chart, InputState
from processors.rules.times import DAY, MINUTE, age_years, iso
from processors.rules.units import spelling

CODES = {"2160-0": CREATININE, "38483-4": CREATININE, "14682-9": CREATININE}
MG_DL, UMOL_L = "mg/dl", "umol/l"
#: The unit that each code is reported in; another one is an error, not a conversion.
UNIT_OF = {"2160-0": MG_DL, "38483-4": MG_DL, "14682-9": UMOL_L}
UMOL_PER_MG_DL = Decimal("88.4")

RECENT_DAYS = 7
LONG_DAYS = 365
RISE_US = 48 * 60 * MINUTE
NEWBORN_DAYS = 28
CHILD_UNDER_YEARS = 18

ALERT_RATIO, STAGE_2_RATIO, STAGE_3_RATIO = Decimal("1.5"), Decimal(2), Decimal(3)
NHSE_RISE = Decimal(26)
"""Above this within 48 hours, umol/L."""
NHSE_STAGE_3 = Decimal(354)
"""Above this, adults, umol/L."""
CHILD_LIMIT_TIMES = 3
"""Children: above this many times the upper limit of the laboratory's interval for the age."""
KDIGO_RISE = {UMOL_L: Decimal("26.5"), MG_DL: Decimal("0.3") * UMOL_PER_MG_DL}
"""At least this within 48 hours, by the unit of the result."""
KDIGO_STAGE_3 = Decimal("4.0") * UMOL_PER_MG_DL
"""At least this once there is AKI."""
_INTERVAL = re.compile(r"\s*(?:(\d+(?:\.\d+)?)\s*-\s*|<=?\s*)(\d+(?:\.\d+)?)\s*\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Creatinine:
    """A creatinine that can be compared, in umol/L."""

    reading: Reading
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The newest creatinine, and what it is compared with; None where there is nothing to compare with."""

    newest: Creatinine
    lowest_recent: Creatinine | None
    """RV1: the lowest of the previous 0 to 7 days."""
    median_long: Decimal | None
    """RV2: the median of 8 to 365 days."""
    middle: tuple[Creatinine, ...]
    """What the median was taken from."""
    long_count: int
    lowest_48h: Creatinine | None
    upper_limit: Decimal | None
    lower_limit: Decimal | None
    is_child: bool
    unusable: tuple[Reading, ...]

    @property
    def baseline(self) -> Decimal | None:
        """The lower of the two reference values: it gives the higher ratio."""
        recent = self.lowest_recent.amount if self.lowest_recent else None
        return min((one for one in (recent, self.median_long) if one is not None), default=None)

    @property
    def rise(self) -> Decimal | None:
        """Above the lowest of the previous 48 hours."""
        return self.newest.amount - self.lowest_48h.amount if self.lowest_48h else None

    def is_ratio(self, times: Decimal) -> bool:
        """At least that many times the baseline; never rounded."""
        return self.baseline is not None and self.newest.amount >= times * self.baseline

    @property
    def unit(self) -> str:
        """Of the newest result."""
        return spelling(self.newest.reading.unit or self.newest.reading.ucum)


def usable(reading: Reading) -> Decimal | InputState:
    """The amount in umol/L; what its code is not reported in, a bound or a text is not compared."""
    unit = spelling(reading.unit or reading.ucum)
    sent = reading.number()
    if sent is None or sent <= 0:
        return InputState.REJECTED
    if unit != UNIT_OF[reading.code]:
        return InputState.UNIT
    return sent * UMOL_PER_MG_DL if unit == MG_DL else sent


def state_of(reading: Reading) -> InputState:
    amount = usable(reading)
    return amount if isinstance(amount, InputState) else InputState.USED


def nhse_stage(series: Series) -> int | None:
    """0 to 3; None without any result of the last year."""
    if series.baseline is None:
        return None
    if not series.is_ratio(ALERT_RATIO):
        return 1 if series.rise is not None and series.rise > NHSE_RISE else 0
    if _is_nhse_3(series):
        return 3
    return 2 if series.is_ratio(STAGE_2_RATIO) else 1


def _is_nhse_3(series: Series) -> bool:
    amount = series.newest.amount
    if series.is_ratio(STAGE_3_RATIO):
        return True
    if not series.is_child:
        return amount > NHSE_STAGE_3
    return series.upper_limit is not None and amount > CHILD_LIMIT_TIMES * series.upper_limit


def kdigo_stage(series: Series) -> int | None:
    """0 to 3; None without any result of the last year. A child's eGFR below 35 needs the height: not seen."""
    if series.baseline is None:
        return None
    risen = series.rise is not None and series.rise >= KDIGO_RISE[series.unit]
    if not (risen or series.is_ratio(ALERT_RATIO)):
        return 0
    if series.is_ratio(STAGE_3_RATIO) or series.newest.amount >= KDIGO_STAGE_3:
        return 3
    return 2 if series.is_ratio(STAGE_2_RATIO) else 1


def series_of(chart: Chart) -> Series | None:
    """The newest result (C1) and its comparisons; None where it was withdrawn or cannot be compared."""
    readings = chart.readings.get(CREATININE, ())
    if not readings or readings[0].at != chart.at:
        return None
    first = usable(readings[0])
    if isinstance(first, InputState):
        return None
    newest = Creatinine(readings[0], first)
    before = [Creatinine(one, amount) for one in readings[1:] if isinstance(amount := usable(one), Decimal)]
    recent = [one for one in before if _days(newest, one) <= RECENT_DAYS]
    long = sorted((one for one in before if RECENT_DAYS < _days(newest, one) <= LONG_DAYS), key=_by_amount)
    middle = tuple(long[(len(long) - 1) // 2 : len(long) // 2 + 1])
    years = age_years(chart.birth_date, iso(chart.at))
    limits = _interval(newest)
    return Series(
        newest=newest,
        lowest_recent=min(recent, key=_by_amount, default=None),
        median_long=sum((one.amount for one in middle), Decimal(0)) / len(middle) if middle else None,
        middle=middle,
        long_count=len(long),
        lowest_48h=min((one for one in before if chart.at - one.reading.at <= RISE_US), key=_by_amount, default=None),
        lower_limit=limits[0],
        upper_limit=limits[1],
        is_child=years is not None and years < CHILD_UNDER_YEARS,
        unusable=tuple(one for one in readings[1:] if isinstance(usable(one), InputState)),
    )


def _days(newest: Creatinine, one: Creatinine) -> int:
    return (newest.reading.at - one.reading.at) // DAY


def _by_amount(one: Creatinine) -> tuple[Decimal, int, str]:
    return one.amount, one.reading.at, one.reading.id


def _interval(newest: Creatinine) -> tuple[Decimal | None, Decimal | None]:
    """Lower and upper limit of the laboratory (OBX-7), in umol/L."""
    match = _INTERVAL.match(newest.reading.range)
    if match is None:
        return None, None
    times = UMOL_PER_MG_DL if UNIT_OF[newest.reading.code] == MG_DL else Decimal(1)
    return Decimal(match[1]) * times if match[1] else None, Decimal(match[2]) * times
