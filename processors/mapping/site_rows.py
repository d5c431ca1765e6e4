"""A site's own rows (`rows`, `overrides`): each becomes a FieldRow with a datatype function like those of our own."""

import re
from collections.abc import Callable

import orjson

from processors.config import nearest
from processors.envelope import Record
from processors.errors import Warn
from processors.fhir.elements import Element, elements, resource_types
from processors.fhir.numbers import decimal_lexeme
from processors.hl7.message import Segment
from processors.mapping.codes import concept, concept_of, warn_unmapped, yes_no
from processors.mapping.extensions import extension, sent_code, text, whole_number
from processors.mapping.identifiers import cx, period
from processors.mapping.names import address, contact_point, human_name
from processors.mapping.parties import location, organization, practitioner
from processors.mapping.rows import Condition, Datatype, FieldRow
from processors.mapping.scope import Scope, component
from processors.mapping.times import date, date_time, instant, time_of_day
from processors.mapping.values import number, unit
from processors.sites import SiteRow, place

#: Resources that fields name: no segment opens them, so that a row could not say which one is meant.
_NAMED = frozenset(("Practitioner", "PractitionerRole", "Organization", "Location", "Device"))
_REFERENCES = frozenset(("Practitioner", "Organization", "Location"))
#: FHIR types that a row of another type may fill.
_SAME = {
    "string": {"string", "markdown"},
    "markdown": {"string", "markdown"},
    "uri": {"uri", "url", "canonical"},
    "integer": {"integer", "positiveInt", "unsignedInt"},
    "code": {"code"},
}
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
_NUMBER_TEXT = "not a number as HL7 writes it; left out: let the sender use a plain number, or map it as string"


def target_of(row: SiteRow) -> tuple[str, str, Element]:
    """Resource type, path as in a FieldRow, and what the path ends in.

    Raises ValueError, with the nearest valid name, for a path that R4 has not, or that the row's type does not fit.
    """
    resource, *steps = row.to.split(".")
    if resource in _NAMED:
        raise ValueError(f"to: {resource} is made from fields of many segments; map to the resource that refers to it")
    if not elements(resource):
        raise ValueError(f"to: no resource type '{resource}'{nearest(resource, resource_types())}")
    at = resource
    for step in steps[:-1]:
        found = _element(at, step)
        if found.many:
            raise ValueError(f"to: {at}.{step} is a list; a row adds whole items to a list and fills none of its parts")
        at = found.type if elements(found.type) else f"{at}.{step}"
    leaf = _element(at, steps[-1])
    _check_type(row, leaf)
    return resource, ".".join(steps) + ("[]" if leaf.many else ""), leaf


def field_row(row: SiteRow) -> tuple[str, FieldRow]:
    """The resource type that a site's row fills, and the row. Raises ValueError as `target_of`."""
    resource, path, leaf = target_of(row)
    datatype = _datatype(row)
    if leaf.type == "Extension":
        kind = "Reference" if row.type in _REFERENCES else row.type
        datatype = extension(row.url, "value" + kind[0].upper() + kind[1:], datatype)
    source = place(row.source)
    return resource, FieldRow(source.field, path, _within(source.component, source.subcomponent, datatype), _when(row))


def _element(at: str, name: str) -> Element:
    if name.startswith("_"):
        found = elements(at).get(name[1:])
        if found is not None and found.type[0].islower() and not found.many:
            return Element("Element", False)
        raise ValueError(f"to: '{name}' is not the extension holder of a plain value of {at}")
    known = {"extension": Element("Extension", True)} if "._" in at else elements(at)
    if name not in known:
        stem = name.removesuffix("[x]")
        kinds = [one for one in sorted(known) if re.match(re.escape(stem) + "[A-Z]", one)]
        choice = name.endswith("[x]") or len(kinds) > 1
        hint = f"; name it with its type: {', '.join(kinds)}" if choice and kinds else nearest(stem, known)
        raise ValueError(f"to: {at} has no element '{name}'{hint}")
    return known[name]


def _check_type(row: SiteRow, leaf: Element) -> None:
    if leaf.type == "Extension":
        return
    kind = "Reference" if row.type in _REFERENCES else row.type
    if leaf.type not in _SAME.get(kind, {kind}):
        raise ValueError(f"type: {row.to} is of type {leaf.type}, not {row.type}")
    if leaf.type == "code" and not row.values and row.to.count(".") == 1:
        raise ValueError(f"values: {row.to} takes codes of FHIR only; say which value as sent is which code")


