"""One patient group -> its Patient, Encounter, orders and results, each filled by its segment maps and linked."""

from processors.mapping.groups import Part, Patient
from processors.mapping.identities import loose_results, result_id
from processors.mapping.links import Links
from processors.mapping.merges import SAME_PATIENT
from processors.mapping.mrg_encounter import count_unused
from processors.mapping.orders import order
from processors.mapping.participations import place_people
from processors.mapping.parts import AFTER_ORDERS, write_part
from processors.mapping.patients import patient
from processors.mapping.results import observation
from processors.mapping.scope import Scope
from processors.mapping.structures import MERGES, Structure
from processors.mapping.visits import encounter

_DELETED_PERSON = "A29"


def assemble(group: Patient, trigger: str, structure: Structure, scope: Scope) -> Links:
    """All resources of one patient group into the scope's bundle."""
    links = Links()
    patient(group, links, scope)
    if trigger == _DELETED_PERSON and links.patient is not None:
        links.patient["active"] = False
    for visit in group.visits:
        encounter(group, visit, trigger, links, scope)
    if group.merged:
        count_unused(group, trigger, trigger in MERGES | SAME_PATIENT, scope)
    if group.parts:
        _parts([one for one in group.parts if one.segment.name not in AFTER_ORDERS], links, scope)
    for one in group.orders:
        links.enter(one.visit)
        order(one, structure.reports, links, scope)
    if group.parts:
        _parts([one for one in group.parts if one.segment.name in AFTER_ORDERS], links, scope)
    links.enter(None)
    if group.results:
        _results(group, links, scope)
    place_people(group, links, scope)
    return links


def _parts(parts: list[Part], links: Links, scope: Scope) -> None:
    for part in parts:
        links.enter(part.visit)
        write_part(part, links, scope)


def _results(group: Patient, links: Links, scope: Scope) -> None:
    """OBX that belong to no order."""
    taken: dict[str, int] = {}
    base = loose_results(scope)
    for result in group.results:
        observation(result, result_id(base, result.obx, "", taken), links, scope)
