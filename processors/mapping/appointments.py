"""SCH and its resources -> one Appointment: status by event, start and end, participants, and the orders it is for."""

from datetime import datetime, timedelta
from typing import cast

from processors.envelope import Record
from processors.fhir.systems import DATA_ABSENT, R5
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping import ais_appointment, ais_servicerequest, ais_times, sch_appointment, sch_provenance
from processors.mapping import sch_servicerequest as request_rows
from processors.mapping.groups import Schedule
from processors.mapping.identifiers import ei
from processors.mapping.links import Links
from processors.mapping.nte_annotation import ALTERNATE_CODES, annotations
from processors.mapping.order_remains import count_left
from processors.mapping.rows import CompiledMap
from processors.mapping.scope import Scope
from processors.mapping.statements import unplace_rest
from processors.mapping.times import instant
from processors.mapping.vocabularies_scheduling import APPOINTMENT_DEFAULT, APPOINTMENT_EVENT

_SCH = CompiledMap(sch_appointment.SCH)
_TQ1 = CompiledMap(sch_appointment.TQ1)
_AIS = CompiledMap(ais_appointment.AIS)
_REQUEST = CompiledMap(request_rows.SCH)
_REQUEST_SERVICE = CompiledMap(ais_servicerequest.AIS)
_PROVENANCE = CompiledMap(sch_provenance.SCH)
_PARTICIPANTS = {
    table.segment: (CompiledMap(table), places)
    for table, places in (
        (ais_appointment.AIG, ais_times.AIG),
        (ais_appointment.AIL, ais_times.AIL),
        (ais_appointment.AIP, ais_times.AIP),
    )
}
_SUBJECT = R5 + "Appointment.subject"
_NOTE = R5 + "Appointment.note"
_UNKNOWN_ACTOR = [{"text": "unknown"}]
ABSENT = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}
#: States in which an Appointment may be without start and end (R4 app-3).
_TIMELESS = ("proposed", "cancelled", "waitlist")
_DELETED = "D"


def _time(timings: list[Segment], resource: Record, scope: Scope) -> None:
    """The first TQ1; what else a TQ1 says to an order has no place in an Appointment."""
    first = next((one for one in timings if one.name == "TQ1"), None)
    if first is not None:
        _TQ1(first, resource, scope)
        count_left(first, _TQ1.mapped, scope)
    unplace_rest([one for one in timings if one is not first], scope)


def appointment(schedule: Schedule, trigger: str, links: Links, scope: Scope) -> None:
    """The message's Appointment into the scope's bundle, with the patient as participant."""
    sch = schedule.sch
    resource: Record = {"resourceType": "Appointment", "id": _identity(sch, scope)}
    _SCH(sch, resource, scope)
    _time(schedule.timings, resource, scope)
    services = _services(schedule, resource, scope)
    for part in schedule.resources:
        if part.segment.name != "AIS":
            _participant(part.segment, resource, scope)
    _patient(services, links, resource, scope)
    if len(resource) <= 2:
        return
    decided = APPOINTMENT_EVENT.get(trigger)
    resource["status"] = decided or resource.get("status") or APPOINTMENT_DEFAULT.get(trigger, "proposed")
    resource.setdefault("participant", [{"type": _UNKNOWN_ACTOR, "status": "accepted"}])
    _reason_of_end(resource, scope)
    _end(services, resource, scope)
    _say_notes(schedule, resource, scope)
    orders = _orders(sch, services, links, scope)
    if orders:
        resource["basedOn"] = orders
    named = scope.bundle.add(resource, sch.path())
    _entered(sch, named, scope)
    links.focus.append(named)
    if links.stay is not None:
        links.stay["appointment"] = [*links.stay.get("appointment", ()), named]
    for segment in (*schedule.under, *(one for part in schedule.resources for one in part.under)):
        scope.unplace(segment)


def _identity(sch: Segment, scope: Scope) -> str:
    """The filler's number, else the placer's; numbers without namespace count within the feed."""
    for n in (2, 1):
        number, space = sch.text(n), sch.text(n, 2) or sch.text(n, 3)
        if number:
            return scope.keyring.fhir_id("Appointment", space or scope.site.feed, number)
    return scope.keyring.fhir_id("Appointment", scope.bundle.patient_key, scope.message.control_id)


