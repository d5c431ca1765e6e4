"""Records to bytes and back: Confluent wire format (0x00, 4-byte schema id, Avro body), and the seam for sealing."""

import io
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import fastavro

from processors.envelope import Record
from streams.contracts import canonical_text, filled, full_name, load_schemas
from streams.registry import Registry, subject_of

__all__ = ["OPEN", "Codec", "CodecError", "SchemaMissing", "Seal", "canonical_text"]

_HEADER = struct.Struct(">bI")
_MAGIC = 0
_Check = Callable[[object], bool]
_Through = Callable[[bytes], bytes]
_SEALED = "payload"
"""Top-level bytes field of the sealed records."""


class CodecError(Exception):
    """A value that does not fit its schema, or bytes that are no record of ours. The text carries no values."""


class SchemaMissing(CodecError):
    """The registry does not know a schema of ours."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The one seam for encryption: payloads of raw messages and dead letters pass through it on their way to Kafka."""

    seal: _Through
    unseal: _Through


OPEN = Seal(bytes, bytes)
"""No encryption."""


@dataclass(frozen=True, slots=True)
class _Contract:
    """One topic's schema, ready for use."""

    number: int
    header: bytes
    schema: Record
    fits: _Check | None


class Codec:
    """Encodes by topic, decodes by schema id; one instance serves all threads."""

    def __init__(
        self, schemas: dict[str, Record], ids: dict[str, int], registry: Registry | None = None, seal: Seal = OPEN
    ) -> None:
        self._seal = seal
        self._sealed = frozenset(topic for topic in schemas if _is_sealed(schemas[topic]))
        self._contracts = {topic: _contract(schemas[topic], ids[topic]) for topic in schemas}
        self._ours: dict[int, Record] = {c.number: c.schema for c in self._contracts.values()}
        self._readers = {full_name(schemas[topic]): c.schema for topic, c in self._contracts.items()}
        self._older: dict[int, tuple[Record, Record]] = {}
        self._registry = registry

    @classmethod
    def offline(cls, schemas_dir: Path) -> "Codec":
        """Without a registry: ids 1..n in sorted order of the topics."""
        schemas = load_schemas(schemas_dir)
        return cls(schemas, {topic: number for number, topic in enumerate(schemas, 1)})

    @classmethod
    def connect(cls, registry: Registry, schemas_dir: Path) -> "Codec":
        """With the registry's ids. Raises SchemaMissing, or RegistryUnreachable."""
        schemas = load_schemas(schemas_dir)
        ids: dict[str, int] = {}
        for topic, schema in schemas.items():
            number = registry.lookup(subject_of(topic), canonical_text(schema))
            if number is None:
                known = f"{subject_of(topic)} is not registered as written in {schemas_dir.name}/{topic}.avsc"
                raise SchemaMissing(f"{known}; run: wardline schemas register")
            ids[topic] = number
        return cls(schemas, ids, registry)

    def encode(self, topic: str, value: Record) -> bytes:
        """Header and body. Raises CodecError naming the field when keys are missing or unknown, or a type is wrong."""
        if topic in self._sealed and isinstance(value.get(_SEALED), bytes):
            value = value | {_SEALED: self._seal.seal(value[_SEALED])}
        return self._contract_of(topic).header + self.body(topic, value)

    def body(self, topic: str, value: Record) -> bytes:
        """The Avro body alone, unsealed: what a replay compares, since ids and seals differ between runs."""
        contract = self._contract_of(topic)
        out = io.BytesIO()
        try:
            fastavro.schemaless_writer(out, contract.schema, value, strict=True)
            fits = contract.fits is None or contract.fits(value)
        except (TypeError, ValueError, OverflowError, AttributeError, KeyError):
            fits = False
        if not fits:
            raise CodecError(f"{topic}: {_misfit(contract.schema, value, '') or 'the value does not fit'}")
        return out.getvalue()

    def decode(self, data: bytes) -> Record:
        """The record, in the shape of our newest schema. Raises CodecError, SchemaMissing, or RegistryUnreachable."""
        if len(data) < _HEADER.size or data[0] != _MAGIC:
            raise CodecError("not in Confluent wire format (0x00 and a schema id are needed first)")
        number = _HEADER.unpack_from(data)[1]
        ours = self._ours.get(number)
        written, wanted = (ours, None) if ours is not None else self._older_schema(number)
        source = io.BytesIO(data)
        source.seek(_HEADER.size)
        try:
            value = fastavro.schemaless_reader(source, written, wanted)
        except (EOFError, ValueError, IndexError, OverflowError, TypeError, KeyError):
            raise CodecError(f"the body does not follow schema {number}") from None
        if source.tell() != len(data) or not isinstance(value, dict):
            raise CodecError(f"the body does not follow schema {number}")
        if isinstance(value.get(_SEALED), bytes):
            value[_SEALED] = self._seal.unseal(value[_SEALED])
        return value

    def topic_ids(self) -> dict[str, int]:
        """Schema id by topic."""
        return {topic: contract.number for topic, contract in self._contracts.items()}

    def _contract_of(self, topic: str) -> _Contract:
        try:
            return self._contracts[topic]
        except KeyError:
            raise CodecError(f"there is no schema for topic '{topic}'") from None

    def _older_schema(self, number: int) -> tuple[Record, Record]:
        known = self._older.get(number)
        if known is None:
            text = self._registry.schema(number) if self._registry is not None else None
            if text is None:
                raise SchemaMissing(f"schema id {number} is unknown; were the records written with another registry?")
            written = json.loads(text)
            reader = self._readers.get(full_name(written))
            if reader is None:
                raise SchemaMissing(f"schema id {number} is a {full_name(written)}, which this version does not know")
            known = (_parse(written), reader)
            self._older[number] = known
        return known


