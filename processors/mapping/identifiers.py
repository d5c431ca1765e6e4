"""Identifiers (CX, EI, EIP, HD; HL7 2.5.1 chapters 2A.14, 2A.28, 2A.29, 2A.33) as FHIR Identifiers, with systems."""

import re
from functools import lru_cache
from typing import cast

from processors.envelope import Record
from processors.fhir.systems import (
    RFC_3986,
    SENT_CHECK_SCHEME,
    STRUCTURE,
    TERMINOLOGY,
    US_NPI,
    US_SSN,
    V2_0203,
)
from processors.mapping.codes import code, token
from processors.mapping.rows import Datatype
from processors.mapping.scope import Scope, component, keep, reference
from processors.mapping.times import date_time
from processors.mapping.v2_tables import table_uri
from processors.mapping.vocabularies_people import (
    PRACTITIONER_ID,
    PRACTITIONER_IDS,
    UNIVERSAL_ID_TYPES,
)

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
    systems = scope.site.identifier_systems
    said = systems.get(namespace) or systems.get(universal) or systems.get(alias or "") if systems else None
    if said:
        return str(said)
    if alias:
        return _named(alias)
    if universal:
        return universal_uri(universal, kind)
    return _named(namespace) if namespace else ""


def said_by(names: list[str]) -> str:
    """The part of an assigning authority that its system was made of."""
    return names[1] or names[0]


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
    system = space_uri(space, scope) if space else ""
    if scope.trace is not None and system:
        system = scope.trace.mark(system, said_by([*scope.texts(space), "", ""][:3]))
    return scope.text(sent), system


def ei_assigned(raw: str, scope: Scope) -> Record | None:
    """EI as Identifier; its namespace is the system and the Organization that assigned it."""
    value, system = ei(raw, scope)
    if not value:
        return None
    found: Record = {"system": system} if system else {}
    found["value"] = value
    names = [scope.text(one) for one in [*raw.split(scope.component), "", "", ""][1:4]]
    assigner = organization_of(names, scope)
    if assigner is not None:
        named = scope.bundle.add(assigner, scope.segment.path())
        found["assigner"] = {**named, "display": names[0] or names[1]}
    return found


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
            value = typed_as(type_code, scope, part)
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
    """DLN as Identifier; the issuer (DLN.2) as its system and by name."""
    pieces = raw.split(scope.component)
    sent = scope.text(pieces[0])
    if not sent:
        return None
    value = {**typed_as("DL", scope, sent), "value": sent}
    issuer = [scope.text(one) for one in component(pieces, 2).split(scope.subcomponent)]
    said = issuer[0] or component(issuer, 4)
    if said:
        system = authority_uri([said, "", ""], scope)
        value["system"] = system if scope.trace is None else scope.trace.mark(system, said)
    if any(issuer):
        value["assigner"] = {"display": component(issuer, 2) or said or next(one for one in issuer if one)}
    span = period("", component(pieces, 3), scope)
    if span:
        value["period"] = span
    return value


def staff_identifier(raw: str, scope: Scope) -> Record | None:
    """PLN as Identifier: number, type of table 0338, end of its validity."""
    parts = scope.texts(raw)
    if not parts[0]:
        return None
    kind = code(component(parts, 2).split(scope.subcomponent)[0])
    kind = PRACTITIONER_ID.get(kind, kind)
    value: Record = {}
    if kind:
        value = typed_as(kind, scope) if kind in PRACTITIONER_IDS else {"type": {"text": kind}}
    if kind == "NPI":
        value["system"] = US_NPI if scope.trace is None else scope.trace.mark(US_NPI, kind)
    value["value"] = parts[0]
    span = period("", component(parts, 4), scope)
    if span:
        value["period"] = span
    return value


def typed(type_code: str) -> Record:
    """The start of an Identifier with a type of table 0203; see `table_uri` for those that R4 does not have."""
    return {"type": _type(str(type_code))}


def typed_as(sent: str, scope: Scope, part: str = "") -> Record:
    """The start of an Identifier with the type that was sent, or that goes with another part."""
    value = typed(code(sent))
    return value if scope.trace is None else cast("Record", scope.trace.mark(value, part or sent))


