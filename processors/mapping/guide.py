"""How much of HL7's v2-to-FHIR guide the tables cover: shown by probe messages, row by row, through their lineage.

A row of a segment counts as mapped only when a probe makes a value appear at its path that came from its field; a row
of a datatype only when a value that came from its component appears at its path, below the path of a field using it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, TypeAlias

from processors.hl7.message import Message
from processors.mapping.convert import Origin

Verdict: TypeAlias = Literal["mapped", "deviates", "not mappable", "not mapped"]
VERDICTS: tuple[Verdict, ...] = ("mapped", "deviates", "not mappable", "not mapped")
#: What the guide writes in parentheses though it is no resource.
_DATATYPES = frozenset(("Annotation",))
#: Resource types that tables of datatypes fill, by what stands in their names.
_RESOURCES = {
    name.lower(): name
    for name in (
        "Appointment",
        "Condition",
        "Device",
        "DocumentReference",
        "Location",
        "MedicationRequest",
        "MessageHeader",
        "Organization",
        "Patient",
        "Practitioner",
        "PractitionerRole",
        "Procedure",
        "RelatedPerson",
        "ServiceRequest",
        "Specimen",
        "Task",
    )
}
#: Tables whose rows begin with a number instead of the resource that they mean.
_NUMBERED = {"NDL[PractitionerRole]": "Location"}
#: The field whose datatype another one (OBX-2) names.
_ANY_TYPE = ("OBX", "5", 2)
_INDEX = re.compile(r"\[[-\d]+[]}]?")
_SLICE = re.compile(r":[\w-]+")
_INNER = re.compile(r".*\(([A-Z][A-Za-z]+)\.?([^()]*)[()]*")
_SOURCE = re.compile(r"(([A-Z][A-Z0-9]{2})\[\d+\])-(\d+)(?:\[(\d+)\])?(?:\.(\d+))?(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class GuideRow:
    """One row of the guide: `table` as `PV1[Encounter]`, `field` as PV1-2 (CX.1 in tables of datatypes), `target` path.

    `condition`: "" none, `stated` one that can be computed, `narrative` one in words.
    """

    table: str
    field: str
    target: str
    datatype: str = ""
    vocabulary: str = ""
    condition: str = ""

    @property
    def resource(self) -> str:
        """What the table fills: a resource type, in tables of datatypes also a type of FHIR."""
        return self.table.partition("[")[2].rstrip("]").partition("-")[0]

    @property
    def component(self) -> str:
        """The number of the component, in tables of datatypes."""
        return self.field.partition(".")[2]

    @property
    def counts(self) -> bool:
        """It has no narrative condition, so that a program can be held to it."""
        return self.condition != "narrative"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row is mapped otherwise (`deviates`) or not at all (`not mappable`).

    `path`: the guide misspells its path, or R4 has the element there; the row is mapped where a value is shown at it.
    """

    verdict: Verdict
    text: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A row, its verdict and, where it is not plainly mapped, the reason."""

    row: GuideRow
    verdict: Verdict
    reason: str = ""


#: (table, field, target) -> why it is otherwise.
Reasons: TypeAlias = Mapping[tuple[str, str, str], Reason]
#: A resource type, and a path in it.
At: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """A value of a probe: its field as PV1-2, component and subcomponent ("" = of several), and where it stands.

    `type`: the datatype of a field that may have any (OBX-5).
    """

    field: str
    component: str
    subcomponent: str
    at: At
    type: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """A use of a datatype: the field, the component in which it stands ("" = it is the whole field), where it goes."""

    field: str
    within: str
    homes: tuple[At, ...]
    type: str = ""


def shown(origins: Iterable[Origin], message: Message) -> Iterator[Shown]:
    """The lineage of a message by field and component; what has one component only is its first."""
    segments = {segment.path(): segment for segment in message.segments}
    marks = message.delimiters
    for origin in origins:
        source = _SOURCE.fullmatch(origin.source)
        segment = segments.get(source.group(1)) if source is not None else None
        if source is None or segment is None:
            continue
        name, n, repetition, component, subcomponent = (part or "" for part in source.groups()[1:])
        text = segment.raw(int(n))
        if repetition:
            text = text.split(marks.repetition)[int(repetition) - 1]
        if not component and marks.component not in text and (repetition or marks.repetition not in text):
            component = "1"
        if component and not subcomponent:
            part = text.split(marks.repetition)[0].split(marks.component)[int(component) - 1 :]
            subcomponent = "1" if part and marks.subcomponent not in part[0] else ""
        kind = segment.text(_ANY_TYPE[2]).upper() if (name, n) == _ANY_TYPE[:2] else ""
        at = origin.resource.partition("/")[0], plain(origin.path)
        yield Shown(f"{name}-{n}", component, subcomponent, at, kind)


@dataclass
class Evidence:
    """What the probes showed."""

    values: list[Shown] = field(default_factory=list)

    @cached_property
    def _by_field(self) -> dict[str, set[Shown]]:
        found: dict[str, set[Shown]] = defaultdict(set)
        for one in self.values:
            found[one.field].add(one)
        return found

    def shows(self, row: GuideRow) -> bool:
        """A value from the row's field stands at the row's path."""
        return any(reaches(row, *one.at) for one in self._by_field.get(row.field, ()))

    def shows_component(self, row: GuideRow, users: Iterable[User]) -> bool:
        """A value of the row's component stands where the datatype's table wants it, for one of the fields using it."""
        return any(
            _of(row.component, user, one) and any(_covers(at, one.at) for at in wanted)
            for user in users
            for wanted in [[at for home in user.homes for at in places(row, home)]]
            for one in self._by_field.get(user.field, ())
        )


def _of(number: str, user: User, one: Shown) -> bool:
    """The value is of that component of the datatype, as this field uses it."""
    if one.type and one.type != user.type:
        return False
    if user.within:
        return one.component == user.within and one.subcomponent == number
    return one.component == number


def _covers(wanted: At, found: At) -> bool:
    """At the path or below it; what an extension adds to an element is not the element."""
    if wanted[0] != found[0] or not (not wanted[1] or _below(found[1], wanted[1])):
        return False
    return not found[1][len(wanted[1]) :].startswith(".extension")


def places(row: GuideRow, home: At) -> tuple[At, ...]:
    """Where a row's target may stand, seen from where its table is used."""
    target = plain(row.target)
    kind, path = home
    if target.startswith(".") and row.table in _NUMBERED:
        kind, path = _NUMBERED[row.table], ""
    inner = _INNER.search(target)
    if inner is not None:
        wanted, below = inner.group(1), inner.group(2).strip(".")
        if below and wanted not in _DATATYPES:
            return ((wanted, below),)
        # A reference, which stands in what is named before the resource that it is to.
        outer = replace(row, target=target.rpartition("(")[0])
        return tuple((of, _joined(at, below)) for of, at in places(outer, home))
    if target in ("$value", "$this"):
        return (home,)
    target = target.removeprefix(f"{row.resource}.").strip(".")
    above, _, last = path.rpartition(".")
    if last and (target == last or target.startswith(last + ".")):
        # Some tables begin with the element that the row using them has named already.
        return ((kind, _joined(path, target)), (kind, _joined(above, target)))
    return ((kind, _joined(path, target)),)


