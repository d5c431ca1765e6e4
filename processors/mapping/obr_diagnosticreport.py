"""OBR -> DiagnosticReport; its identifiers are those of the order (orders.py)."""

from processors.envelope import Record
from processors.fhir.systems import TERMINOLOGY
from processors.hl7.message import Segment
from processors.mapping.codes import code_in, concept_of
from processors.mapping.obr_servicerequest import service
from processors.mapping.roles import interpreter, performer
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.times import date_time, instant
from processors.mapping.vocabularies import REPORT_STATUS
from processors.mapping.vocabularies_orders import SERVICE_SECTION

_V2_0074 = TERMINOLOGY + "v2-0074"
_section = concept_of(_V2_0074)


def _one_time(obr: Segment) -> bool:
    return not obr.raw(8)


def _span(obr: Segment) -> bool:
    return bool(obr.raw(8))


def section(raw: str, scope: Scope) -> Record | None:
    """OBR-24 as a category of table 0074, with its name."""
    sent = scope.texts(raw)
    display = SERVICE_SECTION.get(sent[0])
    if display is None or len(sent) > 1:
        found = _section(raw, scope)
        return found if isinstance(found, dict) else None
    return {"coding": [{"system": _V2_0074, "code": sent[0], "display": display}]}


OBR = SegmentMap(
    segment="OBR",
    resource="DiagnosticReport",
    rows=(
        FieldRow(4, "code", service),
        FieldRow(7, "effectiveDateTime", date_time, _one_time),
        FieldRow(7, "effectivePeriod.start", date_time, _span),
        FieldRow(8, "effectivePeriod.end", date_time),
        FieldRow(22, "issued", instant),
        FieldRow(24, "category[]", section),
        FieldRow(25, "status", code_in(REPORT_STATUS)),
        FieldRow(32, "resultsInterpreter[]", interpreter),
        FieldRow(33, "resultsInterpreter[]", interpreter),
        FieldRow(34, "performer[]", performer("SPRF", "secondary performer")),
        FieldRow(35, "performer[]", performer("TRANS", "Transcriber")),
    ),
    understood=(1, 2, 3),
)
