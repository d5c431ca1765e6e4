"""What happens in the simulated hospital, before any sender has put it into its dialect of HL7 v2."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from streams.simulate.people import Clinician, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A stay or an outpatient visit. `kind` is table 0004: I inpatient, E emergency, O outpatient."""

    number: str
    kind: str
    unit: str
    room: str
    bed: str
    attending: Clinician
    admitted_at: datetime
    prior_unit: str = ""
    expected_discharge: datetime | None = None
    discharged_at: datetime | None = None
    disposition: str = ""
    """Table 0112; empty while the patient is in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A request for one panel. `placer` and `filler` number it for the ward and for the laboratory."""

    placer: str
    filler: str
    panel: str
    priority: str
    """R routine, S stat."""
    ordered_at: datetime
    ordered_by: Clinician


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One value of a report, in SI units; `value` None where none could be obtained."""

    analyte: str
    value: float | None
    status: str
    """Table 0085 (OBX-11)."""
    comparator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Admission, transfer, discharge and the like: ADT with this trigger."""

    trigger: str
    person: Person
    visit: Visit
    prior_record_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """An order, new (NW) or cancelled (CA)."""

    control: str
    person: Person
    visit: Visit
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A report: laboratory results or a set of vital signs. `status` is table 0123 (OBR-25)."""

    person: Person
    visit: Visit
    order: Order
    status: str
    collected_at: datetime
    values: tuple[Measured, ...]
    remark: str = ""
    haemolysed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """An appointment; SCH-1 and SCH-2 keep its numbers through all changes."""

    placer: str
    filler: str
    starts_at: datetime
    minutes: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """An appointment booked, moved, cancelled or missed: SIU with this trigger."""

    trigger: str
    person: Person
    visit: Visit
    appointment: Appointment


Event: TypeAlias = Movement | Ordered | Reported | Scheduled
