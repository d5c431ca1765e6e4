"""One order group (ORC, OBR, TQ1, NTE, OBX, SPM) -> ServiceRequest, Specimens, Observations, and a report."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping import dg1_condition, obr_diagnosticreport, orc_diagnosticreport
from processors.mapping.groups import Order
from processors.mapping.identities import OrderIdentity, order_identity, result_id, specimen_name
from processors.mapping.links import Links
from processors.mapping.medications import MEDICINES, medication
from processors.mapping.orc_provenance import provenance
from processors.mapping.parents import parent_result
from processors.mapping.requests import put_once, request
from processors.mapping.results import NO_CODE, observation
from processors.mapping.rows import CompiledMap
from processors.mapping.scope import Scope, reference
from processors.mapping.specimens import specimens
from processors.mapping.times import date_time

OBR_REPORT = CompiledMap(obr_diagnosticreport.OBR)
ORC_REPORT = CompiledMap(orc_diagnosticreport.ORC)
#: From this field on ORC says something of a report (ORC-16, ORC-28).
_STATUS_REASON = 16
#: Fields of OBR that only a report has a place for: when it was issued, its section, who read and wrote it.
_OF_REPORTS = (22, 24, 32, 34, 35)
#: OBX-29 (table 0936) of what was asked with the order, and is no result.
_ASKED = ("QST", "SCI")


def order(group: Order, reports: bool, links: Links, scope: Scope) -> None:
    """All resources of one order group into the scope's bundle."""
    if group.parts and medication(group, links, scope) and group.obr is None:
        return
    identity = order_identity(group, scope)
    asked = request(group, identity, links, scope)
    held = specimens(group, identity.results, links, scope)
    report = _report(group, identity, asked, links, scope) if reports else None
    if not reports and group.obr is not None and len(group.obr.fields) > _OF_REPORTS[0]:
        _count_report(group.obr, scope)
    results = _results(group, identity, (asked, report, held), links, scope)
    if report is not None:
        _extend(report, "result", results)
        _extend(report, "specimen", held)
        links.focus.append(reference(report["id"]))
    elif asked is not None:
        _extend(asked, "supportingInfo", results)
        links.focus.append(reference(asked["id"]))
    if asked is not None:
        _extend(asked, "specimen", held)
        if group.orc is not None:
            provenance(group.orc, reference(asked["id"]), reports, scope)
    if group.parts:
        _parts(group, asked, links, scope)


def _count_report(obr: Segment, scope: Scope) -> None:
    """What OBR says of a report has no place in an order."""
    for n in _OF_REPORTS:
        if obr.raw(n).strip('" '):
            scope.count_unmapped(f"OBR-{n}")


def _extend(resource: Record, name: str, values: list[Record]) -> None:
    """Add references, each once."""
    if values:
        known = resource.get(name, ())
        resource[name] = [*known, *(one for one in values if one not in known)] if known else values


def _parts(group: Order, asked: Record | None, links: Links, scope: Scope) -> None:
    """DG1 of an order is its reason; the fields of what nothing takes are counted as not mapped."""
    for part in group.parts:
        if part.segment.name == "DG1":
            dg1_condition.for_order(part, asked, links, scope)
        elif part.segment.name not in MEDICINES:
            scope.unplace(part.segment)


def _results(
    group: Order,
    identity: OrderIdentity,
    about: tuple[Record | None, Record | None, list[Record]],
    links: Links,
    scope: Scope,
) -> list[Record]:
    """The Observations of an order: based on it, at its time where OBX-14 gives none; results of its only specimen."""
    asked, report, held = about
    based_on = [reference(asked["id"])] if asked is not None and report is not None else None
    effective = _effective(group.obr, report, scope)
    specimen = specimen_name(group)
    resources = scope.bundle.resources
    taken: dict[str, int] = {}
    results = []
    for result in group.results:
        own = result_id(identity.results, result.obx, specimen, taken)
        made = observation(result, _free(own, resources) if own in resources else own, links, scope)
        if made is None:
            continue
        resource, named = made
        if effective and "effectiveDateTime" not in resource:
            resource["effectiveDateTime"] = effective
        if report is not None and len(held) == 1 and "specimen" not in resource:
            resource["specimen"] = held[0]
        if based_on is not None:
            fields = result.obx.fields
            if len(fields) > 29 and fields[29] in _ASKED and asked is not None:
                _extend(asked, "supportingInfo", [named])
                continue
            resource["basedOn"] = based_on
        results.append(named)
    if group.obr is not None and group.obr.raw(26):
        parent_result(group.obr, results, scope)
    return results


def _free(identity: str, resources: dict[str, Record]) -> str:
    """The id of a result that another order of the message has too: counted up, so that none is lost."""
    count = 1
    while (made := derived_uuid(identity, str(count))) in resources:
        count += 1
    return made


def _effective(obr: Segment | None, report: Record | None, scope: Scope) -> str:
    """OBR-7, from the report where there is one."""
    if report is not None:
        value: str = report.get("effectiveDateTime") or report.get("effectivePeriod", {}).get("start", "")
        return value
    if obr is None or not obr.raw(7):
        return ""
    scope.segment, scope.field = obr, 7
    return date_time(obr.raw(7), scope) or ""


def _report(group: Order, identity: OrderIdentity, asked: Record | None, links: Links, scope: Scope) -> Record | None:
    obr = group.obr
    if obr is None:
        return None
    resource: Record = {"resourceType": "DiagnosticReport", "id": identity.report}
    if asked is not None:
        if "identifier" in asked:
            resource["identifier"] = list(asked["identifier"])
        resource["basedOn"] = [reference(asked["id"])]
    orc = group.orc
    if orc is not None and (orc.raw(4) or len(orc.fields) > _STATUS_REASON):
        ORC_REPORT(orc, resource, scope)
    OBR_REPORT(obr, resource, scope)
    if "status" not in resource:
        resource["status"] = "unknown"
    if "code" not in resource:
        resource["code"] = NO_CODE
    links.onto(resource)
    return put_once(resource, obr, scope)
