"""Identifiers (CX, EI, EIP, HD; HL7 2.5.1 chapters 2A.14, 2A.28, 2A.29, 2A.33) as FHIR Identifiers, with systems."""

import re
from functools import lru_cache

from processors.envelope import Record
from processors.fhir.systems import STRUCTURE, US_SSN, V2_0203
from processors.mapping.codes import code, token
from processors.mapping.rows import Datatype
from processors.mapping.scope import Scope, component, keep
from processors.mapping.times import date_time

_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]*))+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def hd(part: str, scope: Scope) -> list[str]:
    """HD.1 to HD.3 (namespace, universal id, its type), from one component with subcomponents."""
    names = [scope.text(one) for one in part.split(scope.subcomponent)]
    return [*names, "", "", ""][:3]


def authority_uri(names: list[str], scope: Scope) -> str:
    """The system of an assigning authority: its OID or UUID, else a URN of its name as the site's policy knows it."""
    namespace, universal, kind = names
    known = scope.site.identity.authorities
    alias = known.get(namespace) or known.get(universal)
    if alias:
        return _named(alias)
    if universal:
        return universal_uri(universal, kind)
    return _named(namespace) if namespace else ""


def universal_uri(universal: str, kind: str) -> str:
    """A universal id (HD.2, HD.3) as URI."""
    if kind in ("ISO", "OID", "") and _OID.fullmatch(universal):
        return "urn:oid:" + universal
    if _UUID.fullmatch(universal):
        return "urn:uuid:" + universal.lower()
    if universal.startswith(("http://", "https://", "urn:")) and " " not in universal:
        return universal
    return f"urn:wardline:{token(kind.lower()) or 'authority'}:{token(universal)}"


def cx(raw: str, scope: Scope) -> Record | None:
    """CX as Identifier with type, system, period and assigner."""
    return _cx(raw, scope, "")


def cx_of(type_code: str) -> Datatype:
    """CX as Identifier of a given type (table 0203) where the sender names none."""

    def read(raw: str, scope: Scope) -> Record | None:
        return _cx(raw, scope, type_code)

    return read


def ei_of(type_code: str) -> Datatype:
    """EI as Identifier of a type of table 0203; the system from EI.2 or EI.3."""

    def read(raw: str, scope: Scope) -> Record | None:
        sent, system = ei(raw, scope)
        if not sent:
            return None
        value = typed(type_code) if type_code else {}
        if system:
            value["system"] = system
        value["value"] = sent
        return value

    return read


def ei(raw: str, scope: Scope) -> tuple[str, str]:
    """EI as value and system, both "" when absent."""
    sent, _, space = raw.partition(scope.component)
    return scope.text(sent), space_uri(space, scope) if space else ""


def space_uri(space: str, scope: Scope) -> str:
    """The system for EI.2 to EI.4 as sent."""
    known = scope.memo.spaces.get(space)
    if known is None:
        known = keep(scope.memo.spaces, space, authority_uri([*scope.texts(space), "", ""][:3], scope))
    return known


def eip(raw: str, scope: Scope) -> list[Record] | None:
    """EIP: the placer's and the filler's identifier, each an EI in subcomponents."""
    found = []
    for type_code, part in zip(("PGN", "FGN"), raw.split(scope.component), strict=False):
        names = [scope.text(one) for one in part.split(scope.subcomponent)]
        if names[0]:
            value = typed(type_code)
            system = authority_uri([component(names, 2), component(names, 3), component(names, 4)], scope)
            if system:
                value["system"] = system
            value["value"] = names[0]
            found.append(value)
    return found or None


def ssn(raw: str, scope: Scope) -> Record | None:
    """PID-19 as an identifier of the United States' social security administration."""
    value = scope.texts(raw)[0]
    return {**typed("SS"), "system": US_SSN, "value": value} if value else None


def licence(raw: str, scope: Scope) -> Record | None:
    """DLN as Identifier; the issuer is only named."""
    parts = scope.texts(raw)
    if not parts[0]:
        return None
    value = {**typed("DL"), "value": parts[0]}
    if component(parts, 2):
        value["assigner"] = {"display": parts[1]}
    return value


def typed(type_code: str) -> Record:
    """The start of an Identifier with a type of table 0203."""
    return {"type": _type(type_code)}


@lru_cache(maxsize=512)
def _type(type_code: str) -> Record:
    return {"coding": [{"system": V2_0203, "code": type_code}]}


def _cx(raw: str, scope: Scope, default_type: str) -> Record | None:
    parts = scope.texts(raw)
    sent = parts[0]
    if not sent:
        return None
    size = len(parts)
    kind = code(parts[4]) if size > 4 else ""
    value = typed(kind or default_type) if kind or default_type else {}
    system, assigner = authority(raw.split(scope.component)[3], scope) if size > 3 else ("", None)
    if system:
        value["system"] = system
    value["value"] = sent
    if assigner:
        value["assigner"] = assigner
    if size > 1 and parts[1]:
        value["extension"] = [{"url": STRUCTURE + "identifier-checkDigit", "valueString": parts[1]}]
    span = period(parts[6], component(parts, 8), scope) if size > 6 else None
    if span:
        value["period"] = span
    return value


def authority(part: str, scope: Scope) -> tuple[str, Record | None]:
    """An assigning authority (HD as one component) as system and assigner."""
    known = scope.memo.authorities.get(part)
    if known is None:
        names = hd(part, scope)
        found = (authority_uri(names, scope), {"display": names[0]} if names[0] else None)
        known = keep(scope.memo.authorities, part, found)
    return known


def period(start: str, end: str, scope: Scope) -> Record | None:
    """A Period from two times as sent."""
    value = {"start": date_time(start, scope) if start else None, "end": date_time(end, scope) if end else None}
    return {k: v for k, v in value.items() if v} or None


def _named(name: str) -> str:
    return f"urn:wardline:authority:{token(name)}"
