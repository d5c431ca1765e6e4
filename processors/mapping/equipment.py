"""Devices that fields point at (EI, CWE): one resource per identity."""

from typing import cast

from processors.envelope import Record
from processors.mapping.codes import system_uri
from processors.mapping.identifiers import ei
from processors.mapping.scope import Scope, component

#: Texts of a CWE: its own, the alternates', the original one.
_TEXTS = (2, 5, 11, 9)
#: Codes of a CWE, each with its system two components further.
_NUMBERS = (1, 4, 10)


def equipment(raw: str, scope: Scope) -> Record | None:
    """EI (OBX-18) as a reference to a Device."""
    sent, system = ei(raw, scope)
    return _device([(sent, system)], [], raw, scope) if sent else None


def equipment_coded(raw: str, scope: Scope) -> Record | None:
    """CWE (ORC-18) as a reference to a Device: its numbers, of which systems, and its names."""
    parts = scope.texts(raw)
    names = [component(parts, n) for n in _TEXTS if component(parts, n)]
    numbers = [(component(parts, n), _system(component(parts, n + 2), scope)) for n in _NUMBERS if component(parts, n)]
    return _device(numbers, names, raw, scope) if numbers or names else None


def _system(sent: str, scope: Scope) -> str:
    uri = system_uri(sent, scope) if sent else ""
    return uri if scope.trace is None else cast("str", scope.trace.mark(uri, sent))


def _device(numbers: list[tuple[str, str]], names: list[str], raw: str, scope: Scope) -> Record:
    sent, system = numbers[0] if numbers else ("", "")
    identity = (system or scope.site.feed, sent) if sent else (scope.site.feed, "name", names[0])
    resource: Record = {"resourceType": "Device", "id": scope.keyring.fhir_id("Device", *identity)}
    if numbers:
        resource["identifier"] = [({"system": space} if space else {}) | {"value": one} for one, space in numbers]
    if names:
        resource["deviceName"] = [_name(name, scope) for name in names]
    if scope.trace is not None:
        resource = scope.trace.mark(resource, raw)
    return scope.bundle.add(resource, scope.segment.path())


def _name(name: str, scope: Scope) -> Record:
    value: Record = {"name": name, "type": "user-friendly-name"}
    return value if scope.trace is None else cast("Record", scope.trace.mark(value, name))
