"""EVN -> Provenance of the message's resources: when the event happened, when it was recorded, by whom."""

from processors.envelope import Record
from processors.fhir.systems import TERMINOLOGY
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping.codes import concept_of
from processors.mapping.extensions import within
from processors.mapping.links import Links
from processors.mapping.parties import practitioner
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.times import date_time, instant

EVN = SegmentMap(
    segment="EVN",
    resource="Provenance",
    rows=(
        FieldRow(2, "recorded", instant),
        FieldRow(4, "reason[]", concept_of(TERMINOLOGY + "v2-0062")),
        FieldRow(5, "agent[]", within("who", practitioner)),
        FieldRow(6, "occurredDateTime", date_time),
    ),
    understood=(1, 3),
)
_COMPILED = CompiledMap(EVN)


def provenance(evn: Segment, links: Links, scope: Scope) -> None:
    """A Provenance where EVN says who (EVN-5) and when (EVN-2); FHIR asks for both (Provenance.agent, recorded)."""
    target = links.encounter or links.subject
    if target is None:
        return
    resource: Record = {"resourceType": "Provenance", "id": derived_uuid(target["reference"], scope.message.control_id)}
    _COMPILED(evn, resource, scope)
    if "recorded" in resource and "agent" in resource:
        resource["target"] = [target]
        scope.bundle.add(resource, evn.path())
