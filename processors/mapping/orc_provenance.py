"""ORC -> Provenance of an order: who entered, verified, ordered and acted, when and where (HL7 2.5.1 chapter 4.5.1)."""

from typing import cast

from processors.envelope import Record
from processors.fhir.systems import DATA_ABSENT, TERMINOLOGY
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping.equipment import equipment_coded
from processors.mapping.extensions import within
from processors.mapping.identifiers import authority_uri, check_digit, hd, said_by, typed_as
from processors.mapping.names import address, contact_point
from processors.mapping.orc_servicerequest import known_code, security
from processors.mapping.parties import organization_coded, practitioner
from processors.mapping.roles import add_to
from processors.mapping.rows import CompiledMap, Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope, component
from processors.mapping.times import date_time, instant
from processors.mapping.vocabularies_orders import ORDER_ACTIVITY

_TYPES = TERMINOLOGY + "provenance-participant-type"
_ABSENT = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}
_phone = contact_point("work")


def _agent(code: str) -> Datatype:
    kind = {"coding": [{"system": _TYPES, "code": code}]}

    def read(raw: str, scope: Scope) -> Record | None:
        who = practitioner(raw, scope)
        return None if who is None else {"type": kind, "who": who}

    return read


def _author(raw: str, scope: Scope) -> Record | None:
    """ORC-12 with the address of ORC-24."""
    found = _agents["author"](raw, scope)
    if isinstance(found, dict) and scope.segment.raw(24):
        home = address(scope.segment.repetitions(24)[0], scope)
        if home:
            add_to(found["who"], "address", [home], scope)
        return found
    return found if isinstance(found, dict) else None


def _activity(raw: str, scope: Scope) -> Record | None:
    code = known_code(ORDER_ACTIVITY)(raw, scope)
    return {"coding": [{"system": TERMINOLOGY + "v3-DataOperation", "code": code}]} if code else None


def _facility(raw: str, scope: Scope) -> Record | None:
    """ORC-21 to ORC-23 as the Location where it was ordered."""
    orc = scope.segment
    pieces = raw.split(scope.component)
    parts = [scope.text(piece) for piece in pieces]
    number = component(parts, 10) or component(parts, 3)
    if not parts[0] and not number:
        return None
    names = hd(component(pieces, 6), scope)
    authority = authority_uri(names, scope)
    identity = (authority or scope.site.feed, number) if number else (scope.site.feed, "name", parts[0])
    resource: Record = {"resourceType": "Location", "id": scope.keyring.fhir_id("Location", "facility", *identity)}
    if number:
        value: Record = typed_as(component(parts, 7), scope) if component(parts, 7) else {}
        if authority:
            value["system"] = authority if scope.trace is None else scope.trace.mark(authority, said_by(names))
        if component(parts, 4) or component(parts, 5):
            value["extension"] = check_digit(component(parts, 4), component(parts, 5), scope)
        resource["identifier"] = [value | {"value": number}]
    if parts[0]:
        resource["name"] = parts[0]
    numbers = [one for one in (_phone(sent, scope) for sent in orc.repetitions(23)) if one]
    if numbers:
        resource["telecom"] = numbers
    where = address(orc.repetitions(22)[0], scope) if orc.raw(22) else None
    if where:
        resource["address"] = where
    return scope.bundle.add(resource, orc.path())


_agents = {code: _agent(code) for code in ("enterer", "verifier", "author", "performer")}

ORC = SegmentMap(
    segment="ORC",
    resource="Provenance",
    rows=(
        FieldRow(1, "activity", _activity),
        FieldRow(9, "recorded", instant),
        FieldRow(9, "occurredDateTime", date_time),
        FieldRow(10, "agent[]", _agents["enterer"]),
        FieldRow(11, "agent[]", _agents["verifier"]),
        FieldRow(12, "agent[]", _author),
        FieldRow(18, "agent[]", within("who", equipment_coded)),
        FieldRow(19, "agent[]", _agents["performer"]),
        FieldRow(21, "location", _facility),
        FieldRow(28, "meta.security[]", security),
    ),
    understood=(17, 22, 23, 24),
)
_COMPILED = CompiledMap(ORC)


def provenance(orc: Segment, target: Record, reports: bool, scope: Scope) -> None:
    """The Provenance of what an ORC did to an order; a report says who ordered it in the order itself."""
    fields = orc.fields
    if not (any(fields[10 : 12 if reports else 13]) or any(fields[17:20])):
        return
    resource: Record = {
        "resourceType": "Provenance",
        "id": derived_uuid(target["reference"], "Provenance", scope.control_id, orc.path()),
        "target": [target],
    }
    _COMPILED(orc, resource, scope)
    _on_behalf(orc, resource, scope)
    if "agent" not in resource:
        return
    if "recorded" not in resource:
        scope.segment, scope.field = scope.message.header, 7
        sent = instant(scope.message.header.raw(7), scope)
        resource |= {"recorded": sent} if sent else {"_recorded": _ABSENT}
    scope.bundle.add(resource, orc.path())


def _on_behalf(orc: Segment, resource: Record, scope: Scope) -> None:
    """ORC-17: the organisation for which it was entered, alone where nobody entered it by name."""
    if not orc.raw(17):
        return
    scope.segment, scope.field = orc, 17
    where = organization_coded(orc.repetitions(17)[0], scope)
    if where is None:
        return
    if scope.trace is not None:
        where = cast("Record", scope.trace.mark(where, orc.raw(17)))
    agents = resource.setdefault("agent", [])
    kind = {"coding": [{"system": _TYPES, "code": "enterer"}]}
    if orc.raw(10) and agents:
        agents[0]["onBehalfOf"] = where
    else:
        agents.insert(0, {"type": kind, "who": where})
