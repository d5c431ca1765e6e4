"""The row machinery: a segment's mapping is a table of rows, compiled once into closures that run without lookups."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.scope import Scope

#: Text of one repetition as sent -> value for FHIR, or None when there is no data.
Datatype: TypeAlias = Callable[[str, Scope], object | None]
#: The first repetition, the others, the scope -> whether the datatype function of the first has told the others too.
Rest: TypeAlias = Callable[[str, list[str], Scope], bool]
#: Whether a row holds for this segment.
Condition: TypeAlias = Callable[[Segment], bool]
_Put: TypeAlias = Callable[[str, Record, Scope], None]


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One row: source field -> target path by a datatype function, where the condition holds.

    The path is dotted; a last part ending in `[]` collects every repetition, else the first repetition counts and the
    first row that gives a value wins. `rest`: whether that value tells the other repetitions too, else they are
    counted.
    """

    field: int
    target: str
    datatype: Datatype
    when: Condition | None = None
    rest: Rest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentMap:
    """The rows of one segment for one resource type. `understood`: fields used or ignored outside the rows."""

    segment: str
    resource: str
    rows: tuple[FieldRow, ...]
    understood: tuple[int, ...] = ()


class CompiledMap:
    """A SegmentMap ready to run: call it with the segment, the resource to fill and the scope."""

    def __init__(self, table: SegmentMap) -> None:
        self.table = table
        self.segment = table.segment
        self.resource = table.resource
        self.rows = sorted(table.rows, key=lambda row: row.field)
        self.steps = tuple((row.field, _compile(row)) for row in self.rows)
        self.mapped = frozenset([row.field for row in table.rows]) | frozenset(table.understood)

    @cached_property
    def traced_steps(self) -> tuple[tuple[int, _Put], ...]:
        """The steps that also say where each value came from."""
        return tuple((row.field, _compile_traced(row)) for row in self.rows)

    def __call__(self, segment: Segment, resource: Record, scope: Scope) -> None:
        scope.segment = segment
        fields = segment.fields
        size = len(fields)
        here = self if scope.overlay is None else scope.overlay.of(self)
        for n, put in here.steps if scope.trace is None else here.traced_steps:
            if n >= size:
                break
            raw = fields[n]
            if raw:
                scope.field = n
                put(raw, resource, scope)


def _compile(row: FieldRow) -> _Put:
    *parents, last = row.target.split(".")
    put = _collect(last[:-2], row.datatype) if last.endswith("[]") else _single(last, row)
    if last == "end":
        put = _ending(put)
    for parent in reversed(parents):
        put = _inside(parent, put)
    return put if row.when is None else _guarded(row.when, put)


def _compile_traced(row: FieldRow) -> _Put:
    def read(raw: str, scope: Scope) -> object | None:
        value = row.datatype(raw, scope)
        return value if scope.trace is None else scope.trace.mark(value, raw)

    put = _compile(replace(row, datatype=read))
    *parents, name = row.target.removesuffix("[]").split(".")

    def put_traced(raw: str, resource: Record, scope: Scope) -> None:
        put(raw, resource, scope)
        holder: Record = resource
        for parent in parents:
            holder = holder.get(parent, {})
        if scope.trace is not None:
            scope.trace.note(holder, name, raw)

    return put_traced


def _single(name: str, row: FieldRow) -> _Put:
    datatype, told = row.datatype, row.rest

    def put(raw: str, resource: Record, scope: Scope) -> None:
        if name in resource:
            return
        if scope.repetition in raw:
            raw, *others = raw.split(scope.repetition)
            if any(others) and not (told and told(raw, others, scope)):
                scope.count_unmapped(f"{scope.segment.name}-{scope.field}[2]")
        value = datatype(raw, scope)
        if value is not None:
            resource[name] = value

    return put


def _collect(name: str, datatype: Datatype) -> _Put:
    def put(raw: str, resource: Record, scope: Scope) -> None:
        if scope.repetition in raw:
            for one in raw.split(scope.repetition):
                if one:
                    _append(resource, name, datatype(one, scope))
        else:
            _append(resource, name, datatype(raw, scope))

    return put


def _append(resource: Record, name: str, value: object | None) -> None:
    if value is None:
        return
    values = value if type(value) is list else (value,)
    known = resource.get(name)
    if known is None:
        if values:
            resource[name] = list(values)
    else:
        known.extend(values)


def _ending(inner: _Put) -> _Put:
    """The end of a period: it will be held against its start."""

    def put(raw: str, resource: Record, scope: Scope) -> None:
        scope.ends = True
        inner(raw, resource, scope)

    return put


def _inside(name: str, inner: _Put) -> _Put:
    def put(raw: str, resource: Record, scope: Scope) -> None:
        child = resource.get(name)
        if child is not None:
            inner(raw, child, scope)
            return
        child = {}
        inner(raw, child, scope)
        if child:
            resource[name] = child

    return put


def _guarded(when: Condition, inner: _Put) -> _Put:
    def put(raw: str, resource: Record, scope: Scope) -> None:
        if when(scope.segment):
            inner(raw, resource, scope)

    return put
