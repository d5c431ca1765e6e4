"""OBR -> DiagnosticReport; its identifiers are those of the order (orders.py)."""

from processors.fhir.systems import TERMINOLOGY
from processors.hl7.message import Segment
from processors.mapping.codes import code_in, concept_of
from processors.mapping.obr_servicerequest import service
from processors.mapping.parties import interpreter
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.times import date_time, instant
from processors.mapping.vocabularies import REPORT_STATUS


def _one_time(obr: Segment) -> bool:
    return not obr.raw(8)


def _span(obr: Segment) -> bool:
    return bool(obr.raw(8))


OBR = SegmentMap(
    segment="OBR",
    resource="DiagnosticReport",
    rows=(
        FieldRow(4, "code", service),
        FieldRow(7, "effectiveDateTime", date_time, _one_time),
        FieldRow(7, "effectivePeriod.start", date_time, _span),
        FieldRow(8, "effectivePeriod.end", date_time),
        FieldRow(22, "issued", instant),
        FieldRow(24, "category[]", concept_of(TERMINOLOGY + "v2-0074")),
        FieldRow(25, "status", code_in(REPORT_STATUS)),
        FieldRow(32, "resultsInterpreter[]", interpreter),
        FieldRow(34, "performer[]", interpreter),
        FieldRow(35, "performer[]", interpreter),
    ),
    understood=(1, 2, 3),
)
