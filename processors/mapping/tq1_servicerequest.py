"""TQ1 -> ServiceRequest: priority, start and end."""

from processors.mapping.orc_servicerequest import known_code
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.times import date_time
from processors.mapping.vocabularies import PRIORITY

TQ1 = SegmentMap(
    segment="TQ1",
    resource="ServiceRequest",
    rows=(
        FieldRow(7, "occurrencePeriod.start", date_time),
        FieldRow(8, "occurrencePeriod.end", date_time),
        FieldRow(9, "priority", known_code(PRIORITY)),
    ),
    understood=(1,),
)
