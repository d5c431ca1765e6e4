"""Pharmacy parts of an order (RXO, RXE, RXD, RXA) -> MedicationRequest, MedicationDispense, MedicationAdministration.

What was ordered, what the pharmacy made of it, what it dispensed and what was given are resources of their own, each
with a reference to the one before it (HL7 2.5.1 chapter 4.13; the guide has tables for RXO, RXR and TQ1).
"""

from dataclasses import dataclass, field

from processors.envelope import Record
from processors.fhir.systems import DATA_ABSENT
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping import (
    dg1_condition,
    orc_medication,
    rxa_medicationadministration,
    rxd_medicationdispense,
    rxe_medicationrequest,
    rxo_medicationrequest,
    rxr_dosage,
)
from processors.mapping.dosing import ONE_DAY, add_units, doses
from processors.mapping.groups import Order, Part
from processors.mapping.identities import order_identity
from processors.mapping.immunizations import immunization
from processors.mapping.links import Links
from processors.mapping.medicines import medicine
from processors.mapping.names import address, contact_point
from processors.mapping.orc_provenance import provenance
from processors.mapping.order_remains import PROVENANCE, annotate, count_left, fields_of, merge, observations
from processors.mapping.participants import values
from processors.mapping.roles import add_to, ordering_facility
from processors.mapping.rows import CompiledMap
from processors.mapping.scope import Scope, reference
from processors.mapping.statements import unplace_rest
from processors.mapping.tq1_medicationrequest import timed, timed_by_field

REQUEST = CompiledMap(orc_medication.REQUEST)
DISPENSE = CompiledMap(orc_medication.DISPENSE)
ADMINISTRATION = CompiledMap(orc_medication.ADMINISTRATION)
RXD = CompiledMap(rxd_medicationdispense.RXD)
RXA = CompiledMap(rxa_medicationadministration.RXA)
RXA_DOSAGE = CompiledMap(rxa_medicationadministration.DOSAGE)
RXR_DOSAGE = CompiledMap(rxr_dosage.DOSAGE)
RXR_GIVEN = CompiledMap(rxr_dosage.ADMINISTRATION)
RXR_DEVICE = CompiledMap(rxr_dosage.DEVICE)
_UNKNOWN = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}
_GIVEN = fields_of(rxa_medicationadministration.TABLES)
_SEEN = frozenset(("RXR", "RXC", "TQ1"))
#: Parts that become a request and take the timing of the order where they have none of their own.
_ASKS = ("RXO", "RXE")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fields:
    """The tables of a requesting segment, and where it says what the rows alone cannot."""

    rows: CompiledMap
    dosage: CompiledMap
    dose_units: int
    rate_units: int
    dispense_units: int
    pharmacy_address: int
    pharmacy_phone: int
    timing: int = 0


_FIELDS = {
    "RXO": _Fields(
        rows=CompiledMap(rxo_medicationrequest.RXO),
        dosage=CompiledMap(rxo_medicationrequest.DOSAGE),
        dose_units=4,
        rate_units=22,
        dispense_units=12,
        pharmacy_address=33,
        pharmacy_phone=36,
    ),
    "RXE": _Fields(
        rows=CompiledMap(rxe_medicationrequest.RXE),
        dosage=CompiledMap(rxe_medicationrequest.DOSAGE),
        dose_units=5,
        rate_units=24,
        dispense_units=11,
        pharmacy_address=41,
        pharmacy_phone=45,
        timing=1,
    ),
}


@dataclass(slots=True)
class _Pharmacy:
    """One order while it is written; `request` is the last MedicationRequest, `done` all that was written."""

    order: Order
    links: Links
    scope: Scope
    number: str
    request: Record | None = None
    done: list[Record] = field(default_factory=list)


