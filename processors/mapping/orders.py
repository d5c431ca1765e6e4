"""One order group (ORC, OBR, TQ1, NTE, OBX, SPM) -> ServiceRequest, Specimens, Observations, and a report."""

from processors.envelope import Record
from processors.fhir.systems import DATA_ABSENT
from processors.hl7.message import Segment
from processors.mapping import (
    obr_diagnosticreport,
    obr_servicerequest,
    orc_servicerequest,
    specimens,
    tq1_servicerequest,
)
from processors.mapping.groups import Order
from processors.mapping.identities import OrderIdentity, order_identity, result_id, specimen_name
from processors.mapping.links import Links
from processors.mapping.nte_annotation import notes
from processors.mapping.results import NO_CODE, observation
from processors.mapping.rows import CompiledMap
from processors.mapping.scope import Scope, reference
from processors.mapping.times import date_time
from processors.mapping.vocabularies import RESULT_ORDER_STATUS

ORC = CompiledMap(orc_servicerequest.ORC)
ORC_OWN = CompiledMap(orc_servicerequest.ORC_OWN)
TQ1 = CompiledMap(tq1_servicerequest.TQ1)
OBR_REQUEST = CompiledMap(obr_servicerequest.OBR)
OBR_OWN = CompiledMap(obr_servicerequest.OBR_OWN)
OBR_TIMES = CompiledMap(obr_servicerequest.OBR_TIMES)
OBR_REPORT = CompiledMap(obr_diagnosticreport.OBR)
OBR_SPECIMEN = CompiledMap(specimens.OBR)
SPM = CompiledMap(specimens.SPM)
#: Stands where FHIR demands a subject and the message names no patient.
_NO_SUBJECT = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}
#: OBR fields that make a Specimen where no SPM does: volume, collector, source.
_SPECIMEN_FIELDS = (9, 10, 15)


def order(group: Order, reports: bool, links: Links, scope: Scope) -> None:
    """All resources of one order group into the scope's bundle."""
    identity = order_identity(group, scope)
    request = _request(group, identity, links, scope)
    held = _specimens(group, identity, links, scope)
    report = _report(group, identity, request, links, scope) if reports else None
    results = _results(group, identity, (request, report, held), links, scope)
    if report is not None:
        _extend(report, "result", results)
        _extend(report, "specimen", held)
        links.focus.append(reference(report["id"]))
    elif request is not None:
        _extend(request, "supportingInfo", results)
        links.focus.append(reference(request["id"]))
    if request is not None:
        _extend(request, "specimen", held)


def _extend(resource: Record, name: str, values: list[Record]) -> None:
    if values:
        resource[name] = [*resource.get(name, ()), *values]


def _results(
    group: Order,
    identity: OrderIdentity,
    about: tuple[Record | None, Record | None, list[Record]],
    links: Links,
    scope: Scope,
) -> list[Record]:
    """The Observations of an order: based on it, at its time where OBX-14 gives none, of its only specimen."""
    request, report, held = about
    based_on = [reference(request["id"])] if request is not None and report is not None else None
    effective = _effective(group.obr, report, scope)
    specimen = specimen_name(group)
    taken: dict[str, int] = {}
    results = []
    for result in group.results:
        made = observation(result, result_id(identity.results, result.obx, specimen, taken), links, scope)
        if made is None:
            continue
        resource, named = made
        if based_on is not None:
            resource["basedOn"] = based_on
        if effective and "effectiveDateTime" not in resource:
            resource["effectiveDateTime"] = effective
        if len(held) == 1:
            resource["specimen"] = held[0]
        results.append(named)
    return results


def _effective(obr: Segment | None, report: Record | None, scope: Scope) -> str:
    """OBR-7, from the report where there is one."""
    if report is not None:
        value: str = report.get("effectiveDateTime") or report.get("effectivePeriod", {}).get("start", "")
        return value
    if obr is None or not obr.raw(7):
        return ""
    scope.segment, scope.field = obr, 7
    return date_time(obr.raw(7), scope) or ""


