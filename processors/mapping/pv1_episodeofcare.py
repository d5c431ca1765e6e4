"""PV1-53 and PV1-54 -> EpisodeOfCare: what a visit is a part of."""

from processors.envelope import Record
from processors.fhir.systems import STRUCTURE
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping.extensions import extension, text
from processors.mapping.identifiers import cx
from processors.mapping.links import Links
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope

PV1 = SegmentMap(
    segment="PV1",
    resource="EpisodeOfCare",
    rows=(
        FieldRow(53, "extension[]", extension(STRUCTURE + "resource-instance-description", "valueString", text)),
        FieldRow(54, "identifier[]", cx),
    ),
)
_COMPILED = CompiledMap(PV1)


def episode(pv1: Segment, stay: Record, links: Links, scope: Scope) -> None:
    """The EpisodeOfCare of a visit; one that a visit belongs to is active, as PV1 says nothing else of it."""
    found: Record = {}
    _COMPILED(pv1, found, scope)
    if not found:
        return
    if links.subject is None:
        for n in (53, 54):
            if pv1.text(n):
                scope.count_unmapped(f"PV1-{n}")
        return
    number = found["identifier"][0] if "identifier" in found else {"value": pv1.text(53)}
    patient = links.subject["reference"]
    identity = derived_uuid(patient, "EpisodeOfCare", number.get("system", ""), number["value"])
    resource: Record = {"resourceType": "EpisodeOfCare", "id": identity, **found, "status": "active"}
    resource["patient"] = links.subject
    stay["episodeOfCare"] = [*stay.get("episodeOfCare", ()), scope.bundle.add(resource, pv1.path())]
