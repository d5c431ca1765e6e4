"""People, organisations and places that fields point at (XCN, NDL, XON, HD, PL): one resource per identity."""

from processors.envelope import Record
from processors.fhir.systems import CODE_SYSTEMS, PARTICIPATION_TYPE, TERMINOLOGY
from processors.mapping.identifiers import authority_uri, check_digit, hd, organization_of, said_by, typed_as
from processors.mapping.locations import locations as _locations
from processors.mapping.mentioned import mentioned as _once
from processors.mapping.names import at, name_parts, name_rest
from processors.mapping.rows import Datatype
from processors.mapping.scope import Scope, component, reference
from processors.mapping.vocabularies import NAME_USE
from processors.mapping.vocabularies_people import DEGREES


def practitioner(raw: str, scope: Scope) -> Record | None:
    """XCN as a reference to a Practitioner with identifier and name.

    Senders repeat a person for each of their numbers: the first repetition stands for all, the others give nothing.
    """
    sent = scope.segment.raw(scope.field)
    if scope.repetition not in sent:
        return _once("practitioner", raw, scope, _practitioner)
    repetitions = sent.split(scope.repetition)
    others = _numbers_of(raw, repetitions, scope)
    if not others:
        return _once("practitioner", raw, scope, _practitioner)
    if repetitions.index(raw) > min(map(repetitions.index, others)):
        return None

    def build(_raw: str, scope: Scope) -> list[Record]:
        *made, person = _practitioner(raw, scope)
        for one in others:
            identifier, assigned = _staff_identifier(one, [scope.text(part) for part in _parts(one, scope)], scope)
            made += assigned
            person["identifier"].append(identifier)
        return [*made, person]

    return _once(f"practitioner {raw}", sent, scope, build)


def same_person(raw: str, others: list[str], scope: Scope) -> bool:
    """All repetitions of an XCN are further numbers of the first one."""
    found = _numbers_of(raw, [raw, *others], scope)
    return all(not one or one in found for one in others)


def _parts(raw: str, scope: Scope) -> list[str]:
    return raw.split(scope.component)


def _numbers_of(raw: str, repetitions: list[str], scope: Scope) -> list[str]:
    """The other repetitions of the same name with a number of another kind: two of one kind are two people."""
    who = _parts(raw, scope)
    if not who[0] or not component(who, 2) or raw not in repetitions:
        return []
    kinds = {_kind_of(who)}
    found = []
    for one in repetitions:
        parts = _parts(one, scope)
        if parts[0] and parts[1:7] == who[1:7] and _kind_of(parts) not in kinds:
            kinds.add(_kind_of(parts))
            found.append(one)
    return found


def _kind_of(parts: list[str]) -> tuple[str, str]:
    """Who gave a number (XCN.9), and its type (XCN.13)."""
    return component(parts, 9), component(parts, 13)


def organization(raw: str, scope: Scope) -> Record | None:
    """XON as a reference to an Organization."""
    return _once("organization", raw, scope, _organization)


def facility(raw: str, scope: Scope) -> Record | None:
    """HD as a reference to an Organization."""
    return _once("facility", raw, scope, _facility)


def facility_in(raw: str, country: str, scope: Scope) -> Record | None:
    """HD as a reference to an Organization in a country (MSH-4 with MSH-17)."""

    def build(raw: str, scope: Scope) -> list[Record]:
        made = _facility(raw, scope)
        where = scope.text(country)
        if made and where:
            made[-1]["address"] = [{"country": where}]
        return made

    return _once(f"facility in {country}", raw, scope, build)


def organization_coded(raw: str, scope: Scope) -> Record | None:
    """CWE (OBX-15) as a reference to an Organization."""
    return _once("producer", raw, scope, _producer)


def location(raw: str, scope: Scope) -> Record | None:
    """PL as a reference to the narrowest Location, with the chain of what it is part of."""
    return _once("location", raw, scope, _locations)


def participant(type_code: str, display: str) -> Datatype:
    """XCN as Encounter.participant of a v3-ParticipationType."""
    kind = [{"coding": [{"system": PARTICIPATION_TYPE, "code": type_code, "display": display}], "text": display}]

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


