"""OBX -> Observation: the rows; the value itself is read by its type (values.py)."""

from typing import cast

from orjson import Fragment

from processors.envelope import Record
from processors.fhir.numbers import decimal_lexeme
from processors.fhir.systems import (
    DATA_ABSENT,
    SENT_RESULT_STATUS,
    SENT_SUB_ID,
    SENT_UNIT,
    SENT_VALUE_TYPE,
    STRUCTURE,
    TERMINOLOGY,
)
from processors.hl7.message import Segment
from processors.mapping.codes import code, concept, concept_of, warn_unmapped
from processors.mapping.equipment import equipment
from processors.mapping.extensions import extension, text
from processors.mapping.identifiers import ei_of
from processors.mapping.obr_servicerequest import service
from processors.mapping.parties import organization_coded
from processors.mapping.roles import director, observer, performing_organization
from processors.mapping.rows import Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope, component, keep
from processors.mapping.times import date_time
from processors.mapping.unplaced import unplaced
from processors.mapping.values import Value, read_value, unit, unit_sent
from processors.mapping.vocabularies import INTERPRETATION, OBSERVATION_STATUS, USUAL_RESULT_CODE, USUAL_VALUE_TYPE
from processors.mapping.vocabularies_orders import NATURE_OF_TEST

#: Stands where FHIR demands a code and the sender gave none.
NO_CODE = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}
#: Types whose content may hold the repetition mark.
_WHOLE = ("ED", "RP", "NA")
#: Values that carry the unit themselves; beside any other it stays in an extension.
_MEASURED = ("valueQuantity", "valueRange", "valueRatio", "valueSampledData")
_CANNOT_BE_OBTAINED, _NOT_ASKED = "X", "N"
_NOT_ASKED_REASON = {
    "coding": [{"system": TERMINOLOGY + "data-absent-reason", "code": "not-asked", "display": "Not Asked"}]
}
_V2_0080 = TERMINOLOGY + "v2-0080"
_nature = concept_of(_V2_0080)
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


def nature(raw: str, scope: Scope) -> Record | None:
    """OBX-10 as a code of table 0080, with its name."""
    sent = scope.texts(raw)[0]
    display = NATURE_OF_TEST.get(sent)
    if display is None:
        found = _nature(raw, scope)
        return found if isinstance(found, dict) else None
    return {"coding": [{"system": _V2_0080, "code": sent, "display": display}]}


def coded(table: str) -> Datatype:
    """A bare code (ID) of a v2 table."""
    return concept_of(TERMINOLOGY + table)


def sub_groups(raw: str, scope: Scope) -> Record | None:
    """OBX-4 as OG (HL7 2.8.2 chapter 2A.2.47): its parts; a plain text is none."""
    parts = scope.texts(raw)
    if not any(parts[1:]):
        return None
    found: list[Record] = []
    for name, sent in zip(("original-sub-identifier", "group", "sequence", "identifier"), parts, strict=False):
        lexeme = decimal_lexeme(sent) if name in ("group", "sequence") else None
        if lexeme is not None:
            found.append(_told({"url": name, "valueDecimal": Fragment(lexeme)}, sent, scope))
        elif sent and name in ("group", "sequence"):
            scope.count_unmapped("OBX-4")
        elif sent:
            found.append(_told({"url": name, "valueString": sent}, sent, scope))
    return {"url": STRUCTURE + "observation-v2-subid", "extension": found} if found else None


def _undirected(obx: Segment) -> bool:
    return not obx.raw(25)


def _unnamed(obx: Segment) -> bool:
    return not obx.raw(23)


