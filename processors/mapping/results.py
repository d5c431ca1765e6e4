"""One OBX with its notes -> Observation."""

from processors.envelope import Record
from processors.fhir.systems import R5
from processors.hl7.message import Segment
from processors.mapping import obx_observation
from processors.mapping.groups import Result
from processors.mapping.links import Links
from processors.mapping.nte_annotation import notes
from processors.mapping.rows import CompiledMap
from processors.mapping.scope import Scope, keep
from processors.mapping.specimen_names import named

NO_CODE = obx_observation.NO_CODE
OBX = CompiledMap(obx_observation.OBX)
OBX_OWN = CompiledMap(obx_observation.OBX_OWN)
_SPECIMEN = R5 + "Observation.specimen"


def observation(result: Result, identity: str, links: Links, scope: Scope) -> tuple[Record, Record] | None:
    """The Observation, put into the scope's bundle, and a reference to it; None when the segment says nothing."""
    obx = result.obx
    fields = obx.fields
    size = len(fields)
    frame, says = _frame(obx, scope)
    resource: Record = {"resourceType": "Observation", "id": identity, **frame}
    if "extension" in frame:
        resource["extension"] = list(frame["extension"])
    before = len(resource)
    if size > 14:
        _times(fields, obx, resource, scope)
        if size > 33 and fields[33]:
            _specimens(obx, resource, links, scope)
    if size > 5 and fields[5]:
        _value(obx, resource, scope)
    if not says and len(resource) == before:
        return None
    if result.notes:
        written = notes(result.notes, scope)
        if written:
            resource["note"] = written
    links.onto(resource)
    return resource, scope.bundle.add(resource, f"OBX[{obx.number}]")


def _specimens(obx: Segment, resource: Record, links: Links, scope: Scope) -> None:
    """OBX-33: the specimen of the result; of several each in an extension, as R4 has room for one."""
    scope.segment, scope.field = obx, 33
    found = [named(one, links, scope) for one in obx.repetitions(33) if one]
    held = [one for one in found if one is not None]
    if len(held) == 1:
        resource["specimen"] = held[0]
    elif held:
        more = [{"url": _SPECIMEN, "valueReference": one} for one in held]
        if scope.trace is not None:
            more = [scope.trace.mark(one, obx.raw(33)) for one in more]
        resource["extension"] = [*resource.get("extension", ()), *more]


def _times(fields: list[str], obx: Segment, resource: Record, scope: Scope) -> None:
    """OBX-14 and what may follow it; most results of an order have the same time and nothing else."""
    known = scope.times.get(fields[14]) if len(fields) == 15 and scope.trace is None and _is_plain(scope) else None
    if known is not None:
        resource["effectiveDateTime"] = known
    else:
        OBX_OWN(obx, resource, scope)


def _is_plain(scope: Scope) -> bool:
    """No site changes a row of OBX, so that times may be read past the rows."""
    return scope.overlay is None or scope.overlay.shortcuts


def _value(obx: Segment, resource: Record, scope: Scope) -> None:
    """OBX-5 with OBX-6; a plain number is remembered with its unit, as results repeat."""
    fields = obx.fields
    said = (fields[2], fields[5], fields[6] if len(fields) > 6 else "")
    absent = resource.pop("dataAbsentReason", None)
    known = scope.memo.values.get(said)
    if known is not None:
        resource.update(known)
        return
    scope.segment = obx
    bare = "extension" not in resource
    before, remarks = set(resource), scope.remarks
    obx_observation.values(fields[2], fields[5], resource, scope)
    if absent is not None and len(resource) == len(before):
        resource["dataAbsentReason"] = absent
    plain = fields[2] == "NM" and bare and "extension" not in resource and "component" not in resource
    if plain and remarks == scope.remarks:
        keep(scope.memo.values, said, {name: value for name, value in resource.items() if name not in before})


def _frame(obx: Segment, scope: Scope) -> tuple[Record, bool]:
    """What a sender repeats with every result of its kind, never changed by others, and whether it says anything.

    Remembered by the fields it comes from, unless it held something to warn of, or mentions other resources: those
    must be said and put in for each message.
    """
    fields = obx.fields
    key = (*fields[3:5], *fields[6:14], "|", *fields[15:19], "|", *fields[20:21], "|", *fields[22:])
    known = scope.memo.frames.get(key)
    if known is not None:
        return known
    remarks, mentions = scope.remarks, len(scope.bundle.mentions)
    made = _build_frame(obx, scope)
    if (remarks, mentions) == (scope.remarks, len(scope.bundle.mentions)):
        keep(scope.memo.frames, key, made)
    return made


def _build_frame(obx: Segment, scope: Scope) -> tuple[Record, bool]:
    frame: Record = {}
    OBX(obx, frame, scope)
    sent = obx.text(11)
    says = bool(frame) or bool(sent)
    obx_observation.status(sent, frame, scope)
    obx_observation.sub_id(obx.text(4), frame)
    frame.setdefault("code", NO_CODE)
    return frame, says