def _services(schedule: Schedule, resource: Record, scope: Scope) -> list[Segment]:
    """The AIS into the Appointment; one that the message takes out (AIS-2 D) is none of its services."""
    kept = []
    for part in schedule.resources:
        segment = part.segment
        if segment.name != "AIS":
            continue
        if segment.text(2) == _DELETED:
            scope.unplace(segment)
            continue
        _AIS(segment, resource, scope)
        kept.append(segment)
    return kept


def _participant(segment: Segment, resource: Record, scope: Scope) -> None:
    """AIG, AIL or AIP; one that the message takes out declined."""
    rows, places = _PARTICIPANTS[segment.name]
    part: Record = {}
    rows(segment, part, scope)
    if not part.keys() & {"actor", "type"}:
        scope.unplace(segment)
        return
    span = ais_times.period_of(segment, places, resource.get("start", ""), scope)
    if span:
        part["period"] = span
    if segment.text(2) == _DELETED:
        part["status"] = "declined"
    part.setdefault("status", "accepted")
    resource.setdefault("participant", []).append(part)


def _patient(services: list[Segment], links: Links, resource: Record, scope: Scope) -> None:
    """The patient takes part from the start of the first service to the end of the last (AIS-4 to AIS-8)."""
    begin = resource.get("start", "")
    spans = [ais_times.period_of(ais, ais_times.AIS, begin, scope) for ais in services]
    starts = [span["start"] for span in spans if "start" in span]
    ends = [span["end"] for span in spans if "end" in span]
    period = {name: found for name, found in (("start", starts and min(starts)), ("end", ends and max(ends))) if found}
    person: Record = {}
    if links.subject is not None:
        person["actor"] = links.subject
        subject = {"url": _marked(_SUBJECT, _identifiers(links, scope), scope), "valueReference": links.subject}
        resource["extension"] = [subject, *resource.get("extension", ())]
    elif period:
        person["type"] = _UNKNOWN_ACTOR
    if person:
        person["status"] = "accepted"
        if period:
            person["period"] = period
        resource["participant"] = [person, *resource.get("participant", ())]


def _identifiers(links: Links, scope: Scope) -> str:
    """PID-3 of the patient, for lineage."""
    source = scope.bundle.sources[links.patient["id"]] if links.patient is not None else ""
    return next((one.raw(3) for one in scope.message.segments if one.path() == source), "")


def _reason_of_end(resource: Record, scope: Scope) -> None:
    """SCH-6 says why this event came; FHIR has a place for it where the appointment is cancelled (app-4)."""
    if "cancelationReason" in resource and resource["status"] != "cancelled":
        del resource["cancelationReason"]
        scope.count_unmapped("SCH-6")


def _end(services: list[Segment], resource: Record, scope: Scope) -> None:
    """An Appointment has start and end or neither (R4 app-2): the end by its duration, or absent with a reason."""
    start = resource.get("start")
    if start is not None and "end" not in resource:
        minutes = resource.get("minutesDuration")
        try:
            if minutes:
                resource["end"] = (datetime.fromisoformat(start) + timedelta(minutes=minutes)).isoformat()
        except (ValueError, OverflowError):
            pass
        ends = [ais_times.later(start, ais, ais_times.AIS.duration, scope) for ais in services]
        if "end" not in resource and any(ends):
            resource["end"] = max(ends)
    needed = resource.keys() & {"start", "end"} or resource["status"] not in _TIMELESS
    for name in ("start", "end") if needed else ():
        if name not in resource:
            resource["_" + name] = ABSENT


