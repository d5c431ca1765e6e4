"""ROL and PRT onto what they stand under: the patient (general practitioner, care team, family), a stay, an order, a
result. The people under other parts (PR1, IN1 ...) are read by the writers of those parts.
"""

from collections.abc import Iterable

from processors.envelope import Record
from processors.fhir.systems import STRUCTURE
from processors.hl7.message import Segment
from processors.mapping import prt_practitionerrole, rol_practitionerrole
from processors.mapping.codes import concept, concept_of
from processors.mapping.groups import Order, Patient, Result
from processors.mapping.links import Links
from processors.mapping.names import address, contact_point
from processors.mapping.nk1_relatedperson import SOMEONE, put_related
from processors.mapping.participants import PLACES, addressed, is_deleted, is_family, prefer, put_role, values
from processors.mapping.parties import location, organization, practitioner
from processors.mapping.roles import add_to
from processors.mapping.rows import CompiledMap
from processors.mapping.scope import Scope, reference
from processors.mapping.self_participant import is_self, say_of_patient

_ROL = [CompiledMap(table) for table in rol_practitionerrole.TABLES]
_PRT = [CompiledMap(table) for table in prt_practitionerrole.TABLES[:5]]
_ROLE, _RELATED, _STAY, _MEMBER, _TEAM = ({"ROL": rol, "PRT": prt} for rol, prt in zip(_ROL, _PRT, strict=True))
_DEVICE = CompiledMap(prt_practitionerrole.DEVICE)
_EVENT_LOCATION = STRUCTURE + "event-location"
_DEVICE_FIELDS = (10, 16, 17, 18, 19, 20, 21, 22)
_UNIT = concept_of("http://terminology.hl7.org/CodeSystem/v2-0406")
_phone = contact_point()
#: Codes of tables 0443 and 0912 -> element of the report that an order became.
_ON_REPORT = {"PRI": "resultsInterpreter", "PI": "resultsInterpreter", "AI": "resultsInterpreter", "ARI": "performer"}
#: Address types (table 0190) of ROL-11 that are a place's or an organisation's and not the person's.
_OF_PLACE = ("M", "O", "S", "SH", "TM")
_OF_ORGANISATION = ("B", "BI", "L")
_PERFORMED = ("Immunization", "MedicationAdministration", "MedicationDispense", "Procedure")


def place_people(group: Patient, links: Links, scope: Scope) -> None:
    """All ROL and PRT of a patient group; one that nothing takes is counted as not mapped."""
    if not group.people:
        return
    _of_people(group, links, scope)
    made: dict[str, list[str]] = {}
    for identity, source in scope.bundle.sources.items():
        made.setdefault(source, []).append(identity)
    for order in group.orders:
        _of_order(order, made, scope)
    for result in (*group.results, *(one for order in group.orders for one in order.results)):
        _of_result(result, made, scope)


def _of_people(group: Patient, links: Links, scope: Scope) -> None:
    """Those of the patient and of the stays."""
    team: Record = {}
    for segment in _people(group.under):
        _of_patient(segment, team, links, scope)
    _put_team(team, links, scope)
    for visit in group.visits:
        links.enter(visit)
        for segment in _people(visit.under):
            _of_stay(segment, links, scope)
    links.enter(None)


def _people(segments: Iterable[Segment]) -> list[Segment]:
    return [one for one in segments if one.name in PLACES]


def _of_patient(segment: Segment, team: Record, links: Links, scope: Scope) -> None:
    places = PLACES[segment.name]
    device = _device(segment, scope)
    if device is not None and links.subject is not None:
        _update(device, {"patient": links.subject}, scope)
    if links.patient is None:
        scope.unplace(segment)
    elif is_self(segment) or is_family(segment):
        (_itself if is_self(segment) else _family)(segment, team, links, scope)
    elif segment.text(places.role).strip() == "PP":
        named = _practitioners(segment, scope) if _only_named(segment) else _roles(segment, scope)
        if named and not is_deleted(segment):
            known = links.patient.get("generalPractitioner", ())
            new = [one for one in named if one not in known]
            links.patient["generalPractitioner"] = [*known, *new]
        elif not named and device is None:
            scope.unplace(segment)
    elif not _join(segment, team, scope) and device is None:
        scope.unplace(segment)


