"""The facts that clauses and texts may name, per kind of record: each with its value, unit and source field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from processors.envelope import Record, Row
from processors.rules.context import Context
from processors.rules.effects import STATUS, handling
from processors.rules.limits import Assessment, Breach, CodeLimits, State, assess, critical_flag, patient_groups
from processors.rules.specimen import Message
from processors.rules.times import DAY, MINUTE, instant
from processors.rules.units import shown

if TYPE_CHECKING:
    from processors.rules.score import Score

AFTER_DISCHARGE_DAYS = 30
UNIT_PROBLEMS = {State.UNIT_MISSING: "missing", State.UNIT_WRONG: "not one that its code is reported in"}
#: Appointment states that count as a booked follow-up.
BOOKED = frozenset({"booked", "pending", "proposed", "arrived", "checked-in", "fulfilled"})


@dataclass(frozen=True, slots=True)
class Found:
    """What a fact is for one record. A list of texts for `includes`."""

    value: str | Decimal | tuple[str, ...] | None
    unit: str = ""
    path: str = ""

    @property
    def text(self) -> str:
        """As shown to people; never empty."""
        if isinstance(self.value, tuple):
            return ", ".join(self.value) or "none"
        return str(self.value) if self.value not in (None, "") else "not sent"


class Situation:
    """One record with everything that rules may ask about it; each answer is worked out once, when first asked."""

    def __init__(self, record: Record, context: Context, message: Message, now: int) -> None:
        self.record = record
        self.context = context
        self.message = message
        self.now = now
        self.label = ""
        self.limits: CodeLimits | None = None
        self.held: Row | None = None
        """The version of the result before this one."""
        self.told = False
        """Somebody was paged because of an earlier version."""
        self.score: Score | None = None
        """For rules on a score: the score that they are about; `focus` is then its name."""

    @cached_property
    def focus(self) -> str:
        """The id of what the record is about: the same for every version of it."""
        record = self.record
        if self.score is not None:
            return self.score.name
        focus: str = record.get("observation_id") or record.get("encounter_id") or record.get("appointment_id") or ""
        return focus

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Columns of the limits that apply to the patient at the time of the observation."""
        at = self.record["effective_at"] or self.record["occurred_at"] or self.record["version_time"]
        return patient_groups(self.context.subject["birth_date"], at)

    @cached_property
    def assessment(self) -> Assessment:
        """The result against its limits."""
        record = self.record
        return assess(
            record,
            self.limits,
            self.groups,
            ucum=lambda: self.message.ucum(record),
            haemolysed=lambda: self.message.is_haemolysed(record),
        )

    @cached_property
    def laboratory_flag(self) -> str:
        """HH, LL, AA or ''."""
        return critical_flag(self.record["interpretation"])

    @cached_property
    def direction(self) -> str:
        """Which way a result is critical: part of the suppression key."""
        breach = self.assessment.breach
        if breach in (Breach.LOW, Breach.HIGH):
            return breach.value
        return {"HH": "high", "LL": "low", "AA": "abnormal"}.get(self.laboratory_flag, breach.value)

    def source(self, field: str) -> str:
        """`OBX[3]-5`; empty where the message is not at hand (a result that came with a merge)."""
        path: str = self.record["source_path"]
        return f"{path}-{field}" if path else ""


Fact: TypeAlias = Callable[[Situation], Found]


def _value(s: Situation) -> Found:
    return Found(s.assessment.number, s.record["unit"], s.source("5"))


def _value_text(s: Situation) -> Found:
    return Found(s.record["value_text"].strip(), s.record["unit"], s.source("5"))


def _finding(s: Situation) -> Found:
    """Completes '<analyte> <value> is ...'."""
    found = s.assessment
    if found.breach in (Breach.HIGH, Breach.HAEMOLYSED):
        return Found(f"above the critical limit of {found.limit}")
    if found.breach is Breach.LOW:
        return Found(f"below the critical limit of {found.limit}")
    if s.laboratory_flag:
        return Found(f"flagged critical ({s.laboratory_flag}) by the laboratory")
    return Found("not critical")


def _measured(s: Situation) -> Found:
    return Found(f"{s.record['value_text'].strip()} {shown(s.record['unit'])}".strip(), "", s.source("5"))


def _expected_discharge(s: Situation) -> Found:
    return Found(s.context.encounter.get("expected_discharge_at", ""), "", s.context.encounter.get("source_path", ""))


