"""SCH -> ServiceRequest: the orders that an appointment is for, named by SCH-26 and SCH-27."""

from processors.mapping.codes import code_in
from processors.mapping.identifiers import ei_of
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.vocabularies_scheduling import BOOKED_ORDER_STATUS


def _order(_raw: str, _scope: Scope) -> str:
    return "order"


SCH = SegmentMap(
    segment="SCH",
    resource="ServiceRequest",
    rows=(
        FieldRow(6, "intent", _order),
        FieldRow(25, "status", code_in(BOOKED_ORDER_STATUS)),
        FieldRow(26, "identifier[]", ei_of("PLAC")),
        FieldRow(27, "identifier[]", ei_of("FILL")),
    ),
)