def _is_sealed(schema: Record) -> bool:
    return any(field["name"] == _SEALED and field["type"] == "bytes" for field in schema["fields"])


def _contract(schema: Record, number: int) -> _Contract:
    return _Contract(number, _HEADER.pack(_MAGIC, number), _parse(filled(schema)), _checker(schema))


def _parse(schema: object) -> Record:
    return cast(Record, fastavro.parse_schema(cast(Record, schema)))


def _checker(kind: object) -> _Check | None:
    """What fastavro's writer lets pass although it would change the value: 1.5 as int, "no" as boolean, text as array.

    None where nothing needs a look. Called only on values that the strict writer has taken.
    """
    if isinstance(kind, str):
        return _SCALAR_CHECKS.get(kind)
    if isinstance(kind, list):
        return _optional_checker(kind)
    if not isinstance(kind, dict):
        return None
    if kind["type"] == "record":
        return _record_checker(kind)
    if kind["type"] == "array":
        return _array_checker(_checker(kind["items"]))
    return None


def _is_int(value: object) -> bool:
    return type(value) is int


def _is_boolean(value: object) -> bool:
    return type(value) is bool


_SCALAR_CHECKS: dict[str, _Check] = {"int": _is_int, "long": _is_int, "boolean": _is_boolean}


def _optional_checker(branches: list[object]) -> _Check | None:
    inner = [check for check in map(_checker, branches) if check is not None]
    if not inner:
        return None
    check = inner[0]
    return lambda value: value is None or check(value)


def _array_checker(item: _Check | None) -> _Check:
    if item is None:
        return lambda value: isinstance(value, list)
    return lambda value: isinstance(value, list) and all(map(item, value))


def _record_checker(record: Record) -> _Check | None:
    pairs = [(field["name"], _checker(field["type"])) for field in record["fields"]]
    checks = tuple((name, check) for name, check in pairs if check is not None)
    if not checks:
        return None

    def fits(value: object) -> bool:
        return isinstance(value, dict) and all(check(value[name]) for name, check in checks)

    return fits


_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "bytes": (bytes,),
    "int": (int,),
    "long": (int,),
    "float": (float, int),
    "double": (float, int),
    "boolean": (bool,),
    "null": (type(None),),
}
_BITS = {"int": 31, "long": 63}


def _misfit(kind: object, value: object, path: str) -> str:
    """The first place where a value leaves its schema, in names and types only; empty when none is found."""
    if isinstance(kind, list):
        return "" if value is None and "null" in kind else _misfit(kind[-1], value, path)
    shape = kind["type"] if isinstance(kind, dict) else kind
    if isinstance(kind, dict) and shape == "record":
        return _record_misfit(kind, value, path)
    if isinstance(kind, dict) and shape in ("array", "map"):
        return _container_misfit(kind, value, path)
    wrong = not isinstance(value, _SCALARS[str(shape)]) or (isinstance(value, bool) and shape != "boolean")
    if wrong:
        return f"{path}: {shape} is needed, got {type(value).__name__}"
    if isinstance(value, int) and shape in _BITS and not -(1 << _BITS[shape]) <= value < 1 << _BITS[shape]:
        return f"{path}: out of range for {shape}"
    return ""


def _record_misfit(record: Record, value: object, path: str) -> str:
    if not isinstance(value, dict):
        return f"{path or 'value'}: a record is needed, got {type(value).__name__}"
    names = [field["name"] for field in record["fields"]]
    prefix = f"{path}." if path else ""
    for name in (n for n in names if n not in value):
        return f"{prefix}{name}: is missing"
    for name in (n for n in value if n not in names):
        return f"{prefix}{name}: is not in the schema"
    found = (_misfit(field["type"], value[field["name"]], prefix + field["name"]) for field in record["fields"])
    return next((text for text in found if text), "")


def _container_misfit(kind: Record, value: object, path: str) -> str:
    if kind["type"] == "array":
        if not isinstance(value, list):
            return f"{path}: a list is needed, got {type(value).__name__}"
        found = (_misfit(kind["items"], item, f"{path}[{n}]") for n, item in enumerate(value))
    else:
        if not isinstance(value, dict):
            return f"{path}: a mapping is needed, got {type(value).__name__}"
        found = (_misfit(kind["values"], item, f"{path}{{}}") for item in value.values())
    return next((text for text in found if text), "")
