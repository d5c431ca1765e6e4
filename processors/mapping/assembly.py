"""One patient group -> its Patient, Encounter, orders and results, each filled by its segment maps and linked."""

from processors.envelope import Record
from processors.fhir.systems import NULL_FLAVOR, R5
from processors.hl7.message import Segment
from processors.mapping import nk1_patient, pd1_patient, pid_patient, pv1_encounter, pv2_encounter
from processors.mapping.groups import Patient, Visit
from processors.mapping.identities import loose_results, patient_id, result_id, visit_id
from processors.mapping.links import Links
from processors.mapping.orders import order
from processors.mapping.parts import write_part
from processors.mapping.results import observation
from processors.mapping.rows import CompiledMap
from processors.mapping.scope import Scope, spelled
from processors.mapping.structures import Structure
from processors.mapping.times import date_time
from processors.mapping.vocabularies import CANCEL_STATUS, CLASS_STATUS, EVENT_STATUS

PID = CompiledMap(pid_patient.PID)
PD1 = CompiledMap(pd1_patient.PD1)
NK1 = CompiledMap(nk1_patient.NK1)
PV1 = CompiledMap(pv1_encounter.PV1)
PV2 = CompiledMap(pv2_encounter.PV2)

_NO_CLASS = {"system": NULL_FLAVOR, "code": "UNK", "display": "Unknown"}
_PLANNED_END = R5 + "Encounter.plannedEndDate"
_PENDING_DISCHARGE = "A16"
_DISCHARGE_CANCELLED = "A13"


def assemble(group: Patient, trigger: str, structure: Structure, scope: Scope) -> Links:
    """All resources of one patient group into the scope's bundle."""
    links = Links()
    _patient(group, links, scope)
    for visit in group.visits:
        _encounter(group, visit, trigger, links, scope)
    for part in group.parts:
        links.enter(part.visit)
        write_part(part, links, scope)
    for one in group.orders:
        links.enter(one.visit)
        order(one, structure.reports, links, scope)
    links.enter(None)
    if group.results:
        taken: dict[str, int] = {}
        base = loose_results(scope)
        for result in group.results:
            observation(result, result_id(base, result.obx, "", taken), links, scope)
    return links


def _patient(group: Patient, links: Links, scope: Scope) -> None:
    """PID, PD1 and NK1 into a Patient; the identifier that the site's policy chose comes first."""
    if group.pid is None:
        return
    pid = group.pid
    contacts = [part.segment for part in group.parts if part.segment.name == "NK1"]
    segments = [pid, *([group.pd1] if group.pd1 is not None else ()), *contacts]
    said = ("Patient", scope.bundle.patient_key, group.chosen, *spelled(segments))
    resource = scope.whole(said, lambda: _build_patient(group, pid, contacts, scope))
    if len(resource) > 2:
        links.patient = resource
        links.subject = scope.bundle.add(resource, pid.path())


def _build_patient(group: Patient, pid: Segment, contacts_sent: list[Segment], scope: Scope) -> Record:
    resource: Record = {"resourceType": "Patient", "id": patient_id(scope.bundle.patient_key, scope)}
    PID(pid, resource, scope)
    if group.pd1 is not None:
        PD1(group.pd1, resource, scope)
    contacts: list[Record] = []
    for nk1 in contacts_sent:
        contact: Record = {}
        NK1(nk1, contact, scope)
        if contact.keys() & {"name", "telecom", "address", "organization"}:
            contacts.append(contact)
    if contacts:
        resource["contact"] = contacts
    identifiers = resource.get("identifier", ())
    if len(identifiers) > 1 and group.chosen:
        identifiers.sort(key=lambda one: one["value"] != group.chosen)
    return resource


def _encounter(group: Patient, visit: Visit, trigger: str, links: Links, scope: Scope) -> None:
    """PV1 and PV2 into an Encounter; without any data in them there is none."""
    pv1 = visit.pv1
    evn = scope.message.first("EVN") if trigger == _PENDING_DISCHARGE else None
    segments = [one for one in (pv1, visit.pv2, evn) if one is not None]
    account = group.pid.raw(18) if group.pid is not None else ""
    said = ("Encounter", trigger, scope.bundle.patient_key, account, *spelled(segments))
    resource = scope.whole(said, lambda: _build_encounter(group, visit, trigger, scope))
    if not resource:
        return
    if links.subject is not None:
        resource["subject"] = links.subject
    links.visit(visit, resource, scope.bundle.add(resource, pv1.path()))


def _build_encounter(group: Patient, visit: Visit, trigger: str, scope: Scope) -> Record:
    """The Encounter, or nothing where the segments say nothing."""
    pv1 = visit.pv1
    resource: Record = {"resourceType": "Encounter", "id": visit_id(pv1, group.pid, scope)}
    PV1(pv1, resource, scope)
    if visit.pv2 is not None:
        PV2(visit.pv2, resource, scope)
    if len(resource) <= 2:
        return {}
    if trigger == _DISCHARGE_CANCELLED:
        _drop_end(resource)
    if trigger == _PENDING_DISCHARGE:
        _plan_end(resource, scope)
    resource["status"] = _visit_status(pv1, trigger, resource)
    resource.setdefault("class", _NO_CLASS)
    return resource


def _drop_end(resource: Record) -> None:
    """A13 takes the discharge back: a discharge time still in the message no longer holds."""
    period = resource.get("period", {})
    period.pop("end", None)
    if not period:
        resource.pop("period", None)


def _plan_end(resource: Record, scope: Scope) -> None:
    """A16 announces a discharge: EVN-3 is its time where PV2-9 has none (HL7 2.5.1 chapter 3.3.16)."""
    evn = scope.message.first("EVN")
    if evn is None or not evn.raw(3) or any(e["url"] == _PLANNED_END for e in resource.get("extension", ())):
        return
    scope.segment, scope.field = evn, 3
    planned = date_time(evn.raw(3), scope)
    if planned:
        resource.setdefault("extension", []).append({"url": _PLANNED_END, "valueDateTime": planned})


def _visit_status(pv1: Segment, trigger: str, resource: Record) -> str:
    taken_back = CANCEL_STATUS.get(trigger)
    if taken_back is not None:
        return taken_back
    if "end" in resource.get("period", {}):
        return "finished"
    return EVENT_STATUS.get(trigger) or CLASS_STATUS.get(pv1.text(2), "unknown")