def medication(order: Order, links: Links, scope: Scope) -> bool:
    """The resources of an order of medicines or a vaccination into the scope's bundle; False where it is neither.

    With an OBR the order is one of services besides: its results and diagnoses are left to that.
    """
    if not any(part.segment.name in _WRITE for part in order.parts):
        return False
    writing = _Pharmacy(order, links, scope, order_identity(order, scope).request)
    others = []
    for part in order.parts:
        write = _WRITE.get(part.segment.name)
        if write is None:
            others.append(part)
        elif scope.message.type == "VXU" and part.segment.name == "RXA":
            results = part.results if writing.done else [*order.results, *part.results]
            made = immunization(part, order, results, links, scope)
            writing.done += [made] if made is not None else []
        else:
            write(part, writing)
    if order.obr is None:
        _finish(writing, others)
        order.results = [*order.results, *(one for part in order.parts for one in part.results)]
    return True


def _finish(writing: _Pharmacy, others: list[Part]) -> None:
    """What belongs to the order as a whole stands with the last resource of it."""
    order, links, scope = writing.order, writing.links, writing.scope
    last = writing.done[-1] if writing.done else None
    for part in others:
        if part.segment.name == "DG1":
            reasoned = writing.request or last
            fits = reasoned is not None and reasoned["resourceType"] != "MedicationDispense"
            dg1_condition.for_order(part, reasoned if fits else None, links, scope)
        else:
            unplace_rest([part.segment, *part.under, *part.notes], scope)
    timed = writing.request is not None and any(not one.all("TQ1") for one in order.parts if one.segment.name in _ASKS)
    unplace_rest([one for one in order.timings if not timed or one.name != "TQ1"], scope)
    for part in order.specimens:
        unplace_rest([part.segment, *part.under, *part.notes], scope)
    if last is None or last["resourceType"] == "Immunization":
        return
    made = observations(order.results, last, links, scope)
    if made:
        name = "supportingInformation"
        last[name] = [*last.get(name, ()), *(named for _, named in made)]
    links.focus.append(reference(last["id"]))


def _request(part: Part, writing: _Pharmacy) -> None:
    """RXO: the order as it was made; RXE: as the pharmacy encoded it, based on that where both are there."""
    segment, order, scope = part.segment, writing.order, writing.scope
    fields = _FIELDS[segment.name]
    before = writing.request
    resource: Record = {"resourceType": "MedicationRequest", "id": _identity(part, writing)}
    orc = order.orc
    if orc is not None:
        REQUEST(orc, resource, scope)
    said: Record = {}
    fields.rows(segment, said, scope)
    dispensing = said.get("dispenseRequest", {})
    add_units(segment, fields.dispense_units, [dispensing.get("quantity")], scope)
    _pharmacy(segment, dispensing.get("performer"), fields, scope)
    merge(resource, said, fields.rows, scope)
    resource |= medicine(part, scope)
    dosages = _dosages(part, fields, resource, writing)
    if dosages:
        resource["dosageInstruction"] = dosages
    if orc is not None:
        ordering_facility(orc, resource, scope)
    resource.setdefault("status", "unknown")
    resource["intent"] = "original-order" if segment.name == "RXO" else "filler-order" if before else "order"
    if before is not None:
        resource["basedOn"] = [*resource.get("basedOn", ()), reference(before["id"])]
    _add(resource, part, writing, REQUEST)
    writing.request = resource


def _identity(part: Part, writing: _Pharmacy) -> str:
    """The order's number makes it the same one again; without any number, what is ordered does too."""
    orc, segment = writing.order.orc, part.segment
    numbered = orc is not None and (orc.text(2) or orc.text(3))
    code = segment.raw(1 if segment.name == "RXO" else 2)
    kind = {"RXO": "original", "RXE": "encoded"}[segment.name]
    return derived_uuid(writing.number, "MedicationRequest", kind, "" if numbered else code)


