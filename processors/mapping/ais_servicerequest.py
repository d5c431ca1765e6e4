"""AIS -> ServiceRequest: what the order of an appointment asks for, and when."""

from processors.mapping.codes import concept
from processors.mapping.rows import FieldRow, SegmentMap

AIS = SegmentMap(
    segment="AIS",
    resource="ServiceRequest",
    rows=(
        FieldRow(3, "code", concept),
        FieldRow(11, "orderDetail[]", concept),
        FieldRow(12, "orderDetail[]", concept),
    ),
    understood=(4, 5, 6, 7, 8),
)
