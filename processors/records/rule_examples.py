"""Short-form messages of rule cases as canonical records with every field of their schema."""

from collections.abc import Iterator

import orjson

from processors import topics
from processors.envelope import Record
from processors.rules.cases import Appointment, Moment, Order, Result, Stay, Vitals
from processors.rules.times import instant, iso

PATIENT_KEY = "example"
STAY_ID = "stay"
#: Field of a set of observations -> code, unit.
_VITALS = {
    "respirations": ("9279-1", "/min"),
    "spo2": ("59408-5", "%"),
    "oxygen": ("3151-8", "L/min"),
    "systolic": ("8480-6", "mm[Hg]"),
    "pulse": ("8867-4", "/min"),
    "alertness": ("67775-7", ""),
    "temperature": ("8310-5", "Cel"),
    "scale": ("SPO2SCALE", ""),
}


def envelope(event_id: str, at: str, message_type: str, trigger: str) -> Record:
    """The envelope of a message that came at `at`."""
    source = {
        "feed": "examples",
        "facility": "",
        "application": "",
        "message_type": message_type,
        "trigger": trigger,
        "control_id": event_id,
    }
    return {
        "event_id": event_id,
        "correlation_id": event_id,
        "causation_id": "",
        "patient_key": PATIENT_KEY,
        "occurred_at": at,
        "received_at": instant(at) or 0,
        "source": source,
        "produced_by": {"component": "examples", "version": "1"},
        "key_id": "examples",
    }


def records_of(moment: Moment, born: str, base: Record) -> Iterator[tuple[str, Record]]:
    """The canonical records of one moment, as (topic, value)."""
    yield topics.PATIENT, base | _patient(born, died=moment.stay is not None and moment.stay.died)
    if moment.stay:
        yield topics.ENCOUNTER, base | _stay(moment.stay)
    if moment.appointment:
        yield topics.APPOINTMENT, base | _appointment(moment.appointment)
    for order in moment.orders:
        yield topics.ORDER, base | _order(order)
    results = (*moment.results, *_vitals(moment.vitals, base["occurred_at"]))
    for number, result in enumerate(results, 1):
        yield topics.OBSERVATION, base | _result(result, number, base)


def _patient(born: str, *, died: bool) -> Record:
    return {
        "patient_id": "patient",
        "identifier": "EXAMPLE-1",
        "identifier_system": "",
        "family": "Example",
        "given": "Alex",
        "birth_date": born,
        "gender": "unknown",
        "deceased": died,
        "replaced_by": "",
        "active": True,
        "resource": "{}",
        "source_path": "PID[1]",
    }


def _stay(stay: Stay) -> Record:
    return {
        "encounter_id": stay.id,
        "patient_id": "patient",
        "visit_number": f"V-{stay.id}",
        "status": stay.status,
        "class_code": stay.patient_class,
        "unit": stay.unit,
        "room": "1",
        "bed": "A",
        "started_at": stay.started,
        "ended_at": stay.ended,
        "expected_discharge_at": stay.expected,
        "discharge_disposition": stay.disposition,
        "event": stay.event,
        "resource": "{}",
        "source_path": "PV1[1]",
    }


def _appointment(appointment: Appointment) -> Record:
    return {
        "appointment_id": f"appointment-{appointment.id}",
        "patient_id": "patient",
        "placer_number": "",
        "filler_number": appointment.id,
        "status": appointment.status,
        "event": appointment.event,
        "start_at": appointment.start,
        "end_at": "",
        "reason": "",
        "kind": appointment.kind,
        "resource": "{}",
        "source_path": "SCH[1]",
    }


def _order(order: Order) -> Record:
    return {
        "order_id": f"order-{order.id}",
        "patient_id": "patient",
        "encounter_id": STAY_ID,
        "placer_number": f"P-{order.id}",
        "filler_number": order.id,
        "status": "active",
        "order_control": order.control,
        "order_status": order.status,
        "result_status": order.result_status,
        "code": "",
        "code_system": "",
        "display": f"order {order.id}",
        "priority": "routine",
        "requested_at": "",
        "resource": "{}",
        "source_path": "ORC[1]",
    }


def _vitals(vitals: Vitals | None, at: str) -> Iterator[Result]:
    if vitals is None:
        return
    taken = vitals.taken or at
    for name, (code, unit) in _VITALS.items():
        value = getattr(vitals, name)
        if value:
            own = f"{code}-{vitals.id or taken}"
            yield Result(code=code, value=value, unit=unit, id=own, taken=taken, status=vitals.status)


def _result(result: Result, number: int, base: Record) -> Record:
    at = base["occurred_at"]
    resource = {"note": [{"text": result.note}]} if result.note else {}
    return {
        "observation_id": f"result-{result.id or result.code}",
        "patient_id": "patient",
        "encounter_id": STAY_ID,
        "order_id": "",
        "filler_number": result.order,
        "status": "",
        "status_code": result.status,
        "code": result.code,
        "code_system": "http://loinc.org",
        "display": result.display,
        "local_code": result.code,
        "value_type": "NM",
        "value_text": result.value,
        "value_number": None,
        "comparator": "",
        "unit": result.unit,
        "reference_range": result.range,
        "interpretation": list(result.flags),
        "effective_at": result.taken or at,
        "issued_at": "",
        "version_time": result.version or at,
        "sub_id": "",
        "specimen": "",
        "resource": orjson.dumps(resource).decode(),
        "source_path": f"OBX[{number}]",
    }


def later(at: str, micros: int) -> str:
    """The time that much later."""
    return iso((instant(at) or 0) + micros)
