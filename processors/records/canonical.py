"""A patient's bundle on the timeline -> canonical records: a small typed projection beside each FHIR resource."""

from collections.abc import Callable
from typing import TypeAlias

from processors import topics
from processors.envelope import Record, caused_by
from processors.fhir.numbers import read_json, write_json
from processors.fhir.systems import AUTHORITY, R5, SENT_END, SENT_ORDER_CONTROL, SENT_ORDER_STATUS, SENT_REPORT_STATUS
from processors.lineage import derived_id
from processors.mapping.periods import ends_before
from processors.records.canonical_observation import observation
from processors.records.resources import (
    Bundle,
    code_of,
    code_sent,
    extension_code,
    first_coding,
    identifier_of,
    identity,
    text_of,
)

COMPONENT = "project"
_PLANNED_END = R5 + "Encounter.plannedEndDate"
_IN_ERROR = "entered-in-error"
#: Resource, bundle, timeline value -> the fields of the record besides envelope, resource and source_path.
_Projection: TypeAlias = Callable[[Record, Bundle, Record], Record]


def canonical_records(value: Record) -> list[tuple[str, Record]]:
    """(topic, canonical value) for each resource of a timeline `bundle` that has a canonical record, in bundle order.

    Pure and the same in every stage: the ids derive from the timeline record. Numbers keep their digits.
    """
    bundle = Bundle(read_json(value["bundle"]))
    found = []
    for resource in bundle.resources:
        target = _target(resource, value)
        if target is not None:
            found.append((target[0], _record(resource, target[1](resource, bundle, value), value)))
    return found


def is_evidence(record: Record) -> bool:
    """True when the feed does not own the record's domain: it adds to what is known and overwrites nothing."""
    return AUTHORITY in record["resource"]


def _target(resource: Record, value: Record) -> tuple[str, _Projection] | None:
    """An RF1 is a referral, other requests are orders; an appointment names orders without saying how they stand."""
    kind = resource["resourceType"]
    if kind == "ServiceRequest":
        source = value["sources"].get(resource["id"], "")
        if source.startswith("RF1"):
            return topics.REFERRAL, _referral
        if source.startswith("SCH"):
            return None
    return _TARGETS.get(kind)


def _record(resource: Record, fields: Record, value: Record) -> Record:
    event_id = derived_id(value["event_id"], resource["id"])
    record = caused_by(value, COMPONENT, event_id)
    record["occurred_at"] = fields.pop("occurred_at", "") or value["occurred_at"]
    record |= fields
    record["resource"] = write_json(resource).decode()
    record["source_path"] = value["sources"].get(resource["id"], "")
    return record


def _patient(resource: Record, bundle: Bundle, value: Record) -> Record:  # noqa: ARG001
    name: Record = next(iter(resource.get("name", ())), {})
    identifier: Record = next(iter(resource.get("identifier", ())), {})
    links = [link["other"]["reference"] for link in resource.get("link", ()) if link["type"] == "replaced-by"]
    return {
        "patient_id": resource["id"],
        "identifier": identifier.get("value", ""),
        "identifier_system": identifier.get("system", ""),
        "family": name.get("family", ""),
        "given": " ".join(name.get("given", ())),
        "birth_date": resource.get("birthDate", ""),
        "gender": resource.get("gender", ""),
        "deceased": bool(resource.get("deceasedBoolean") or "deceasedDateTime" in resource),
        "replaced_by": identity(links[0]) if links else "",
        "active": resource.get("active", True),
    }


def _unclear_end(period: Record) -> str:
    """An end that FHIR refuses beside its start, unless it is before it."""
    sent = [e["valueDateTime"] for e in period.get("extension", ()) if e["url"] == SENT_END]
    return sent[0] if sent and not ends_before(period["start"], sent[0]) else ""


def _encounter(resource: Record, bundle: Bundle, value: Record) -> Record:
    place = bundle.place(resource)
    period = resource.get("period", {})
    planned = [e["valueDateTime"] for e in resource.get("extension", ()) if e["url"] == _PLANNED_END]
    stay = resource.get("hospitalization", {})
    return {
        "encounter_id": resource["id"],
        "patient_id": identity(resource.get("subject")),
        "visit_number": identifier_of(resource, "VN"),
        "status": resource.get("status", ""),
        "class_code": resource.get("class", {}).get("code", ""),
        "unit": place.get("wa", ""),
        "room": place.get("ro", ""),
        "bed": place.get("bd", ""),
        "started_at": period.get("start", ""),
        "ended_at": period.get("end", "") or _unclear_end(period),
        "expected_discharge_at": planned[0] if planned else "",
        "discharge_disposition": first_coding(stay.get("dischargeDisposition")).get("code", ""),
        "event": value["source"]["trigger"],
    }