def _joined(*parts: str) -> str:
    return ".".join(part.strip(".") for part in parts if part.strip("."))


def plain(path: str) -> str:
    """A path without indexes, names of slices and the underscore of FHIR's primitive extensions."""
    return ".".join(part.removeprefix("_") for part in _SLICE.sub("", _INDEX.sub("", path)).split("."))


def reaches(row: GuideRow, kind: str, path: str) -> bool:
    """A path of a resource type is the row's target or lies below it."""
    inner = _INNER.search(row.target)
    if inner is not None:
        wanted, below = inner.group(1), plain(inner.group(2).strip("."))
        outer = row.target.partition("(")[0].rstrip(".")
        if wanted in _DATATYPES:
            return kind == row.resource and _below(path, plain(f"{outer}.{below}".rstrip(".")))
        if kind == wanted:
            return not below or _below(path, below)
        return not below and kind == row.resource and _below(path, plain(outer))
    if kind != row.resource:
        return False
    return row.target == "$this" or _below(path, plain(row.target))


def _below(path: str, target: str) -> bool:
    return path == target or path.startswith(target + ".")


def _spelled(row: GuideRow, reasons: Reasons) -> GuideRow:
    """The row with its path as R4 has it."""
    known = reasons.get((row.table, row.field, row.target))
    return replace(row, target=known.path) if known is not None and known.path else row


def judge(row: GuideRow, shown: bool, reasons: Reasons) -> Judged:
    """The verdict on one row; what is shown needs no reason, unless at a path that the guide spells otherwise."""
    known = reasons.get((row.table, row.field, row.target))
    if shown:
        return Judged(row, "mapped", known.text if known and known.path else "")
    return Judged(row, known.verdict, known.text) if known and not known.path else Judged(row, "not mapped")


def judge_segments(rows: Iterable[GuideRow], evidence: Evidence, reasons: Reasons) -> list[Judged]:
    """Verdicts on the rows of segments."""
    return [judge(row, evidence.shows(_spelled(row, reasons)), reasons) for row in rows]


def judge_datatypes(
    rows: Iterable[GuideRow], segments: Iterable[GuideRow], evidence: Evidence, reasons: Reasons
) -> list[Judged]:
    """Verdicts on the rows of datatypes, by the segment rows that use them."""
    rows = list(rows)
    users = uses([_spelled(one, reasons) for one in rows], [_spelled(one, reasons) for one in segments])
    return [
        judge(row, evidence.shows_component(_spelled(row, reasons), users[row.table.lower()]), reasons) for row in rows
    ]


def uses(rows: Iterable[GuideRow], segments: Iterable[GuideRow]) -> dict[str, list[User]]:
    """Table of a datatype (in small letters) -> the fields that use it, whole or in a component."""
    rows = list(rows)
    found: dict[str, list[User]] = defaultdict(list)
    for one in segments:
        if one.datatype:
            homes = _homes(one.datatype, places(one, (one.resource, "")))
            found[one.datatype.lower()].append(User(one.field, "", homes, one.datatype.partition("[")[0]))
    for table in [*found]:
        for user in found[table]:
            for row in rows:
                if row.datatype and row.table.lower() == table and not user.within:
                    at = tuple(at for home in user.homes for at in places(row, home))
                    made = User(user.field, row.component, _homes(row.datatype, at), user.type)
                    found[row.datatype.lower()].append(made)
    return found


def _homes(datatype: str, at: tuple[At, ...]) -> tuple[At, ...]:
    """A table that fills a resource starts there, wherever that is referred to."""
    resource, _, path = datatype.partition("[")[2].rstrip("]").partition("-")[0].partition(".")
    named = _RESOURCES.get(resource.lower())
    return ((named, path),) if named else at
