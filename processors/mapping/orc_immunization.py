"""ORC -> Immunization."""

from processors.fhir.systems import SENT_ORDER_CONTROL, SENT_ORDER_STATUS
from processors.mapping.dosing import ordering
from processors.mapping.extensions import extension, sent_code
from processors.mapping.identifiers import ei_of, eip
from processors.mapping.orc_servicerequest import security
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.times import date_time

ORC = SegmentMap(
    segment="ORC",
    resource="Immunization",
    rows=(
        FieldRow(1, "extension[]", extension(SENT_ORDER_CONTROL, "valueCode", sent_code)),
        FieldRow(2, "identifier[]", ei_of("PLAC")),
        FieldRow(3, "identifier[]", ei_of("FILL")),
        FieldRow(4, "identifier[]", eip),
        FieldRow(5, "extension[]", extension(SENT_ORDER_STATUS, "valueCode", sent_code)),
        FieldRow(9, "recorded", date_time),
        FieldRow(12, "performer[]", ordering),
        FieldRow(28, "meta.security[]", security),
    ),
)
