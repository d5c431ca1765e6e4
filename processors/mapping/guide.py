"""How much of HL7's v2-to-FHIR guide the tables cover: shown by probe messages, row by row, through their lineage.

A row of the guide counts as mapped only when a probe makes a value appear at its path that came from its field.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

from processors.mapping.convert import Origin

Verdict: TypeAlias = Literal["mapped", "deviates", "not mappable", "not mapped"]
VERDICTS: tuple[Verdict, ...] = ("mapped", "deviates", "not mappable", "not mapped")
#: What the guide writes in parentheses though it is no resource.
_DATATYPES = frozenset(("Annotation",))
_INDEX = re.compile(r"\[\d+\]")
_INNER = re.compile(r".*\(([A-Z][A-Za-z]+)\.?([^()]*)[()]*")
_SOURCE = re.compile(r"([A-Z][A-Z0-9]{2})\[\d+\]-(\d+)(?:\[\d+\])?(?:\.(\d+))?(?:\.(\d+))?")


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
        """The resource type that the table fills."""
        return self.table.partition("[")[2].rstrip("]").partition("-")[0]

    @property
    def counts(self) -> bool:
        """It has no narrative condition, so that a program can be held to it."""
        return self.condition != "narrative"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row is mapped otherwise (`deviates`) or not at all (`not mappable`)."""

    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A row, its verdict and, where it is not plainly mapped, the reason."""

    row: GuideRow
    verdict: Verdict
    reason: str = ""


#: (table, field, target) -> why it is otherwise.
Reasons: TypeAlias = Mapping[tuple[str, str, str], Reason]


#: A field that uses a datatype, and the component in which it stands; "" = it is the whole field.
User: TypeAlias = tuple[str, str]


@dataclass
class Evidence:
    """What the probes showed: (segment-field, component) -> where its values stand."""

    origins: list[Origin] = field(default_factory=list)

    @cached_property
    def _by_field(self) -> dict[str, set[tuple[str, str, str, str]]]:
        found: dict[str, set[tuple[str, str, str, str]]] = defaultdict(set)
        for origin in self.origins:
            source = _SOURCE.fullmatch(origin.source)
            if source is not None:
                name = f"{source.group(1)}-{source.group(2)}"
                kind = origin.resource.partition("/")[0]
                found[name].add((kind, plain(origin.path), source.group(3) or "", source.group(4) or ""))
        return found

    def shows(self, row: GuideRow) -> bool:
        """A value from the row's field stands at the row's path."""
        return any(reaches(row, kind, path) for kind, path, _, _ in self._by_field.get(row.field, ()))

    def shows_component(self, row: GuideRow, users: Iterable[User]) -> bool:
        """A value of the row's component stands where the datatype's table wants it, for one of the fields using it.

        A value of which only the field is known (a number, a date) counts where its path is the one wanted.
        """
        number = row.field.partition(".")[2].partition(".")[0]
        inner = _INNER.search(row.target)
        tail = plain(inner.group(2) if inner and inner.group(2) else row.target.partition("(")[0]).strip(".")
        anywhere = tail in ("$value", "$this", "")
        for name, within in users:
            for _, path, component, subcomponent in self._by_field.get(name, ()):
                part = (component or "1") if not within else subcomponent or "1" if component == within else ""
                if part == number and (anywhere or _ends(path, tail)):
                    return True
                if not component and "." in tail and _ends(path, tail):
                    return True
        return False


def _ends(path: str, tail: str) -> bool:
    return path == tail or path.endswith("." + tail) or f".{tail}." in f".{path}."


def plain(path: str) -> str:
    """A path without indexes and without the underscore of FHIR's primitive extensions."""
    return ".".join(part.removeprefix("_") for part in _INDEX.sub("", path).split("."))


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


def judge(row: GuideRow, shown: bool, reasons: Reasons) -> Judged:
    """The verdict on one row; what is shown needs no reason."""
    if shown:
        return Judged(row, "mapped")
    known = reasons.get((row.table, row.field, row.target))
    return Judged(row, known.verdict, known.text) if known else Judged(row, "not mapped")


def judge_segments(rows: Iterable[GuideRow], evidence: Evidence, reasons: Reasons) -> list[Judged]:
    """Verdicts on the rows of segments."""
    return [judge(row, evidence.shows(row), reasons) for row in rows]


def judge_datatypes(
    rows: Iterable[GuideRow], segments: Iterable[GuideRow], evidence: Evidence, reasons: Reasons
) -> list[Judged]:
    """Verdicts on the rows of datatypes, by the segment rows that use them."""
    rows = list(rows)
    users: dict[str, set[User]] = defaultdict(set)
    for one in segments:
        users[one.datatype.lower()].add((one.field, ""))
    for row in rows:
        number = row.field.partition(".")[2]
        whole = [field for field, within in users[row.table.lower()] if not within]
        users[row.datatype.lower()].update((field, number) for field in whole)
    return [judge(row, evidence.shows_component(row, users[row.table.lower()]), reasons) for row in rows]