def _minutes_to_discharge(s: Situation) -> Found:
    expected = instant(s.context.encounter.get("expected_discharge_at", ""))
    return Found(None if expected is None else Decimal((expected - s.now) // MINUTE), "min")


def _follow_up(s: Situation) -> Found:
    """Booked for after the stay: an appointment during it follows up nothing."""
    stay = s.context.encounter
    ends = instant(stay.get("ended_at", "")) or instant(stay.get("expected_discharge_at", "")) or s.now
    made = s.context.row["appointments"].values()
    booked = any(a["status"] in BOOKED and (instant(a["start_at"]) or 0) > ends for a in made)
    return Found("booked" if booked else "not booked")


def _left_at(s: Situation) -> Found:
    """PV1-45, else when the message says that it happened."""
    at: str = s.record.get("ended_at") or s.record.get("occurred_at", "")
    return Found(at[:16].replace("T", " "), "", s.record["source_path"])


def _no_shows(s: Situation) -> Found:
    """Appointments missed, the present one included."""
    return Found(Decimal(sum(a["status"] == "noshow" for a in s.context.row["appointments"].values())))


def _after_discharge(s: Situation) -> Found:
    ended = instant(s.context.encounter.get("ended_at", ""))
    start = instant(s.record.get("start_at", "")) or s.now
    return Found("yes" if ended is not None and 0 <= start - ended <= AFTER_DISCHARGE_DAYS * DAY else "no")


def _rebooked(s: Situation) -> Found:
    """A later appointment is booked than the one missed, or the missed one has a new time."""
    record = s.record
    missed = instant(record.get("start_at", "")) or 0
    made = s.context.row["appointments"]
    later = any(a["status"] == "booked" and (instant(a["start_at"]) or 0) > missed for a in made.values())
    again = made.get(record.get("appointment_id", ""), {}).get("status") == "booked"
    return Found("yes" if later or again else "no")


def _status(code: str) -> str:
    return code if code in STATUS else "unknown"


def _field(name: str) -> Fact:
    return lambda s: Found(s.record[name], "", s.record["source_path"])


def _stay(name: str) -> Fact:
    return lambda s: Found(s.context.encounter.get(name, ""), "", s.context.encounter.get("source_path", ""))


#: Facts about the patient, whatever a rule looks at.
EVERYWHERE: dict[str, Fact] = {
    "unit_of_stay": lambda s: Found(s.context.subject["unit"]),
    "patient_class": _stay("class_code"),
    "expected_discharge": _expected_discharge,
    "minutes_to_discharge": _minutes_to_discharge,
    "open_escalations": lambda s: Found(Decimal(s.context.count_live(outcome="escalate"))),
    "open_discharge_items": lambda s: Found(Decimal(s.context.count_live(domain="discharge"))),
    "pending_results": lambda s: Found(Decimal(len(s.context.row["pending"]))),
    "pending_orders": lambda s: Found(Decimal(len(s.context.row["orders"]))),
    "pending_discharge": lambda s: Found(s.context.encounter.get("pending_discharge", "no")),
    "follow_up": _follow_up,
    "after_discharge": _after_discharge,
    "deceased": lambda s: Found("yes" if s.context.is_deceased else "no"),
    "away": lambda s: Found("yes" if s.context.is_away else "no"),
}

#: Kind of record -> fact -> how it is found.
FACTS: Mapping[str, Mapping[str, Fact]] = {
    "observation": {
        **EVERYWHERE,
        "analyte": lambda s: Found(s.label),
        "value": _value,
        "value_text": _value_text,
        "measured": _measured,
        "unit": lambda s: Found(s.record["unit"], "", s.source("6")),
        "status": lambda s: Found(_status(s.record["status_code"]), "", s.source("11")),
        "status_words": lambda s: Found(handling(s.record["status_code"]).words, "", s.source("11")),
        "laboratory_flag": lambda s: Found(s.laboratory_flag or "none", "", s.source("8")),
        "breach": lambda s: Found(s.assessment.breach.value, "", s.source("5")),
        "score": lambda s: Found(s.assessment.state.value, "", s.source("6")),
        "unit_problem": lambda s: Found(UNIT_PROBLEMS.get(s.assessment.state, "usable"), "", s.source("6")),
        "finding": _finding,
        "patient_group": lambda s: Found(s.groups[0], "", "PID-7"),
        "earlier_version": lambda s: Found("held" if s.held else "none"),
        "told": lambda s: Found("yes" if s.told else "no"),
    },
    "encounter": {
        **EVERYWHERE,
        "event": _field("event"),
        "encounter_status": _field("status"),
        "disposition": _field("discharge_disposition"),
        "left_at": _left_at,
    },
    "appointment": {
        **EVERYWHERE,
        "event": _field("event"),
        "appointment_status": _field("status"),
        "appointment_words": lambda s: Found(s.record["kind"] or s.record["reason"] or "appointment"),
        "start": lambda s: Found(s.record["start_at"][:16].replace("T", " "), "", s.record["source_path"]),
        "no_shows": _no_shows,
        "rebooked": _rebooked,
    },
}
