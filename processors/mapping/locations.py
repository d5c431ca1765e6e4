"""Places (PL, DLD, HD; HL7 2.5.1 chapters 2A.53, 2A.22, 2A.33) as Locations: a chain from the site to the bed."""

from dataclasses import dataclass

from processors.envelope import Record
from processors.fhir.systems import PHYSICAL_TYPE, TERMINOLOGY
from processors.lineage import derived_uuid
from processors.mapping.codes import concept_of
from processors.mapping.identifiers import ei, hd, organization_of
from processors.mapping.mentioned import mentioned
from processors.mapping.scope import Scope, component, reference
from processors.mapping.v2_tables import table_uri

#: PL: component, physical type code and display, from the widest to the narrowest, in the order of the data type's
#: own chapter (HL7's guide puts the floor below the point of care).
_LEVELS = (
    (4, "si", "Site"),
    (7, "bu", "Building"),
    (8, "lvl", "Level"),
    (1, "wa", "Ward"),
    (2, "ro", "Room"),
    (3, "bd", "Bed"),
)
_BED = 3
_SITE = {"coding": [{"system": PHYSICAL_TYPE, "code": "si", "display": "Site"}]}
_discharged_to = concept_of(TERMINOLOGY + "v2-0113")


def _coding(table: str, sent: str) -> Record:
    return {"system": table_uri(TERMINOLOGY + table, sent), "code": sent}


@dataclass(frozen=True, slots=True)
class Assigner:
    """The Organization that numbers the places, and the component that names it."""

    organization: Record
    said: str

    def named(self, scope: Scope) -> Record:
        """A reference to it."""
        found: Record = reference(self.organization["id"])
        return found if scope.trace is None else {**scope.trace.mark(found, self.said)}


def locations(raw: str, scope: Scope) -> list[Record]:
    """PL as Locations, the widest first, each part of the one before; the Organization that numbers them ahead."""
    if scope.component not in raw and scope.subcomponent in raw:
        raw = raw.replace(scope.subcomponent, scope.component)
    pieces = raw.split(scope.component)
    names = {n: hd(pieces[n - 1], scope) if n <= len(pieces) else ["", "", ""] for n, _, _ in _LEVELS}
    assigner = _assigner(pieces, scope) if len(pieces) > 9 else None
    chain: list[Record] = []
    facility = names[4][0] or names[4][1]
    above = scope.keyring.fhir_id("Location", scope.site.feed if not facility else "")
    for n, code, display in _LEVELS:
        name = names[n][0] or names[n][1]
        if not name:
            continue
        resource: Record = {"resourceType": "Location", "id": derived_uuid(above, code, name)}
        resource["identifier"] = _identifiers(names[n], assigner, scope)
        status = scope.text(component(pieces, 5)) if n == _BED else ""
        if status:
            resource["operationalStatus"] = _coding("v2-0306", status)
        resource["name"] = name
        resource["mode"] = "instance"
        resource["physicalType"] = {"coding": [{"system": PHYSICAL_TYPE, "code": code, "display": display}]}
        if chain:
            resource["partOf"] = reference(chain[-1]["id"])
        above = resource["id"]
        chain.append(resource if scope.trace is None else scope.trace.mark(resource, pieces[n - 1]))
    if len(pieces) > 5:
        _narrowest(chain, pieces, assigner, scope)
    return [assigner.organization, *chain] if assigner is not None and chain else chain


def _identifiers(names: list[str], assigner: Assigner | None, scope: Scope) -> list[Record]:
    """One level's HD as Identifiers: the namespace, the universal id with its type (table 0301)."""
    namespace, universal, kind = names
    found: list[Record] = [{"value": namespace}] if namespace else []
    if universal:
        typed: Record = {"type": {"coding": [_coding("v2-0301", kind)]}} if kind else {}
        found.append({**(typed if scope.trace is None else scope.trace.mark(typed, kind)), "value": universal})
    if assigner is not None:
        found[0]["assigner"] = assigner.named(scope)
    return found


def _assigner(pieces: list[str], scope: Scope) -> Assigner | None:
    """Who numbers the places: PL.11, else the namespace of PL.10."""
    if component(pieces, 11):
        said, names = pieces[10], hd(pieces[10], scope)
    else:
        said = pieces[9]
        _, *space = [scope.text(one) for one in said.split(scope.subcomponent)]
        names = [*space, "", "", ""][:3]
    organization = organization_of(names, scope)
    return None if organization is None else Assigner(organization, said)


def _narrowest(chain: list[Record], pieces: list[str], assigner: Assigner | None, scope: Scope) -> None:
    """What PL says of the place as a whole goes to the narrowest one; without a level it is a place of its own."""
    kind, description = scope.text(component(pieces, 6)), scope.text(component(pieces, 9))
    number, system = ei(component(pieces, 10).replace(scope.subcomponent, scope.component), scope)
    if not chain:
        if not number and not description:
            return
        identity = scope.keyring.fhir_id("Location", system or scope.site.feed, "whole", number or description)
        chain.append({"resourceType": "Location", "id": identity, "name": description or number, "mode": "instance"})
    place = chain[-1]
    if number:
        value: Record = {"system": system} if system else {}
        value["value"] = number
        if assigner is not None:
            value["assigner"] = assigner.named(scope)
        place["identifier"] = [*place.get("identifier", ()), value]
    if kind:
        place["type"] = [{"coding": [_coding("v2-0305", kind)]}]
    if description:
        place["description"] = description


def bed(raw: str, status: str, scope: Scope) -> Record | None:
    """PL as a reference to its room or bed, which has the status of PV1-40 or NPU-2 (table 0116)."""

    def build(raw: str, scope: Scope) -> list[Record]:
        chain = locations(raw, scope)
        if chain and status:
            chain[-1]["operationalStatus"] = _coding("v2-0116", status)
        return chain

    return mentioned(f"bed {status}", raw, scope, build)


def site(raw: str, scope: Scope) -> Record | None:
    """HD as a reference to a Location that is a site (EVN-7)."""
    return mentioned("site", raw, scope, _site)


def _site(raw: str, scope: Scope) -> list[Record]:
    names = [*scope.texts(raw), "", "", ""][:3]
    name = names[0] or names[1]
    if not name:
        return []
    above = scope.keyring.fhir_id("Location", "")
    resource: Record = {"resourceType": "Location", "id": derived_uuid(above, "si", name)}
    resource["identifier"] = _identifiers(names, None, scope)
    kind = _SITE if scope.trace is None or not names[1] else scope.trace.mark(_SITE, names[1])
    return [{**resource, "name": name, "mode": "instance", "physicalType": kind}]


def discharged_to(raw: str, scope: Scope) -> Record | None:
    """DLD (PV1-37) as a reference to a Location of that type (table 0113); its time (DLD.2) is read beside."""
    return mentioned("discharged to", raw, scope, _discharge)


def _discharge(raw: str, scope: Scope) -> list[Record]:
    first, _, rest = raw.partition(scope.component)
    if rest and scope.subcomponent not in first and not scope.text(rest.partition(scope.component)[0])[:4].isdigit():
        first = raw
    kind = _discharged_to(first.replace(scope.subcomponent, scope.component), scope)
    if not isinstance(kind, dict):
        return []
    coding = kind.get("coding", [{}])[0]
    named = coding.get("code", "") or kind.get("text", "")
    identity = scope.keyring.fhir_id("Location", scope.site.feed, "discharged to", coding.get("system", ""), named)
    name = coding.get("display") or kind.get("text")
    return [{"resourceType": "Location", "id": identity, **({"name": name} if name else {}), "type": [kind]}]
