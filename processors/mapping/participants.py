"""What ROL and PRT say of a participant: kind, role, devices, the preferred way to reach them, and their resources."""

from dataclasses import dataclass

from processors.envelope import Record
from processors.fhir.systems import PARTICIPATION_TYPE, STRUCTURE, TERMINOLOGY
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping.codes import concept_in
from processors.mapping.roles import add_to
from processors.mapping.rows import Datatype
from processors.mapping.scope import Scope
from processors.mapping.vocabularies import RELATIONSHIP
from processors.mapping.vocabularies_people import (
    CONTACT_ROLE,
    PARTICIPATION,
    PARTICIPATIONS,
    PREFERRED_CONTACT,
    PROVIDER_OCCUPATION,
    PROVIDER_ROLE,
)

TABLE_0443 = TERMINOLOGY + "v2-0443"
_TABLE_0912 = TERMINOLOGY + "v2-0912"
_PREFERRED = {"url": STRUCTURE + "iso21090-preferred", "valueBoolean": True}
_DELETED = frozenset(("D", "DE", "UN"))
_FAMILY_TABLES = ("HL70063", "HL70131", "0063", "0131")
_FAMILY_CODES = frozenset((*RELATIONSHIP, *CONTACT_ROLE)) - PARTICIPATIONS
_occupation = concept_in(PROVIDER_OCCUPATION, "http://snomed.info/sct", TABLE_0443)
_part = concept_in(PROVIDER_ROLE, PARTICIPATION_TYPE, TABLE_0443)
participation: Datatype = concept_in(PARTICIPATION, TERMINOLOGY + "practitioner-role", _TABLE_0912)


@dataclass(frozen=True, slots=True)
class Places:
    """Which field of a segment says what of a participant; 0 where it has none."""

    role: int
    person: int
    provider: int
    unit: int
    address: int
    telecom: int
    organization: int
    preferred: int = 0


PLACES = {
    "ROL": Places(role=3, person=4, provider=9, unit=10, address=11, telecom=12, organization=14),
    "PRT": Places(role=4, person=5, provider=6, unit=7, address=14, telecom=15, organization=8, preferred=23),
}


def provider_role(raw: str, scope: Scope) -> object | None:
    """ROL-3 (table 0443) as a participation type or occupation, what was sent behind it."""
    return (_occupation if scope.texts(raw)[0] in PROVIDER_OCCUPATION else _part)(raw, scope)


def is_family(segment: Segment) -> bool:
    """The role is one in the patient's life (tables 0063 and 0131), not in their care."""
    n = PLACES[segment.name].role
    return segment.text(n, 3).upper() in _FAMILY_TABLES or segment.text(n).strip() in _FAMILY_CODES


def is_deleted(segment: Segment) -> bool:
    """ROL-2 or PRT-2 takes the participation back (tables 0287 and 0206)."""
    return segment.text(2).strip() in _DELETED


def udi_sent(prt: Segment) -> bool:
    """PRT-10 holds the human readable form of a UDI."""
    return prt.text(10).startswith("(01)")


def human_readable(raw: str, scope: Scope) -> Record | None:
    """A UDI as people read it."""
    sent = scope.texts(raw)[0]
    return {"carrierHRF": sent} if sent else None


def udi(raw: str, scope: Scope) -> Record | None:
    """PRT-16: the device identifier of a UDI."""
    sent = scope.texts(raw)[0]
    return {"deviceIdentifier": sent} if sent else None


def values(segment: Segment, n: int, datatype: Datatype, scope: Scope) -> list[Record]:
    """What the repetitions of a field are, each with the place it comes from."""
    scope.segment, scope.field = segment, n
    found: list[Record] = []
    for raw in segment.repetitions(n):
        value = datatype(raw, scope) if raw else None
        if value is not None and scope.trace is not None:
            value = scope.trace.mark(value, raw)
        if isinstance(value, list):
            found += value
        elif isinstance(value, dict):
            found.append(value)
    return found


def prefer(segment: Segment, points: list[Record], scope: Scope) -> list[Record]:
    """The contact points, the one of PRT-23 marked as preferred; a single one is meant in any case."""
    n = PLACES[segment.name].preferred
    wanted = PREFERRED_CONTACT.get(segment.text(n).strip()) if n else None
    if wanted is None or not points:
        if n and segment.text(n).strip():
            scope.count_unmapped(f"{segment.name}-{n}")
        return points
    system, use = wanted
    fit = [p for p in points if p["system"] == system and (not use or p.get("use") == use)]
    chosen = fit or (points if len(points) == 1 else [])
    if not chosen:
        scope.count_unmapped(f"{segment.name}-{n}")
        return points
    mark = _PREFERRED if scope.trace is None else scope.trace.mark(_PREFERRED, segment.raw(n))
    return [{**p, "extension": [*p.get("extension", ()), mark]} if p is chosen[0] else p for p in points]


def put_role(parts: Record, scope: Scope) -> Record:
    """A PractitionerRole into the bundle: who, for whom, as what, where and when make it the same one."""
    said = [parts[name]["reference"] for name in ("practitioner", "organization") if name in parts]
    said += [one["reference"] for one in parts.get("location", ())]
    for concept in parts.get("code", ()):
        said += [one["code"] for one in concept.get("coding", ())] or [concept.get("text", "")]
    said += [str(one) for one in parts.get("period", {}).values()]
    identity = derived_uuid("PractitionerRole", *(str(one) for one in said))
    made = {"resourceType": "PractitionerRole", "id": identity, **parts}
    named = scope.bundle.add(made, scope.segment.path())
    for name in ("identifier", "telecom", "specialty"):
        add_to(named, name, parts.get(name, []), scope)
    return named


def addressed(home: Record, raw: str, segment: Segment, scope: Scope) -> Record:
    """A place of which the address alone is known."""
    identity = scope.keyring.fhir_id("Location", scope.site.feed, "address", raw)
    made = {"resourceType": "Location", "id": identity, "mode": "instance", "address": home}
    return scope.bundle.add(made, segment.path())
