"""Applications (HD of MSH-3 and MSH-5) as Devices: one resource per identity."""

from processors.envelope import Record
from processors.mapping.identifiers import authority_uri, organization_of
from processors.mapping.mentioned import mentioned
from processors.mapping.scope import Scope


def device(raw: str, scope: Scope) -> Record | None:
    """HD as a reference to a Device that has its namespace and its universal id as identifiers."""
    return mentioned("device", raw, scope, _device)


def _device(raw: str, scope: Scope) -> list[Record]:
    names = [*scope.texts(raw), "", "", ""][:3]
    same = organization_of(names, scope)
    if same is None:
        return []
    identity = scope.keyring.fhir_id("Device", "hd", authority_uri(names, scope))
    return [{"resourceType": "Device", "id": identity, "identifier": same["identifier"]}]