def _only_named(segment: Segment) -> bool:
    """A PRT that says nothing beyond the role and the person makes no PractitionerRole (the guide's two tables)."""
    return segment.name == "PRT" and not any(segment.raw(n) for n in (1, 6, 7, 8, 9, 11, 12, 14, 15, 24))


def _itself(segment: Segment, team: Record, links: Links, scope: Scope) -> None:
    if links.subject is None or is_deleted(segment):
        scope.unplace(segment)
        return
    say_of_patient(segment, links, scope)
    _participant(segment, team, {"member": links.subject}, scope)


def _family(segment: Segment, team: Record, _links: Links, scope: Scope) -> None:
    """Someone of the patient's life: a RelatedPerson, who takes part in the care."""
    places = PLACES[segment.name]
    resource: Record = {}
    _RELATED[segment.name](segment, resource, scope)
    if not resource.keys() & SOMEONE:
        scope.unplace(segment)
        return
    if "telecom" in resource:
        resource["telecom"] = prefer(segment, resource["telecom"], scope)
    if is_deleted(segment):
        resource["active"] = False
    who = put_related(resource, segment, (segment.text(places.role),), scope)
    if not is_deleted(segment):
        _participant(segment, team, {"member": who}, scope)


def _join(segment: Segment, team: Record, scope: Scope) -> bool:
    """Someone of the patient's care: a participant of the care team; whether the segment names anyone."""
    places = PLACES[segment.name]
    role = segment.name == "PRT" and bool(segment.raw(places.provider))
    people = _roles_of_kind(segment, scope) if role else _practitioners(segment, scope)
    where = _organisation(segment, bool(people), scope)
    if is_deleted(segment):
        for one in people:
            _update(one, {"active": False}, scope)
        return bool(people)
    for one in people:
        # Invariant ctm-1: only a Practitioner acts on behalf of an organisation; a PractitionerRole has its own.
        behalf = {"onBehalfOf": where} if where is not None and not role else {}
        _participant(segment, team, {"member": one, **behalf}, scope)
    if not people and where is not None:
        _participant(segment, team, {"member": where}, scope)
    if segment.name == "ROL":
        for n in (1, 13):
            if segment.text(n):
                scope.count_unmapped(f"ROL-{n}")
    return bool(people) or where is not None


def _participant(segment: Segment, team: Record, entry: Record, scope: Scope) -> None:
    """One participant, with role and period."""
    _MEMBER[segment.name](segment, entry, scope)
    team.setdefault("participant", []).append(entry)
    more: Record = {}
    _TEAM[segment.name](segment, more, scope)
    for name, found in more.items():
        team[name] = [*team.get(name, ()), *(one for one in found if one not in team.get(name, ()))]
    team.setdefault("source", segment.path())


def _put_team(team: Record, links: Links, scope: Scope) -> None:
    """The patient's one CareTeam of this message."""
    if not team or links.subject is None:
        return
    source = team.pop("source")
    identity = scope.keyring.fhir_id("CareTeam", scope.bundle.patient_key)
    made = {"resourceType": "CareTeam", "id": identity, "status": "active", "subject": links.subject, **team}
    scope.bundle.add(made, source)


def _of_stay(segment: Segment, links: Links, scope: Scope) -> None:
    """A participant of the Encounter."""
    people = _roles(segment, scope) if links.stay is not None else []
    if links.stay is None or not people:
        scope.unplace(segment)
        return
    if is_deleted(segment):
        return
    for one in people:
        entry: Record = {}
        _STAY[segment.name](segment, entry, scope)
        links.stay["participant"] = [*links.stay.get("participant", ()), {**entry, "individual": one}]


