"""The Medication of an order, dispense or administration: code, form, strength, components, batch."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping import (
    rxa_medicationadministration,
    rxc_medication,
    rxd_medicationdispense,
    rxe_medicationrequest,
    rxo_medicationrequest,
)
from processors.mapping.dosing import add_units, strength
from processors.mapping.groups import Part
from processors.mapping.results import NO_CODE
from processors.mapping.rows import CompiledMap
from processors.mapping.scope import Scope

RXC = CompiledMap(rxc_medication.RXC)
RXC_OWN = CompiledMap(rxc_medication.OWN)
#: Segment -> its rows, and the fields with the units of the strength and of the volume that has it.
_TABLES = {
    "RXO": (CompiledMap(rxo_medicationrequest.MEDICATION), 19, 26),
    "RXE": (CompiledMap(rxe_medicationrequest.MEDICATION), 26, 34),
    "RXD": (CompiledMap(rxd_medicationdispense.MEDICATION), 17, 29),
    "RXA": (CompiledMap(rxa_medicationadministration.MEDICATION), 14, 24),
}


def medicine(part: Part, scope: Scope) -> Record:
    """`medicationReference` to the Medication of a part, put into the bundle; the same content is the same Medication.

    Where nothing names it: a `medicationCodeableConcept` that says so.
    """
    segment = part.segment
    rows, *units = _TABLES[segment.name]
    resource: Record = {"resourceType": "Medication", "id": ""}
    rows(segment, resource, scope)
    own = _strength(resource.pop("ingredient", {}).get("strength", {}), segment, units, scope)
    ingredients = [{"itemCodeableConcept": resource.get("code", NO_CODE), "strength": own}] if own else []
    said = [segment.raw(n) for n in sorted(rows.mapped)]
    for rxc in part.all("RXC"):
        ingredients += _component(rxc, scope)
        said += ("RXC", *rxc.fields[1:])
    if ingredients:
        resource["ingredient"] = ingredients
    if len(resource) <= 2:
        return {"medicationCodeableConcept": NO_CODE}
    resource["id"] = scope.keyring.fhir_id("Medication", scope.site.feed, *said)
    return {"medicationReference": scope.bundle.add(resource, segment.path())}


def _strength(found: Record, segment: Segment, units: list[int], scope: Scope) -> Record | None:
    add_units(segment, units[0], [found.get("numerator")], scope)
    add_units(segment, units[1], [found.get("denominator")], scope)
    return strength(found)


def _component(rxc: Segment, scope: Scope) -> list[Record]:
    """RXC as an ingredient; beside an amount, its own strength makes it a Medication of its own."""
    resource: Record = {}
    RXC(rxc, resource, scope)
    amount = resource.pop("strength", {})
    add_units(rxc, 4, [amount.get("numerator")], scope)
    held = strength(amount)
    found: Record = {}
    RXC_OWN(rxc, found, scope)
    own = _strength(found, rxc, [6, 9], scope)
    if not resource and not held and not own:
        return []
    item = resource.pop("itemCodeableConcept", NO_CODE)
    if own and held:
        one = {"itemCodeableConcept": item, "strength": own}
        identity = scope.keyring.fhir_id("Medication", scope.site.feed, "RXC", *(rxc.raw(n) for n in (2, 5, 6, 8, 9)))
        made = {"resourceType": "Medication", "id": identity, "code": item, "ingredient": [one]}
        return [{"itemReference": scope.bundle.add(made, rxc.path()), **resource, "strength": held}]
    strong = held or own
    return [{"itemCodeableConcept": item, **resource, **({"strength": strong} if strong else {})}]
