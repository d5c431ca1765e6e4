"""One simulated patient's chart and the acts that change it; each act gives the event that a feed will tell about."""

import dataclasses
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TypeAlias

from streams.simulate.events import Appointment, Event, Measured, Movement, Order, Ordered, Reported, Scheduled, Visit
from streams.simulate.people import Person
from streams.simulate.physiology import Body

PANELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "bmp": ("sodium", "potassium", "chloride", "co2", "urea", "creatinine", "glucose", "calcium"),
        "cbc": ("leukocytes", "haemoglobin", "haematocrit", "platelets"),
        "lactate": ("lactate",),
        "gas": ("ph", "pco2", "po2", "co2"),
        "five": ("sodium", "potassium", "chloride", "urea", "creatinine"),
        "vitals": (
            "respirations",
            "saturation",
            "oxygen_flow",
            "systolic",
            "diastolic",
            "pulse",
            "temperature",
            "responsiveness",
        ),
    }
)
#: What the instruments can show, SI units; beyond it the report says `<` or `>` the bound.
REPORTABLE: Mapping[str, tuple[float, float]] = MappingProxyType({"glucose": (1.1, 33.3), "lactate": (0.3, 15.0)})


class Chart:
    """A patient's present state. `run` makes the numbers of this run differ from those of another."""

    def __init__(self, person: Person, run: str, number: int, chance: random.Random, condition: str) -> None:
        self.person = person
        self.chance = chance
        self.body = Body(chance, condition)
        self.orders: dict[str, Order] = {}
        self.reports: dict[str, Reported] = {}
        self.named = person
        self.unnamed: Person | None = None
        self.booked: Scheduled | None = None
        self._mark = f"{run}{number:04d}"
        self._serial = 0
        self._visits: dict[str, Visit] = {}

    @property
    def visit(self) -> Visit:
        """The present person's visit, or the chart's newest where that person has none yet."""
        return self._visits.get(self.person.record_number) or list(self._visits.values())[-1]

    @visit.setter
    def visit(self, visit: Visit) -> None:
        self._visits[self.person.record_number] = visit

    def number(self, prefix: str) -> str:
        """A new number of this patient and run."""
        self._serial += 1
        return f"{prefix}{self._mark}{self._serial:02d}"

    def measure(self, analyte: str, status: str) -> Measured:
        """A value of the body as it is now."""
        value = self.body.measure(analyte)
        low, high = REPORTABLE.get(analyte, (0.0, 1e9))
        mark = "<" if value < low else ">" if value > high else ""
        return Measured(analyte=analyte, value=min(max(value, low), high), status=status, comparator=mark)


Act: TypeAlias = Callable[[Chart, datetime], Event]


def begin(trigger: str, kind: str, unit: str) -> Act:
    """A new visit: A01 admission, A04 registration."""

    def act(chart: Chart, now: datetime) -> Event:
        chart.visit = Visit(
            number=chart.number("V"),
            kind=kind,
            unit=unit,
            room=str(chart.chance.randrange(100, 160)),
            bed=chart.chance.choice("ABCD"),
            attending=chart.person.physician,
            admitted_at=now,
        )
        return Movement(trigger=trigger, person=chart.person, visit=chart.visit)

    return act


def restate_visit(trigger: str) -> Act:
    """A08 nothing new, A11 admission cancelled, A13 discharge cancelled, A25 pending discharge cancelled."""

    def act(chart: Chart, _now: datetime) -> Event:
        if trigger == "A13":
            chart.visit = dataclasses.replace(chart.visit, discharged_at=None, disposition="")
        if trigger == "A25":
            chart.visit = dataclasses.replace(chart.visit, expected_discharge=None)
        return Movement(trigger=trigger, person=chart.person, visit=chart.visit)

    return act


def transfer(unit: str) -> Act:
    """A02: to another unit."""

    def act(chart: Chart, _now: datetime) -> Event:
        chart.visit = dataclasses.replace(chart.visit, prior_unit=chart.visit.unit, unit=unit)
        return Movement(trigger="A02", person=chart.person, visit=chart.visit)

    return act


def rehouse(chart: Chart, _now: datetime) -> Event:
    """A08: the patient gives a new telephone number."""
    chart.person = dataclasses.replace(chart.person, phone=f"(555)555-01{chart.chance.randrange(100):02d}")
    return Movement(trigger="A08", person=chart.person, visit=chart.visit)


def plan_discharge(chart: Chart, now: datetime) -> Event:
    """A16: discharge expected in six to ten hours."""
    expected = now.replace(minute=0, second=0) + timedelta(hours=chart.chance.randrange(7, 11))
    chart.visit = dataclasses.replace(chart.visit, expected_discharge=expected)
    return Movement(trigger="A16", person=chart.person, visit=chart.visit)


def discharge(chart: Chart, now: datetime) -> Event:
    """A03: home, or to a nursing facility."""
    where = chart.chance.choice(("01", "01", "01", "03"))
    chart.visit = dataclasses.replace(chart.visit, discharged_at=now, disposition=where)
    return Movement(trigger="A03", person=chart.person, visit=chart.visit)


def merge(chart: Chart, _now: datetime) -> Event:
    """A40: the unnamed record becomes part of the named patient's."""
    if chart.unnamed is None:
        raise LookupError("nobody came without a name")
    return Movement(
        trigger="A40", person=chart.named, visit=chart.visit, prior_record_number=chart.unnamed.record_number
    )


def unnamed(act: Act) -> Act:
    """The act under a temporary record, as long as nobody knows the name."""

    def hidden(chart: Chart, now: datetime) -> Event:
        if chart.unnamed is None:
            temporary = chart.number("T")
            chart.unnamed = dataclasses.replace(
                chart.named, record_number=temporary, clinic_number="", family="Unknown", given="Person"
            )
        chart.person = chart.unnamed
        return act(chart, now)

    return hidden


