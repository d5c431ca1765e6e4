"""A site file read and checked against our tables: every row, override and code map names something that there is."""

from collections.abc import Iterator

from processors.config import line_of, nearest
from processors.errors import ConfigError
from processors.hl7.charset import TABLE_0211
from processors.mapping.coverage import MAPPED, TABLES
from processors.mapping.evidence import DOMAINS
from processors.mapping.overlay import kind_of
from processors.mapping.site_rows import target_of
from processors.sites import Override, Place, Site, SiteRow, parse_site, place

#: A key path in the file, and what is wrong there.
Problem = tuple[tuple[str | int, ...], str]
_CODED_VALUE = ("OBX", 5)
_NOT_CODED = frozenset(
    ("boolean", "integer", "decimal", "date", "dateTime", "instant", "string", "Address", "HumanName", "ContactPoint")
)


def read_site(text: str, file: str) -> Site:
    """One site file. Raises ConfigError with file, line, and the nearest valid name."""
    site = parse_site(text, file)
    for keys, what in problems(site):
        raise ConfigError(file, line_of(text, *keys), f"{'.'.join(map(str, keys))}: {what}")
    return site


def problems(site: Site) -> Iterator[Problem]:
    """What our tables refuse in a site."""
    yield from _names(site)
    for n, row in enumerate(site.rows):
        try:
            target_of(row)
        except ValueError as why:
            yield ("rows", n), str(why)
    for n, override in enumerate(site.overrides):
        yield from ((("overrides", n), what) for what in _override_problems(override))
    for name in site.codes:
        what = _codes_problem(site, place(name))
        if what:
            yield ("codes", str(name)), what
    yield from _twice(site)


def _names(site: Site) -> Iterator[Problem]:
    domains = set(DOMAINS.values())
    for n, name in enumerate(site.authority):
        if name not in domains:
            yield ("authority", n), f"no domain '{name}'{nearest(name, domains)}"
    if site.charset.upper() not in TABLE_0211:
        hint = nearest(site.charset, filter(None, TABLE_0211))
        yield ("charset",), f"'{site.charset}' is no character set that is read here{hint}"


def _override_problems(one: Override) -> Iterator[str]:
    at = place(one.source)
    found = {table.resource for table in TABLES for row in table.rows if _reads(table.segment, row.field, at)}
    named = one.resource or one.to.partition(".")[0]
    if not found:
        inside = at.field in MAPPED.get(at.segment, ())
        yield f"field: no row maps {one.source}" + (", our code reads it; it cannot be overridden" if inside else "")
    elif named and named not in {name.partition(".")[0] for name in found}:
        yield f"no row maps {one.source} to {named}{nearest(named, found)}; write a row (`rows`) instead"
    elif one.to:
        if named not in found:
            inner = next(iter(sorted(found)))
            yield f"{one.source} fills {inner}, which is a list of its own; it can be switched off only"
        try:
            target_of(one.row())
        except ValueError as why:
            yield str(why)


def _codes_problem(site: Site, at: Place) -> str:
    if at.component:
        return "the codes of a whole field are mapped; write it without component"
    kinds = [
        kind_of(table.resource, row.target)
        for table in TABLES
        for row in table.rows
        if _reads(table.segment, row.field, at)
    ]
    kinds += _own_kinds(site, at)
    if not kinds and at[:2] != _CODED_VALUE:
        return "no row maps this field, so that no code of it could be mapped"
    if kinds and all(kind in _NOT_CODED for kind in kinds):
        return f"this field holds no code (it becomes {kinds[0]})"
    return ""


def _own_kinds(site: Site, at: Place) -> Iterator[str]:
    """The FHIR types that the site's own rows make of a field; "" for a row that is refused itself."""
    own: tuple[SiteRow | Override, ...] = (*site.rows, *site.overrides)
    for one in own:
        if one.to and place(one.source)[:2] == at[:2]:
            try:
                yield target_of(one.row() if isinstance(one, Override) else one)[2].type
            except ValueError:
                yield ""


def _twice(site: Site) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for n, one in enumerate(site.overrides):
        key = (str(one.source), one.resource or one.to.partition(".")[0])
        if key in seen:
            yield ("overrides", n), f"{one.source} is overridden twice"
        seen.add(key)


def _reads(segment: str, n: int, at: Place) -> bool:
    return segment == at.segment and n == at.field
