"""Which feed owns which domain: resources of the others are marked as evidence, and overwrite nothing."""

from functools import lru_cache

from processors.fhir.systems import AUTHORITY
from processors.mapping.scope import Draft

#: Resource type -> domain of sites/<feed>.yaml `authority`.
DOMAINS = {
    "Patient": "patient",
    "Encounter": "encounter",
    "ServiceRequest": "order",
    "DiagnosticReport": "observation",
    "Observation": "observation",
    "Appointment": "appointment",
}
_ALL = frozenset(DOMAINS.values())
_TAG = {"system": AUTHORITY, "code": "evidence"}


@lru_cache(maxsize=64)
def foreign_domains(authority: tuple[str, ...]) -> frozenset[str]:
    """The domains that a feed with this authority does not own."""
    return _ALL.difference(authority)


def mark_evidence(draft: Draft, foreign: frozenset[str]) -> None:
    """Tag the resources whose domain this feed does not own."""
    for resource in draft.resources.values():
        if DOMAINS.get(resource["resourceType"]) in foreign:
            meta = resource.get("meta", {})
            resource["meta"] = {**meta, "tag": [*meta.get("tag", ()), _TAG]}