def _pharmacy(segment: Segment, where: Record | None, fields: _Fields, scope: Scope) -> None:
    """Address and phone of the dispensing pharmacy."""
    for n, name, datatype in (
        (fields.pharmacy_address, "address", address),
        (fields.pharmacy_phone, "telecom", contact_point("work")),
    ):
        if segment.raw(n) and where is None:
            scope.count_unmapped(f"{segment.name}-{n}")
        elif segment.raw(n) and where is not None:
            add_to(where, name, values(segment, n, datatype, scope), scope)


def _dosages(part: Part, fields: _Fields, resource: Record, writing: _Pharmacy) -> list[Record]:
    """One Dosage for each timing; what RXO or RXE and RXR say is in the first."""
    segment, order, scope = part.segment, writing.order, writing.scope
    dosage: Record = {}
    fields.dosage(segment, dosage, scope)
    doses(dosage, scope, (segment, fields.dose_units), fields.rate_units)
    if "maxDosePerPeriod" in dosage:
        dosage["maxDosePerPeriod"]["denominator"] = _marked(ONE_DAY, segment.raw(19), scope)
    for rxr in part.all("RXR")[:1]:
        _route(rxr, dosage, scope)
    timings = part.all("TQ1") or [one for one in order.timings if one.name == "TQ1"]
    found = [timed(tq1, resource, scope) for tq1 in timings]
    if not found and fields.timing and segment.raw(fields.timing):
        found = timed_by_field(segment, fields.timing, resource, scope)
    elif not found and order.orc is not None and order.orc.raw(7):
        found = timed_by_field(order.orc, 7, resource, scope)
    first, *others = found or [{}]
    dosages = [_joined(dosage, first), *others]
    dosages += [made for rxr in part.all("RXR")[1:] if (made := _route(rxr, {}, scope))]
    told = [one for one in dosages if one]
    if len(found) > 1:
        told = [{"sequence": n, **one} for n, one in enumerate(told, 1)]
    return told


def _joined(dosage: Record, timing: Record) -> Record:
    """Both as one Dosage, lists of both one after the other."""
    made = {**timing, **dosage}
    for name in dosage.keys() & timing.keys():
        if isinstance(dosage[name], list):
            made[name] = [*dosage[name], *timing[name]]
    return made


def _route(rxr: Segment, dosage: Record, scope: Scope) -> Record:
    """RXR added to a Dosage; a second one is another way to give the same (HL7 2.5.1 chapter 4.14.2)."""
    RXR_DOSAGE(rxr, dosage, scope)
    count_left(rxr, RXR_DOSAGE.mapped, scope)
    return dosage


def _dispense(part: Part, writing: _Pharmacy) -> None:
    segment, scope = part.segment, writing.scope
    counted = (segment.text(1), segment.text(3))
    resource: Record = {
        "resourceType": "MedicationDispense",
        "id": derived_uuid(writing.number, "MedicationDispense", segment.text(7), *counted),
    }
    RXD(segment, resource, scope)
    add_units(segment, 5, [resource.get("quantity")], scope)
    dosage: Record = resource.pop("dosageInstruction", {})
    if dosage:
        dosage["maxDosePerPeriod"]["denominator"] = _marked(ONE_DAY, segment.raw(12), scope)
    for rxr in part.all("RXR")[:1]:
        _route(rxr, dosage, scope)
    for rxr in part.all("RXR")[1:]:
        scope.unplace(rxr)
    if dosage:
        resource["dosageInstruction"] = [dosage]
    resource |= medicine(part, scope)
    _orc(resource, DISPENSE, writing)
    resource.setdefault("status", "completed")
    if writing.request is not None:
        asked = [reference(writing.request["id"]), *resource.get("authorizingPrescription", ())]
        resource["authorizingPrescription"] = asked
    _add(resource, part, writing, DISPENSE)


