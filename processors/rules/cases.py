"""The language of rules/*.cases.yaml: example patients, what happens to them, and what must come out."""

from dataclasses import dataclass, field
from typing import Literal

#: Where a story begins when it does not say.
START = "2026-03-02T08:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One result. The same `id` again is a later version of the same result."""

    code: str
    value: str = ""
    unit: str = ""
    status: str = "F"
    flags: tuple[str, ...] = ()
    id: str = ""
    """Empty: one result per code."""
    taken: str = ""
    """When the specimen was taken; empty = when the message came."""
    version: str = ""
    """Version time; empty = when the message came."""
    note: str = ""
    order: str = ""
    """Filler number."""
    range: str = ""
    """The laboratory's reference interval (OBX-7)."""
    display: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """One set of observations in usual units (/min, %, L/min, mm[Hg], Cel); an empty one was not measured."""

    respirations: str = "16"
    spo2: str = "98"
    oxygen: str = "0"
    """Litres a minute; 0 = air."""
    systolic: str = "120"
    pulse: str = "70"
    alertness: str = "A"
    temperature: str = "37.0"
    scale: str = ""
    taken: str = ""
    status: str = "F"
    id: str = ""
    """The same `id` again is a later version of the same set; empty = a set of its own at each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A message about the stay (ADT)."""

    event: str
    status: str = "in-progress"
    patient_class: str = "IMP"
    unit: str = "W1"
    started: str = ""
    ended: str = ""
    expected: str = ""
    disposition: str = ""
    id: str = "stay"
    died: bool = False
    """The patient record says so (PID-30)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """A message about an appointment (SIU)."""

    event: str
    status: str
    id: str = "first"
    start: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A message about an order."""

    id: str
    control: str = "NW"
    status: str = ""
    result_status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Staff change the open task of a rule."""

    rule: str
    becomes: Literal["acknowledged", "completed", "dismissed"]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One decision that must come out."""

    rule: str
    effect: str
    command: Literal["create", "amend", "retract", "none"] = "none"
    suppressed: bool = False
    says: str = ""
    """Words that the reason must hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something happens; exactly the expected decisions come out, in any order."""

    at: str = ""
    """Empty: an hour after the moment before."""
    results: tuple[Result, ...] = ()
    vitals: Vitals | None = None
    stay: Stay | None = None
    appointment: Appointment | None = None
    orders: tuple[Order, ...] = ()
    task: Ended | None = None
    expect: tuple[Expected, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One example patient."""

    name: str
    born: str = "1960-05-01"
    disabled: tuple[str, ...] = ()
    story: tuple[Moment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """A row of values on both sides of a rule's limits, each a patient of its own.

    Two more cases go with each row: the last value flagged AA by the laboratory escalates, and does not while it is
    entered and not verified (status R).
    """

    rule: str
    code: str
    unit: str
    born: str = "1960-05-01"
    critical: tuple[str, ...] = ()
    not_critical: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """One file of cases."""

    boundaries: tuple[Boundary, ...] = ()
    cases: tuple[Case, ...] = field(default_factory=tuple)


def all_cases(file: CaseFile) -> list[Case]:
    """The cases, with each value of the boundaries as one."""
    return [case for row in file.boundaries for case in _of_boundary(row)] + list(file.cases)


def _of_boundary(row: Boundary) -> list[Case]:
    told = (Expected(rule=row.rule, effect="escalate", command="create"),)
    critical = [_one_value(row, value, "is critical", told) for value in row.critical]
    last = (*row.critical, *row.not_critical)[-1]
    flagged = [
        _case(row, Result(code=row.code, value=last, unit=row.unit, flags=("AA",)), "is flagged AA", told),
        _case(row, Result(code=row.code, value=last, unit=row.unit, flags=("AA",), status="R"), "is not verified", ()),
    ]
    return critical + [_one_value(row, value, "is not critical", ()) for value in row.not_critical] + flagged


def _one_value(row: Boundary, value: str, verdict: str, expect: tuple[Expected, ...]) -> Case:
    return _case(row, Result(code=row.code, value=value, unit=row.unit), verdict, expect)


def _case(row: Boundary, result: Result, verdict: str, expect: tuple[Expected, ...]) -> Case:
    name = f"{row.rule}: {result.value} {row.unit} ({row.code}, born {row.born}) {verdict}"
    return Case(name=name, born=row.born, story=(Moment(results=(result,), expect=expect),))
