"""Devices that fields point at (EI, CWE): one resource per identity."""

from processors.envelope import Record
from processors.mapping.codes import system_uri
from processors.mapping.identifiers import ei
from processors.mapping.scope import Scope, component

#: Texts of a CWE: its own, the alternates', the original one.
_TEXTS = (2, 5, 11, 9)


def equipment(raw: str, scope: Scope) -> Record | None:
    """EI (OBX-18) as a reference to a Device."""
    sent, system = ei(raw, scope)
    return _device((sent, system), [], raw, scope) if sent else None


def equipment_coded(raw: str, scope: Scope) -> Record | None:
    """CWE (ORC-18) as a reference to a Device: its number, of which system, and its names."""
    parts = scope.texts(raw)
    names = [component(parts, n) for n in _TEXTS if component(parts, n)]
    if not parts[0] and not names:
        return None
    system = system_uri(component(parts, 3), scope) if component(parts, 3) else ""
    return _device((parts[0], system), names, raw, scope)


def _device(number: tuple[str, str], names: list[str], raw: str, scope: Scope) -> Record:
    sent, system = number
    identity = (system or scope.site.feed, sent) if sent else (scope.site.feed, "name", names[0])
    resource: Record = {"resourceType": "Device", "id": scope.keyring.fhir_id("Device", *identity)}
    if sent:
        resource["identifier"] = [({"system": system} if system else {}) | {"value": sent}]
    if names:
        resource["deviceName"] = [{"name": name, "type": "user-friendly-name"} for name in names]
    if scope.trace is not None:
        resource = scope.trace.mark(resource, raw)
    return scope.bundle.add(resource, scope.segment.path())
