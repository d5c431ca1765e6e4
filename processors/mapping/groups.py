"""Segments to groups: patients, visits, orders, observations and schedules kept apart, tolerant of order and version.

Anchors open groups (PID a patient, ORC or OBR an order, OBX an observation, SCH a schedule); the others join the group
that is open. So one grouping serves ORU, ORM, OML, ADT and SIU of HL7 2.1 to 2.8, which differ in what may be absent.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from processors.hl7.message import Message, Segment


@dataclass(slots=True)
class Result:
    """One OBX with its notes."""

    obx: Segment
    notes: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class Order:
    """One order or report: ORC and OBR with notes, observations and specimens."""

    orc: Segment | None = None
    obr: Segment | None = None
    timing: Segment | None = None
    notes: list[Segment] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    specimens: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class Patient:
    """One PID with what is said about that patient. `chosen`: the identifier that stands for them, as sent."""

    pid: Segment | None = None
    chosen: str = ""
    pd1: Segment | None = None
    merged: list[Segment] = field(default_factory=list)
    contacts: list[Segment] = field(default_factory=list)
    pv1: Segment | None = None
    pv2: Segment | None = None
    orders: list[Order] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    notes: list[Segment] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Nothing was said."""
        return self.pid is None and self.pv1 is None and not self.orders and not self.results


@dataclass(slots=True)
class Schedule:
    """One SCH with its notes and resources (AIS, AIG, AIL, AIP)."""

    sch: Segment
    notes: list[Segment] = field(default_factory=list)
    resources: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class Groups:
    """A message in groups. `used` are the places of segments that found one."""

    patients: list[Patient] = field(default_factory=list)
    schedule: Schedule | None = None
    event: Segment | None = None
    used: set[int] = field(default_factory=set)


class _Reader:
    """Walks over the segments once; `notes` is where the next NTE belongs."""

    def __init__(self) -> None:
        self.groups = Groups()
        self.patient = Patient()
        self.order: Order | None = None
        self.notes: list[Segment] | None = None

    def close(self) -> None:
        if not self.patient.empty:
            self.groups.patients.append(self.patient)

    def pid(self, segment: Segment) -> None:
        self.close()
        self.patient = Patient(pid=segment)
        self.order = None
        self.notes = self.patient.notes

    def pd1(self, segment: Segment) -> None:
        self.patient.pd1 = segment

    def mrg(self, segment: Segment) -> None:
        self.patient.merged.append(segment)

    def nk1(self, segment: Segment) -> None:
        self.patient.contacts.append(segment)

    def pv1(self, segment: Segment) -> None:
        if self.patient.pv1 is None:
            self.patient.pv1 = segment

    def pv2(self, segment: Segment) -> None:
        if self.patient.pv2 is None:
            self.patient.pv2 = segment

    def orc(self, segment: Segment) -> None:
        self.order = Order(orc=segment)
        self.patient.orders.append(self.order)
        self.notes = self.order.notes

    def obr(self, segment: Segment) -> None:
        if self.order is None or self.order.obr is not None:
            self.order = Order()
            self.patient.orders.append(self.order)
        self.order.obr = segment
        self.notes = self.order.notes

    def obx(self, segment: Segment) -> None:
        result = Result(segment)
        (self.patient.results if self.order is None else self.order.results).append(result)
        self.notes = result.notes

    def spm(self, segment: Segment) -> None:
        if self.order is not None:
            self.order.specimens.append(segment)
            self.notes = None
        else:
            self.groups.used.discard(segment.place)

    def tq1(self, segment: Segment) -> None:
        if self.order is not None and self.order.timing is None:
            self.order.timing = segment
        else:
            self.groups.used.discard(segment.place)

    def nte(self, segment: Segment) -> None:
        if self.notes is None:
            self.groups.used.discard(segment.place)
        else:
            self.notes.append(segment)

    def evn(self, segment: Segment) -> None:
        self.groups.event = self.groups.event or segment

    def sch(self, segment: Segment) -> None:
        if self.groups.schedule is None:
            self.groups.schedule = Schedule(segment)
            self.notes = self.groups.schedule.notes

    def rgs(self, _segment: Segment) -> None:
        self.notes = None

    def resource(self, segment: Segment) -> None:
        if self.groups.schedule is not None:
            self.groups.schedule.resources.append(segment)
            self.notes = None


_JOIN: dict[str, Callable[[_Reader, Segment], None]] = {
    "PID": _Reader.pid,
    "PD1": _Reader.pd1,
    "MRG": _Reader.mrg,
    "NK1": _Reader.nk1,
    "PV1": _Reader.pv1,
    "PV2": _Reader.pv2,
    "ORC": _Reader.orc,
    "OBR": _Reader.obr,
    "OBX": _Reader.obx,
    "SPM": _Reader.spm,
    "TQ1": _Reader.tq1,
    "NTE": _Reader.nte,
    "EVN": _Reader.evn,
    "SCH": _Reader.sch,
    "RGS": _Reader.rgs,
    "AIS": _Reader.resource,
    "AIG": _Reader.resource,
    "AIL": _Reader.resource,
    "AIP": _Reader.resource,
}


def group(message: Message, segments: frozenset[str]) -> Groups:
    """The groups of a message; only segments of these names take part (the message table says which)."""
    reader = _Reader()
    used = reader.groups.used
    for segment in message.segments:
        join = _JOIN.get(segment.name) if segment.name in segments else None
        if join is not None:
            used.add(segment.place)
            join(reader, segment)
    reader.close()
    return reader.groups
