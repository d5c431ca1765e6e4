"""The simulated hospital: patients come and go, and what happens to them becomes one stream of messages."""

import dataclasses
import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from streams.simulate import faults, pathways
from streams.simulate.chart import Chart
from streams.simulate.dialects import DIALECTS, Dialect, stamp
from streams.simulate.events import Event, Movement, Reported
from streams.simulate.messages import message_type, write
from streams.simulate.pathways import Step
from streams.simulate.people import dice, person

#: Hospital minutes between the arrivals of the first patients; afterwards one comes when another goes.
ARRIVAL_GAP = 4.0
#: A sender that repeats itself repeats what it sent so many messages ago.
RESENT_AFTER = 30
#: Persons with numbers from here on are only ever the second person of a story.
OTHERS_FROM = 45_000
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to simulate. The same plan gives the same bytes."""

    seed: int
    start: datetime
    """Time of the first message (aware); all times in the messages follow from it."""
    interval_s: float
    """Seconds from one message to the next."""
    patients: int = 50
    """How many patients are about at a time."""
    newcomers: bool = False
    """Someone new comes when one goes, without end; else the stream ends with the last patient."""
    fault_share: float = 0.05
    """Broken messages and retransmissions for each good message, from the 20th message on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message to send, and what the simulation knows of it."""

    number: int
    at_s: float
    """Seconds after the start when it is due."""
    feed: str
    type: str
    control_id: str
    data: bytes
    well_formed: bool = True
    fault: str = ""
    """Name in `faults.FAULTS`, or "" for none."""
    duplicate_of: str = ""
    """Control id of the message that this one repeats."""
    story: str = ""


def run_mark(start: datetime) -> str:
    """Six characters that tell this run's numbers from another's: the start in seconds, base 36."""
    seconds, mark = int(start.timestamp()), ""
    while seconds:
        seconds, digit = divmod(seconds, 36)
        mark = _DIGITS[digit] + mark
    return mark.rjust(6, "0")[-6:]


def messages(plan: Plan) -> Iterator[Outgoing]:
    """The hospital's messages in the order of sending."""
    return _Hospital(plan).stream()


@dataclass(slots=True)
class _Patient:
    """One pathway under way."""

    chart: Chart
    steps: Iterator[Step]
    story: str


class _Hospital:
    """The waiting list of next acts, by hospital minute, and the counters."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._chance = dice(plan.seed, "hospital")
        self._mark = run_mark(plan.start)
        self._sent = 0
        self._arrived = 0
        self._agenda: list[tuple[float, int, Step, _Patient]] = []
        self._turn = 0
        self._misfortunes = 0
        self._lately: deque[Outgoing] = deque(maxlen=RESENT_AFTER)

    def stream(self) -> Iterator[Outgoing]:
        for place in range(self._plan.patients):
            self._arrive(max(0.0, (place - len(pathways.OPENING) + 1) * ARRIVAL_GAP))
        while self._agenda:
            minute, _, step, patient = heapq.heappop(self._agenda)
            good = self._good(step.act(patient.chart, self._now()), patient)
            self._sent += 1
            self._lately.append(good)
            yield good
            if self._sent >= 20 and self._chance.random() < self._plan.fault_share:
                bad = self._misfortune(good)
                self._sent += 1
                yield bad
            self._proceed(minute, patient)

    def _arrive(self, minute: float) -> None:
        number = self._arrived
        self._arrived += 1
        chance = dice(self._plan.seed, "pathway", number)
        story = pathways.OPENING[number] if number < len(pathways.OPENING) else pathways.choose(chance)
        who = person(self._plan.seed, number)
        pathway = story(chance, who, person(self._plan.seed, OTHERS_FROM + number))
        chart = Chart(who, self._mark, number, chance, pathway.condition)
        self._schedule(minute, _Patient(chart, iter(pathway.steps), pathway.name))

    def _schedule(self, minute: float, patient: _Patient) -> bool:
        step = next(patient.steps, None)
        if step is None:
            return False
        self._turn += 1
        heapq.heappush(self._agenda, (minute + step.minutes, self._turn, step, patient))
        return True

    def _proceed(self, minute: float, patient: _Patient) -> None:
        if not self._schedule(minute, patient) and self._plan.newcomers:
            self._arrive(minute + ARRIVAL_GAP)

    def _now(self) -> datetime:
        return self._plan.start + timedelta(seconds=self._due_s())

    def _due_s(self) -> float:
        return self._sent * self._plan.interval_s

    def _good(self, event: Event, patient: _Patient) -> Outgoing:
        dialect = DIALECTS[feed_of(event)]
        number = self._control_id(dialect)
        return Outgoing(
            number=self._sent,
            at_s=self._due_s(),
            feed=dialect.feed,
            type=message_type(event, dialect),
            control_id=number,
            data=write(event, dialect, number, self._now()),
            story=patient.story,
        )

    def _misfortune(self, good: Outgoing) -> Outgoing:
        turn, once_more = divmod(self._misfortunes, 2)
        self._misfortunes += 1
        if once_more:
            return self._repeat(self._lately[0])
        dialect = DIALECTS[good.feed]
        fault = tuple(faults.FAULTS)[turn % len(faults.FAULTS)]
        number = self._control_id(dialect)
        copy = good.data.replace(good.control_id.encode(), number.encode(), 1)
        return dataclasses.replace(
            good,
            number=self._sent,
            at_s=self._due_s(),
            control_id=number,
            data=faults.FAULTS[fault](copy),
            fault=fault,
            well_formed=fault in faults.WELL_FORMED,
        )

    def _repeat(self, before: Outgoing) -> Outgoing:
        data = faults.resend(before.data, stamp(DIALECTS[before.feed], self._now()))
        return dataclasses.replace(
            before, number=self._sent, at_s=self._due_s(), data=data, duplicate_of=before.control_id
        )

    def _control_id(self, dialect: Dialect) -> str:
        return control_id(dialect, self._mark, self._sent)


def control_id(dialect: Dialect, mark: str, number: int) -> str:
    """MSH-10: unique over all runs, at most 20 characters."""
    return f"{dialect.feed[0].upper()}{mark}{number:07d}"


def feed_of(event: Event) -> str:
    """Which sender tells of the event."""
    if event.visit.kind == "O":
        return "clinic"
    if isinstance(event, Movement) or (isinstance(event, Reported) and event.order.panel == "vitals"):
        return "adt"
    return "lab"
