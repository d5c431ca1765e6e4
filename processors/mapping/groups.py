"""Segments to groups: patients, visits, orders, observations and schedules kept apart, tolerant of order and version.

Anchors open groups (PID a patient, PV1 a visit, ORC or OBR an order, OBX an observation, SCH a schedule, AL1, DG1, IN1
and the like a part); the others join the group that is open. So one grouping serves all messages of HL7 2.1 to 2.8,
which differ in what may be absent.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from processors.hl7.message import Message, Segment


class Result:
    """One OBX with its notes and the PRT that stand under it."""

    __slots__ = ("notes", "obx", "under")

    def __init__(self, obx: Segment) -> None:
        self.obx = obx
        self.notes: list[Segment] = _NONE
        self.under: list[Segment] = _NONE


#: No segments; never added to.
_NONE: list[Segment] = []


@dataclass(slots=True)
class Visit:
    """One PV1 with its PV2 and the ROL, PRT, ARV that follow."""

    pv1: Segment
    pv2: Segment | None = None
    under: list[Segment] = field(default_factory=list)
    notes: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class Part:
    """A segment of its own (AL1, DG1, IN1, TXA, RXE ...) and what stands under it: IN2 and IN3, RXR, ROL, notes, OBX.

    `visit`: the last PV1 before it; None where none came before.
    """

    segment: Segment
    visit: Visit | None = None
    under: list[Segment] = field(default_factory=list)
    notes: list[Segment] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    def all(self, name: str) -> list[Segment]:
        """The segments of that name under this one."""
        return [one for one in self.under if one.name == name]


@dataclass(slots=True)
class Order:
    """One order or report: ORC and OBR with timings, notes, observations and specimens; `parts`: RXO, RXE, DG1 ..."""

    orc: Segment | None = None
    obr: Segment | None = None
    visit: Visit | None = None
    timings: list[Segment] = field(default_factory=list)
    notes: list[Segment] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    specimens: list[Part] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    under: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class Patient:
    """One PID with what is said about that patient. `chosen`: the identifier that stands for them, as sent."""

    pid: Segment | None = None
    chosen: str = ""
    pd1: Segment | None = None
    merged: list[Segment] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    notes: list[Segment] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    under: list[Segment] = field(default_factory=list)
    people: bool = False
    """Whether a ROL or PRT stands under anything of this patient."""

    @property
    def empty(self) -> bool:
        """Nothing was said."""
        return self.pid is None and self.unnamed and not self.parts

    @property
    def unnamed(self) -> bool:
        """Neither visit nor order nor result yet: what came so far may belong to the PID that follows."""
        return self.pid is None and not self.visits and not self.orders and not self.results


@dataclass(slots=True)
class Schedule:
    """One SCH with its notes and resources (AIS, AIG, AIL, AIP), each with its notes."""

    sch: Segment
    notes: list[Segment] = field(default_factory=list)
    resources: list[Part] = field(default_factory=list)
    timings: list[Segment] = field(default_factory=list)
    under: list[Segment] = field(default_factory=list)


#: What an NTE (`notes`) or a ROL or PRT (`under`) may belong to.
_Owner: TypeAlias = Result | Visit | Part | Order | Patient | Schedule


@dataclass(slots=True)
class Groups:
    """A message in groups. `used` are the places of segments that found one."""

    patients: list[Patient] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)
    event: Segment | None = None
    software: list[Segment] = field(default_factory=list)
    answer: Segment | None = None
    errors: list[Segment] = field(default_factory=list)
    used: set[int] = field(default_factory=set)


class _Reader:
    """Walks over the segments once; `owner`: what the next NTE, ROL or PRT belongs to, `part`: RXR or IN2."""

    def __init__(self, specimens_first: bool, obr_first: bool) -> None:
        self.groups = Groups()
        self.patient = Patient()
        self.order: Order | None = None
        self.part: Part | None = None
        self.owner: _Owner | None = None
        self.specimens_first = specimens_first
        self.obr_first = obr_first or specimens_first
        self.specimen: Part | None = None

    def close(self) -> None:
        if not self.patient.empty:
            self.groups.patients.append(self.patient)

    def visit(self) -> Visit | None:
        visits = self.patient.visits
        return visits[-1] if visits else None

    def pid(self, segment: Segment) -> None:
        if self.patient.unnamed:
            self.patient.pid = segment
        else:
            self.close()
            self.patient = Patient(pid=segment)
        self.order = self.part = self.specimen = None
        self.owner = self.patient

    def pd1(self, segment: Segment) -> None:
        if self.patient.pd1 is None:
            self.patient.pd1 = segment
        else:
            self.groups.used.discard(segment.place)

    def mrg(self, segment: Segment) -> None:
        self.patient.merged.append(segment)

    def pv1(self, segment: Segment) -> None:
        visit = Visit(segment)
        self.patient.visits.append(visit)
        self.part = None
        self.owner = visit

    def pv2(self, segment: Segment) -> None:
        visit = self.visit()
        if visit is None or visit.pv2 is not None:
            self.groups.used.discard(segment.place)
        else:
            visit.pv2 = segment

    def orc(self, segment: Segment) -> None:
        order = self.order
        if self.obr_first and order is not None and order.orc is None and not order.results:
            order.orc = segment
            return
        self._order(Order(orc=segment, visit=self.visit()))

    def obr(self, segment: Segment) -> None:
        if self.order is None or self.order.obr is not None:
            self._order(Order(visit=self.visit()))
        assert self.order is not None
        self.order.obr = segment
        self.part = None
        self.owner = self.order

    def _order(self, order: Order) -> None:
        self.order = order
        if self.specimen is not None:
            order.specimens.append(self.specimen)
        self.patient.orders.append(order)
        self.part = None
        self.owner = order

    def obx(self, segment: Segment) -> None:
        result = Result(segment)
        part, order = self.part, self.order
        if part is not None and part.segment.name in _WITH_RESULTS:
            part.results.append(result)
        else:
            (self.patient.results if order is None else order.results).append(result)
        self.owner = result

    def spm(self, segment: Segment) -> None:
        part = self._open(segment)
        if self.specimens_first:
            self.specimen, self.order = part, None
            self.patient.parts.append(part)
        elif self.order is not None:
            self.order.specimens.append(part)
        else:
            self.patient.parts.append(part)

    def tq(self, segment: Segment) -> None:
        if self.part is not None and self.part.segment.name in _MEDICATION:
            self.part.under.append(segment)
        elif self.order is not None:
            self.order.timings.append(segment)
        elif self.groups.schedules:
            self.groups.schedules[-1].timings.append(segment)
        else:
            self.groups.used.discard(segment.place)

    def nte(self, segment: Segment) -> None:
        owner = self.owner
        if owner is None:
            self.groups.used.discard(segment.place)
        elif owner.notes is _NONE:
            owner.notes = [segment]
        else:
            owner.notes.append(segment)

    def anchor(self, segment: Segment) -> None:
        """A segment that opens a part of the patient."""
        self.patient.parts.append(self._open(segment))
        if segment.name in _CLOSE_ORDER:
            self.order = None

    def order_part(self, segment: Segment) -> None:
        """A segment that opens a part of the order that is open, else of the patient; RXA and the like open one."""
        if segment.name in _MEDICATION and self._is_next(segment.name):
            self._order(Order(visit=self.visit()))
        if self.order is None:
            self.anchor(segment)
        else:
            self.order.parts.append(self._open(segment))

    def _is_next(self, name: str) -> bool:
        """Senders of old vaccination records leave ORC out: each RXA is an order of its own then."""
        order = self.order
        return order is None or (order.orc is None and any(part.segment.name == name for part in order.parts))

    def _open(self, segment: Segment) -> Part:
        part = Part(segment, self.visit())
        self.part = part
        self.owner = part
        return part

    def follow(self, segment: Segment) -> None:
        """A segment that says more about the part that is open (IN2, RXR, SAC)."""
        if self.part is None:
            self.groups.used.discard(segment.place)
        else:
            self.part.under.append(segment)
            self.owner = self.part

    def person(self, segment: Segment) -> None:
        """ROL or PRT: someone's part in whatever was named last."""
        owner = self.owner
        self.patient.people = True
        if owner is None:
            self.groups.used.discard(segment.place)
        elif owner.under is _NONE:
            owner.under = [segment]
        else:
            owner.under.append(segment)

    def evn(self, segment: Segment) -> None:
        self.groups.event = self.groups.event or segment

    def sft(self, segment: Segment) -> None:
        self.groups.software.append(segment)

    def msa(self, segment: Segment) -> None:
        self.groups.answer = self.groups.answer or segment

    def err(self, segment: Segment) -> None:
        self.groups.errors.append(segment)

    def sch(self, segment: Segment) -> None:
        schedule = Schedule(segment)
        self.groups.schedules.append(schedule)
        self.part = None
        self.owner = schedule

    def rgs(self, _segment: Segment) -> None:
        self.owner = None

    def resource(self, segment: Segment) -> None:
        if self.groups.schedules:
            part = self._open(segment)
            self.part = None
            self.groups.schedules[-1].resources.append(part)
        else:
            self.groups.used.discard(segment.place)


