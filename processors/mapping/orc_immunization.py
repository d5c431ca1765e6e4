"""ORC -> Immunization."""

from processors.fhir.systems import SENT_ORDER_CONTROL, SENT_ORDER_STATUS
from processors.mapping.dosing import ordering
from processors.mapping.extensions import extension, sent_code
from processors.mapping.identifiers import ei_of, eip
from processors.mapping.orc_servicerequest import security
from processors.mapping.rows import Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.times import date_time
from processors.mapping.vocabularies_pharmacy import NO_NUMBER


def _number(type_code: str) -> Datatype:
    """EI as Identifier; what stands for no number (9999) is none, as it would make one of all such vaccinations."""
    identifier = ei_of(type_code)

    def read(raw: str, scope: Scope) -> object | None:
        if scope.texts(raw)[0] in NO_NUMBER:
            scope.count_unmapped(f"ORC-{scope.field}")
            return None
        return identifier(raw, scope)

    return read


ORC = SegmentMap(
    segment="ORC",
    resource="Immunization",
    rows=(
        FieldRow(1, "extension[]", extension(SENT_ORDER_CONTROL, "valueCode", sent_code)),
        FieldRow(2, "identifier[]", _number("PLAC")),
        FieldRow(3, "identifier[]", _number("FILL")),
        FieldRow(4, "identifier[]", eip),
        FieldRow(5, "extension[]", extension(SENT_ORDER_STATUS, "valueCode", sent_code)),
        FieldRow(9, "recorded", date_time),
        FieldRow(12, "performer[]", ordering),
        FieldRow(28, "meta.security[]", security),
    ),
)
