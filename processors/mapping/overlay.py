"""What a site changes in the mapping, compiled once per site: code maps and overrides in our tables, and own rows.

A site's own row reads a field of any segment, Z-segments too, and fills the resource of the group that is open there.
"""

from collections.abc import Iterable
from typing import Any

from processors.fhir.elements import elements
from processors.hl7.message import Message, Segment
from processors.mapping.code_maps import FieldCodes, coded, field_codes, recoded
from processors.mapping.coverage import TABLES
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.site_places import open_resource
from processors.mapping.site_rows import field_row, target_of
from processors.mapping.values import Value
from processors.sites import EVENT_TIME, Override, Place, Site, place

_CODED_VALUE = "OBX-5"


class Overlay:
    """One site's changes. Raises ValueError where the site names a row or a place that there is not."""

    def __init__(self, site: Site) -> None:
        self._codes = field_codes(site)
        self._overrides = {
            (_field(one.source), one.resource or one.to.partition(".")[0]): one for one in site.overrides
        }
        self._derived: dict[int, tuple[CompiledMap, CompiledMap]] = {}
        self._rows = self._compiled(site)
        self._ignored = {_field(name) for name in site.ignored}
        self._off = frozenset(_field(one.source) for one in site.overrides if one.off)
        self._open = frozenset(field for field in self._off if not self._still_mapped(field))
        self._times = None if site.event_time == EVENT_TIME else tuple(place(name) for name in site.event_time)
        self.shortcuts = not any(field[0] == "OBX" for field, _ in self._overrides)
        """Whether results may be read past the rows where that gives the same."""

    @staticmethod
    def of_site(site: Site) -> "Overlay | None":
        """None for a site that changes nothing."""
        changed = site.codes or site.observation_codes or site.rows or site.overrides or site.ignored
        return Overlay(site) if changed or site.event_time != EVENT_TIME else None

    def of(self, table: CompiledMap) -> CompiledMap:
        """Our table as this site has it."""
        known = self._derived.get(id(table))
        if known is None:
            known = self._derived[id(table)] = (table, self._derive(table))
        return known[1]

    def value(self, value: Value | None, raw: str, scope: Scope) -> Value | None:
        """OBX-5 by the site's codes."""
        codes = self._codes.get(_CODED_VALUE)
        if codes is None or value is None or value[0] != "valueCodeableConcept":
            return value
        found = codes.find(scope.texts(raw))
        return value if found is None else (value[0], recoded(value[1], found, codes))

    def extend(self, pids: list[Segment | None], scope: Scope) -> None:
        """Run the site's own rows over the segments of these patients, into the bundle that is being written."""
        if not self._rows:
            return
        share = _share(pids, scope.message)
        if not any(segment.name in self._rows for segment in share):
            return
        by_source: dict[tuple[str, str], str] = {}
        for identity, source in scope.bundle.sources.items():
            by_source.setdefault((source, scope.bundle.resources[identity]["resourceType"]), identity)
        for at, segment in enumerate(share):
            for rows in self._rows.get(segment.name, ()):
                found = open_resource(share, at, rows.resource, by_source)
                if found is not None:
                    _fill(found, segment, rows, scope)
                    scope.taken.update((segment.place, n) for n in rows.mapped)

    def is_mapped(self, segment: Segment, n: int, scope: Scope) -> bool:
        """Whether a field that no row of ours maps is mapped or rightly ignored all the same."""
        return (segment.place, n) in scope.taken or (segment.name, n) in self._ignored

    def unmapped(self, message: Message, scope: Scope) -> Iterable[tuple[Segment, int]]:
        """Fields whose rows are all switched off, where they stand."""
        for name, n in sorted(self._open):
            for segment in message.all(name):
                if segment.raw(n) and not self.is_mapped(segment, n, scope):
                    yield segment, n

    def event_time(self, message: Message) -> list[tuple[Segment | None, int]] | None:
        """Where the time of the event may stand, by the site's policy; None = by ours."""
        if self._times is None:
            return None
        return [(message.first(at.segment), at.field) for at in self._times]

    def _compiled(self, site: Site) -> dict[str, list[CompiledMap]]:
        tables: dict[tuple[str, str], list[FieldRow]] = {}
        for one in site.rows:
            resource, row = field_row(one)
            kind = target_of(one)[2].type
            rows = self._with_codes(place(one.source).segment, row, kind)
            tables.setdefault((place(one.source).segment, resource), []).extend(rows)
        found: dict[str, list[CompiledMap]] = {}
        for (segment, resource), all_rows in tables.items():
            made = CompiledMap(SegmentMap(segment=segment, resource=resource, rows=tuple(all_rows)))
            self._derived[id(made)] = (made, made)  # what the site changes in our rows does not concern its own
            found.setdefault(segment, []).append(made)
        return found

    def _derive(self, table: CompiledMap) -> CompiledMap:
        rows: list[FieldRow] = []
        replaced: set[Any] = set()
        for row in table.table.rows:
            override = self._override(table.segment, row.field, table.resource)
            if override is None:
                rows += self._with_codes(table.segment, row, kind_of(table.resource, row.target))
            elif not override.off and override.source not in replaced:
                replaced.add(override.source)
                own = override.row()
                rows += self._with_codes(table.segment, field_row(own)[1], target_of(own)[2].type)
        if rows == list(table.table.rows):
            return table
        return CompiledMap(SegmentMap(segment=table.segment, resource=table.resource, rows=tuple(rows)))

    def _with_codes(self, segment: str, row: FieldRow, kind: str) -> tuple[FieldRow, ...]:
        codes: FieldCodes | None = self._codes.get(f"{segment}-{row.field}")
        return (row,) if codes is None else coded(row, codes, kind)

    def _override(self, segment: str, n: int, resource: str) -> Override | None:
        field = (segment, n)
        return self._overrides.get((field, resource.partition(".")[0])) or self._overrides.get((field, ""))

    def _still_mapped(self, field: tuple[str, int]) -> bool:
        """Whether a row of ours reads a field although one or all are switched off."""
        for table in TABLES:
            if table.segment == field[0] and any(row.field == field[1] for row in table.rows):
                override = self._override(*field, table.resource)
                if override is None or not override.off:
                    return True
        return False