def _order(resource: Record, bundle: Bundle, value: Record) -> Record:  # noqa: ARG001
    sent = code_sent(resource.get("code"))
    return {
        "order_id": resource["id"],
        "patient_id": identity(resource.get("subject")),
        "encounter_id": identity(resource.get("encounter")),
        "placer_number": identifier_of(resource, "PLAC"),
        "filler_number": identifier_of(resource, "FILL"),
        "status": resource.get("status", ""),
        "order_control": extension_code(resource, SENT_ORDER_CONTROL),
        "order_status": extension_code(resource, SENT_ORDER_STATUS),
        "result_status": extension_code(resource, SENT_REPORT_STATUS),
        "code": sent.get("code", ""),
        "code_system": sent.get("system", ""),
        "display": sent.get("display", "") or text_of(resource.get("code")),
        "priority": resource.get("priority", ""),
        "requested_at": resource.get("authoredOn", ""),
    }


def _appointment(resource: Record, bundle: Bundle, value: Record) -> Record:
    return {
        "appointment_id": resource["id"],
        "patient_id": bundle.participant(resource, "Patient"),
        "placer_number": identifier_of(resource, "PLAC"),
        "filler_number": identifier_of(resource, "FILL"),
        "status": resource.get("status", ""),
        "event": value["source"]["trigger"],
        "start_at": resource.get("start", ""),
        "end_at": resource.get("end", ""),
        "reason": text_of(next(iter(resource.get("reasonCode", ())), None)),
        "kind": text_of(resource.get("appointmentType")),
    }


def _referral(resource: Record, bundle: Bundle, value: Record) -> Record:  # noqa: ARG001
    period = resource.get("occurrencePeriod", {})
    numbers = [i.get("value", "") for i in resource.get("identifier", ())]
    return {
        "referral_id": resource["id"],
        "patient_id": identity(resource.get("subject")),
        "number": numbers[0] if numbers else "",
        "status": resource.get("status", ""),
        "referral_status": extension_code(resource, SENT_ORDER_STATUS),
        "priority": resource.get("priority", ""),
        "effective_at": period.get("start", ""),
        "expires_at": period.get("end", ""),
    }


def _medication(resource: Record, bundle: Bundle, value: Record) -> Record:  # noqa: ARG001
    medicine = bundle.by_id.get(identity(resource.get("medicationReference")), {})
    code, system, display = code_of(resource.get("medicationCodeableConcept") or medicine.get("code"))
    started = resource.get("effectivePeriod", {}).get("start", "") or resource.get("effectiveDateTime", "")
    return {
        "medication_id": resource["id"],
        "patient_id": identity(resource.get("subject")),
        "encounter_id": identity(resource.get("encounter") or resource.get("context")),
        "kind": resource["resourceType"],
        "status": resource.get("status", ""),
        "code": code,
        "code_system": system,
        "display": display,
        "order_number": identifier_of(resource, "PLAC") or identifier_of(resource, "FILL"),
        "started_at": started or resource.get("authoredOn", "") or resource.get("whenHandedOver", ""),
    }


def _document(resource: Record, bundle: Bundle, value: Record) -> Record:  # noqa: ARG001
    code, system, display = code_of(resource.get("type"))
    visits = resource.get("context", {}).get("encounter", ())
    return {
        "document_id": resource["id"],
        "patient_id": identity(resource.get("subject")),
        "encounter_id": identity(visits[0]) if visits else "",
        "status": resource.get("status", ""),
        "doc_status": resource.get("docStatus", ""),
        "code": code,
        "code_system": system,
        "display": display,
        "created_at": resource.get("date", ""),
    }


def _clinical(resource: Record, bundle: Bundle, value: Record) -> Record:  # noqa: ARG001
    code, system, display = code_of(resource.get("code") or resource.get("vaccineCode"))
    times = ("recordedDate", "performedDateTime", "occurrenceDateTime", "onsetDateTime")
    performed = resource.get("performedPeriod", {}).get("start", "")
    return {
        "clinical_id": resource["id"],
        "patient_id": identity(resource.get("subject") or resource.get("patient")),
        "encounter_id": identity(resource.get("encounter")),
        "kind": resource["resourceType"],
        "status": resource.get("status", "") or _standing(resource),
        "code": code,
        "code_system": system,
        "display": display,
        "recorded_at": next((resource[name] for name in times if name in resource), performed),
    }


def _standing(resource: Record) -> str:
    """Clinical status of a condition or an allergy; what was taken back has none in R4 and says so here."""
    verified: str = first_coding(resource.get("verificationStatus")).get("code", "")
    if verified == _IN_ERROR:
        return verified
    return str(first_coding(resource.get("clinicalStatus")).get("code", ""))


_TARGETS: dict[str, tuple[str, _Projection]] = {
    "Patient": (topics.PATIENT, _patient),
    "Encounter": (topics.ENCOUNTER, _encounter),
    "ServiceRequest": (topics.ORDER, _order),
    "Observation": (topics.OBSERVATION, observation),
    "Appointment": (topics.APPOINTMENT, _appointment),
    "MedicationRequest": (topics.MEDICATION, _medication),
    "MedicationDispense": (topics.MEDICATION, _medication),
    "MedicationAdministration": (topics.MEDICATION, _medication),
    "MedicationStatement": (topics.MEDICATION, _medication),
    "DocumentReference": (topics.DOCUMENT, _document),
    "Condition": (topics.CLINICAL, _clinical),
    "AllergyIntolerance": (topics.CLINICAL, _clinical),
    "Procedure": (topics.CLINICAL, _clinical),
    "Immunization": (topics.CLINICAL, _clinical),
}
