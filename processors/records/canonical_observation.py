"""Observation -> the typed fields of canonical.observation.v1: value as sent, number, unit, status, times."""

from collections.abc import Callable

from processors.envelope import Record
from processors.fhir.numbers import Lexeme
from processors.fhir.systems import SENT_RESULT_STATUS, SENT_SUB_ID, SENT_UNIT, SENT_VALUE, SENT_VALUE_TYPE
from processors.mapping.vocabularies import USUAL_RESULT_CODE, USUAL_VALUE_TYPE
from processors.records.resources import Bundle, code_of, code_sent, extension_code, identifier_of, identity, text_of

_VALUES = (*USUAL_VALUE_TYPE, "valueSampledData", "valueAttachment")
#: value[x] that holds a unit, and where in it.
_MEASURED = (("valueQuantity", ""), ("valueRange", "low"), ("valueRatio", "numerator"), ("valueSampledData", "origin"))


def observation(resource: Record, bundle: Bundle, value: Record) -> Record:
    """`observation_id` is the FHIR id: both stand for the result (order, code, sub-id, specimen), not the message."""
    report = bundle.report_of.get(resource["id"], {})
    code, system, display = code_of(resource.get("code"))
    based_on = resource.get("basedOn")
    effective = resource.get("effectiveDateTime", "")
    issued = report.get("issued", "")
    fields: Record = {
        "occurred_at": effective,
        "observation_id": resource["id"],
        "patient_id": identity(resource.get("subject")),
        "encounter_id": identity(resource.get("encounter")),
        "order_id": identity(based_on[0]) if based_on else report.get("id", ""),
        "filler_number": identifier_of(report, "FILL"),
        "status": resource.get("status", ""),
        "status_code": _status_code(resource),
        "code": code,
        "code_system": system,
        "display": display,
        "local_code": code_sent(resource.get("code")).get("code", ""),
    }
    fields |= _value(resource)
    return fields | {
        "reference_range": next((r.get("text", "") for r in resource.get("referenceRange", ())), ""),
        "interpretation": [_flag(one) for one in resource.get("interpretation", ())],
        "effective_at": effective,
        "issued_at": issued,
        "version_time": issued or bundle.sent_at or value["version_time"],
        "sub_id": extension_code(resource, SENT_SUB_ID),
        "specimen": _specimen(resource, bundle),
    }


def _status_code(resource: Record) -> str:
    sent = extension_code(resource, SENT_RESULT_STATUS)
    return sent or USUAL_RESULT_CODE.get(resource.get("status", ""), "")


def _flag(concept: Record) -> str:
    codings = concept.get("coding", ())
    return str(codings[0].get("code", "")) if codings else text_of(concept)


def _specimen(resource: Record, bundle: Bundle) -> str:
    """Identifier of the specimen, else its type."""
    found = bundle.by_id.get(identity(resource.get("specimen")))
    if found is None:
        return ""
    named = identifier_of(found, "FGN") or identifier_of(found, "PGN")
    return named or code_of(found.get("type"))[0] or text_of(found.get("type"))


def _value(resource: Record) -> Record:
    """Type, text, number, comparator and unit; several values (components) as one text."""
    parts = resource.get("component") or [resource]
    names = [next((name for name in _VALUES if name in part), "") for part in parts]
    texts = [_TEXTS[name](part[name]) for name, part in zip(names, parts, strict=True) if name]
    quantity: Record = resource.get("valueQuantity", {})
    sent = extension_code(resource, SENT_VALUE_TYPE)
    return {
        "value_type": sent or USUAL_VALUE_TYPE.get(names[0], ""),
        "value_text": "; ".join(texts) if texts else _attachment(resource),
        "value_number": _number(quantity.get("value")),
        "comparator": quantity.get("comparator", ""),
        "unit": _unit(resource),
    }


def _unit(resource: Record) -> str:
    """The unit as sent; the values of one result have one."""
    sent = extension_code(resource, SENT_UNIT)
    if sent:
        return sent
    for holder in (resource, *resource.get("component", ())):
        for name, inner in _MEASURED:
            part = holder.get(name, {})
            quantity = part.get(inner, {}) if inner else part
            if "unit" in quantity:
                return str(quantity["unit"])
    return ""


def _number(value: object) -> float | None:
    return float(value.text) if isinstance(value, Lexeme) else None


def _digits(quantity: Record) -> str:
    """The number as sent, with its comparator."""
    value = quantity.get("value")
    text = value.text if isinstance(value, Lexeme) else ""
    return str(quantity.get("comparator", "")) + (extension_code(quantity, SENT_VALUE) or text)


def _attachment(resource: Record) -> str:
    """Documents are named by their address or type; their content stays in the resource."""
    found = [e["valueAttachment"] for e in resource.get("extension", ()) if "valueAttachment" in e]
    return str(found[0].get("url") or found[0].get("contentType", "")) if found else ""


def _period(period: Record) -> str:
    return f"{period.get('start', '')}/{period.get('end', '')}"


_TEXTS: dict[str, Callable[..., str]] = {
    "valueQuantity": _digits,
    "valueString": str,
    "valueCodeableConcept": text_of,
    "valueDateTime": str,
    "valueTime": str,
    "valueRange": lambda r: f"{_digits(r.get('low', {}))}-{_digits(r.get('high', {}))}",
    "valueRatio": lambda r: f"{_digits(r['numerator'])}:{_digits(r['denominator'])}",
    "valuePeriod": _period,
    "valueSampledData": lambda row: str(row.get("data", "")),
}