def _request(group: Order, identity: OrderIdentity, links: Links, scope: Scope) -> Record | None:
    """The ServiceRequest; what TQ1 says of its timing stands above ORC-7, OBR-5 and OBR-27 (HL7 2.5 chapter 4.5.4)."""
    known = scope.bundle.resources.get(identity.request)
    if known is not None:
        return known
    resource: Record = {"resourceType": "ServiceRequest", "id": identity.request, **_kind(group, scope)}
    if group.timings:
        timed: Record = {}
        TQ1(group.timings[0], timed, scope)
        resource |= timed
    orc, obr = group.orc, group.obr
    if orc is not None:
        ORC_OWN(orc, resource, scope)
    if obr is not None:
        same = orc is not None and obr.fields[2:4] == orc.fields[2:4]
        (OBR_TIMES if same else OBR_OWN)(obr, resource, scope)
        if not same:
            _name_once(resource)
    source = orc or obr
    if len(resource) <= 2 or source is None:
        return None
    _mend(resource, group.obr)
    written = notes(group.notes, scope)
    if written:
        resource["note"] = written
    links.onto(resource)
    resource.setdefault("subject", _NO_SUBJECT)
    scope.bundle.add(resource, source.path())
    return resource


def _kind(group: Order, scope: Scope) -> Record:
    """What ORC and OBR say of every order of this kind; without the numbers and times of this one."""
    said = ["ServiceRequest"]
    if group.orc is not None:
        fields = group.orc.fields
        said += (group.orc.path(), *fields[1:2], *fields[5:9], "|", *fields[10:])
    if group.obr is not None:
        fields = group.obr.fields
        said += (group.obr.path(), *fields[4:6], *fields[9:14], "|", *fields[15:22], "|", *fields[23:])

    def build() -> Record:
        resource: Record = {}
        for segment, rows in ((group.orc, ORC), (group.obr, OBR_REQUEST)):
            if segment is not None:
                rows(segment, resource, scope)
        return resource

    return scope.whole(tuple(said), build)


def _name_once(resource: Record) -> None:
    """ORC and OBR repeat each other: each identifier once."""
    identifiers = resource.get("identifier", ())
    if len(identifiers) > 1:
        resource["identifier"] = [one for n, one in enumerate(identifiers) if one not in identifiers[:n]]


def _mend(resource: Record, obr: Segment | None) -> None:
    """One kind of occurrence; status and intent always."""
    if "occurrencePeriod" in resource:
        resource.pop("occurrenceDateTime", None)
    if "status" not in resource:
        result_status = obr.text(25) if obr is not None else ""
        resource["status"] = RESULT_ORDER_STATUS.get(result_status) or ("active" if result_status else "unknown")
    resource.setdefault("intent", "order")


def _report(group: Order, identity: OrderIdentity, request: Record | None, links: Links, scope: Scope) -> Record | None:
    obr = group.obr
    if obr is None:
        return None
    known = scope.bundle.resources.get(identity.report)
    if known is not None:
        return known
    resource: Record = {"resourceType": "DiagnosticReport", "id": identity.report}
    if request is not None:
        if "identifier" in request:
            resource["identifier"] = request["identifier"]
        resource["basedOn"] = [reference(request["id"])]
    OBR_REPORT(obr, resource, scope)
    resource.setdefault("status", "unknown")
    resource.setdefault("code", NO_CODE)
    links.onto(resource)
    scope.bundle.add(resource, obr.path())
    return resource


def _specimens(group: Order, identity: OrderIdentity, links: Links, scope: Scope) -> list[Record]:
    """SPM segments as Specimens; without any, the specimen fields of OBR as one."""
    held = []
    for number, part in enumerate(group.specimens, 1):
        spm = part.segment
        name = spm.text(2, 2) or spm.text(2)
        known = scope.keyring.fhir_id("Specimen", identity.results, name or str(number))
        held += _specimen({"resourceType": "Specimen", "id": known}, (spm, SPM), links, scope)
    obr = group.obr
    if not group.specimens and obr is not None and any(obr.raw(n) for n in _SPECIMEN_FIELDS):
        resource = {"resourceType": "Specimen", "id": scope.keyring.fhir_id("Specimen", identity.results)}
        held += _specimen(resource, (obr, OBR_SPECIMEN), links, scope)
    return held


def _specimen(resource: Record, read: tuple[Segment, CompiledMap], links: Links, scope: Scope) -> list[Record]:
    segment, rows = read
    rows(segment, resource, scope)
    if len(resource) <= 2:
        return []
    if "container" in resource:
        resource["container"] = [resource["container"]]
    if links.subject is not None:
        resource["subject"] = links.subject
    return [scope.bundle.add(resource, segment.path())]
