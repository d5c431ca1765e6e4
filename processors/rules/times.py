"""FHIR dateTimes and dates as numbers: for the order of versions, ages and deadlines. No clock is read here."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

MICROS = 1_000_000
MINUTE = 60 * MICROS
DAY = 24 * 60 * MINUTE
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=65536)
def instant(text: str) -> int | None:
    """Microseconds since 1970 of a FHIR dateTime (start of the period when partial; UTC without offset), else None."""
    padded = text + "-01-01"[len(text) - 4 :] if len(text) in (4, 7) else text
    try:
        moment = datetime.fromisoformat(padded)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(micros: int) -> datetime:
    """The instant as UTC datetime."""
    return _EPOCH + timedelta(microseconds=micros)


def iso(micros: int) -> str:
    """The instant as FHIR dateTime in UTC, whole seconds."""
    return moment(micros).strftime("%Y-%m-%dT%H:%M:%SZ")


def age_days(birth_date: str, at: str) -> int | None:
    """Whole days from a birth date (at least to the day) to the calendar day of `at`; None when either is unknown."""
    born, then = _day(birth_date), _day(at)
    return (then - born).days if born and then else None


def age_years(birth_date: str, at: str) -> int | None:
    """Completed years; a birth date without day or month counts from its first day."""
    born, then = _day(_padded(birth_date)), _day(at)
    if not born or not then:
        return None
    return then.year - born.year - ((then.month, then.day) < (born.month, born.day))


def business_days_later(micros: int, days: int) -> int:
    """The same time of day that many weekdays (Monday to Friday, UTC, no holidays) later."""
    then = moment(micros)
    left = days
    while left > 0:
        then += timedelta(days=1)
        left -= then.weekday() < 5
    return (then - _EPOCH) // timedelta(microseconds=1)


def _padded(text: str) -> str:
    return text + "-01-01"[len(text) - 4 :] if len(text) in (4, 7) else text


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
