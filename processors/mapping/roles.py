"""People and organisations in a role (XCN, NDL, XON with address; HL7 2.5.1 chapters 2A.42, 2A.86, 2A.87)."""

from typing import cast

from processors.envelope import Record
from processors.fhir.systems import PARTICIPATION_TYPE, STRUCTURE, TERMINOLOGY
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping.identifiers import period
from processors.mapping.names import address, contact_point
from processors.mapping.parties import location, organization, practitioner
from processors.mapping.rows import Datatype
from processors.mapping.scope import Scope, component

_FUNCTION = STRUCTURE + "event-performerFunction"
_CALLBACK = STRUCTURE + "servicerequest-order-callback-phone-number"
_OBSERVER = {"system": TERMINOLOGY + "v2-0912", "code": "RO"}
_DIRECTOR = {"system": TERMINOLOGY + "v2-0912", "code": "MDIR"}
#: Components of a CNN before those of the assigning authority.
_BEFORE_AUTHORITY = 8
_phone = contact_point("work")


def in_role(parts: Record, scope: Scope) -> Record:
    """A reference to the PractitionerRole with these elements, put into the bundle; the same parts are the same one."""
    who = [parts[name]["reference"] for name in ("practitioner", "organization") if name in parts]
    where = [one["reference"] for one in parts.get("location", ())]
    kinds = [coding["code"] for code in parts.get("code", ()) for coding in code["coding"]]
    since = [str(one) for one in parts.get("period", {}).values()]
    identity = derived_uuid("PractitionerRole", *who, "|", *where, "|", *kinds, "|", *since)
    return scope.bundle.add({"resourceType": "PractitionerRole", "id": identity, **parts}, scope.segment.path())


def add_to(reference: Record, name: str, values: list[Record], scope: Scope) -> None:
    """Add addresses or numbers to someone who is in the bundle already; the remembered resource stays as it is."""
    resources = scope.bundle.resources
    identity = reference["reference"].removeprefix("urn:uuid:")
    known = resources[identity]
    if known["resourceType"] == "Organization" and name in ("address", "telecom"):
        # Invariants org-2 and org-3: what is an organisation's is nobody's home.
        values = [{k: v for k, v in one.items() if (k, v) != ("use", "home")} for one in values]
    new = [one for one in values if one not in known.get(name, ())]
    if new:
        resources[identity] = {**known, name: [*known.get(name, ()), *new]}


def observer(raw: str, scope: Scope) -> Record | None:
    """OBX-16 as the responsible observer."""
    who = practitioner(raw, scope)
    return None if who is None else in_role(_told(_as(who, _OBSERVER), raw, scope), scope)


def performing_organization(raw: str, scope: Scope) -> Record | None:
    """OBX-23 as Organization with the address of OBX-24."""
    where = organization(raw, scope)
    if where is not None and scope.segment.raw(24):
        add_to(where, "address", _each(scope.segment, 24, address, scope), scope)
    return where


def director(raw: str, scope: Scope) -> Record | None:
    """OBX-25 as the medical director of the organisation in OBX-23."""
    who = practitioner(raw, scope)
    if who is None:
        return None
    parts = _told(_as(who, _DIRECTOR), raw, scope)
    sent = scope.segment.repetitions(23)
    where = performing_organization(sent[0], scope) if sent and sent[0] else None
    if where is not None:
        parts["organization"] = _told(where, sent[0], scope)
    return in_role(parts, scope)


def interpreter(raw: str, scope: Scope) -> Record | None:
    """NDL (OBR-32 to 35) as PractitionerRole: who, when, where; a name in components (CN of HL7 2.1) is one too."""
    pieces = raw.split(scope.component)
    named = pieces[0]
    plain = len(pieces) > 1 and scope.subcomponent not in named and not component(pieces, 2)[:8].isdigit()
    who = practitioner(raw if plain and component(pieces, 2) else _as_xcn(named, scope), scope)
    if who is None:
        return None
    parts: Record = {"practitioner": who}
    if not plain or not component(pieces, 2):
        span = period(component(pieces, 2), component(pieces, 3), scope)
        if span:
            parts["period"] = span
        where = location(raw.split(scope.component, 3)[3], scope) if any(pieces[3:]) else None
        if where is not None:
            parts["location"] = [where]
    return in_role(_told(parts, raw, scope), scope)


def performer(code: str, display: str) -> Datatype:
    """NDL as a performer with the function of v3-ParticipationType in an extension."""
    kind = {"coding": [{"system": PARTICIPATION_TYPE, "code": code, "display": display}]}

    def read(raw: str, scope: Scope) -> Record | None:
        who = interpreter(raw, scope)
        return None if who is None else {**who, "extension": [{"url": _FUNCTION, "valueCodeableConcept": kind}]}

    return read


def callback(raw: str, scope: Scope) -> Record | None:
    """A number to call back (ORC-14, OBR-17)."""
    value = _phone(raw, scope)
    return {"url": _CALLBACK, "valueContactPoint": value} if isinstance(value, dict) else None


def call_requester(obr: Segment, resource: Record, scope: Scope) -> None:
    """OBR-17 on the reference to the requester, else on the order."""
    scope.segment, scope.field = obr, 17
    found = [(one, callback(one, scope)) for one in obr.repetitions(17) if one]
    numbers = [_told(value, raw, scope) for raw, value in found if value is not None]
    if numbers and "requester" in resource:
        resource["requester"] = {**resource["requester"], "extension": numbers}
    elif numbers:
        resource["extension"] = [*resource.get("extension", ()), *numbers]


def ordering_facility(orc: Segment, resource: Record, scope: Scope) -> None:
    """ORC-21 to ORC-24: the requester in the ordering facility, both with their addresses."""
    who = resource.get("requester")
    homes = _each(orc, 24, address, scope)
    if homes and who is None:
        scope.count_unmapped("ORC-24")
    elif homes and who is not None:
        add_to(who, "address", homes, scope)
    scope.segment, scope.field = orc, 21
    sent = orc.repetitions(21)
    where = organization(sent[0], scope) if sent and sent[0] else None
    for n, name, datatype in ((22, "address", address), (23, "telecom", _phone)):
        values = _each(orc, n, datatype, scope)
        if values and where is None:
            scope.count_unmapped(f"ORC-{n}")
        elif values and where is not None:
            add_to(where, name, values, scope)
    if where is not None:
        known = {"practitioner": who} if who is not None else {}
        role = in_role({**known, "organization": _told(where, sent[0], scope)}, scope)
        resource["requester"] = _told(role, sent[0], scope)


def _as(who: Record, coding: Record) -> Record:
    return {"practitioner": who, "code": [{"coding": [coding]}]}


def _told(value: Record, raw: str, scope: Scope) -> Record:
    """A value that no row makes, with the place it comes from."""
    return value if scope.trace is None else cast("Record", scope.trace.mark(value, raw))


def _as_xcn(named: str, scope: Scope) -> str:
    """CNN in subcomponents as XCN: its three components of the authority stay one."""
    return named.replace(scope.subcomponent, scope.component, _BEFORE_AUTHORITY)


def _each(segment: Segment, field: int, datatype: Datatype, scope: Scope) -> list[Record]:
    """The repetitions of a field that say something."""
    scope.segment, scope.field = segment, field
    found = [(one, datatype(one, scope)) for one in segment.repetitions(field) if one]
    trace = scope.trace
    return [value if trace is None else trace.mark(value, raw) for raw, value in found if isinstance(value, dict)]
