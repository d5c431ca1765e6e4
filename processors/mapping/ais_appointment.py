"""AIS, AIG, AIL, AIP -> Appointment: services, and people, places and things that take part."""

from processors.envelope import Record
from processors.mapping.codes import concept
from processors.mapping.parties import location, practitioner
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.times import instant


def thing(raw: str, scope: Scope) -> Record | None:
    """AIG-3 as a participant that is only named."""
    value = concept(raw, scope)
    if value is None:
        return None
    first = value.get("coding", [{}])[0]
    return {"display": value.get("text") or first.get("display") or first["code"]}


AIS = SegmentMap(
    segment="AIS",
    resource="Appointment",
    rows=(FieldRow(3, "serviceType[]", concept), FieldRow(4, "start", instant)),
    understood=(1, 2, 7, 8, 10),
)
AIG = SegmentMap(
    segment="AIG",
    resource="Appointment.participant",
    rows=(FieldRow(3, "actor", thing), FieldRow(4, "type[]", concept), FieldRow(8, "period.start", instant)),
    understood=(1, 2),
)
AIL = SegmentMap(
    segment="AIL",
    resource="Appointment.participant",
    rows=(FieldRow(3, "actor", location), FieldRow(4, "type[]", concept), FieldRow(6, "period.start", instant)),
    understood=(1, 2),
)
AIP = SegmentMap(
    segment="AIP",
    resource="Appointment.participant",
    rows=(FieldRow(3, "actor", practitioner), FieldRow(4, "type[]", concept), FieldRow(6, "period.start", instant)),
    understood=(1, 2),
)
TABLES = (AIS, AIG, AIL, AIP)
