"""GOL -> Goal (HL7 2.5.1 chapter 12.4.1), by analogy: the guide has no table for it."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.care_parts import finish, nothing, observations, people, problem_above
from processors.mapping.codes import concept
from processors.mapping.extensions import within
from processors.mapping.groups import Part
from processors.mapping.identifiers import ei_of
from processors.mapping.links import Links
from processors.mapping.obx_observation import NO_CODE
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.statements import fixed, instance, named, own_concept, sends, status_code, words
from processors.mapping.times import date
from processors.mapping.vocabularies_clinical import GOAL_STATUS


def _comment(raw: str, scope: Scope) -> Record | None:
    sent = scope.text(raw)
    return {"text": sent} if sent else None


GOL = SegmentMap(
    segment="GOL",
    resource="Goal",
    rows=(
        FieldRow(1, "lifecycleStatus", fixed("entered-in-error"), sends(1, "DE")),
        FieldRow(3, "description", own_concept),
        FieldRow(4, "identifier[]", ei_of("")),
        FieldRow(6, "priority", words),
        FieldRow(7, "startDate", date),
        FieldRow(8, "target[]", within("dueDate", date)),
        FieldRow(9, "category[]", concept),
        FieldRow(16, "achievementStatus", concept),
        FieldRow(17, "note[]", _comment),
        FieldRow(18, "lifecycleStatus", status_code(GOAL_STATUS)),
        FieldRow(19, "statusDate", date),
    ),
)
_GOL = CompiledMap(GOL)


def write(part: Part, links: Links, scope: Scope) -> None:
    """One goal with the problem it addresses and the observations that show its outcome."""
    gol = part.segment
    resource: Record = {"resourceType": "Goal", "id": _identity(gol, scope)}
    _GOL(gol, resource, scope)
    if len(resource) <= 2:
        nothing(part, scope)
        return
    resource.setdefault("lifecycleStatus", "active")
    resource.setdefault("description", NO_CODE)
    problems = problem_above(gol, scope)
    if problems:
        resource["addresses"] = problems
    for _, who, segment in people(part, scope):
        if "expressedBy" in resource:
            scope.unplace(segment)
        else:
            resource["expressedBy"] = who
    found = observations(part, resource["id"], links, scope)
    if found:
        resource["outcomeReference"] = found
    finish(resource, part, links, scope)


def _identity(gol: Segment, scope: Scope) -> str:
    """The goal's instance number (GOL-4), else what it is."""
    own = instance(gol, 4, scope)
    return scope.keyring.fhir_id("Goal", *(own or (scope.bundle.patient_key, *named(gol, 3))))
