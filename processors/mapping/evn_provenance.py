"""EVN -> Provenance of the message's resources: when the event happened, when it was recorded, by whom and where."""

from processors.envelope import Record
from processors.fhir.systems import TERMINOLOGY
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping.codes import concept_in
from processors.mapping.extensions import within
from processors.mapping.links import Links
from processors.mapping.locations import site
from processors.mapping.msh_messageheader import ABSENT
from processors.mapping.msh_provenance import OPERATOR
from processors.mapping.parties import practitioner
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope, reference
from processors.mapping.times import date_time, instant
from processors.mapping.vocabularies_visit import EVENT_REASON, PLANS

_UNKNOWN = "U"
_reason = concept_in(EVENT_REASON, TERMINOLOGY + "v3-ActReason", TERMINOLOGY + "v2-0062")


def reason(raw: str, scope: Scope) -> object | None:
    """EVN-4 as a reason; "unknown" is data absent."""
    return ABSENT if scope.texts(raw)[0] == _UNKNOWN else _reason(raw, scope)


#: EVN-1 repeats MSH-9.2; EVN-3 is read with the visit (visits.py) for events that plan something.
EVN = SegmentMap(
    segment="EVN",
    resource="Provenance",
    rows=(
        FieldRow(2, "recorded", instant),
        FieldRow(4, "reason[]", reason),
        FieldRow(5, "agent[]", within("who", practitioner)),
        FieldRow(6, "occurredDateTime", date_time),
        FieldRow(7, "location", site),
    ),
    understood=(1, 3),
)
_COMPILED = CompiledMap(EVN)
_OPERATOR = CompiledMap(OPERATOR)


def provenance(evn: Segment, header: Record, links: Links, scope: Scope) -> None:
    """A Provenance of the message and of what it is about; FHIR asks for who (Provenance.agent) and when (recorded).

    Who is the operator (EVN-5), else the organisation that sends (MSH-22, MSH-4).
    """
    target = [reference(header["id"]), *links.about()]
    identity = derived_uuid(target[:2][-1]["reference"], scope.message.control_id)
    resource: Record = {"resourceType": "Provenance", "id": identity}
    resource["target"] = target
    _COMPILED(evn, resource, scope)
    if evn.raw(3) and scope.message.trigger not in PLANS:
        scope.count_unmapped("EVN-3")
    resource["activity"] = {"coding": [{"display": f"event - {scope.message.type}^{scope.message.trigger}"}]}
    if "agent" not in resource:
        _OPERATOR(scope.message.header, resource, scope)
    complete(resource, scope)
    scope.bundle.add(resource, evn.path())


def complete(resource: Record, scope: Scope) -> None:
    """What FHIR demands of a Provenance: someone, and when it was recorded, else that of the message."""
    resource.setdefault("agent", [{"who": ABSENT}])
    if "recorded" in resource:
        return
    header = scope.message.header
    scope.segment, scope.field = header, 7
    sent = instant(header.raw(7), scope) if header.raw(7) else None
    if sent:
        resource["recorded"] = sent
    else:
        resource["_recorded"] = ABSENT
