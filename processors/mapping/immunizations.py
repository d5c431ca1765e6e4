"""One vaccination (ORC, RXA, RXR, OBX, NTE of VXU^V04) -> Immunization and its Observations."""

from processors.envelope import Record
from processors.fhir.systems import DATA_ABSENT
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping import orc_immunization, rxa_immunization, rxr_dosage
from processors.mapping.codes import concept
from processors.mapping.dosing import add_units, performing
from processors.mapping.extensions import whole_number
from processors.mapping.groups import Order, Part, Result
from processors.mapping.identities import order_identity
from processors.mapping.links import Links
from processors.mapping.orc_provenance import provenance
from processors.mapping.order_remains import PROVENANCE, annotate, count_left, merge, observations
from processors.mapping.repeats import joined, set_apart, told
from processors.mapping.results import NO_CODE
from processors.mapping.rows import CompiledMap
from processors.mapping.scope import Scope, reference
from processors.mapping.times import date
from processors.mapping.vocabularies_pharmacy import (
    DOSE_NUMBER,
    EDUCATION,
    FUNDING_ELIGIBILITY,
    FUNDING_SOURCE,
    NO_NUMBER,
    REACTION,
    SERIES_DOSES,
)

ORC = CompiledMap(orc_immunization.ORC)
RXA = CompiledMap(rxa_immunization.RXA)
RXR = CompiledMap(rxr_dosage.IMMUNIZATION)
_ABSENT = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}
_NUMBERS = {DOSE_NUMBER: "doseNumber", SERIES_DOSES: "seriesDoses"}
_LOINC = ("LN", "LOINC", "")


def immunization(part: Part, order: Order, results: list[Result], links: Links, scope: Scope) -> Record | None:
    """The Immunization with the Observations of `results`, put into the scope's bundle; None where RXA is empty."""
    rxa, orc = part.segment, order.orc
    resource: Record = {"resourceType": "Immunization", "id": _identity(rxa, order, scope)}
    RXA(rxa, resource, scope)
    if len(resource) <= 2:
        scope.unplace(rxa)
        return None
    add_units(rxa, 7, [resource.get("doseQuantity")], scope)
    rxa_immunization.reported(rxa, resource, scope)
    if rxa.text(4) and rxa.text(4) != rxa.text(3):
        scope.count_unmapped("RXA-4")
    count_left(rxa, RXA.mapped, scope)
    for rxr in part.all("RXR")[:1]:
        RXR(rxr, resource, scope)
        count_left(rxr, RXR.mapped, scope)
    if orc is not None:
        said: Record = {}
        ORC(orc, said, scope)
        merge(resource, said, ORC, scope)
    people = _people(part.under, scope)
    if people:
        resource["performer"] = [*resource.get("performer", ()), *people]
    annotate(resource, [*order.notes, *part.notes], scope)
    _mend(resource, links)
    resource = _put(resource, rxa, scope)
    named = reference(resource["id"])
    if orc is not None:
        count_left(orc, ORC.mapped | PROVENANCE, scope)
        provenance(orc, named, True, scope)
    _results(results, resource, links, scope)
    links.focus.append(named)
    return resource


def _identity(rxa: Segment, order: Order, scope: Scope) -> str:
    """The order's number makes a vaccination the same one again; without any, vaccine and day do.

    Registries send 9999 as ORC-3 where there is no number.
    """
    orc = order.orc
    numbers = [orc.text(n) for n in (2, 3)] if orc is not None else []
    if any(one not in NO_NUMBER for one in numbers):
        return derived_uuid(order_identity(order, scope).request, "Immunization")
    return scope.keyring.fhir_id("Immunization", scope.bundle.patient_key, *_what(rxa))


def _what(rxa: Segment) -> tuple[str, str]:
    """Vaccine and day."""
    return rxa.text(5) or rxa.text(5, 2), rxa.text(3)[:8]


def _put(resource: Record, rxa: Segment, scope: Scope) -> Record:
    """Told again it is the same one with the new fields; what it contradicts is another under the same number."""
    known = scope.bundle.resources.get(resource["id"])
    if known is not None and joined(known, resource)[1]:
        resource["id"] = derived_uuid(resource["id"], *_what(rxa))
    set_apart(resource, scope)
    return told(resource, rxa, scope)


def _people(segments: list[Segment], scope: Scope) -> list[Record]:
    """PRT as performers; other segments that nothing takes are unplaced, and so are all RXR but the first."""
    found = []
    routes = [one for one in segments if one.name == "RXR"][1:]
    for segment in segments:
        if segment.name == "PRT":
            found += performing(segment, scope)
            count_left(segment, frozenset((1, 2, 4, 5)), scope)
        elif segment.name != "RXR" or segment in routes:
            scope.unplace(segment)
    return found


def _mend(resource: Record, links: Links) -> None:
    """What R4 demands."""
    resource.setdefault("status", "completed")
    resource.setdefault("vaccineCode", NO_CODE)
    resource["patient"] = links.subject or _ABSENT
    if links.encounter is not None:
        resource["encounter"] = links.encounter
    if "occurrenceDateTime" not in resource:
        resource["_occurrenceDateTime"] = _ABSENT


def _results(results: list[Result], resource: Record, links: Links, scope: Scope) -> None:
    """All OBX as Observations; what Immunization has elements for stands there too."""
    education: dict[str, Record] = {}
    protocol: Record = {}
    for result, named in observations(results, resource, links, scope):
        obx = result.obx
        code = obx.text(3) if obx.raw(5) and obx.text(3, 3).upper() in _LOINC else ""
        scope.segment, scope.field = obx, 5
        raw = obx.repetitions(5)[0] if code else ""
        if code == REACTION:
            resource.setdefault("reaction", []).append({"detail": named})
        elif code in EDUCATION:
            _teach(EDUCATION[code], raw, education.setdefault(obx.text(4), {}), scope)
        elif code in _NUMBERS:
            protocol |= _dose_number(_NUMBERS[code], raw, scope)
        elif code in (FUNDING_ELIGIBILITY, FUNDING_SOURCE):
            _fund(code, raw, resource, scope)
    _finish(resource, education, protocol)


def _finish(resource: Record, education: dict[str, Record], protocol: Record) -> None:
    shown = [one for one in education.values() if "documentType" in one]
    if shown:
        resource["education"] = shown
    if any(name.startswith("doseNumber") for name in protocol):
        resource["protocolApplied"] = [protocol]


def _marked(value: object, raw: str, scope: Scope) -> object:
    return value if scope.trace is None or value is None else scope.trace.mark(value, raw)


def _teach(name: str, raw: str, lesson: Record, scope: Scope) -> None:
    """One fact of the information handed out; without its document it is none (R4 imm-1)."""
    parts = scope.texts(raw)
    value = (parts[1] if len(parts) > 1 and parts[1] else parts[0]) if name == "documentType" else date(raw, scope)
    if value:
        lesson.setdefault(name, _marked(value, raw, scope))


def _dose_number(name: str, raw: str, scope: Scope) -> Record:
    sent = scope.texts(raw)[0]
    number = whole_number(raw, scope)
    if number:
        value: Record = {f"{name}PositiveInt": number}
        if scope.trace is not None:
            scope.trace.note(value, f"{name}PositiveInt", raw)
        return value
    return {f"{name}String": sent} if sent else {}


def _fund(code: str, raw: str, resource: Record, scope: Scope) -> None:
    value = _marked(concept(raw, scope), raw, scope)
    if value is not None and code == FUNDING_ELIGIBILITY:
        resource.setdefault("programEligibility", []).append(value)
    elif value is not None:
        resource.setdefault("fundingSource", value)
