"""Coded datatypes (CWE, CE, CNE, IS, ID; HL7 2.5.1 chapter 2A.13): codes, Codings and CodeableConcepts."""

import re
from collections.abc import Mapping
from typing import cast

from processors.envelope import Record
from processors.errors import Warn
from processors.fhir.systems import CODE_SYSTEMS, TERMINOLOGY
from processors.mapping.rows import Datatype
from processors.mapping.scope import Scope, component, keep
from processors.mapping.v2_tables import table_uri

_HL7_TABLE = re.compile(r"HL7-?([0-9]{4})")
_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]*))+")
_URI = re.compile(r"(?:https?://|urn:[a-z0-9][a-z0-9-]{1,31}:)[!-~]+")
_NOT_TOKEN = re.compile(r"[^A-Za-z0-9._-]")
_UNMAPPED_TEXT = (
    "code is in no table; kept as sent where FHIR has a place for it, else left out: map it or correct the sender"
)
#: Components of one coding in a CWE: code, display, system, version (CWE.1-3 and 7, 4-6 and 8, 10-12 and 13).
_CODINGS = ((1, 2, 3, 7), (4, 5, 6, 8), (10, 11, 12, 13))


def concept(raw: str, scope: Scope) -> Record | None:
    """CodeableConcept with up to three codings and the original text."""
    known = scope.memo.concepts.get(raw)
    if known is None:
        known = keep(scope.memo.concepts, raw, _concept(scope.texts(raw), scope) or {})
    return known or None


def coding(raw: str, scope: Scope) -> Record | None:
    """The first Coding of a CWE."""
    value = concept(raw, scope)
    return value["coding"][0] if value and "coding" in value else None


def token(text: str) -> str:
    """Text as part of a URN: what is not plain becomes percent codes."""
    return _NOT_TOKEN.sub(lambda m: "".join(f"%{byte:02X}" for byte in m.group().encode()), text)


def code(text: str) -> str:
    """Text as a FHIR code: no double blanks inside."""
    single = " ".join(text.split())
    return text if single == text else single


def system_uri(name: str, scope: Scope) -> str:
    """The URI of a coding system named in CWE.3: known ones, tables of HL7, OIDs, URIs; else one of this feed alone."""
    return scope.site.code_systems.get(name) or system_in(name, scope.site.feed)


def system_in(name: str, feed: str) -> str:
    """The same, for a feed by name."""
    known = CODE_SYSTEMS.get(name.upper())
    if known is not None:
        return known
    table = _HL7_TABLE.fullmatch(name)
    if table is not None:
        return TERMINOLOGY + "v2-" + table.group(1)
    if _OID.fullmatch(name):
        return "urn:oid:" + name
    return name if _URI.fullmatch(name) else f"urn:wardline:feed:{token(feed)}:{token(name)}"


def code_in(table: Mapping[str, str]) -> Datatype:
    """A datatype that gives the FHIR code of a v2 code (else of its alternate), and warns where the table has none."""

    def read(raw: str, scope: Scope) -> str | None:
        parts = scope.texts(raw)
        sent = parts[0] or component(parts, 4)
        found = table.get(sent) or table.get(sent.upper())
        if found is None and sent:
            scope.warn(Warn.CODE_UNMAPPED, _UNMAPPED_TEXT)
        return found if scope.trace is None else scope.trace.mark(found, sent)

    return read


def concept_in(table: Mapping[str, tuple[str, str]], system: str, sent_system: str) -> Datatype:
    """A datatype that puts the FHIR coding of a v2 code first and keeps what was sent, of `sent_system`, behind it.

    A code that the sender says is of another system is not of that table, whatever it looks like.
    """
    as_sent = concept_of(sent_system)

    def read(raw: str, scope: Scope) -> Record | None:
        sent = cast("Record | None", as_sent(raw, scope))
        if sent is None:
            return None
        parts = scope.texts(raw)
        named = component(parts, 3)
        is_of_table = not named or system_uri(named, scope) in (sent_system, system)
        found = table.get(parts[0]) if is_of_table else None
        if found is None:
            return sent
        first = {"system": system, "code": found[0], "display": found[1]}
        return {**sent, "coding": [first, *sent.get("coding", ())]}

    return read


def concept_of(system: str) -> Datatype:
    """A datatype for a bare code (IS, ID) of a known v2 table; a CWE's own system wins."""

    def read(raw: str, scope: Scope) -> Record | None:
        parts = scope.texts(raw)
        if len(parts) > 1 and component(parts, 3):
            return concept(raw, scope)
        if not parts[0]:
            return concept(raw, scope)
        sent = code(parts[0])
        found: Record = {"system": table_uri(system, sent), "code": sent}
        if component(parts, 2):
            found["display"] = parts[1]
        return {"coding": [found]}

    return read


def yes_no(raw: str, scope: Scope) -> bool | None:
    """Table 0136 as a boolean."""
    sent = scope.texts(raw)[0].upper()
    if sent in ("Y", "N"):
        return sent == "Y"
    if sent:
        scope.warn(Warn.CODE_UNMAPPED, _UNMAPPED_TEXT)
    return None


def warn_unmapped(scope: Scope) -> None:
    """Say that the code being read is in no table."""
    scope.warn(Warn.CODE_UNMAPPED, _UNMAPPED_TEXT)


def _concept(parts: list[str], scope: Scope) -> Record | None:
    codings = []
    for place in _CODINGS:
        found = _coding(parts, place, scope)
        if found is not None:
            codings.append(found)
    value: Record = {"coding": codings} if codings else {}
    text = component(parts, 9)
    if not text and not codings:
        text = component(parts, 2) or component(parts, 5)
    if text:
        value["text"] = text
    return value or None


def _coding(parts: list[str], place: tuple[int, int, int, int], scope: Scope) -> Record | None:
    if place[0] > len(parts):
        return None
    sent = code(parts[place[0] - 1])
    if not sent:
        return None
    value: Record = {}
    system = component(parts, place[2])
    if system:
        uri = table_uri(system_uri(system, scope), sent)
        value["system"] = uri if scope.trace is None else scope.trace.mark(uri, system)
        if component(parts, place[3]):
            value["version"] = component(parts, place[3])
    value["code"] = sent if scope.trace is None else scope.trace.mark(sent, parts[place[0] - 1])
    display = component(parts, place[1])
    if display:
        value["display"] = display
    return value
