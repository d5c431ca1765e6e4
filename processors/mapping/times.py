"""HL7 dates and times (DTM, TS, DT, TM; HL7 2.5.1 chapters 2A.20 to 2A.22) as FHIR dates, dateTimes and times."""

import re
from datetime import datetime
from functools import lru_cache

from processors.errors import Warn
from processors.mapping.scope import Scope

_DTM = re.compile(
    r"([0-9]{4})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:\.([0-9]{1,9}))?)?)?)?)?)?"
    r"([+-][0-9]{4})?"
)
_TM = re.compile(r"([01][0-9]|2[0-3])(?:([0-5][0-9])(?:([0-5][0-9])(?:\.([0-9]{1,9}))?)?)?(?:[+-][0-9]{4})?")
#: Lengths of YYYYMMDDHHMMSS and of the same with +ZZZZ.
_WHOLE_SECONDS, _WITH_OFFSET = 14, 19
_ZONE_TEXT = "time without offset, read in the zone of the site: check `zone` there, or let the sender add the offset"
_DATE_TEXT = "not a date as HL7 writes it (YYYYMMDD[HHMM[SS]][+ZZZZ]); not converted"


def date_time(raw: str, scope: Scope) -> str | None:
    """FHIR dateTime with the precision sent; a time of day gets an offset, as R4 has none without."""
    times = scope.times
    if raw in times:
        return times[raw]
    value = times[raw] = _date_time(raw, scope)
    return value


def date(raw: str, scope: Scope) -> str | None:
    """FHIR date: the day part of what was sent, never shifted."""
    value = date_time(raw, scope)
    return value[:10] if value else None


def instant(raw: str, scope: Scope) -> str | None:
    """FHIR instant, or None where no time of day was sent."""
    value = date_time(raw, scope)
    return value if value and len(value) > 10 else None


def time_of_day(raw: str, scope: Scope) -> str | None:
    """FHIR time; None with a warning when unreadable."""
    text = scope.text(raw)
    found = _TM.fullmatch(text)
    if found is None:
        if text:
            scope.warn(Warn.DATE_UNREADABLE, "not a time as HL7 writes it (HH[MM[SS]]); kept as text")
        return None
    fraction = f".{found.group(4)}" if found.group(4) else ""
    return f"{found.group(1)}:{found.group(2) or '00'}:{found.group(3) or '00'}{fraction}"


def sent_offset(raw: str) -> str:
    """The offset of a time as FHIR writes it, "" when it has none."""
    if len(raw) == _WHOLE_SECONDS and raw.isdigit():
        return ""
    if len(raw) == _WITH_OFFSET and raw[14] in "+-" and raw[:14].isdigit() and raw[15:].isdigit() and raw.isascii():
        return _offset(raw[14:])
    found = _DTM.fullmatch(raw)
    return _offset(found.group(8)) if found and found.group(8) else ""


@lru_cache(maxsize=4096)
def _day(digits: str) -> str:
    """YYYYMMDD as a FHIR date, "" when there is no such day."""
    try:
        datetime(int(digits[:4]), int(digits[4:6]), int(digits[6:]))  # noqa: DTZ001 - only whether the day exists
    except ValueError:
        return ""
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"


def _usual(raw: str) -> str:
    """YYYYMMDDHHMMSS+ZZZZ, the usual form, as FHIR dateTime; "" for any other and for what is no time."""
    if len(raw) != _WITH_OFFSET or raw[14] not in "+-" or not raw.isascii():
        return ""
    digits, zone = raw[:14], raw[15:]
    if not digits.isdigit() or not zone.isdigit() or raw[8:10] > "23" or raw[10:12] > "59" or raw[12:14] > "59":
        return ""
    day, offset = _day(raw[:8]), _offset(raw[14:])
    return f"{day}T{raw[8:10]}:{raw[10:12]}:{raw[12:14]}{offset}" if day and offset else ""


def _date_time(raw: str, scope: Scope) -> str | None:
    usual = _usual(raw)
    if usual:
        return usual
    text = scope.text(raw.partition(scope.component)[0])
    if not text:
        return None
    found = _DTM.fullmatch(text)
    if found is None:
        scope.warn(Warn.DATE_UNREADABLE, _DATE_TEXT)
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    try:
        local = datetime(  # noqa: DTZ001 - the offset is handled apart from the local time
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0)
        )
    except ValueError:
        scope.warn(Warn.DATE_UNREADABLE, _DATE_TEXT)
        return None
    if hour is None:
        return "-".join(part for part in (year, month, day) if part)
    zone = _offset(offset) if offset else ""
    if not zone:
        zone = scope.zone.offset(local)
        if not scope.zone.sent:
            scope.warn(Warn.ZONE_ASSUMED, _ZONE_TEXT, "MSH-7")
    tail = f".{fraction}" if fraction else ""
    return f"{year}-{month}-{day}T{hour}:{minute or '00'}:{second or '00'}{tail}{zone}"


@lru_cache(maxsize=512)
def _offset(digits: str) -> str:
    """+ZZZZ as FHIR writes it; "" when it is no offset that FHIR accepts (R4 dateTime: up to 14:00)."""
    hours, minutes = int(digits[1:3]), int(digits[3:5])
    if hours > 14 or minutes > 59 or (hours == 14 and minutes):
        return ""
    return f"{digits[0]}{digits[1:3]}:{digits[3:5]}"