def swap(person: Person, act: Act) -> Act:
    """The act, but from now on the chart is that person's."""

    def swapped(chart: Chart, now: datetime) -> Event:
        chart.person = person
        return act(chart, now)

    return swapped


def order(panel: str, priority: str = "R") -> Act:
    """A new order for a panel."""

    def act(chart: Chart, now: datetime) -> Event:
        made = _order(chart, panel, priority, now)
        return Ordered(control="NW", person=chart.person, visit=chart.visit, order=made)

    return act


def _order(chart: Chart, panel: str, priority: str, now: datetime) -> Order:
    chart.reports.pop(panel, None)
    made = chart.orders[panel] = Order(
        placer=chart.number("P"),
        filler=chart.number("F"),
        panel=panel,
        priority=priority,
        ordered_at=now,
        ordered_by=chart.visit.attending,
    )
    return made


def withdraw(panel: str) -> Act:
    """The ward cancels its order."""

    def act(chart: Chart, _now: datetime) -> Event:
        return Ordered(control="CA", person=chart.person, visit=chart.visit, order=chart.orders[panel])

    return act


def report(panel: str, status: str = "F", haemolysed: bool = False, **pinned: float) -> Act:
    """Results of the present order; values reported before are kept. `pinned` sets values by analyte, SI units."""

    def act(chart: Chart, now: datetime) -> Event:
        made = chart.orders.get(panel) or _order(chart, panel, "R", now)
        before = chart.reports.get(panel)
        held = {item.analyte: item for item in before.values} if before else {}
        told = chart.reports[panel] = Reported(
            person=chart.person,
            visit=chart.visit,
            order=made,
            status=status,
            collected_at=before.collected_at if before else made.ordered_at + (now - made.ordered_at) / 2,
            values=tuple(
                Measured(analyte=key, value=pinned[key], status=status)
                if key in pinned
                else dataclasses.replace(held.get(key) or chart.measure(key, status), status=status)
                for key in PANELS[panel]
            ),
            remark="Specimen haemolysed" if haemolysed else "",
            haemolysed=haemolysed,
        )
        return told

    return act


def correct(panel: str, remark: str, **values: float) -> Act:
    """C: the laboratory replaces values of the last report."""

    def act(chart: Chart, _now: datetime) -> Event:
        last = chart.reports[panel]
        changed = tuple(
            dataclasses.replace(item, value=values[item.analyte], status="C", comparator="")
            for item in last.values
            if item.analyte in values
        )
        told = dataclasses.replace(last, person=chart.person, status="C", values=changed, remark=remark)
        chart.reports[panel] = told
        return told

    return act


def restate(panel: str, status: str, remark: str, only: str = "") -> Act:
    """All values, or only that analyte, of the last report get another status: D deleted, W wrong patient."""

    def act(chart: Chart, _now: datetime) -> Event:
        last = chart.reports[panel]
        values = tuple(dataclasses.replace(item, status=status) for item in last.values if only in ("", item.analyte))
        return dataclasses.replace(last, status="C", values=values, remark=remark)

    return act


def cannot(panel: str, remark: str) -> Act:
    """X: no result can be obtained for the order."""

    def act(chart: Chart, now: datetime) -> Event:
        return Reported(
            person=chart.person,
            visit=chart.visit,
            order=chart.orders[panel],
            status="X",
            collected_at=now,
            values=tuple(Measured(analyte=key, value=None, status="X") for key in PANELS[panel]),
            remark=remark,
        )

    return act


def vitals(chart: Chart, now: datetime) -> Event:
    """One set of vital signs, charted at the bedside."""
    made = _order(chart, "vitals", "R", now)
    return Reported(
        person=chart.person,
        visit=chart.visit,
        order=made,
        status="F",
        collected_at=now,
        values=tuple(chart.measure(key, "F") for key in PANELS["vitals"]),
    )


def after(change: float, act: Act) -> Act:
    """The act once the condition has worsened (change > 0) or recovered (change < 0) by that much."""

    def changed(chart: Chart, now: datetime) -> Event:
        if change > 0:
            chart.body.worsen(change)
        else:
            chart.body.recover(-change)
        return act(chart, now)

    return changed


def book(days: int, reason: str) -> Act:
    """S12: an appointment at the clinic in so many days; 0 is the slot that begins now."""

    def act(chart: Chart, now: datetime) -> Event:
        visit = Visit(
            number=chart.number("V"),
            kind="O",
            unit="CLIN",
            room="1",
            bed="",
            attending=chart.person.physician,
            admitted_at=now,
        )
        chart.booked = Scheduled(
            trigger="S12",
            person=chart.person,
            visit=visit,
            appointment=Appointment(
                placer=chart.number("A"),
                filler=chart.number("S"),
                starts_at=now.replace(second=0) + timedelta(days=days),
                minutes=20,
                reason=reason,
            ),
        )
        return chart.booked

    return act


def rebook(trigger: str, days_later: int = 0) -> Act:
    """S13 moved, S15 cancelled, S26 missed: the appointment booked before."""

    def act(chart: Chart, _now: datetime) -> Event:
        if chart.booked is None:
            raise LookupError("no appointment is booked")
        before = chart.booked.appointment
        starts = before.starts_at + timedelta(days=days_later)
        appointment = dataclasses.replace(before, starts_at=starts)
        chart.booked = dataclasses.replace(chart.booked, trigger=trigger, appointment=appointment)
        return chart.booked

    return act
