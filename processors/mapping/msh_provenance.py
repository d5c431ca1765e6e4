"""MSH -> Provenance: who answers for an event that names no operator, and where the message itself came from."""

from processors.envelope import Record
from processors.fhir.systems import TERMINOLOGY
from processors.hl7.message import Segment
from processors.mapping.devices import device
from processors.mapping.extensions import within
from processors.mapping.parties import facility, organization
from processors.mapping.rows import Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.times import date_time, instant

_AUTHOR = {"coding": [{"system": TERMINOLOGY + "provenance-participant-type", "code": "author"}]}


def author(datatype: Datatype) -> Datatype:
    """Provenance.agent of the one who wrote the message."""

    def read(raw: str, scope: Scope) -> Record | None:
        who = datatype(raw, scope)
        return None if who is None else {"type": _AUTHOR, "who": who}

    return read


def source_application(raw: str, scope: Scope) -> Record | None:
    """HD (MSH-3) as Provenance.entity: the application that the message came from."""
    what = device(raw, scope)
    return None if what is None else {"role": "source", "what": what}


def message_text(raw: str, scope: Scope) -> Record | None:
    """MSG as the activity of writing the message."""
    said = "^".join(part for part in scope.texts(raw)[:3] if part)
    return {"display": "message - " + said} if said else None


def _no_organization(msh: Segment) -> bool:
    return not msh.raw(22)


def _network_address(msh: Segment) -> bool:
    return bool(msh.raw(24))


#: Who answers for the event of an EVN without EVN-5.
OPERATOR = SegmentMap(
    segment="MSH",
    resource="Provenance",
    rows=(
        FieldRow(4, "agent[]", within("who", facility), _no_organization),
        FieldRow(22, "agent[]", within("who", organization)),
    ),
)
#: Where the message came from.
SOURCE = SegmentMap(
    segment="MSH",
    resource="Provenance",
    rows=(
        FieldRow(3, "entity[]", source_application, _network_address),
        FieldRow(4, "agent[]", author(facility), _no_organization),
        FieldRow(7, "recorded", instant),
        FieldRow(7, "occurredDateTime", date_time),
        FieldRow(9, "activity.coding[]", message_text),
        FieldRow(22, "agent[]", author(organization)),
    ),
)
TABLES = (OPERATOR, SOURCE)
