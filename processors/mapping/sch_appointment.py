"""SCH -> Appointment."""

from processors.envelope import Record
from processors.fhir.systems import PARTICIPATION_TYPE, TERMINOLOGY
from processors.mapping.codes import concept
from processors.mapping.extensions import whole_number
from processors.mapping.identifiers import ei_of
from processors.mapping.orc_servicerequest import known_code
from processors.mapping.parties import practitioner
from processors.mapping.rows import Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope, component
from processors.mapping.times import instant
from processors.mapping.vocabularies import APPOINTMENT_STATUS


def actor(type_code: str, display: str) -> Datatype:
    """XCN as Appointment.participant of a v3-ParticipationType."""
    kind = [{"coding": [{"system": PARTICIPATION_TYPE, "code": type_code, "display": display}]}]

    def read(raw: str, scope: Scope) -> Record | None:
        who = practitioner(raw, scope)
        return None if who is None else {"type": kind, "actor": who, "status": "accepted"}

    return read


def _timing(n: int) -> Datatype:
    """Component n of a TQ (SCH-11) as instant."""

    def read(raw: str, scope: Scope) -> str | None:
        sent = component(raw.split(scope.component), n)
        return instant(sent, scope) if sent else None

    return read


def _kind(raw: str, scope: Scope) -> Record | None:
    """SCH-8 as appointmentType: of table 0277 or the sender's own."""
    value = concept(raw, scope)
    if value is None:
        return None
    parts = scope.texts(raw)
    if component(parts, 3) or not parts[0]:
        return value
    first = {"system": TERMINOLOGY + "v2-0277", **value["coding"][0]}
    return {**value, "coding": [first, *value["coding"][1:]]}


SCH = SegmentMap(
    segment="SCH",
    resource="Appointment",
    rows=(
        FieldRow(1, "identifier[]", ei_of("PLAC")),
        FieldRow(2, "identifier[]", ei_of("FILL")),
        FieldRow(7, "reasonCode[]", concept),
        FieldRow(8, "appointmentType", _kind),
        FieldRow(9, "minutesDuration", whole_number),
        FieldRow(11, "start", _timing(4)),
        FieldRow(11, "end", _timing(5)),
        FieldRow(12, "participant[]", actor("AUT", "author (originator)")),
        FieldRow(16, "participant[]", actor("PPRF", "primary performer")),
        FieldRow(25, "status", known_code(APPOINTMENT_STATUS)),
    ),
    understood=(5, 6, 10),
)
