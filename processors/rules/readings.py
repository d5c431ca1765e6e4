"""The measurements that scores are worked out from, as the patient's row keeps them: newest first, each versioned."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from operator import attrgetter
from typing import Any, TypeAlias

import orjson

from processors.envelope import Record, Row
from processors.rules.effects import Handling, Mode, handling
from processors.rules.limits import number
from processors.rules.specimen import Message
from processors.rules.times import DAY, instant
from processors.rules.versions import Version, version_time

CREATININE = "creatinine"
#: Parameters that are looked back on for long: days and number kept. All others are vital signs.
MAX_DAYS = {CREATININE: 366, "spo2_scale": 366}
MAX_READINGS = {CREATININE: 40}
VITAL_DAYS = 3
VITAL_READINGS = 3
#: A clinical time further ahead of the stage's time than this is a wrong clock: the reading would hide all later ones.
MAX_AHEAD_US = DAY
#: Places of a reading's clinical time and id in its row.
_EFF = 3
ID = 0


#: Readings as the row keeps them: the fields of each in order, without their names.
Rows: TypeAlias = list[list[Any]]


@dataclass(frozen=True, slots=True)
class Reading:
    """One version of one measurement. `eff` is its clinical time as sent; `codes` are what a coded answer says."""

    id: str
    ver: int
    rank: int
    eff: str
    value: str = ""
    unit: str = ""
    ucum: str = ""
    """Unit as the site maps it, where that is another word."""
    code: str = ""
    range: str = ""
    """The laboratory's reference interval, as sent."""
    path: str = ""
    rec: str = ""
    """event_id of the canonical record."""
    codes: tuple[str, ...] = ()

    @property
    def at(self) -> int:
        """Clinical time, microseconds."""
        return instant(self.eff) or 0

    @property
    def version(self) -> Version:
        """Where this version stands among its versions."""
        return Version(self.ver, self.rank)

    @property
    def is_withdrawn(self) -> bool:
        """The source has taken it back; kept so that an older version does not bring it to life again."""
        return not self.value

    def number(self) -> Decimal | None:
        """The digits as sent; None for a bound (`<5`), a text, or nothing."""
        found = number({"value_text": self.value, "comparator": ""})
        return found[1] if found is not None and not found[0] else None


_values = attrgetter(*(field.name for field in fields(Reading)))


def of(rows: Rows) -> tuple[Reading, ...]:
    """The readings of one parameter."""
    return tuple(Reading(*(*values[:-1], tuple(values[-1]))) for values in rows)


def reading(record: Record, message: Message) -> Reading | None:
    """What a record adds to its series; None where its status says nothing of the value."""
    row = handling(record["status_code"])
    value = record["value_text"].strip()
    if row.mode is Mode.KEEP or (row.mode is Mode.CONFIRM and not value):
        return None
    mapped = message.ucum(record)
    return Reading(
        id=record["observation_id"],
        ver=version_time(record),
        rank=row.rank,
        value="" if row.mode is Mode.WITHDRAW else value,
        unit=record["unit"].strip(),
        ucum="" if mapped == record["unit"].strip() else mapped,
        code=record["code"],
        eff=record["effective_at"] or record["occurred_at"] or record["version_time"],
        range=record["reference_range"].strip(),
        codes=_codes(record["resource"]),
        path=f"{record['source_path']}-5",
        rec=record["event_id"],
    )


def joined(row: Rows, new: Reading, row_of: Handling, limit: int) -> Rows | None:
    """The series with a new reading, or None when a newer version of it is known.

    The same identity at another clinical time is another measurement (senders number the panel, not each set), unless
    it is a correction or a withdrawal.
    """
    known = [one for one in of(row) if one.id == new.id]
    same = [one for one in known if one.at == new.at]
    if not same and known and (row_of.is_correction or row_of.mode is Mode.WITHDRAW):
        same = known[:1]
    if same and (new.version.is_older_than(same[0].version) or new == same[0]):
        return None
    return ordered([*(one for one in of(row) if one not in same), new], limit)


def ordered(entries: Iterable[Reading], limit: int) -> Rows:
    """As rows, newest first, as many as are kept."""
    newest = sorted(entries, key=lambda one: (one.at, one.ver, one.id), reverse=True)
    return [list(_values(one)) for one in newest[:limit]]


def bounded(readings: Row, now: int) -> Row:
    """The series without what no score looks at any more."""
    kept = {name: [v for v in rows if _is_recent(name, v[_EFF], now)] for name, rows in readings.items()}
    return {name: rows for name, rows in kept.items() if rows}


def limit_of(parameter: str) -> int:
    """How many readings of a parameter are kept."""
    return MAX_READINGS.get(parameter, VITAL_READINGS)


def merged(own: Row, other: Row) -> Row:
    """The series of two rows that were found to be one patient's: of each reading its newest version."""
    found: Row = {}
    for name in {**own, **other}:
        newest: dict[tuple[str, int], Reading] = {}
        for one in (*of(own.get(name, [])), *of(other.get(name, []))):
            known = newest.get((one.id, one.at))
            if known is None or known.version.is_older_than(one.version):
                newest[one.id, one.at] = one
        found[name] = ordered(newest.values(), limit_of(name))
    return found


def _is_recent(name: str, eff: str, now: int) -> bool:
    return (instant(eff) or 0) >= now - MAX_DAYS.get(name, VITAL_DAYS) * DAY


def _codes(resource: str) -> tuple[str, ...]:
    """`system|code` of a coded answer."""
    if "valueCodeableConcept" not in resource:
        return ()
    codings = orjson.loads(resource).get("valueCodeableConcept", {}).get("coding", ())
    return tuple(f"{coding.get('system', '')}|{coding.get('code', '')}" for coding in codings)