@lru_cache(maxsize=512)
def _type(type_code: str) -> Record:
    return {"coding": [{"system": table_uri(V2_0203, type_code), "code": type_code}]}


def _cx(raw: str, scope: Scope, default_type: str) -> Record | None:
    parts = scope.texts(raw)
    sent = parts[0]
    if not sent:
        return None
    size = len(parts)
    kind = parts[4] if size > 4 else ""
    value = typed_as(kind, scope) if kind else typed(default_type) if default_type else {}
    space = raw.split(scope.component)[3] if size > 3 else ""
    if space:
        system, _ = authority(space, scope)
        if system:
            value["system"] = system if scope.trace is None else scope.trace.mark(system, said_by(hd(space, scope)))
        assigner = assigning_organization(space, scope)
        if assigner:
            value["assigner"] = assigner
    value["value"] = sent
    if size > 1 and (parts[1] or component(parts, 3)):
        value["extension"] = check_digit(parts[1], component(parts, 3), scope)
    span = period(parts[6], component(parts, 8), scope) if size > 6 else None
    if span:
        value["period"] = span
    return value


def check_digit(digit: str, scheme: str, scope: Scope) -> list[Record]:
    """Check digit and its scheme (CX.2 and 3, XCN.11 and 12, XON.4 and 5) as extensions of an Identifier."""
    sent = ((STRUCTURE + "identifier-checkDigit", digit), (SENT_CHECK_SCHEME, scheme))
    return [text_extension(url, text, scope) for url, text in sent if text]


def text_extension(url: str, text: str, scope: Scope, name: str = "valueString") -> Record:
    """An Extension with a text, both from where the text stands."""
    value: Record = {"url": url, name: text}
    return value if scope.trace is None else cast("Record", scope.trace.mark(value, text))


def assigning_organization(part: str, scope: Scope) -> Record | None:
    """An assigning authority (HD as one component) as a reference to its Organization."""
    known = scope.memo.parties.get(("assigner", part))
    if known is None:
        names = hd(part, scope)
        made = organization_of(names, scope)
        named = {**reference(made["id"]), "display": names[0] or names[1]} if made else {}
        known = keep(scope.memo.parties, ("assigner", part), ([made] if made else [], named))
    if not known[0]:
        return None
    scope.bundle.put(known[0][0], scope.segment.path())
    return known[1]


def organization_of(names: list[str], scope: Scope) -> Record | None:
    """HD as Organization: namespace and universal id are its identifiers, the namespace also its name."""
    namespace, universal, kind = names
    if not namespace and not universal:
        return None
    authority_id = scope.keyring.fhir_id("Organization", "hd", authority_uri(names, scope))
    resource: Record = {"resourceType": "Organization", "id": authority_id, "identifier": []}
    if namespace:
        resource["identifier"].append({"value": namespace})
        resource["name"] = namespace
    if universal:
        resource["identifier"].append(_universal(universal, kind, scope))
    return resource


def _universal(universal: str, kind: str, scope: Scope) -> Record:
    """HD.2 with HD.3. What is a URI in itself has the system that FHIR asks for."""
    value = _identified(universal, kind)
    if scope.trace is not None:
        value["value"] = scope.trace.mark(value["value"], universal)
        value = scope.trace.mark(value, kind)
    return value


def _identified(universal: str, kind: str) -> Record:
    value: Record = {}
    if kind in UNIVERSAL_ID_TYPES:
        value["type"] = {"coding": [{"system": TERMINOLOGY + "v2-0301", "code": kind}]}
    elif kind:
        value["type"] = {"text": kind}
    uri = universal_uri(universal, kind)
    if uri.startswith(("urn:oid:", "urn:uuid:")):
        return value | {"system": RFC_3986, "value": uri}
    return value | {"value": universal}


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
    value: Record = {}
    for name, sent in (("start", start), ("end", end)):
        time = date_time(sent, scope) if sent else None
        if time:
            scope.ends = scope.ends or name == "end"
            value[name] = time if scope.trace is None else scope.trace.mark(time, sent)
    return value or None


def _named(name: str) -> str:
    return f"urn:wardline:authority:{token(name)}"
