"""IN3 -> CareTeam with the insurer's case manager (HL7 2.5.1 chapter 6.5.8)."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping.links import Links
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.statements import about

_CASE_MANAGER = {
    "coding": [{"system": "http://snomed.info/sct", "code": "768832004", "display": "Case manager"}],
    "text": "case manager",
}


def case_manager(raw: str, scope: Scope) -> Record | None:
    """ST (IN3-21): a name that identifies nobody, so it is only shown; some write a person's name in components."""
    parts = [one for one in scope.texts(raw) if one]
    return {"role": [_CASE_MANAGER], "member": {"display": " ".join(parts)}} if parts else None


IN3 = SegmentMap(
    segment="IN3", resource="CareTeam", rows=(FieldRow(21, "participant[]", case_manager),), understood=(1,)
)
_IN3 = CompiledMap(IN3)


def care_team(in3: Segment, coverage: str, links: Links, scope: Scope) -> None:
    """The CareTeam of one IN3; without a case manager there is none."""
    resource: Record = {"resourceType": "CareTeam", "id": derived_uuid(coverage, "case manager", in3.text(1))}
    _IN3(in3, resource, scope)
    if len(resource) > 2:
        about(resource, links)
        scope.bundle.add(resource, in3.path())