def _of_order(order: Order, made: dict[str, list[str]], scope: Scope) -> None:
    segments = _people(order.under)
    if not segments:
        return
    parts = [one.segment for one in (*order.parts, *order.specimens)]
    paths = [one.path() for one in (order.orc, order.obr, *parts) if one is not None]
    resources = scope.bundle.resources
    held: dict[str, Record] = {}
    for identity in (one for path in paths for one in made.get(path, ())):
        held.setdefault(resources[identity]["resourceType"], reference(identity))
    for segment in segments:
        people = _roles(segment, scope)
        if is_deleted(segment) and people:
            continue
        taken = [_take(segment.text(PLACES[segment.name].role).strip(), one, segment, held, scope) for one in people]
        if not any(taken):
            scope.unplace(segment)


def _take(code: str, who: Record, segment: Segment, held: dict[str, Record], scope: Scope) -> bool:
    """Give someone the place that the guide's message tables name for their role; False where none fits."""
    request, report, specimen = (held.get(one) for one in ("ServiceRequest", "DiagnosticReport", "Specimen"))
    performed = next((held[one] for one in _PERFORMED if one in held), None)
    if performed is not None:
        function: Record = {}
        _STAY[segment.name](segment, function, scope)
        kind = {"function": function["type"][0]} if "type" in function else {}
        add_to(performed, "performer", [{**kind, "actor": who}], scope)
    elif code == "SC" and specimen is not None:
        taken = _resource(specimen, scope).get("collection", {})
        _update(specimen, {"collection": {**taken, "collector": who}}, scope)
    elif code == "OP" and request is not None:
        _update(request, {"requester": who}, scope)
    elif code in _ON_REPORT and report is not None:
        add_to(report, _ON_REPORT[code], [who], scope)
    elif report is not None or request is not None:
        add_to(report or request or {}, "performer", [who], scope)
    else:
        return False
    return True


def _of_result(result: Result, made: dict[str, list[str]], scope: Scope) -> None:
    resources = scope.bundle.resources
    found = [one for one in made.get(result.obx.path(), ()) if resources[one]["resourceType"] == "Observation"]
    for segment in _people(result.under):
        if not found:
            scope.unplace(segment)
            continue
        _onto_result(segment, reference(found[0]), scope)


def _onto_result(segment: Segment, observation: Record, scope: Scope) -> None:
    """Who, with which device and where a result was made."""
    places = PLACES[segment.name]
    device = _device(segment, scope)
    people = _roles(segment, scope)
    where = [] if people or not segment.raw(places.organization) else values(segment, 8, organization, scope)
    sites = _sites(segment, not people, scope)
    if is_deleted(segment):
        return
    if device is not None:
        _update(observation, {"device": device}, scope)
    add_to(observation, "performer", [*people, *where], scope)
    add_to(observation, "extension", sites, scope)
    if not (device or people or where or sites):
        scope.unplace(segment)


def _sites(prt: Segment, alone: bool, scope: Scope) -> list[Record]:
    """PRT-9 as event-location, with the address of PRT-14 where it is nobody's; that address alone is a place too."""
    if prt.name != "PRT":
        return []
    sites = values(prt, 9, _event_location, scope)
    homes = values(prt, 14, address, scope) if alone else []
    if sites and homes:
        _update(sites[0]["valueReference"], {"address": homes[0]}, scope)
    elif homes:
        raw = prt.raw(14)
        made: Record = {"url": _EVENT_LOCATION, "valueReference": addressed(homes[0], raw, prt, scope)}
        sites = [made if scope.trace is None else scope.trace.mark(made, raw)]
    return sites


def _event_location(raw: str, scope: Scope) -> Record | None:
    where = location(raw, scope)
    return None if where is None else {"url": _EVENT_LOCATION, "valueReference": where}


def _practitioners(segment: Segment, scope: Scope) -> list[Record]:
    """The people themselves, with their addresses and numbers."""
    places = PLACES[segment.name]
    found = values(segment, places.person, practitioner, scope)
    telecom = prefer(segment, values(segment, places.telecom, _phone, scope), scope) if segment.name == "PRT" else []
    homes = values(segment, places.address, address, scope)
    for one in found:
        add_to(one, "telecom", telecom, scope)
        add_to(one, "address", homes, scope)
    return found


