"""What is told twice in one message: the same resource from two segments becomes one that has the fields of both."""

import orjson

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping.scope import Scope


def told(resource: Record, segment: Segment, scope: Scope) -> Record:
    """Put a patient or a visit; told again it gets the new fields, and where it says otherwise the segment counts."""
    known = scope.bundle.resources.get(resource["id"])
    if known is None:
        scope.bundle.put(resource, segment.path())
        return resource
    made, differ = joined(known, resource)
    if differ:
        scope.unplace(segment)
    known.update(made)
    return known


def set_apart(resource: Record, scope: Scope) -> None:
    """An identity of its own for what contradicts the resource that has its identity in the bundle."""
    identity, count = resource["id"], 0
    while (known := scope.bundle.resources.get(resource["id"])) is not None and joined(known, resource)[1]:
        count += 1
        resource["id"] = derived_uuid(identity, str(count))


def joined(first: Record, second: Record) -> tuple[Record, list[str]]:
    """Both as one, and the elements in which they differ and the first one wins. Neither is changed.

    Numbers are compared as written: they are pieces of JSON, which are never equal themselves.
    """
    made = dict(second)
    differ = []
    for name, value in first.items():
        other = second.get(name, value)
        if other == value or orjson.dumps(other) == orjson.dumps(value):
            made[name] = value
        elif isinstance(value, list) and isinstance(other, list):
            made[name] = [*value, *(one for one in other if one not in value)]
        elif isinstance(value, dict) and isinstance(other, dict) and not _is_whole(value):
            made[name], inner = joined(value, other)
            differ += [f"{name}.{one}" for one in inner]
        else:
            made[name] = value
            differ.append(name)
    return made, differ


def _is_whole(value: Record) -> bool:
    """Codes, numbers and references mean something as a whole only."""
    return bool(value.keys() & {"coding", "code", "text", "value", "reference", "url"})
