"""One PV1 with its PV2 -> Encounter, and what else the visit tells: financial class, episode of care, prior numbers."""

from processors.envelope import Record
from processors.fhir.systems import NULL_FLAVOR
from processors.hl7.message import Segment
from processors.mapping import pv1_encounter, pv2_encounter
from processors.mapping.groups import Patient, Visit
from processors.mapping.identities import unless_null, visit_id
from processors.mapping.links import Links
from processors.mapping.mrg_encounter import MOVES_OF_VISITS, MRG, merged_into, still_in_use
from processors.mapping.nte_annotation import note_beside
from processors.mapping.pv1_coverage import coverages
from processors.mapping.pv1_episodeofcare import episode
from processors.mapping.pv2_encounter import PLANNED_END, PLANNED_START
from processors.mapping.repeats import set_apart, told
from processors.mapping.rows import CompiledMap
from processors.mapping.scope import Scope, component, reference, spelled
from processors.mapping.statements import unplace_rest
from processors.mapping.times import date_time
from processors.mapping.vocabularies import CLASS_STATUS
from processors.mapping.vocabularies_visit import CANCEL_STATUS, EVENT_STATUS

PV1 = CompiledMap(pv1_encounter.PV1)
PV2 = CompiledMap(pv2_encounter.PV2)
OLD_NUMBERS = CompiledMap(MRG)

_NO_CLASS = {"system": NULL_FLAVOR, "code": "UNK", "display": "Unknown"}
#: Events that announce something -> the extension for its time (EVN-3); A15 announces a transfer.
_PLANS = {"A05": PLANNED_START, "A14": PLANNED_START, "A16": PLANNED_END}
_PENDING_TRANSFER = "A15"
_DISCHARGE_CANCELLED = "A13"
_FINANCIAL_CLASS, _EPISODE = 20, 53


def encounter(group: Patient, visit: Visit, trigger: str, links: Links, scope: Scope) -> None:
    """PV1 and PV2 into an Encounter; without any data in them there is none."""
    pv1 = visit.pv1
    planned = trigger in _PLANS or trigger == _PENDING_TRANSFER
    evn = scope.message.first("EVN") if planned else None
    mrg = merged_into(group, visit) if trigger in MOVES_OF_VISITS else None
    segments = [one for one in (pv1, visit.pv2, evn, mrg) if one is not None]
    account = group.pid.raw(18) if group.pid is not None else ""
    said = ("Encounter", trigger, scope.bundle.patient_key, account, *spelled(segments))
    resource = scope.whole(said, lambda: _build(group, visit, trigger, mrg, scope))
    if not resource:
        unplace_rest(visit.notes, scope)
        return
    if visit.notes:
        note_beside(visit.notes, resource, scope)
    if links.subject is not None:
        resource["subject"] = links.subject
    if resource["id"] in scope.bundle.resources and not unless_null(pv1, 19):
        set_apart(resource, scope)
    resource = told(resource, pv1, scope)
    links.visit(visit, resource, reference(resource["id"]))
    fields = pv1.fields
    if len(fields) > _FINANCIAL_CLASS and fields[_FINANCIAL_CLASS]:
        coverages(pv1, links, scope)
    if len(fields) > _EPISODE:
        episode(pv1, resource, links, scope)


def _build(group: Patient, visit: Visit, trigger: str, mrg: Segment | None, scope: Scope) -> Record:
    """The Encounter, or nothing where the segments say nothing."""
    pv1 = visit.pv1
    resource: Record = {"resourceType": "Encounter", "id": visit_id(pv1, group.pid, scope)}
    PV1(pv1, resource, scope)
    if visit.pv2 is not None:
        PV2(visit.pv2, resource, scope)
    if mrg is not None:
        OLD_NUMBERS(mrg, resource, scope)
        still_in_use(resource)
    if len(resource) <= 2:
        return {}
    if trigger == _DISCHARGE_CANCELLED:
        _stay_on(resource, scope)
    _plan(resource, trigger, scope)
    resource["status"] = _status(pv1, trigger, resource, scope)
    resource.setdefault("class", _NO_CLASS)
    return resource


def _stay_on(resource: Record, scope: Scope) -> None:
    """A13 takes the discharge back: its time, kind and destination, still in the message, no longer hold."""
    gone = {
        36: ("hospitalization", "dischargeDisposition"),
        37: ("hospitalization", "destination"),
        45: ("period", "end"),
    }
    for n, (parent, name) in gone.items():
        value = resource.get(parent, {})
        dropped = value.pop(name, None)
        if dropped is not None:
            scope.count_unmapped(f"PV1-{n}")
        if name == "destination" and dropped is not None:
            scope.bundle.resources.pop(dropped.get("reference", "").removeprefix("urn:uuid:"), None)
        if not value:
            resource.pop(parent, None)


def _plan(resource: Record, trigger: str, scope: Scope) -> None:
    """EVN-3 is when a pending event is to happen (HL7 2.5.1 chapter 3.4.1.3), where PV2-8 or PV2-9 does not say it."""
    url = _PLANS.get(trigger)
    evn = scope.message.first("EVN") if url or trigger == _PENDING_TRANSFER else None
    if evn is None or not evn.raw(3):
        return
    scope.segment, scope.field = evn, 3
    planned = date_time(evn.raw(3), scope)
    if planned is None:
        return
    if scope.trace is not None:
        planned = scope.trace.mark(planned, evn.raw(3))
    if url is None:
        reserved = [place for place in resource.get("location", ()) if place["status"] == "reserved"]
        for place in reserved[:1]:
            place["period"] = {"start": planned}
    elif not any(e["url"] == url for e in resource.get("extension", ())):
        resource.setdefault("extension", []).append({"url": url, "valueDateTime": planned})


def _event(scope: Scope) -> str:
    """MSH-9.2, from which a status was made."""
    return component(scope.message.header.raw(9).split(scope.component), 2)


def _status(pv1: Segment, trigger: str, resource: Record, scope: Scope) -> str:
    """The event that takes something back, else the discharge time, else the event, else the class (PV1-2)."""
    taken_back = CANCEL_STATUS.get(trigger)
    if taken_back is not None:
        status, said = taken_back, _event(scope)
    elif "end" in resource.get("period", {}):
        status, said = "finished", pv1.raw(45) or pv1.raw(37)
    elif trigger in EVENT_STATUS:
        status, said = EVENT_STATUS[trigger], _event(scope)
    else:
        status, said = CLASS_STATUS.get(pv1.text(2), "unknown"), pv1.raw(2)
    return status if scope.trace is None else scope.trace.mark(status, said)