def _say_notes(schedule: Schedule, resource: Record, scope: Scope) -> None:
    """NTE of the schedule and of its resources: the text as comment, and each note with author and time by itself."""
    written = annotations(schedule.notes, scope)
    for part in schedule.resources:
        written += annotations(part.notes, scope)
    if not written:
        return
    texts = [one["text"] for one, _ in written if "text" in one]
    if texts:
        resource["comment"] = texts[0] if len(texts) == 1 else "\n".join(texts)
    known = resource.setdefault("extension", [])
    for one, nte in written:
        coded = [e for e in one.get("extension", ()) if e["url"] == ALTERNATE_CODES]
        others = [e for e in one.get("extension", ()) if e not in coded]
        note = {k: v for k, v in one.items() if k != "extension"} | ({"extension": others} if others else {})
        source = next((nte.raw(n) for n in (3, 5, 6) if nte.raw(n)), "")
        known.append({"url": _marked(_NOTE, source, scope), "valueAnnotation": note})
        known += coded


def _marked(value: str, source: str, scope: Scope) -> str:
    """A fixed text that stands there because of a field."""
    return value if scope.trace is None else cast("str", scope.trace.mark(value, source))


def _orders(sch: Segment, services: list[Segment], links: Links, scope: Scope) -> list[Record]:
    """The ServiceRequests of SCH-26 and SCH-27; the service at the same place, or the only one, says what they ask."""
    count = max(len(sch.repetitions(26)), len(sch.repetitions(27)))
    found = []
    for n in range(count):
        ais = services[n] if n < len(services) > 1 else services[0] if len(services) == 1 else None
        one = _only_repetition(sch, n)
        resource: Record = {"resourceType": "ServiceRequest", "id": ""}
        _REQUEST(one, resource, scope)
        if "identifier" not in resource:
            continue
        resource["id"] = _order_id(one, ais, scope)
        resource.setdefault("status", "active")
        resource.setdefault("intent", "order")
        resource["subject"] = links.subject or ABSENT
        if ais is not None:
            _service(ais, sch, resource, scope)
        found.append(scope.bundle.add(resource, sch.path()))
    return found


def _service(ais: Segment, sch: Segment, resource: Record, scope: Scope) -> None:
    _REQUEST_SERVICE(ais, resource, scope)
    if "orderDetail" in resource:
        resource.setdefault("code", ABSENT)
    begin = sch.raw(11).split(scope.component)
    scope.segment, scope.field = sch, 11
    start = instant(begin[3], scope) if len(begin) > 3 and begin[3] else None
    span = ais_times.period_of(ais, ais_times.AIS, start or "", scope)
    if span:
        resource["occurrencePeriod"] = span


def _only_repetition(sch: Segment, n: int) -> Segment:
    """SCH with the order numbers (SCH-26, SCH-27) of one order alone."""
    fields = list(sch.fields)
    for field in (26, 27):
        repetitions = sch.repetitions(field)
        if repetitions:
            fields[field] = repetitions[n] if n < len(repetitions) else ""
    return Segment(fields, sch.place, sch.number, sch.delimiters, sch.unescape)


def _order_id(sch: Segment, ais: Segment | None, scope: Scope) -> str:
    """The same as the order's own message gives (identities.order_identity)."""
    code = (ais.text(3) or ais.text(3, 2)) if ais is not None else ""
    patient = scope.bundle.patient_key
    for n in (26, 27):
        number, system = ei(sch.raw(n), scope) if sch.raw(n) else ("", "")
        if number:
            return scope.keyring.fhir_id("ServiceRequest", system or patient, number, code)
    return scope.keyring.fhir_id("ServiceRequest", patient, "", code)


def _entered(sch: Segment, target: Record, scope: Scope) -> None:
    """Who entered the appointment (SCH-20), recorded when the message was made."""
    resource: Record = {"resourceType": "Provenance", "id": ""}
    _PROVENANCE(sch, resource, scope)
    if "agent" not in resource:
        return
    header = scope.message.header
    resource["id"] = derived_uuid(target["reference"], "Provenance", scope.message.control_id, header.raw(7))
    resource["target"] = [target]
    scope.segment, scope.field = header, 7
    recorded = instant(header.raw(7), scope) if header.raw(7) else None
    resource |= {"recorded": recorded} if recorded else {"_recorded": ABSENT}
    scope.bundle.add(resource, sch.path())
