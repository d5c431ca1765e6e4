"""What stands under a problem, goal, pathway or procedure: results, people, notes, and the problem above."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping import prt_practitionerrole, rol_practitionerrole
from processors.mapping.groups import Part
from processors.mapping.identities import result_id
from processors.mapping.links import Links
from processors.mapping.nte_annotation import notes
from processors.mapping.participants import PLACES, is_deleted, values
from processors.mapping.parties import practitioner
from processors.mapping.results import observation
from processors.mapping.scope import Scope, reference
from processors.mapping.statements import about, made_before, put_own, unplace_rest

#: Set ids, actions and reasons of ROL and PRT, which nothing needs once the person has a place.
_BOOKKEEPING = frozenset((2,))
_ELSEWHERE = {
    name: frozenset(n for table in tables for n in (*(row.field for row in table.rows), *table.understood))
    for name, tables in (("ROL", rol_practitionerrole.TABLES), ("PRT", prt_practitionerrole.TABLES))
}
#: Segments that may stand between a problem and its goals and pathways (HL7 2.5.1 chapter 12.3.3).
_UNDER_PROBLEM = frozenset(("NTE", "VAR", "ROL", "PRT", "OBX", "PTH", "GOL", "ORC", "OBR"))


def observations(part: Part, identity: str, links: Links, scope: Scope) -> list[Record]:
    """The Observations under a part."""
    taken: dict[str, int] = {}
    base = derived_uuid(identity, "results")
    made = [observation(one, result_id(base, one.obx, "", taken), links, scope) for one in part.results]
    return [found[1] for found in made if found is not None]


def people(part: Part, scope: Scope) -> list[tuple[str, Record, Segment]]:
    """Role code and Practitioner of each ROL and PRT; what else stands there is unplaced."""
    found = []
    for segment in part.under:
        places = PLACES.get(segment.name)
        who = values(segment, places.person, practitioner, scope)[:1] if places and not is_deleted(segment) else []
        if places is None or not who:
            scope.unplace(segment)
            continue
        count_left(segment, frozenset((places.person,)), scope)
        found.append((segment.text(places.role).strip().upper(), who[0], segment))
    return found


def count_left(segment: Segment, taken: frozenset[int], scope: Scope) -> None:
    """Count the fields of a ROL or PRT that a role elsewhere would take, and nothing here does."""
    blank = segment.delimiters.component + segment.delimiters.repetition + segment.delimiters.subcomponent + " "
    for n in sorted(_ELSEWHERE[segment.name] - taken - _BOOKKEEPING):
        if segment.raw(n).strip(blank) not in ("", '""'):
            scope.count_unmapped(f"{segment.name}-{n}")


def problem_above(segment: Segment, scope: Scope) -> list[Record]:
    """The problem that a goal or pathway stands under."""
    identity = made_before(segment, "PRB", "Condition", _UNDER_PROBLEM, scope)
    return [reference(identity)] if identity else []


def finish(resource: Record, part: Part, links: Links, scope: Scope) -> None:
    """Notes, subject and encounter (a Goal has none); the message is about it."""
    written = notes(part.notes, scope)
    if written:
        resource["note"] = [*resource.get("note", ()), *written]
    about(resource, links)
    if resource["resourceType"] == "Goal":
        resource.pop("encounter", None)
    links.focus.append(put_own(resource, part.segment, scope))


def nothing(part: Part, scope: Scope) -> None:
    """The segment says nothing, and so does what stands under it."""
    under = [segment for one in part.results for segment in (one.obx, *one.notes, *one.under)]
    unplace_rest([part.segment, *part.notes, *part.under, *under], scope)