#: Parts whose OBX belong to them and not to the patient.
_WITH_RESULTS = frozenset(("TXA", "PRB", "GOL", "PTH", "SPM", "CSS", "OM1", "RXA"))
#: Parts of an order that have routes, components and timings of their own.
_MEDICATION = frozenset(("RXO", "RXE", "RXD", "RXG", "RXA"))
#: Parts that can only follow when the orders before them are over.
_CLOSE_ORDER = frozenset(("TXA", "PRB", "GOL", "PTH", "FT1"))

_JOIN: dict[str, Callable[[_Reader, Segment], None]] = {
    "PID": _Reader.pid,
    "PD1": _Reader.pd1,
    "MRG": _Reader.mrg,
    "PV1": _Reader.pv1,
    "PV2": _Reader.pv2,
    "ORC": _Reader.orc,
    "OBR": _Reader.obr,
    "OBX": _Reader.obx,
    "SPM": _Reader.spm,
    "TQ1": _Reader.tq,
    "TQ2": _Reader.tq,
    "NTE": _Reader.nte,
    "EVN": _Reader.evn,
    "SFT": _Reader.sft,
    "MSA": _Reader.msa,
    "ERR": _Reader.err,
    "SCH": _Reader.sch,
    "RGS": _Reader.rgs,
    **dict.fromkeys(("AIS", "AIG", "AIL", "AIP"), _Reader.resource),
    **dict.fromkeys(
        (
            "NK1",
            "AL1",
            "IAM",
            "PR1",
            "GT1",
            "IN1",
            "ACC",
            "FT1",
            "TXA",
            "PRB",
            "GOL",
            "PTH",
            "RF1",
            "AUT",
            "PRD",
            "NPU",
        ),
        _Reader.anchor,
    ),
    **dict.fromkeys(("DG1", "RXO", "RXE", "RXD", "RXG", "RXA"), _Reader.order_part),
    **dict.fromkeys(("IN2", "IN3", "RXR", "RXC", "SAC", "CTD", "IAR"), _Reader.follow),
    **dict.fromkeys(("ROL", "PRT"), _Reader.person),
}


def group(message: Message, specimens_first: bool = False, obr_first: bool = False) -> Groups:
    """The groups of a message.

    `specimens_first`: an SPM stands before the orders made on it (OML^O33, OUL^R22); `obr_first`: OBR stands before the
    ORC of its order (those, and OUL^R24).
    """
    reader = _Reader(specimens_first, obr_first)
    used = reader.groups.used
    for segment in message.segments:
        join = _JOIN.get(segment.name)
        if join is not None:
            used.add(segment.place)
            join(reader, segment)
    reader.close()
    return reader.groups