#: What a sender repeats with every result of its kind.
OBX = SegmentMap(
    segment="OBX",
    resource="Observation",
    rows=(
        FieldRow(3, "code", service),
        FieldRow(4, "extension[]", sub_groups),
        FieldRow(7, "referenceRange[]", limits),
        FieldRow(8, "interpretation[]", interpretation),
        FieldRow(
            10,
            "extension[]",
            extension(STRUCTURE + "observation-nature-of-abnormal-test", "valueCodeableConcept", nature),
        ),
        FieldRow(15, "performer[]", organization_coded),
        FieldRow(16, "performer[]", observer),
        FieldRow(17, "method", method),
        FieldRow(18, "device", equipment),
        FieldRow(20, "bodySite", concept),
        FieldRow(23, "performer[]", performing_organization, _undirected),
        FieldRow(24, "performer[]", unplaced, _unnamed),
        FieldRow(25, "performer[]", director),
        FieldRow(29, "category[]", coded("v2-0936")),
        FieldRow(
            30,
            "extension[]",
            extension(STRUCTURE + "observation-structure-type", "valueCodeableConcept", coded("v2-0937")),
        ),
        FieldRow(32, "dataAbsentReason", concept),
    ),
    understood=(1, 2, 5, 6, 11, 33),
)
#: What belongs to this one result: its times and numbers.
OBX_OWN = SegmentMap(
    segment="OBX",
    resource="Observation",
    rows=(
        FieldRow(14, "effectiveDateTime", date_time),
        FieldRow(
            19, "extension[]", extension(STRUCTURE + "observation-analysis-date-time", "valueDateTime", date_time)
        ),
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
    if sent == _CANNOT_BE_OBTAINED:
        coding = {"system": TERMINOLOGY + "v2-0085", "code": sent}
        alternate = {"url": STRUCTURE + "alternate-codes", "valueCodeableConcept": {"coding": [coding]}}
        resource["_status"] = _told({"extension": [alternate]}, sent, scope)
    elif sent == _NOT_ASKED:
        resource.setdefault("dataAbsentReason", _told(_NOT_ASKED_REASON, sent, scope))
    if sent and USUAL_RESULT_CODE.get(found) != sent:
        resource.setdefault("extension", []).append({"url": SENT_RESULT_STATUS, "valueCode": code(sent)})


def _told(value: Record, sent: str, scope: Scope) -> Record:
    """A value that no row makes, with the place it comes from."""
    return value if scope.trace is None else cast("Record", scope.trace.mark(value, sent))


def values(kind: str, raw: str, resource: Record, scope: Scope) -> None:
    """OBX-5 into value[x]; repetitions become components (the guide's OBX[Observation-Component])."""
    scope.field = 5
    segment = scope.segment
    measure = unit(segment.raw(6), scope) if segment.raw(6) else {}
    if scope.repetition in raw and (kind not in _WHOLE or _told_apart(kind, raw, scope)):
        _values(kind, raw, measure, resource, scope)
        return
    value = _read(kind, raw, measure, scope)
    if value is not None:
        _say_type(kind, value, resource)
        _place(value, resource)
        if measure:
            _say_unit(segment.raw(6), measure, [value], resource, scope)


def _told_apart(kind: str, raw: str, scope: Scope) -> bool:
    """Each part between the repetition marks is a document or a pointer of its own: it has the components of one."""
    least = {"ED": 4, "RP": 1}.get(kind)
    return least is not None and all(one.count(scope.component) >= least for one in raw.split(scope.repetition))


def _read(kind: str, raw: str, measure: Record, scope: Scope) -> Value | None:
    value = read_value(kind, raw, measure, scope)
    if scope.overlay is not None:
        value = scope.overlay.value(value, raw, scope)
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
    else:
        resource["component"] = [_component(value, resource) for value in present]
    if measure:
        _say_unit(scope.segment.raw(6), measure, present, resource, scope)


def _say_unit(raw: str, measure: Record, present: list[Value], resource: Record, scope: Scope) -> None:
    """OBX-6 in an extension where no value carries it, or carries the name (CWE.2) of what was sent (CWE.1)."""
    sent = unit_sent(raw, scope) if scope.component in raw else measure["unit"]
    if sent != measure["unit"] or not any(value[0] in _MEASURED for value in present):
        resource.setdefault("extension", []).append({"url": SENT_UNIT, "valueString": sent})


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


def _component(value: Value, resource: Record) -> Record:
    part: Record = {"code": resource.get("code") or NO_CODE}
    _place(value, part)
    if "referenceRange" in resource:
        part["referenceRange"] = resource["referenceRange"]
    return part
