"""OBR -> ServiceRequest."""

from processors.envelope import Record
from processors.fhir.systems import SENT_REPORT_STATUS
from processors.mapping.codes import concept
from processors.mapping.extensions import extension, sent_code
from processors.mapping.identifiers import ei_of
from processors.mapping.orc_servicerequest import known_code, timing_priority
from processors.mapping.parties import practitioner
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.times import date_time
from processors.mapping.vocabularies import PRIORITY


def service(raw: str, scope: Scope) -> Record | None:
    """OBR-4 and OBX-3: what the site maps the local code to stands first, the code as sent behind it, marked so."""
    value = concept(raw, scope)
    codes = scope.site.observation_codes
    if value is None or not codes:
        return value
    parts = scope.texts(raw)
    system = parts[2] if len(parts) > 2 else ""
    known = codes.get(f"{parts[0]}^^{system}") or codes.get(parts[0])
    if known is None or not parts[0]:
        return value
    first: Record = {"system": known.system, "code": known.code}
    if known.display:
        first["display"] = known.display
    sent, *others = value["coding"]
    return {**value, "coding": [first, {**sent, "userSelected": True}, *others]}


#: What a sender repeats with every order of its kind.
OBR = SegmentMap(
    segment="OBR",
    resource="ServiceRequest",
    rows=(
        FieldRow(4, "code", service),
        FieldRow(5, "priority", known_code(PRIORITY)),
        FieldRow(11, "intent", known_code({"G": "reflex-order"})),
        FieldRow(16, "requester", practitioner),
        FieldRow(25, "extension[]", extension(SENT_REPORT_STATUS, "valueCode", sent_code)),
        FieldRow(27, "priority", timing_priority),
        FieldRow(31, "reasonCode[]", concept),
    ),
)
#: The times of this one order.
OBR_TIMES = SegmentMap(
    segment="OBR", resource="ServiceRequest", rows=(FieldRow(6, "occurrenceDateTime", date_time),), understood=(2, 3)
)
#: The same with its numbers, where ORC has others or none.
OBR_OWN = SegmentMap(
    segment="OBR",
    resource="ServiceRequest",
    rows=(
        FieldRow(2, "identifier[]", ei_of("PLAC")),
        FieldRow(3, "identifier[]", ei_of("FILL")),
        *OBR_TIMES.rows,
    ),
)
