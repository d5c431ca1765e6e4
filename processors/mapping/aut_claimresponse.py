"""AUT with its CTD -> ClaimResponse (HL7 2.5.1 chapter 11.6.2): what the payer authorised; the guide has no table."""

from processors.envelope import Record
from processors.fhir.systems import DATA_ABSENT
from processors.mapping.extensions import text
from processors.mapping.groups import Part
from processors.mapping.identifiers import ei, ei_of
from processors.mapping.links import Links
from processors.mapping.parties import organization_coded
from processors.mapping.prd_practitionerrole import contact
from processors.mapping.rf1_servicerequest import referral
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.statements import unplace_rest
from processors.mapping.times import date_time
from processors.mapping.values import quantity

_ABSENT = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}


def _plan(raw: str, scope: Scope) -> Record | None:
    """AUT-1 as the insurance under which was authorised."""
    parts = [*scope.texts(raw), ""]
    if not parts[0] and not parts[1]:
        return None
    coverage: Record = {"identifier": {"value": parts[0]}} if parts[0] else {}
    if parts[1]:
        coverage["display"] = parts[1]
    return {"sequence": 1, "focal": True, "coverage": coverage}


AUT = SegmentMap(
    segment="AUT",
    resource="ClaimResponse",
    rows=(
        FieldRow(1, "insurance[]", _plan),
        FieldRow(2, "insurer", organization_coded),
        FieldRow(4, "preAuthPeriod.start", date_time),
        FieldRow(5, "preAuthPeriod.end", date_time),
        FieldRow(6, "identifier[]", ei_of("")),
        FieldRow(6, "preAuthRef", text),
        FieldRow(10, "created", date_time),
    ),
    understood=(3,),
)
AUT_REQUEST = SegmentMap(segment="AUT", resource="ServiceRequest", rows=(FieldRow(8, "quantityQuantity", quantity),))
_COMPILED = CompiledMap(AUT)
_REQUEST = CompiledMap(AUT_REQUEST)


def write(part: Part, links: Links, scope: Scope) -> None:
    """The authorisation as a preauthorization response, and the referral's insurance."""
    aut = part.segment
    resource: Record = {"resourceType": "ClaimResponse", "id": _identity(part, links, scope), "status": "active"}
    _COMPILED(aut, resource, scope)
    _say_name(part, resource, scope)
    if len(resource) > 3:
        resource |= {"type": _ABSENT, "use": "preauthorization", "outcome": "complete"}
        resource["patient"] = links.subject or _ABSENT
        resource.setdefault("insurer", _ABSENT)
        if "created" not in resource:
            resource["_created"] = _ABSENT
        named = scope.bundle.add(resource, aut.path())
        request = referral(scope)
        if request is not None:
            _REQUEST(aut, request, scope)
            request.setdefault("insurance", []).append(named)
    unplace_rest(part.notes, scope)
    for segment in part.under:
        if segment.name != "CTD" or "reference" not in resource.get("insurer", {}):
            scope.unplace(segment)


def _say_name(part: Part, resource: Record, scope: Scope) -> None:
    """AUT-3 names the payer of AUT-2; CTD are its contacts: a copy, as organisations are shared between messages."""
    aut = part.segment
    more: Record = {}
    contacts = [one for one in (contact(ctd, scope) for ctd in part.all("CTD")) if one]
    name = aut.text(3)
    if name and name != '""':
        more["name"] = name
    if contacts:
        more["contact"] = contacts
    if "insurer" in resource and more:
        identity = resource["insurer"]["reference"].removeprefix("urn:uuid:")
        scope.bundle.resources[identity] = {**more, **scope.bundle.resources[identity]}
    elif name:
        identity = scope.keyring.fhir_id("Organization", scope.site.feed, "name", name)
        payer = {"resourceType": "Organization", "id": identity, **more}
        resource["insurer"] = scope.bundle.add(payer, aut.path())


def _identity(part: Part, links: Links, scope: Scope) -> str:
    """The payer's number of the authorisation (AUT-6), else its place in the referral."""
    aut = part.segment
    number, system = ei(aut.raw(6), scope) if aut.raw(6) else ("", "")
    if number:
        return scope.keyring.fhir_id("ClaimResponse", system or aut.text(2) or scope.site.feed, number)
    request = referral(scope)
    about = request["id"] if request is not None else (links.subject or {}).get("reference", "")
    return scope.keyring.fhir_id("ClaimResponse", about, aut.text(2), aut.text(1), str(aut.number))