def run_own_rows(pids: list[Segment | None], scope: Scope) -> None:
    """Run the site's own rows, where there are any, over the segments of these patients."""
    if scope.overlay is not None:
        scope.overlay.extend(pids, scope)


def kind_of(resource: str, target: str) -> str:
    """The FHIR type at the end of a row's target, "" where our table of elements does not reach."""
    at, kind = resource, ""
    for step in target.removesuffix("[]").split("."):
        found = elements(at).get(step.removesuffix("[]"))
        if found is None:
            return ""
        kind = found.type
        at = kind if elements(kind) else f"{at}.{step}"
    return kind


def _field(name: str) -> tuple[str, int]:
    at: Place = place(name)
    return at.segment, at.field


def _share(pids: list[Segment | None], message: Message) -> list[Segment]:
    """The segments that belong to these patients: from one PID to the next; what stands before the first is its too."""
    places = {pid.place for pid in pids if pid is not None}
    if not places:
        return message.segments
    first = next(one for one in message.segments if one.name == "PID")
    owner = first.place
    share = []
    for segment in message.segments:
        if segment.name == "PID":
            owner = segment.place
        if owner in places or segment.name == "MSH":
            share.append(segment)
    return share


def _fill(identity: str, segment: Segment, rows: CompiledMap, scope: Scope) -> None:
    """Run rows into a resource of the bundle. What is remembered between messages may be part of it: it is copied."""
    resource = scope.bundle.resources[identity]
    if scope.trace is None:
        touched = {row.target.partition(".")[0].removesuffix("[]") for row in rows.rows}
        resource = {name: _copy(value) if name in touched else value for name, value in resource.items()}
        scope.bundle.resources[identity] = resource
    rows(segment, resource, scope)


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(inner) for name, inner in value.items()}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value