def _organisation(segment: Segment, for_someone: bool, scope: Scope) -> Record | None:
    """The organisation with its kind; address and number are its own where the segment names nobody."""
    places = PLACES[segment.name]
    found = values(segment, places.organization, organization, scope)
    kinds = values(segment, places.unit, _UNIT, scope)
    if not found:
        if kinds:
            scope.count_unmapped(f"{segment.name}-{places.unit}")
        return None
    add_to(found[0], "type", kinds, scope)
    homes = values(segment, places.address, address, scope)
    if for_someone:
        kept = [raw for raw in segment.repetitions(places.address) if segment.components(raw)[6:7] == ["B"]]
        homes = homes if kept and len(kept) == len(homes) else []
    else:
        add_to(found[0], "telecom", prefer(segment, values(segment, places.telecom, _phone, scope), scope), scope)
    add_to(found[0], "address", homes, scope)
    return found[0]


def _roles(segment: Segment, scope: Scope) -> list[Record]:
    """One PractitionerRole for each person of the segment; references to them."""
    places = PLACES[segment.name]
    people = values(segment, places.person, practitioner, scope)
    if not people:
        return []
    parts: Record = {}
    _ROLE[segment.name](segment, parts, scope)
    if "telecom" in parts:
        parts["telecom"] = prefer(segment, parts["telecom"], scope)
    if is_deleted(segment):
        parts["active"] = False
    kinds = values(segment, places.unit, _UNIT, scope)
    if kinds and "organization" in parts:
        add_to(parts["organization"], "type", kinds, scope)
    elif kinds:
        scope.count_unmapped(f"{segment.name}-{places.unit}")
    _share_addresses(segment, people, parts, scope)
    return [put_role({"practitioner": one, **parts}, scope) for one in people]


def _roles_of_kind(segment: Segment, scope: Scope) -> list[Record]:
    """The same in a care team, with the kind of provider (PRT-6) as a code too."""
    found = _roles(segment, scope)
    for one in found:
        add_to(one, "code", values(segment, PLACES[segment.name].provider, concept, scope), scope)
    return found


def _share_addresses(segment: Segment, people: list[Record], parts: Record, scope: Scope) -> None:
    """Addresses by their type: of the person, of the place, of the organisation (the guide's rows of ROL-11)."""
    n = PLACES[segment.name].address
    for raw in segment.repetitions(n):
        scope.segment, scope.field = segment, n
        home = address(raw, scope) if raw else None
        if home is None:
            continue
        if scope.trace is not None:
            home = scope.trace.mark(home, raw)
        kind = (segment.components(raw)[6:7] or [""])[0].strip()
        if kind in _OF_ORGANISATION and "organization" in parts:
            add_to(parts["organization"], "address", [home], scope)
        elif kind in _OF_PLACE and segment.name == "ROL":
            place = parts.setdefault("location", [addressed(home, raw, segment, scope)])[0]
            _update(place, {"address": home}, scope)
        else:
            for one in people:
                add_to(one, "address", [home], scope)


def _device(prt: Segment, scope: Scope) -> Record | None:
    """PRT-10 and PRT-16 to PRT-22 as a Device: by its identifier, else by all that is said of it."""
    if prt.name != "PRT" or not any(prt.raw(n) for n in _DEVICE_FIELDS):
        return None
    resource: Record = {}
    _DEVICE(prt, resource, scope)
    if not resource:
        return None
    number = resource.get("identifier", [{}])[0]
    said = (number["value"],) if number else tuple(prt.raw(n) for n in _DEVICE_FIELDS)
    identity = scope.keyring.fhir_id("Device", number.get("system", "") or scope.site.feed, *said)
    if is_deleted(prt):
        resource["status"] = "inactive"
    made = {"resourceType": "Device", "id": identity, **resource}
    known = scope.bundle.resources.get(identity)
    if known is not None:
        scope.bundle.resources[identity] = {**made, **known}
    return scope.bundle.add(made, prt.path())


def _resource(named: Record, scope: Scope) -> Record:
    return scope.bundle.resources[named["reference"].removeprefix("urn:uuid:")]


def _update(named: Record, parts: Record, scope: Scope) -> None:
    """Set elements of a resource in the bundle; what is remembered of it stays as it is."""
    scope.bundle.resources[named["reference"].removeprefix("urn:uuid:")] = {**_resource(named, scope), **parts}
