"""Patient pathways: which acts follow each other, and how many hospital minutes apart."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from streams.simulate import chart as acts
from streams.simulate.chart import Act
from streams.simulate.people import Person

UNITS = ("MED1", "MED2", "SURG1", "CARD")


@dataclass(frozen=True, slots=True)
class Step:
    """An act, so many hospital minutes after the one before."""

    minutes: float
    act: Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Pathway:
    """All that will happen to one patient."""

    name: str
    condition: str
    steps: tuple[Step, ...]


Story: TypeAlias = Callable[[random.Random, Person, Person], Pathway]


def ward_stay(chance: random.Random, _person: Person, _other: Person) -> Pathway:
    """An admission with daily rounds, now and then a transfer, a correction or a cancelled discharge."""
    condition = chance.choices(
        ("well", "renal", "sepsis", "bleed", "ketoacidosis", "hypoglycaemia", "hyponatraemia", "respiratory"),
        (76, 3, 6, 3, 3, 2, 2, 5),
    )[0]
    steps = [Step(0, acts.begin("A01", "I", chance.choice(UNITS))), Step(4, acts.vitals)]
    for turn in range(chance.randrange(1, 4)):
        steps += _round(chance, 0.5 if turn == 0 else -0.4)
    if chance.random() < 0.3:
        steps.insert(chance.randrange(2, len(steps)), Step(20, acts.transfer(chance.choice(UNITS))))
    if chance.random() < 0.3:
        steps.insert(chance.randrange(2, len(steps)), Step(9, acts.rehouse))
    return Pathway(name="ward_stay", condition=condition, steps=(*steps, *_leave(chance)))


def _round(chance: random.Random, change: float) -> list[Step]:
    panel = chance.choices(("bmp", "cbc", "lactate", "gas"), (50, 28, 12, 10))[0]
    steps = [
        Step(chance.uniform(20, 60), acts.after(change, acts.vitals)),
        Step(chance.uniform(3, 10), acts.order(panel, chance.choice("RRS"))),
    ]
    steps += chance.choices(
        (_plain, _staged, _corrected, _deleted, _cancelled, _withdrawn, _haemolysed), (64, 20, 5, 3, 4, 2, 2)
    )[0](panel)
    return steps


def _plain(panel: str) -> list[Step]:
    return [Step(25, acts.report(panel))]


def _staged(panel: str) -> list[Step]:
    return [Step(20, acts.report(panel, "P")), Step(15, acts.report(panel))]


def _corrected(panel: str) -> list[Step]:
    first = acts.PANELS[panel][0]
    usual = {"sodium": 139.0, "leukocytes": 7.1, "lactate": 1.4, "ph": 7.39}[first]
    return [Step(25, acts.report(panel)), Step(18, acts.correct(panel, "Repeated on a new specimen", **{first: usual}))]


def _deleted(panel: str) -> list[Step]:
    last = acts.PANELS[panel][-1]
    return [Step(25, acts.report(panel)), Step(12, acts.restate(panel, "D", "Reported in error", last))]


def _cancelled(panel: str) -> list[Step]:
    return [Step(15, acts.cannot(panel, "Specimen clotted"))]


def _withdrawn(panel: str) -> list[Step]:
    return [Step(6, acts.withdraw(panel))]


def _haemolysed(panel: str) -> list[Step]:
    act = acts.report(panel, "F", True, potassium=6.9) if panel == "bmp" else acts.report(panel, "F", True)
    return [Step(25, act)]


def _leave(chance: random.Random) -> list[Step]:
    steps = [Step(chance.uniform(30, 90), acts.plan_discharge)]
    if chance.random() < 0.2:
        steps += [Step(15, acts.restate_visit("A25")), Step(60, acts.plan_discharge)]
    if chance.random() < 0.3:
        steps.append(Step(8, acts.book(chance.randrange(3, 15), "After discharge")))
    steps.append(Step(chance.uniform(30, 60), acts.discharge))
    if chance.random() < 0.12:
        steps += [Step(10, acts.restate_visit("A13")), Step(40, acts.discharge)]
    return steps


def mistaken_admission(chance: random.Random, _person: Person, _other: Person) -> Pathway:
    """An admission that is cancelled."""
    steps = (Step(0, acts.begin("A01", "I", chance.choice(UNITS))), Step(12, acts.restate_visit("A11")))
    return Pathway(name="mistaken_admission", condition="well", steps=steps)


def unknown_arrival(_chance: random.Random, person: Person, _other: Person) -> Pathway:
    """An emergency without a name; the temporary record is merged, and one result still comes late under it."""
    steps = (
        Step(0, acts.unnamed(acts.begin("A04", "E", "ED"))),
        Step(3, acts.vitals),
        Step(4, acts.order("bmp", "S")),
        Step(2, acts.order("cbc", "S")),
        Step(22, acts.report("bmp")),
        Step(15, acts.swap(person, acts.restate_visit("A08"))),
        Step(2, acts.merge),
        Step(5, acts.unnamed(acts.report("cbc"))),
        Step(30, acts.swap(person, acts.discharge)),
    )
    return Pathway(name="unknown_arrival", condition="well", steps=steps)


def wrong_chart(chance: random.Random, person: Person, other: Person) -> Pathway:
    """Results posted for the wrong patient, taken back, and posted for the right one."""
    steps = (
        Step(0, acts.begin("A01", "I", chance.choice(UNITS))),
        Step(10, acts.order("bmp", "R")),
        Step(25, acts.report("bmp", potassium=7.1)),
        Step(14, acts.restate("bmp", "W", "Posted for the wrong patient")),
        Step(3, acts.swap(other, acts.begin("A01", "I", chance.choice(UNITS)))),
        Step(2, acts.order("bmp", "R")),
        Step(2, acts.report("bmp", potassium=7.1)),
        Step(60, acts.discharge),
        Step(9, acts.swap(person, acts.order("cbc", "R"))),
        Step(25, acts.report("cbc")),
        Step(60, acts.discharge),
    )
    return Pathway(name="wrong_chart", condition="well", steps=steps)


def clinic_visit(chance: random.Random, _person: Person, _other: Person) -> Pathway:
    """An appointment that is kept, with point-of-care results; or moved, cancelled, or missed."""
    way = chance.choices(("kept", "moved", "cancelled", "missed"), (55, 17, 16, 12))[0]
    far = way in ("moved", "cancelled")
    steps = [Step(0, acts.book(chance.randrange(1, 21) if far else 0, "Follow-up"))]
    steps += _CLINIC_WAYS[way]
    condition = chance.choices(("well", "ketoacidosis", "renal"), (90, 5, 5))[0]
    return Pathway(name=f"clinic_{way}", condition=condition, steps=tuple(steps))


_KEPT = (
    Step(8, acts.begin("A04", "O", "CLIN")),
    Step(5, acts.after(0.8, acts.vitals)),
    Step(4, acts.order("bmp")),
    Step(12, acts.report("bmp")),
    Step(6, acts.rehouse),
)
_CLINIC_WAYS: Mapping[str, tuple[Step, ...]] = MappingProxyType(
    {
        "kept": _KEPT,
        "moved": (Step(30, acts.rebook("S13", 7)),),
        "cancelled": (Step(25, acts.rebook("S13", 3)), Step(40, acts.rebook("S15"))),
        "missed": (Step(25, acts.rebook("S26")),),
    }
)

ANYBODY: tuple[tuple[Story, int], ...] = (
    (ward_stay, 65),
    (clinic_visit, 27),
    (mistaken_admission, 3),
    (unknown_arrival, 3),
    (wrong_chart, 2),
)


def opening_renal(_chance: random.Random, _person: Person, _other: Person) -> Pathway:
    """First on stage: a potassium of 6.8 within a few messages, and its repeat."""
    steps = (
        Step(0, acts.begin("A01", "I", "MED1")),
        Step(0.5, acts.order("bmp", "S")),
        Step(1, acts.after(0.8, acts.report("bmp", potassium=6.8))),
        Step(4, acts.vitals),
        Step(12, acts.order("bmp", "S")),
        Step(6, acts.after(-0.3, acts.report("bmp", potassium=6.4))),
        Step(25, acts.order("bmp")),
        Step(20, acts.after(-0.5, acts.report("bmp", potassium=5.0))),
        Step(30, acts.plan_discharge),
        Step(40, acts.discharge),
    )
    return Pathway(name="opening_renal", condition="renal", steps=steps)


def opening_correction(_chance: random.Random, _person: Person, _other: Person) -> Pathway:
    """A critical potassium that the laboratory corrects: the task is withdrawn."""
    steps = (
        Step(0.3, acts.begin("A01", "I", "SURG1")),
        Step(1, acts.order("bmp", "S")),
        Step(1, acts.report("bmp", potassium=7.2)),
        Step(50, acts.correct("bmp", "Repeated on a new specimen", potassium=4.4)),
        Step(30, acts.vitals),
        Step(40, acts.plan_discharge),
        Step(40, acts.discharge),
    )
    return Pathway(name="opening_correction", condition="well", steps=steps)


def opening_discharge(_chance: random.Random, _person: Person, _other: Person) -> Pathway:
    """A discharge that is planned while an order is still open."""
    steps = (
        Step(0.6, acts.begin("A01", "I", "CARD")),
        Step(1, acts.vitals),
        Step(1, acts.order("cbc")),
        Step(2, acts.order("bmp")),
        Step(15, acts.plan_discharge),
        Step(10, acts.report("cbc")),
        Step(45, acts.discharge),
        Step(25, acts.report("bmp")),
    )
    return Pathway(name="opening_discharge", condition="well", steps=steps)


def opening_missed(_chance: random.Random, _person: Person, _other: Person) -> Pathway:
    """An appointment that the patient does not keep."""
    steps = (Step(1.5, acts.book(0, "Follow-up")), Step(35, acts.rebook("S26")))
    return Pathway(name="opening_missed", condition="well", steps=steps)


def opening_sepsis(_chance: random.Random, _person: Person, _other: Person) -> Pathway:
    """A septic patient: raised lactate and failing vital signs."""
    steps = (
        Step(0.8, acts.begin("A01", "E", "ED")),
        Step(0.7, acts.after(1.0, acts.vitals)),
        Step(1, acts.order("lactate", "S")),
        Step(2, acts.report("lactate", lactate=5.3)),
        Step(2, acts.order("cbc", "S")),
        Step(10, acts.report("cbc", "P")),
        Step(5, acts.transfer("ICU")),
        Step(5, acts.report("cbc")),
        Step(20, acts.after(-0.4, acts.vitals)),
        Step(60, acts.plan_discharge),
        Step(60, acts.discharge),
    )
    return Pathway(name="opening_sepsis", condition="sepsis", steps=steps)


def opening_glucose(_chance: random.Random, _person: Person, _other: Person) -> Pathway:
    """A clinic patient with a very low glucose."""
    steps = (
        Step(1, acts.begin("A04", "O", "CLIN")),
        Step(2, acts.order("bmp")),
        Step(2, acts.report("bmp", glucose=2.0)),
        Step(10, acts.vitals),
    )
    return Pathway(name="opening_glucose", condition="well", steps=steps)


#: The first patients of every run, so that each kind of task shows soon.
OPENING: tuple[Story, ...] = (
    opening_renal,
    opening_correction,
    opening_discharge,
    opening_missed,
    opening_sepsis,
    opening_glucose,
)


def choose(chance: random.Random) -> Story:
    """A story for the next newcomer."""
    return chance.choices([story for story, _ in ANYBODY], [weight for _, weight in ANYBODY])[0]
