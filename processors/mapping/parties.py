"""People, organisations and places that fields point at (XCN, NDL, XON, HD, PL): one resource per identity."""

from collections.abc import Callable

from processors.envelope import Record
from processors.fhir.systems import PARTICIPATION_TYPE, PHYSICAL_TYPE
from processors.lineage import derived_uuid
from processors.mapping.identifiers import authority_uri, hd, typed
from processors.mapping.names import name_parts
from processors.mapping.rows import Datatype
from processors.mapping.scope import Scope, component, keep, reference
from processors.mapping.vocabularies import NAME_USE

#: PL: component, physical type code and display, from the widest to the narrowest.
_LEVELS = (
    (4, "si", "Site"),
    (7, "bu", "Building"),
    (8, "lvl", "Level"),
    (1, "wa", "Ward"),
    (2, "ro", "Room"),
    (3, "bd", "Bed"),
)


def practitioner(raw: str, scope: Scope) -> Record | None:
    """XCN as a reference to a Practitioner with identifier and name."""
    return _once("practitioner", raw, scope, _practitioner)


def organization(raw: str, scope: Scope) -> Record | None:
    """XON as a reference to an Organization."""
    return _once("organization", raw, scope, _organization)


def facility(raw: str, scope: Scope) -> Record | None:
    """HD as a reference to an Organization."""
    return _once("facility", raw, scope, _facility)


def organization_coded(raw: str, scope: Scope) -> Record | None:
    """CWE (OBX-15) as a reference to an Organization."""
    return _once("producer", raw, scope, _producer)


def location(raw: str, scope: Scope) -> Record | None:
    """PL as a reference to the narrowest Location, with the chain of what it is part of."""
    return _once("location", raw, scope, _locations)


def interpreter(raw: str, scope: Scope) -> Record | None:
    """NDL (OBR-32 to 35) as a reference to the Practitioner in its first component."""
    name = raw.split(scope.component)[0].replace(scope.subcomponent, scope.component)
    return practitioner(name, scope)


def participant(type_code: str, display: str) -> Datatype:
    """XCN as Encounter.participant of a v3-ParticipationType."""
    kind = [{"coding": [{"system": PARTICIPATION_TYPE, "code": type_code, "display": display}]}]

    def read(raw: str, scope: Scope) -> Record | None:
        who = practitioner(raw, scope)
        return None if who is None else {"type": kind, "individual": who}

    return read


def placed(status: str) -> Datatype:
    """PL as Encounter.location with a status."""

    def read(raw: str, scope: Scope) -> Record | None:
        where = location(raw, scope)
        return None if where is None else {"location": where, "status": status}

    return read


def _once(kind: str, raw: str, scope: Scope, build: Callable[[str, Scope], list[Record]]) -> Record | None:
    """The reference for a field; the resources are built once per site and put once into each bundle."""
    known = scope.memo.parties.get((kind, raw))
    if known is None:
        built = build(raw, scope)
        if scope.trace is not None:
            built = [scope.trace.mark(one, raw) for one in built]
        known = keep(scope.memo.parties, (kind, raw), (built, reference(built[-1]["id"]) if built else {}))
    if known[0]:
        source = scope.segment.path()
        for resource in known[0]:
            scope.bundle.put(resource, source)
    return known[1] or None


def _practitioner(raw: str, scope: Scope) -> list[Record]:
    pieces = raw.split(scope.component)
    parts = [scope.text(piece) for piece in pieces]
    name = name_parts(parts, scope, 1)
    use = NAME_USE.get(component(parts, 10))
    if name and use:
        name["use"] = use
    if not parts[0] and not name:
        return []
    resource: Record = {"resourceType": "Practitioner", "id": ""}
    authority = authority_uri(hd(component(pieces, 9), scope), scope)
    if parts[0]:
        identifier: Record = typed(component(parts, 13)) if component(parts, 13) else {}
        resource["identifier"] = [identifier | ({"system": authority} if authority else {}) | {"value": parts[0]}]
    if name:
        resource["name"] = [name]
    identity = (authority or scope.site.feed, parts[0]) if parts[0] else (scope.site.feed, *parts[1:7])
    resource["id"] = scope.keyring.fhir_id("Practitioner", *identity)
    return [resource]


def _organization(raw: str, scope: Scope) -> list[Record]:
    pieces = raw.split(scope.component)
    parts = [scope.text(piece) for piece in pieces]
    number = component(parts, 10) or component(parts, 3)
    kind = typed(component(parts, 7)) if component(parts, 7) else {}
    return _organisation(parts[0], number, authority_uri(hd(component(pieces, 6), scope), scope), kind, scope)


def _producer(raw: str, scope: Scope) -> list[Record]:
    parts = scope.texts(raw)
    names = [component(parts, 3), "", ""]
    return _organisation(component(parts, 2) or component(parts, 9), parts[0], authority_uri(names, scope), {}, scope)


def _organisation(name: str, number: str, authority: str, kind: Record, scope: Scope) -> list[Record]:
    if not name and not number:
        return []
    identity = (authority or scope.site.feed, number) if number else (scope.site.feed, "name", name)
    resource: Record = {"resourceType": "Organization", "id": scope.keyring.fhir_id("Organization", *identity)}
    if number:
        resource["identifier"] = [kind | ({"system": authority} if authority else {}) | {"value": number}]
    if name:
        resource["name"] = name
    return [resource]


def _facility(raw: str, scope: Scope) -> list[Record]:
    parts = [*scope.texts(raw), "", ""]
    namespace, universal, kind = parts[0], parts[1], parts[2]
    if not namespace and not universal:
        return []
    authority = authority_uri([namespace, universal, kind], scope)
    resource: Record = {"resourceType": "Organization", "id": scope.keyring.fhir_id("Organization", "hd", authority)}
    resource["identifier"] = [{"value": one} for one in (namespace, universal) if one]
    if namespace:
        resource["name"] = namespace
    return [resource]


def _locations(raw: str, scope: Scope) -> list[Record]:
    parts = scope.texts(raw.replace(scope.subcomponent, scope.component) if _single_level(raw, scope) else raw)
    names = {n: component(parts, n).split(scope.subcomponent)[0] for n, _, _ in _LEVELS}
    chain: list[Record] = []
    above = scope.keyring.fhir_id("Location", scope.site.feed if not names[4] else "")
    for n, code, display in _LEVELS:
        if not names[n]:
            continue
        resource: Record = {"resourceType": "Location", "id": derived_uuid(above, code, names[n])}
        if n == 3 and component(parts, 5):
            resource["operationalStatus"] = _bed_status(component(parts, 5))
        resource["name"] = names[n]
        if n == _narrowest(names) and component(parts, 9):
            resource["description"] = component(parts, 9)
        resource["mode"] = "instance"
        resource["physicalType"] = {"coding": [{"system": PHYSICAL_TYPE, "code": code, "display": display}]}
        if chain:
            resource["partOf"] = reference(chain[-1]["id"])
        above = resource["id"]
        chain.append(resource)
    return chain


def _narrowest(names: dict[int, str]) -> int:
    return next((n for n, _, _ in reversed(_LEVELS) if names[n]), 0)


def _single_level(raw: str, scope: Scope) -> bool:
    """Some senders write the levels of a location as subcomponents."""
    return scope.component not in raw and scope.subcomponent in raw


def _bed_status(code: str) -> Record:
    return {"system": "http://terminology.hl7.org/CodeSystem/v2-0116", "code": code}