def _administration(part: Part, writing: _Pharmacy) -> None:
    segment, scope = part.segment, writing.scope
    counted = (segment.text(1), segment.text(2), segment.text(3), segment.text(5))
    resource: Record = {
        "resourceType": "MedicationAdministration",
        "id": derived_uuid(writing.number, "MedicationAdministration", *counted),
    }
    RXA(segment, resource, scope)
    dosage = _given(segment, _routes(part, writing), resource, scope)
    if dosage:
        resource["dosage"] = dosage
    resource |= medicine(part, scope)
    count_left(segment, _GIVEN, scope)
    _orc(resource, ADMINISTRATION, writing)
    resource.setdefault("status", "completed")
    if not resource.keys() & {"effectiveDateTime", "effectivePeriod"}:
        resource["_effectiveDateTime"] = _UNKNOWN
    if writing.request is not None:
        resource["request"] = reference(writing.request["id"])
    _add(resource, part, writing, ADMINISTRATION)


def _routes(part: Part, writing: _Pharmacy) -> list[Segment]:
    """The RXR of an administration: it follows the last RXA of those that it holds for (HL7 2.5.1 chapter 4.13.13)."""
    parts = writing.order.parts
    after = parts[parts.index(part) :]
    return next((found for one in after if one.segment.name == "RXA" and (found := one.all("RXR"))), [])


def _given(rxa: Segment, routes: list[Segment], resource: Record, scope: Scope) -> Record:
    """Dose, rate, route, site and method; R4 wants the dose with them (mad-1), so one may be said to be unknown."""
    dosage: Record = {}
    RXA_DOSAGE(rxa, dosage, scope)
    add_units(rxa, 7, [dosage.get("dose")], scope)
    per = dosage.pop("rateRatio", {}).get("denominator")
    if per and "value" in dosage.get("dose", {}):
        dosage["rateRatio"] = {"numerator": dosage["dose"], "denominator": per}
    elif per:
        scope.count_unmapped("RXA-12")
    for rxr in routes[:1]:
        RXR_GIVEN(rxr, dosage, scope)
        RXR_DEVICE(rxr, resource, scope)
        count_left(rxr, RXR_GIVEN.mapped | RXR_DEVICE.mapped, scope)
    for rxr in routes[1:]:
        scope.unplace(rxr)
    if dosage:
        dosage.setdefault("dose", _UNKNOWN)
    return dosage


def _orc(resource: Record, rows: CompiledMap, writing: _Pharmacy) -> None:
    if writing.order.orc is not None:
        said: Record = {}
        rows(writing.order.orc, said, writing.scope)
        merge(resource, said, rows, writing.scope)


def _add(resource: Record, part: Part, writing: _Pharmacy, rows: CompiledMap) -> None:
    """Notes, subject, visit; then into the bundle. ORC's other fields are told, or counted, once for each order."""
    links, scope, order = writing.links, writing.scope, writing.order
    first = not writing.done
    annotate(resource, [*(order.notes if first else ()), *part.notes], scope)
    resource["subject"] = links.subject or _UNKNOWN
    visit = "encounter" if resource["resourceType"] == "MedicationRequest" else "context"
    if links.encounter is not None:
        resource[visit] = links.encounter
    named = scope.bundle.add(resource, part.segment.path())
    if first and order.orc is not None:
        count_left(order.orc, rows.mapped | PROVENANCE, scope)
        provenance(order.orc, named, False, scope)
    for segment in part.under:
        if segment.name not in _SEEN or (segment.name == "TQ1" and rows is not REQUEST):
            scope.unplace(segment)
    writing.done.append(resource)
    made = observations(part.results, resource, links, scope)
    if made:
        resource["supportingInformation"] = [one for _, one in made]


def _marked(value: Record, raw: str, scope: Scope) -> Record:
    marked: Record = value if scope.trace is None else scope.trace.mark(value, raw)
    return marked


_WRITE = {"RXO": _request, "RXE": _request, "RXD": _dispense, "RXA": _administration}
#: The segments that are written here.
MEDICINES = frozenset(_WRITE)
