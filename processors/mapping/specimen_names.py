"""Specimen numbers (EIP; HL7 2.5.1 chapter 2A.29): the identity of a Specimen, and Specimens known by number alone."""

from processors.envelope import Record
from processors.mapping.identifiers import authority_uri, eip
from processors.mapping.links import Links
from processors.mapping.scope import Scope, component


def named(raw: str, links: Links, scope: Scope) -> Record | None:
    """EIP as a reference to a Specimen: one of the message, or one that is made of its numbers alone."""
    identifiers = eip(raw, scope)
    if not identifiers:
        return None
    identity = numbered(raw, scope)
    resource: Record = {"resourceType": "Specimen", "id": identity, "identifier": identifiers}
    if scope.trace is not None:
        resource = scope.trace.mark(resource, raw)
    if links.subject is not None:
        resource["subject"] = links.subject
    return scope.bundle.add(resource, scope.segment.path())


def numbered(raw: str, scope: Scope) -> str:
    """Numbers without a namespace count within the patient."""
    pieces = raw.split(scope.component)
    for part in (component(pieces, 2), pieces[0]):
        names = [scope.text(one) for one in part.split(scope.subcomponent)]
        if names[0]:
            space = authority_uri([component(names, 2), component(names, 3), component(names, 4)], scope)
            return scope.keyring.fhir_id("Specimen", space or scope.bundle.patient_key, names[0])
    return scope.keyring.fhir_id("Specimen", scope.bundle.patient_key, raw)
