"""PTH -> CarePlan (HL7 2.5.1 chapter 12.4.3), by analogy: the guide has no table for it."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.care_parts import finish, nothing, observations, people, problem_above
from processors.mapping.codes import concept
from processors.mapping.groups import Part
from processors.mapping.identifiers import ei_of
from processors.mapping.links import Links
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope, component
from processors.mapping.statements import fixed, instance, named, sends, status_code
from processors.mapping.times import date_time
from processors.mapping.vocabularies_clinical import PLAN_STATUS


def title(raw: str, scope: Scope) -> str | None:
    """What the pathway is called."""
    parts = scope.texts(raw)
    return component(parts, 2) or component(parts, 9) or None


PTH = SegmentMap(
    segment="PTH",
    resource="CarePlan",
    rows=(
        FieldRow(1, "status", fixed("entered-in-error"), sends(1, "DE")),
        FieldRow(2, "category[]", concept),
        FieldRow(2, "title", title),
        FieldRow(3, "identifier[]", ei_of("")),
        FieldRow(4, "created", date_time),
        FieldRow(5, "status", status_code(PLAN_STATUS)),
    ),
)
_PTH = CompiledMap(PTH)


def write(part: Part, links: Links, scope: Scope) -> None:
    """One pathway with the problem it addresses."""
    pth = part.segment
    resource: Record = {"resourceType": "CarePlan", "id": _identity(pth, scope)}
    _PTH(pth, resource, scope)
    if len(resource) <= 2:
        nothing(part, scope)
        return
    resource.setdefault("status", "unknown")
    resource["intent"] = "plan"
    problems = problem_above(pth, scope)
    if problems:
        resource["addresses"] = problems
    for n, (_, who, _segment) in enumerate(people(part, scope)):
        if n:
            resource["contributor"] = [*resource.get("contributor", ()), who]
        else:
            resource["author"] = who
    found = observations(part, resource["id"], links, scope)
    if found:
        resource["supportingInfo"] = found
    finish(resource, part, links, scope)


def _identity(pth: Segment, scope: Scope) -> str:
    """The pathway's instance number (PTH-3), else what it is."""
    own = instance(pth, 3, scope)
    return scope.keyring.fhir_id("CarePlan", *(own or (scope.bundle.patient_key, *named(pth, 2))))
