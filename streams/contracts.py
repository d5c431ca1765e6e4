"""The Avro schemas of schemas/ as data: reading them, their one byte form, and the rules that each must keep."""

import json
from collections.abc import Iterator
from pathlib import Path

from processors.envelope import Record

ENVELOPE = (
    "event_id",
    "correlation_id",
    "causation_id",
    "patient_key",
    "occurred_at",
    "received_at",
    "source",
    "produced_by",
    "key_id",
)
_SCALARS = frozenset({"string", "bytes", "int", "long", "float", "double", "boolean"})


def load_schemas(folder: Path) -> dict[str, Record]:
    """Every schema of the folder by topic (the file's name without .avsc), in sorted order."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.avsc"))}


def canonical_text(schema: object) -> str:
    """The one byte form in which a schema is registered: sorted keys, no spaces. Other white space is another id."""
    return json.dumps(schema, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def full_name(schema: Record) -> str:
    """Namespace and name; unique over all schemas."""
    return f"{schema.get('namespace', '')}.{schema['name']}".lstrip(".")


def filled(schema: object) -> object:
    """The schema with every default written out whole, so that a reader of older records gets all nested fields."""
    if isinstance(schema, list):
        return [filled(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    changed = dict(schema)
    for part in ("items", "values"):
        if part in changed:
            changed[part] = filled(changed[part])
    if isinstance(changed.get("type"), list | dict):
        changed["type"] = filled(changed["type"])
    if "fields" in changed:
        changed["fields"] = [_filled_field(field) for field in schema["fields"]]
    return changed


def _filled_field(field: Record) -> Record:
    changed: Record = {**field, "type": filled(field["type"])}
    if "default" in field:
        changed["default"] = _whole_default(field["type"], field["default"])
    return changed


def _whole_default(kind: object, given: object) -> object:
    if isinstance(kind, dict) and kind["type"] == "record" and isinstance(given, dict):
        return {f["name"]: _whole_default(f["type"], given.get(f["name"], f["default"])) for f in kind["fields"]}
    return given


def paths(schema: object, place: str = "") -> dict[str, str]:
    """Every place of a schema and its type: `source` -> `record Source`, `clauses[].text` -> `string`."""
    if isinstance(schema, list):
        return _union_paths(schema, place)
    if not isinstance(schema, dict):
        return {place: str(schema)}
    if schema["type"] == "array":
        return {place: "array", **paths(schema["items"], f"{place}[]")}
    if schema["type"] == "map":
        return {place: "map", **paths(schema["values"], f"{place}{{}}")}
    found = {place: f"record {schema['name']}"}
    for field in schema["fields"]:
        found |= paths(field["type"], f"{place}.{field['name']}" if place else field["name"])
    return found


def _union_paths(branches: list[object], place: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for branch in branches:
        found |= paths(branch, place)
    return {**found, place: " or ".join(paths(branch, place)[place] for branch in branches)}


def conflicts(before: dict[str, str], schema: Record) -> list[str]:
    """Places whose type is another than it ever was: all that FULL_TRANSITIVE forbids where fields have defaults.

    `before`: place -> type over all earlier versions, also of places that have gone since.
    """
    now = paths(schema)
    changed = [place for place in now if place in before and before[place] != now[place]]
    return [f"{place or 'the record'}: was {before[place]}, is {now[place]}" for place in sorted(changed)]


def faults(schemas: dict[str, Record]) -> list[str]:
    """What breaks the rules of the contracts, one line each, naming topic and field; empty when all is well."""
    found = [fault for topic, schema in schemas.items() for fault in _schema_faults(topic, schema)]
    names = [full_name(schema) for schema in schemas.values()]
    found += [f"record name {name} is used by two schemas" for name in sorted({n for n in names if names.count(n) > 1})]
    if schemas:
        envelopes = {topic: canonical_text(_envelope(schema)) for topic, schema in schemas.items()}
        first = next(iter(envelopes))
        found += [
            f"{t}: envelope differs from the one of {first}" for t in envelopes if envelopes[t] != envelopes[first]
        ]
    return found


def _envelope(schema: Record) -> list[Record]:
    return list(schema.get("fields", []))[: len(ENVELOPE)]


def _schema_faults(topic: str, schema: Record) -> Iterator[str]:
    if schema.get("type") != "record":
        yield f"{topic}: a record is needed"
        return
    first = tuple(field["name"] for field in _envelope(schema))
    if first != ENVELOPE:
        yield f"{topic}: the first fields must be the envelope ({', '.join(ENVELOPE)})"
    yield from _record_faults(topic, schema)


def _record_faults(place: str, record: Record) -> Iterator[str]:
    if not record.get("doc"):
        yield f"{place}: doc is missing"
    for field in record["fields"]:
        where = f"{place}.{field['name']}"
        if "default" not in field:
            yield f"{where}: default is missing"
        if not field.get("doc"):
            yield f"{where}: doc is missing"
        if isinstance(field["type"], list) and field["type"][0] != "null":
            yield f"{where}: a union must begin with null"
        yield from _type_faults(where, field["type"])


def _type_faults(place: str, kind: object) -> Iterator[str]:
    if isinstance(kind, list):
        for branch in kind:
            yield from _type_faults(place, branch)
    elif isinstance(kind, dict):
        yield from _compound_faults(place, kind)
    elif kind != "null" and kind not in _SCALARS:
        yield f"{place}: type {kind} is not used in our contracts"


def _compound_faults(place: str, kind: Record) -> Iterator[str]:
    if "logicalType" in kind:
        yield f"{place}: logicalType is not used in our contracts"
    match kind["type"]:
        case "record":
            yield from _record_faults(place, kind)
        case "array":
            yield from _type_faults(f"{place}[]", kind["items"])
        case "map":
            yield from _type_faults(f"{place}{{}}", kind["values"])
        case other:
            yield f"{place}: {other} is not used in our contracts (a string and a closed list in code instead)"