def _practitioner(raw: str, scope: Scope) -> list[Record]:
    parts = [scope.text(piece) for piece in raw.split(scope.component)]
    identifier, made = _staff_identifier(raw, parts, scope)
    name = staff_name(parts, raw, scope)
    if not parts[0] and not name:
        return []
    resource: Record = {"resourceType": "Practitioner", "id": ""}
    if parts[0]:
        resource["identifier"] = [identifier]
    if name:
        resource["name"] = [name]
    degree = component(parts, 7)
    if degree:
        coded: Record = {"coding": [{"system": TERMINOLOGY + "v2-0360", "code": degree}]} if degree in DEGREES else {}
        resource["qualification"] = [{"code": coded or {"text": degree}}]
    authority = identifier.get("system", "")
    identity = (authority or scope.site.feed, parts[0]) if parts[0] else (scope.site.feed, *parts[1:7])
    resource["id"] = scope.keyring.fhir_id("Practitioner", *identity)
    return [*made, resource]


def staff_name(parts: list[str], raw: str, scope: Scope) -> Record:
    """The name in an XCN."""
    name = name_parts(parts, raw, scope, 1)
    use = NAME_USE.get(component(parts, 10))
    if name and use:
        name["use"] = at(use, parts[9], scope)
    if name and len(parts) > 16:
        name_rest(name, parts, raw, scope, 17)
    return name


def staff_names(raw: str, scope: Scope) -> Record | None:
    """XCN as the HumanName of whoever it names; a degree (XCN.7) is a suffix where there are no qualifications."""
    parts = [scope.text(piece) for piece in raw.split(scope.component)]
    name = staff_name(parts, raw, scope)
    if name and component(parts, 7):
        name["suffix"] = [*name.get("suffix", ()), parts[6]]
    return name or None


def _staff_identifier(raw: str, parts: list[str], scope: Scope) -> tuple[Record, list[Record]]:
    """XCN.1, 9 and 11 to 13 as Identifier, and the Organization that assigned it."""
    space = component(raw.split(scope.component), 9)
    value: Record = typed_as(component(parts, 13), scope) if component(parts, 13) else {}
    made: list[Record] = []
    if space:
        names = hd(space, scope)
        system, organisation = authority_uri(names, scope), organization_of(names, scope)
        if system:
            value["system"] = system if scope.trace is None else scope.trace.mark(system, said_by(names))
        if organisation is not None and parts[0]:
            made = [organisation]
            value["assigner"] = {**reference(organisation["id"]), "display": names[0] or names[1]}
    value["value"] = parts[0]
    if component(parts, 11) or component(parts, 12):
        value["extension"] = check_digit(component(parts, 11), component(parts, 12), scope)
    return value, made


def staff_identifier_of(raw: str, scope: Scope) -> Record | None:
    """XCN as the Identifier of whoever it names; the Organization that assigned it goes into the bundle."""
    parts = [scope.text(piece) for piece in raw.split(scope.component)]
    if not parts[0]:
        return None
    value, made = _staff_identifier(raw, parts, scope)
    for one in made:
        scope.bundle.put(one, scope.segment.path())
    return value


def _organization(raw: str, scope: Scope) -> list[Record]:
    pieces = raw.split(scope.component)
    parts = [scope.text(piece) for piece in pieces]
    number = component(parts, 10) or component(parts, 3)
    value: Record = typed_as(component(parts, 7), scope) if component(parts, 7) else {}
    names = hd(component(pieces, 6), scope)
    assigner = organization_of(names, scope) if number else None
    if assigner is not None:
        value["assigner"] = {**reference(assigner["id"]), "display": names[0] or names[1]}
    if component(parts, 4) or component(parts, 5):
        value["extension"] = check_digit(component(parts, 4), component(parts, 5), scope)
    authority = authority_uri(names, scope)
    if scope.trace is not None:
        authority = scope.trace.mark(authority, said_by(names))
    made = _organisation(parts[0], number, authority, value, scope)
    return [assigner, *made] if assigner is not None else made


def _producer(raw: str, scope: Scope) -> list[Record]:
    parts = scope.texts(raw)
    named = component(parts, 3)
    authority = CODE_SYSTEMS.get(named.upper()) or authority_uri([named, "", ""], scope)
    if scope.trace is not None:
        authority = scope.trace.mark(authority, named)
    return _organisation(component(parts, 2) or component(parts, 9), parts[0], authority, {}, scope)


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
    made = organization_of([*scope.texts(raw), "", ""][:3], scope)
    return [made] if made is not None else []
