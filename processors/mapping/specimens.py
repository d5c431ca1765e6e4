"""SPM and SAC, and the specimen fields of OBR -> Specimens: one for each identity, with parents and containers."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping import obr_specimen, sac_specimen, spm_specimen
from processors.mapping.groups import Order, Part
from processors.mapping.identities import result_id
from processors.mapping.links import Links
from processors.mapping.nte_annotation import notes
from processors.mapping.repeats import joined
from processors.mapping.results import observation
from processors.mapping.rows import CompiledMap
from processors.mapping.scope import Scope
from processors.mapping.specimen_names import named, numbered
from processors.mapping.statements import unplace_rest

SPM = CompiledMap(spm_specimen.SPM)
SAC = CompiledMap(sac_specimen.SAC)
SAC_SPECIMEN = CompiledMap(sac_specimen.SAC_SPECIMEN)
OBR = CompiledMap(obr_specimen.OBR)
#: A specimen is collected at one of them.
_COLLECTED = ("collectedDateTime", "collectedPeriod")


def specimens(group: Order, base: str, links: Links, scope: Scope) -> list[Record]:
    """References to the specimens of an order. `base`: the identity of its results, for specimens without a number."""
    obr = group.obr
    if not group.specimens:
        if obr is None or not obr_specimen.tells(obr):
            return []
        resource: Record = {"resourceType": "Specimen", "id": scope.keyring.fhir_id("Specimen", base)}
        OBR(obr, resource, scope)
        return [_close(resource, obr, [], links, scope)] if len(resource) > 2 else []
    made = [_specimen(part, obr, (base, n), links, scope) for n, part in enumerate(group.specimens, 1)]
    return list({one["reference"]: one for one in made if one is not None}.values())


def write(part: Part, links: Links, scope: Scope) -> None:
    """The Specimen of an SPM before its orders, or without any."""
    place = ("no order", scope.bundle.patient_key, scope.message.header.raw(7))
    base = scope.keyring.fhir_id("Results", *place)
    _specimen(part, None, (base, part.segment.number), links, scope)


def _specimen(part: Part, obr: Segment | None, place: tuple[str, int], links: Links, scope: Scope) -> Record | None:
    """The Specimen of an SPM with its SAC and OBX; what OBR says of the specimen counts where SPM says nothing."""
    spm = part.segment
    known = links.specimens.get(spm.place)
    identity = known["reference"].removeprefix("urn:uuid:") if known else _identity(spm, place, scope)
    resource: Record = {"resourceType": "Specimen", "id": identity}
    SPM(spm, resource, scope)
    written = notes(part.notes, scope) if part.notes else []
    if written:
        resource["note"] = [*resource.get("note", ()), *written]
    containers = _containers(part.all("SAC"), resource, scope)
    unplace_rest([one for one in part.under if one.name != "SAC"], scope)
    if obr is not None:
        _complete(resource, obr, scope)
    parents = _parents(spm, links, scope)
    if parents:
        resource["parent"] = parents
    if len(resource) <= 2 and not containers:
        return None
    made = _close(resource, spm, containers, links, scope)
    if known is None:
        links.specimens[spm.place] = made
        _observe(part, made, links, scope)
    return made


def _observe(part: Part, made: Record, links: Links, scope: Scope) -> None:
    """OBX under SPM tell of the specimen: it is what they are about, and not results of the order."""
    taken: dict[str, int] = {}
    base = made["reference"].removeprefix("urn:uuid:")
    for result in part.results:
        found = observation(result, result_id(base, result.obx, "", taken), links, scope)
        unplace_rest(result.under, scope)
        if found is not None:
            found[0]["specimen"] = made
            found[0]["focus"] = [made]


def _close(resource: Record, segment: Segment, containers: list[Record], links: Links, scope: Scope) -> Record:
    """Put a Specimen into the bundle; one that was only named before is completed, one told again is the same.

    Of another type under the same number (blood, and what grew from it) it is one of its own.
    """
    own = resource.pop("container", None)
    if own:
        containers = [{**containers[0], **own}, *containers[1:]] if containers else [own]
    if containers:
        resource["container"] = containers
    if links.subject is not None:
        resource["subject"] = links.subject
    identity = resource["id"]
    known = scope.bundle.resources.get(identity)
    if known is not None and _kind(known) and _kind(resource) not in ((), _kind(known)):
        identity = resource["id"] = derived_uuid(identity, *_kind(resource))
        known = scope.bundle.resources.get(identity)
    if known is not None:
        scope.bundle.resources[identity], differ = joined(known, resource)
        if differ:
            scope.count_unmapped(segment.name)
    return scope.bundle.add(resource, segment.path())


def _kind(specimen: Record) -> tuple[str, ...]:
    """System and code of the type, else its text."""
    concept = specimen.get("type", {})
    for coding in concept.get("coding", ()):
        return coding.get("system", ""), coding["code"]
    return (concept["text"],) if "text" in concept else ()


def _identity(spm: Segment, place: tuple[str, int], scope: Scope) -> str:
    """By its number (SPM-2), the filler's first; a number that only counts is none."""
    base, number = place
    raw = spm.repetitions(2)[0] if spm.raw(2) else ""
    if not raw or raw == spm.raw(1):
        return scope.keyring.fhir_id("Specimen", base, str(number))
    return numbered(raw, scope)


def _containers(sent: list[Segment], resource: Record, scope: Scope) -> list[Record]:
    containers = []
    for sac in sent:
        SAC_SPECIMEN(sac, resource, scope)
        container: Record = {}
        SAC(sac, container, scope)
        if container:
            containers.append(container)
    return containers


def _complete(resource: Record, obr: Segment, scope: Scope) -> None:
    """OBR where SPM is silent; a specimen is collected at one time or in one period."""
    said: Record = {}
    OBR(obr, said, scope)
    if resource.get("collection", {}).keys() & set(_COLLECTED):
        for name in _COLLECTED:
            said.get("collection", {}).pop(name, None)
        if not said.get("collection", True):
            del said["collection"]
    made, _ = joined(resource, said)
    resource.update(made)


def _parents(spm: Segment, links: Links, scope: Scope) -> list[Record]:
    scope.segment, scope.field = spm, 3
    found = [named(one, links, scope) for one in spm.repetitions(3) if one]
    return [one for one in found if one is not None]