def _when(row: SiteRow) -> Condition | None:
    if not row.when:
        return None
    wanted = tuple((place(name), frozenset(values)) for name, values in row.when.items())

    def holds(segment: Segment) -> bool:
        return all(segment.text(at.field, at.component or 1).strip() in values for at, values in wanted)

    return holds


def _within(n: int, sub: int, datatype: Datatype) -> Datatype:
    """The datatype on one component, or one subcomponent, of the field."""
    if not n:
        return datatype

    def read(raw: str, scope: Scope) -> object | None:
        part = _part(raw, n, sub, scope)
        return datatype(part, scope) if part else None

    return read


def _part(raw: str, n: int, sub: int, scope: Scope) -> str:
    """One component (0 = all), or one subcomponent, as sent; a component's subcomponents as if they were components."""
    if not n:
        return raw
    part = component(raw.split(scope.component), n)
    if sub:
        return component(part.split(scope.subcomponent), sub)
    return part.replace(scope.subcomponent, scope.component)


def _datatype(row: SiteRow) -> Datatype:
    if row.values:
        return _translated(row)
    if row.type == "Quantity":
        return _quantity(row)
    if row.type in ("CodeableConcept", "Coding"):
        whole = concept_of(row.system) if row.system else concept
        return whole if row.type == "CodeableConcept" else _first_coding(whole)
    return _identifier(row.system) if row.type == "Identifier" else _PLAIN[row.type]


def _translated(row: SiteRow) -> Datatype:
    def read(raw: str, scope: Scope) -> object | None:
        sent = scope.texts(raw)[0]
        found = row.values.get(sent)
        if found is None:
            if sent:
                warn_unmapped(scope)
            return None
        return found == "true" if row.type == "boolean" else found

    return read


def _quantity(row: SiteRow) -> Datatype:
    source = place(row.unit_from) if row.unit_from else None

    def read(raw: str, scope: Scope) -> Record | None:
        pieces = raw.split(scope.component)
        said = component(pieces, 2).replace(scope.subcomponent, scope.component) or row.unit
        if source is not None:
            beside = scope.segment.raw(source.field).split(scope.repetition)[0]
            said = _part(beside, source.component, source.subcomponent, scope) or said
        sent = scope.text(pieces[0])
        value = number(sent, unit(said, scope) if said else {}) if sent else None
        if value is None and sent:
            scope.warn(Warn.NUMBER_UNREADABLE, _NUMBER_TEXT)
        return value

    return read


def _first_coding(whole: Datatype) -> Datatype:
    def read(raw: str, scope: Scope) -> Record | None:
        value = whole(raw, scope)
        return value["coding"][0] if isinstance(value, dict) and "coding" in value else None

    return read


def _identifier(system: str) -> Datatype:
    def read(raw: str, scope: Scope) -> Record | None:
        value = cx(raw, scope)
        if value is None or not system or "system" in value:
            return value
        return {**value, "system": system}

    return read


def _decimal(raw: str, scope: Scope) -> object | None:
    sent = scope.texts(raw)[0]
    lexeme = decimal_lexeme(sent) if sent else None
    if lexeme is None:
        if sent:
            scope.warn(Warn.NUMBER_UNREADABLE, _NUMBER_TEXT)
        return None
    return orjson.Fragment(lexeme.encode())


def _integer(raw: str, scope: Scope) -> int | None:
    value = whole_number(raw, scope)
    if value is None and scope.texts(raw)[0]:
        scope.warn(Warn.NUMBER_UNREADABLE, _NUMBER_TEXT)
    return value


def _address_of_web(raw: str, scope: Scope) -> str | None:
    sent = scope.texts(raw)[0]
    if sent and not _URI.fullmatch(sent):
        warn_unmapped(scope)
        return None
    return sent or None


def _note(raw: str, scope: Scope) -> Record | None:
    sent = text(raw, scope)
    return {"text": sent} if sent else None


def _span(raw: str, scope: Scope) -> Record | None:
    pieces = raw.split(scope.component)
    return period(pieces[0], component(pieces, 2), scope)


_PLAIN: dict[str, Callable[[str, Scope], object | None]] = {
    "string": text,
    "markdown": text,
    "code": sent_code,
    "boolean": yes_no,
    "integer": _integer,
    "decimal": _decimal,
    "date": date,
    "dateTime": date_time,
    "instant": instant,
    "time": time_of_day,
    "uri": _address_of_web,
    "HumanName": human_name,
    "Address": address,
    "ContactPoint": contact_point(),
    "Annotation": _note,
    "Period": _span,
    "Practitioner": practitioner,
    "Organization": organization,
    "Location": location,
}
