"""ORC -> DiagnosticReport; its order numbers are those of the ServiceRequest (orders.py)."""

from processors.fhir.systems import STRUCTURE
from processors.mapping.codes import concept
from processors.mapping.extensions import extension
from processors.mapping.orc_servicerequest import group_numbers, security
from processors.mapping.rows import FieldRow, SegmentMap

ORC = SegmentMap(
    segment="ORC",
    resource="DiagnosticReport",
    rows=(
        FieldRow(4, "identifier[]", group_numbers),
        FieldRow(16, "extension[]", extension(STRUCTURE + "event-statusReason", "valueCodeableConcept", concept)),
        FieldRow(28, "meta.security[]", security),
    ),
    understood=(2, 3),
)
TABLES = (ORC,)
