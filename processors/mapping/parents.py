"""What an order grew out of: the parent order (OBR-29 with OBR-50), the result that led to it (OBR-26)."""

from typing import cast

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.codes import concept
from processors.mapping.identifiers import authority_uri, eip
from processors.mapping.scope import Scope, component, reference


def parent_order(raw: str, scope: Scope) -> list[Record] | None:
    """OBR-29: the parent order by its numbers; with OBR-50 the very order of that kind, where the bundle has it.

    Panels repeat the numbers of their parent in each part. So an order that names itself has no parent.
    """
    obr = scope.segment
    kind = obr.text(50) or obr.text(50, 2)
    identifiers = eip(raw, scope) or []
    if not kind:
        return [{"type": "ServiceRequest", "identifier": one} for one in identifiers] or None
    placer, filler = _numbers(raw, scope)
    own = kind == (obr.text(4) or obr.text(4, 2))
    if own and ((placer[0] and placer[0] == obr.text(2)) or (filler[0] and filler[0] == obr.text(3))):
        return None
    named = _display(obr, scope)
    known = _request_id(placer, filler, kind, scope)
    if known in scope.bundle.resources:
        return [{**reference(known), "type": "ServiceRequest", **named}]
    return [{"type": "ServiceRequest", "identifier": one, **named} for one in identifiers] or None


def parent_result(obr: Segment, children: list[Record], scope: Scope) -> None:
    """OBR-26: results of this order are members of the result that led to it, as a culture has susceptibilities.

    It names that result by OBX-3 and OBX-4, so that only one such before it in the message can be meant.
    """
    scope.segment, scope.field = obr, 26
    pieces = obr.repetitions(26)[0].split(scope.component)
    code = scope.text(pieces[0].split(scope.subcomponent)[0])
    sub_id = scope.text(component(pieces, 2))
    said = [one for one in scope.message.segments[: obr.place] if one.name == "OBX"]
    places = {one.path() for one in said if one.text(3) == code and one.text(4) == sub_id}
    resources = scope.bundle.resources
    found = [one for one, at in scope.bundle.sources.items() if at in places and _is_result(resources[one])]
    if len(found) != 1 or not children:
        scope.count_unmapped("OBR-26")
        return
    parent = resources[found[0]]
    known = parent.get("hasMember", ())
    new = [one if scope.trace is None else scope.trace.mark(one, obr.raw(26)) for one in children if one not in known]
    parent["hasMember"] = [*known, *new]


def count_unsaid(orc: Segment | None, obr: Segment | None, scope: Scope) -> None:
    """OBR-50 without the number of a parent, and ORC-31 where OBR-50 does not say the same."""
    if obr is not None and len(obr.fields) > 50 and obr.fields[50] and not obr.fields[29]:
        scope.count_unmapped("OBR-50")
    if orc is not None and len(orc.fields) > 31 and orc.fields[31]:
        same = obr is not None and orc.text(31) == obr.text(50) and orc.text(31, 2) == obr.text(50, 2)
        if not same:
            scope.count_unmapped("ORC-31")


def _is_result(resource: Record) -> bool:
    return bool(resource["resourceType"] == "Observation")


def _numbers(raw: str, scope: Scope) -> tuple[tuple[str, str], tuple[str, str]]:
    """The placer's and the filler's number of an EIP, each with its system."""
    found = []
    for part in [*raw.split(scope.component), "", ""][:2]:
        names = [*(scope.text(one) for one in part.split(scope.subcomponent)), "", "", ""]
        found.append((names[0], authority_uri(names[1:4], scope)))
    return found[0], found[1]


def _request_id(placer: tuple[str, str], filler: tuple[str, str], kind: str, scope: Scope) -> str:
    """The id that `identities.order_identity` gives an order of these numbers."""
    number, space = placer if placer[0] else filler
    return scope.keyring.fhir_id("ServiceRequest", space or scope.bundle.patient_key, number, kind)


def _display(obr: Segment, scope: Scope) -> Record:
    """OBR-50 as people read it."""
    value = concept(obr.repetitions(50)[0], scope) or {}
    first = value.get("coding", [{}])[0]
    shown = value.get("text") or first.get("display") or first.get("code")
    if not shown:
        return {}
    return {"display": shown if scope.trace is None else cast("str", scope.trace.mark(shown, obr.raw(50)))}
