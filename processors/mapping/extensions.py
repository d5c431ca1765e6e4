"""Datatype functions that wrap another one: FHIR extensions, lists of one, texts, numbers."""

from processors.envelope import Record
from processors.errors import Warn
from processors.mapping.codes import code
from processors.mapping.rows import Datatype
from processors.mapping.scope import Scope


def extension(url: str, name: str, datatype: Datatype) -> Datatype:
    """An Extension whose value[x] `name` is read by `datatype`."""

    def read(raw: str, scope: Scope) -> Record | None:
        value = datatype(raw, scope)
        return None if value is None else {"url": url, name: value}

    return read


def nested_extension(url: str, inner: str, name: str, datatype: Datatype) -> Datatype:
    """An Extension that holds one Extension `inner`."""

    def read(raw: str, scope: Scope) -> Record | None:
        value = datatype(raw, scope)
        return None if value is None else {"url": url, "extension": [{"url": inner, name: value}]}

    return read


def within(name: str, datatype: Datatype) -> Datatype:
    """An element that has the value as its only child, e.g. Patient.communication.language."""

    def read(raw: str, scope: Scope) -> Record | None:
        value = datatype(raw, scope)
        return None if value is None else {name: value}

    return read


def text(raw: str, scope: Scope) -> str | None:
    """The first component as text."""
    return scope.texts(raw)[0] or None


def sent_code(raw: str, scope: Scope) -> str | None:
    """The first component as a code, as sent."""
    return code(scope.texts(raw)[0]) or None


def whole_number(raw: str, scope: Scope) -> int | None:
    """A whole number (NM, SI), or None."""
    sent = scope.texts(raw)[0]
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else None


def whole_or_warned(raw: str, scope: Scope) -> int | None:
    """A whole number; what is none is warned of."""
    found = whole_number(raw, scope)
    if found is None and scope.texts(raw)[0]:
        scope.warn(Warn.NUMBER_UNREADABLE, "not a whole number; not converted")
    return found
