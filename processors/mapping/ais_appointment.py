"""AIS, AIG, AIL, AIP -> Appointment: services, and people, places and things taking part (HL7 2.5.1 chapter 10.6)."""

from processors.envelope import Record
from processors.mapping.codes import code_in, concept, system_uri
from processors.mapping.parties import location, practitioner
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope, component
from processors.mapping.times import instant
from processors.mapping.vocabularies_scheduling import APPOINTMENT_STATUS, PARTICIPANT_STATUS, PLACE_WORDS

#: Components of a CWE that name a thing: code, name, coding system.
_NAMINGS = ((1, 2, 3), (4, 5, 6), (10, 11, 12))


def thing(raw: str, scope: Scope) -> Record | None:
    """AIG-3 as a reference to a Location where AIG-4 speaks of a place, else to a Device."""
    parts = scope.texts(raw)
    identifiers = [_identifier(parts, naming, scope) for naming in _NAMINGS]
    named = [one for one in identifiers if one]
    names = [name for name in (*(component(parts, n[1]) for n in _NAMINGS), component(parts, 9)) if name]
    if not named and not names:
        return None
    kind = scope.segment
    is_place = PLACE_WORDS.intersection((kind.text(4).upper(), kind.text(4, 2).upper()))
    resource = _place(names) if is_place else _device(names)
    identity = (named[0].get("system", scope.site.feed), named[0]["value"]) if named else (scope.site.feed, *names)
    place = ("resource",) if is_place else ()
    resource["id"] = scope.keyring.fhir_id(resource["resourceType"], *place, *identity)
    if named:
        resource["identifier"] = named
    if scope.trace is not None:
        resource = scope.trace.mark(resource, raw)
    return scope.bundle.add(resource, scope.segment.path())


def _identifier(parts: list[str], naming: tuple[int, int, int], scope: Scope) -> Record:
    number, system = component(parts, naming[0]), component(parts, naming[2])
    if not number:
        return {}
    if not system:
        return {"value": number}
    uri = system_uri(system, scope)
    return {"system": uri if scope.trace is None else scope.trace.mark(uri, system), "value": number}


def _device(names: list[str]) -> Record:
    resource: Record = {"resourceType": "Device", "id": ""}
    if names:
        resource["deviceName"] = [{"name": name, "type": "user-friendly-name"} for name in names]
    return resource


def _place(names: list[str]) -> Record:
    resource: Record = {"resourceType": "Location", "id": "", "mode": "instance"}
    if names:
        resource["name"] = names[0]
    if names[1:]:
        resource["alias"] = names[1:]
    return resource


AIS = SegmentMap(
    segment="AIS",
    resource="Appointment",
    rows=(
        FieldRow(3, "serviceType[]", concept),
        FieldRow(4, "start", instant),
        FieldRow(10, "status", code_in(APPOINTMENT_STATUS)),
    ),
    understood=(1, 2, 5, 6, 7, 8),
)
AIG = SegmentMap(
    segment="AIG",
    resource="Appointment.participant",
    rows=(
        FieldRow(3, "actor", thing),
        FieldRow(4, "type[]", concept),
        FieldRow(14, "status", code_in(PARTICIPANT_STATUS)),
    ),
    understood=(1, 2, 8, 9, 10, 11, 12),
)
AIL = SegmentMap(
    segment="AIL",
    resource="Appointment.participant",
    rows=(
        FieldRow(3, "actor", location),
        FieldRow(4, "type[]", concept),
        FieldRow(12, "status", code_in(PARTICIPANT_STATUS)),
    ),
    understood=(1, 2, 6, 7, 8, 9, 10),
)
AIP = SegmentMap(
    segment="AIP",
    resource="Appointment.participant",
    rows=(
        FieldRow(3, "actor", practitioner),
        FieldRow(4, "type[]", concept),
        FieldRow(12, "status", code_in(PARTICIPANT_STATUS)),
    ),
    understood=(1, 2, 6, 7, 8, 9, 10),
)
TABLES = (AIS, AIG, AIL, AIP)
