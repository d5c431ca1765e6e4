"""SCH and its resources -> one Appointment: status by event, start and end, participants."""

from datetime import datetime, timedelta

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping import ais_appointment, sch_appointment
from processors.mapping.groups import Schedule
from processors.mapping.links import Links
from processors.mapping.nte_annotation import notes
from processors.mapping.rows import CompiledMap
from processors.mapping.scope import Scope
from processors.mapping.vocabularies import APPOINTMENT_DEFAULT, APPOINTMENT_EVENT

_SCH = CompiledMap(sch_appointment.SCH)
_AIS = CompiledMap(ais_appointment.AIS)
_PARTICIPANTS = {table.segment: CompiledMap(table) for table in ais_appointment.TABLES[1:]}
#: SCH-10 and AIS-8 as a number of minutes.
_MINUTES = {"": 1, "MIN": 1, "M": 1, "MINUTE": 1, "MINUTES": 1, "H": 60, "HR": 60, "HOUR": 60, "HOURS": 60}


def appointment(schedule: Schedule, trigger: str, links: Links, scope: Scope) -> None:
    """The message's Appointment into the scope's bundle, with the patient as participant."""
    sch = schedule.sch
    resource: Record = {"resourceType": "Appointment", "id": _identity(sch, scope)}
    _SCH(sch, resource, scope)
    for part in schedule.resources:
        _resource(part.segment, resource, scope)
    if links.subject is not None:
        patient = {"actor": links.subject, "status": "accepted"}
        resource["participant"] = [patient, *resource.get("participant", ())]
    if len(resource) <= 2:
        return
    decided = APPOINTMENT_EVENT.get(trigger)
    resource["status"] = decided or resource.get("status") or APPOINTMENT_DEFAULT.get(trigger, "proposed")
    resource.setdefault("participant", [{"type": _UNKNOWN_ACTOR, "status": "accepted"}])
    _minutes(sch, resource)
    _end(schedule, resource)
    written = notes(schedule.notes, scope)
    if written:
        resource["comment"] = written[0]["text"]
    links.focus.append(scope.bundle.add(resource, sch.path()))


_UNKNOWN_ACTOR = [{"text": "unknown"}]


def _identity(sch: Segment, scope: Scope) -> str:
    """The filler's number, else the placer's; numbers without namespace count within the feed."""
    for n in (2, 1):
        number, space = sch.text(n), sch.text(n, 2) or sch.text(n, 3)
        if number:
            return scope.keyring.fhir_id("Appointment", space or scope.site.feed, number)
    return scope.keyring.fhir_id("Appointment", scope.bundle.patient_key, scope.message.control_id)


def _resource(segment: Segment, resource: Record, scope: Scope) -> None:
    if segment.name == "AIS":
        _AIS(segment, resource, scope)
        return
    part: Record = {}
    _PARTICIPANTS[segment.name](segment, part, scope)
    if "actor" in part:
        part["status"] = "accepted"
        resource.setdefault("participant", []).append(part)


def _minutes(sch: Segment, resource: Record) -> None:
    """SCH-9 counts in the unit of SCH-10; FHIR wants minutes, more than none."""
    minutes = resource.pop("minutesDuration", 0) * _MINUTES.get(sch.text(10).upper(), 0)
    if minutes > 0:
        resource["minutesDuration"] = minutes


def _end(schedule: Schedule, resource: Record) -> None:
    """An Appointment has start and end or neither (R4 app-3): the end by the duration of SCH or AIS."""
    start = resource.get("start")
    if start is None:
        resource.pop("end", None)
        return
    if "end" not in resource:
        minutes = resource.get("minutesDuration", 0) or _service_minutes(schedule)
        end = datetime.fromisoformat(start) + timedelta(minutes=minutes)
        resource["end"] = end.isoformat() if minutes else start


def _service_minutes(schedule: Schedule) -> int:
    for part in schedule.resources:
        segment = part.segment
        if segment.name == "AIS" and segment.text(7).isdigit():
            return int(segment.text(7)) * _MINUTES.get(segment.text(8).upper(), 0)
    return 0
