"""PRD with its CTD -> PractitionerRole, Practitioner, Organization (HL7 2.5.1 chapter 11.6.3): who refers to whom."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.groups import Part
from processors.mapping.identifiers import staff_identifier
from processors.mapping.links import Links
from processors.mapping.names import address, contact_point, human_name
from processors.mapping.parties import location, organization
from processors.mapping.rf1_servicerequest import referral
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope, reference
from processors.mapping.statements import unplace_rest
from processors.mapping.tables import of_table
from processors.mapping.times import date_time

_ROLE = of_table("0286")
_WORK = contact_point("work")
PRD = SegmentMap(
    segment="PRD",
    resource="PractitionerRole",
    rows=(
        FieldRow(1, "code[]", _ROLE),
        FieldRow(4, "location[]", location),
        FieldRow(5, "telecom[]", _WORK),
        FieldRow(8, "period.start", date_time),
        FieldRow(9, "period.end", date_time),
        FieldRow(10, "organization", organization),
        FieldRow(12, "location[]", location),
    ),
)
PRD_PERSON = SegmentMap(
    segment="PRD",
    resource="Practitioner",
    rows=(
        FieldRow(2, "name[]", human_name),
        FieldRow(3, "address[]", address),
        FieldRow(7, "identifier[]", staff_identifier),
    ),
)
PRD_ORGANIZATION = SegmentMap(
    segment="PRD",
    resource="Organization",
    rows=(FieldRow(11, "address[]", address), FieldRow(13, "telecom[]", _WORK)),
)
CTD = SegmentMap(
    segment="CTD",
    resource="Organization.contact",
    rows=(
        FieldRow(1, "purpose", of_table("0131")),
        FieldRow(2, "name", human_name),
        FieldRow(3, "address", address),
        FieldRow(5, "telecom[]", _WORK),
    ),
)
TABLES = (PRD, PRD_PERSON, PRD_ORGANIZATION, CTD)
_PRD, _PERSON, _ORGANIZATION, _CTD = (CompiledMap(table) for table in TABLES)
#: Table 0286.
_REFERRING, _PRIMARY_CARE = "RP", "PP"
_REFERRED_TO = frozenset(("RT", "CP"))


def write(part: Part, links: Links, scope: Scope) -> None:
    """The provider in a role; RP asks for the referral, RT and CP carry it out, PP is the patient's general one."""
    prd = part.segment
    person: Record = {"resourceType": "Practitioner", "id": ""}
    _PERSON(prd, person, scope)
    role: Record = {"resourceType": "PractitionerRole", "id": ""}
    if len(person) > 2:
        person["id"] = _person_id(prd, person, scope)
        role["practitioner"] = scope.bundle.add(person, prd.path())
    _PRD(prd, role, scope)
    organisation = _organization(part, role, scope)
    if organisation is not None:
        role["organization"] = organisation
    unplace_rest(part.notes, scope)
    if len(role) <= 2:
        unplace_rest([prd, *part.under], scope)
        return
    codes = [prd.text(1, 1, n) for n in range(1, len(prd.repetitions(1)) + 1)]
    held = (person["id"], role.get("organization", {}).get("reference", ""))
    role["id"] = scope.keyring.fhir_id("PractitionerRole", *held, *(codes if any(held) else (prd.path(), *codes)))
    _link(scope.bundle.add(role, prd.path()), codes, links, scope)
    for segment in part.under:
        if segment.name != "CTD" or organisation is None:
            scope.unplace(segment)


def _person_id(prd: Segment, person: Record, scope: Scope) -> str:
    """By the first number (PRD-7), as an XCN of the same feed has it; else by the name as sent."""
    for one in person.get("identifier", ()):
        return scope.keyring.fhir_id("Practitioner", one.get("system") or scope.site.feed, one["value"])
    return scope.keyring.fhir_id("Practitioner", scope.site.feed, prd.raw(2) or prd.raw(3))


def _organization(part: Part, role: Record, scope: Scope) -> Record | None:
    """PRD-10 with address, contact points and contacts: a copy, as what XON made is shared between messages."""
    prd = part.segment
    more: Record = {}
    _ORGANIZATION(prd, more, scope)
    contacts = [one for one in (contact(ctd, scope) for ctd in part.all("CTD")) if one]
    if contacts and ("organization" in role or more):
        more["contact"] = contacts
    if not more:
        known: Record | None = role.get("organization")
        return known
    if "organization" in role:
        identity = role["organization"]["reference"].removeprefix("urn:uuid:")
        scope.bundle.resources[identity] = {**scope.bundle.resources[identity], **more}
        return reference(identity)
    said = (scope.site.feed, prd.raw(11), prd.raw(13))
    named = {"resourceType": "Organization", "id": scope.keyring.fhir_id("Organization", *said), "name": "unknown"}
    return scope.bundle.add(named | more, prd.path())


def contact(ctd: Segment, scope: Scope) -> Record:
    """CTD as Organization.contact; {} when it says nothing."""
    found: Record = {}
    _CTD(ctd, found, scope)
    return found if found.keys() - {"purpose"} else {}


def _link(role: Record, codes: list[str], links: Links, scope: Scope) -> None:
    if _PRIMARY_CARE in codes and links.patient is not None:
        links.patient["generalPractitioner"] = [*links.patient.get("generalPractitioner", ()), role]
    request = referral(scope)
    if request is None:
        return
    if _REFERRING in codes and "requester" not in request:
        request["requester"] = role
    elif _REFERRED_TO.intersection(codes):
        request.setdefault("performer", []).append(role)
    elif _PRIMARY_CARE not in codes or links.patient is None:
        request.setdefault("supportingInfo", []).append(role)
