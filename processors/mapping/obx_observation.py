"""OBX -> Observation: the rows; the value itself is read by its type (values.py)."""

from processors.envelope import Record
from processors.fhir.systems import SENT_RESULT_STATUS, SENT_SUB_ID, SENT_UNIT, SENT_VALUE_TYPE, STRUCTURE, TERMINOLOGY
from processors.mapping.codes import code, concept, concept_of, warn_unmapped
from processors.mapping.extensions import extension, text
from processors.mapping.identifiers import ei_of
from processors.mapping.obr_servicerequest import service
from processors.mapping.parties import organization, organization_coded, practitioner
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope, component, keep
from processors.mapping.times import date_time
from processors.mapping.values import Value, read_value, unit
from processors.mapping.vocabularies import INTERPRETATION, OBSERVATION_STATUS, USUAL_RESULT_CODE, USUAL_VALUE_TYPE

#: Types whose content may hold the repetition mark.
_WHOLE = ("ED", "RP")
#: Values that carry the unit themselves; beside any other it stays in an extension.
_MEASURED = ("valueQuantity", "valueRange", "valueRatio")
_INTERPRETATION = TERMINOLOGY + "v3-ObservationInterpretation"


def interpretation(raw: str, scope: Scope) -> Record | None:
    """OBX-8 as v3-ObservationInterpretation, which has the codes of table 0078; others are kept as sent."""
    known = scope.memo.flags.get(raw)
    if known is not None:
        return known
    parts = scope.texts(raw)
    sent = code(parts[0])
    display = INTERPRETATION.get(sent)
    if display is None:
        if sent:
            warn_unmapped(scope)
        return concept(raw, scope)
    value: Record = {"coding": [{"system": _INTERPRETATION, "code": sent, "display": display}]}
    if component(parts, 9):
        value["text"] = component(parts, 9)
    return keep(scope.memo.flags, raw, value)


def limits(raw: str, scope: Scope) -> Record | None:
    """OBX-7 as the text of a reference range."""
    known = scope.memo.ranges.get(raw)
    if known is None:
        sent = text(raw, scope)
        known = keep(scope.memo.ranges, raw, {"text": sent} if sent else {})
    return known or None


def method(raw: str, scope: Scope) -> Record | None:
    """OBX-17; FHIR has room for the first repetition."""
    return concept(raw, scope)


def device(raw: str, scope: Scope) -> Record | None:
    """OBX-18 as a reference by identifier."""
    identifier = ei_of("")(raw, scope)
    return {"identifier": identifier} if identifier else None


#: What a sender repeats with every result of its kind.
OBX = SegmentMap(
    segment="OBX",
    resource="Observation",
    rows=(
        FieldRow(3, "code", service),
        FieldRow(7, "referenceRange[]", limits),
        FieldRow(8, "interpretation[]", interpretation),
        FieldRow(
            10,
            "extension[]",
            extension(
                STRUCTURE + "observation-nature-of-abnormal-test",
                "valueCodeableConcept",
                concept_of(TERMINOLOGY + "v2-0080"),
            ),
        ),
        FieldRow(15, "performer[]", organization_coded),
        FieldRow(16, "performer[]", practitioner),
        FieldRow(17, "method", method),
        FieldRow(18, "device", device),
        FieldRow(20, "bodySite", concept),
        FieldRow(23, "performer[]", organization),
        FieldRow(25, "performer[]", practitioner),
    ),
    understood=(1, 2, 4, 5, 6, 11),
)
#: What belongs to this one result: its times and numbers.
OBX_OWN = SegmentMap(
    segment="OBX",
    resource="Observation",
    rows=(
        FieldRow(14, "effectiveDateTime", date_time),
        FieldRow(19, "extension[]", extension(STRUCTURE + "observation-analysisDateTime", "valueDateTime", date_time)),
        FieldRow(21, "identifier[]", ei_of("FILL")),
    ),
)


def status(sent: str, resource: Record, scope: Scope) -> None:
    """OBX-11 as Observation.status; where FHIR says less than the code, the code stays in an extension."""
    found = OBSERVATION_STATUS.get(sent)
    if found is None and sent:
        scope.field = 11
        warn_unmapped(scope)
    found = found or "unknown"
    resource["status"] = found if scope.trace is None else scope.trace.mark(found, sent)
    if sent and USUAL_RESULT_CODE.get(found) != sent:
        resource.setdefault("extension", []).append({"url": SENT_RESULT_STATUS, "valueCode": code(sent)})


def values(kind: str, raw: str, resource: Record, scope: Scope) -> None:
    """OBX-5 into value[x]; repetitions become components (the guide's OBX[Observation-Component])."""
    scope.field = 5
    segment = scope.segment
    measure = unit(segment.raw(6), scope) if segment.raw(6) else {}
    if scope.repetition in raw and kind not in _WHOLE:
        _values(kind, raw, measure, resource, scope)
        return
    value = _read(kind, raw, measure, scope)
    if value is not None:
        _say_type(kind, value, resource)
        _place(value, resource)
        if measure and value[0] not in _MEASURED:
            resource.setdefault("extension", []).append({"url": SENT_UNIT, "valueString": measure["unit"]})


def _read(kind: str, raw: str, measure: Record, scope: Scope) -> Value | None:
    value = read_value(kind, raw, measure, scope)
    if scope.trace is None or value is None:
        return value
    return value[0], scope.trace.mark(value[1], raw)


def _values(kind: str, raw: str, measure: Record, resource: Record, scope: Scope) -> None:
    found = [_read(kind, one, measure, scope) for one in raw.split(scope.repetition) if one]
    present = [value for value in found if value is not None]
    if not present:
        return
    _say_type(kind, present[0], resource)
    if len(present) == 1:
        _place(present[0], resource)
        return
    named = resource.get("code") or {"text": scope.segment.name}
    resource["component"] = [_component(value, named) for value in present]


def _say_type(kind: str, value: Value, resource: Record) -> None:
    """OBX-2 in an extension where value[x] does not say it."""
    if kind and kind != USUAL_VALUE_TYPE.get(value[0]):
        resource.setdefault("extension", []).append({"url": SENT_VALUE_TYPE, "valueCode": code(kind)})


def sub_id(sent: str, resource: Record) -> None:
    """OBX-4 in an extension: it groups results in ways FHIR has no single place for."""
    if sent:
        resource.setdefault("extension", []).append({"url": SENT_SUB_ID, "valueString": sent})


def _place(value: Value, target: Record) -> None:
    name, content = value
    if name:
        target[name] = content
    else:
        target.setdefault("extension", []).append(content)


def _component(value: Value, concept_: Record) -> Record:
    part: Record = {"code": concept_}
    _place(value, part)
    return part
