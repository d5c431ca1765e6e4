"""ORC, OBR, TQ1 and the notes of one order -> its ServiceRequest."""

from processors.envelope import Record
from processors.fhir.systems import DATA_ABSENT
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping import obr_servicerequest, orc_servicerequest, tq1_servicerequest, tq_servicerequest
from processors.mapping.groups import Order
from processors.mapping.identities import OrderIdentity
from processors.mapping.links import Links
from processors.mapping.nte_annotation import notes
from processors.mapping.parents import count_unsaid
from processors.mapping.repeats import joined
from processors.mapping.roles import call_requester, ordering_facility
from processors.mapping.rows import CompiledMap
from processors.mapping.scope import Scope
from processors.mapping.vocabularies import RESULT_ORDER_STATUS

ORC = CompiledMap(orc_servicerequest.ORC)
ORC_OWN = CompiledMap(orc_servicerequest.ORC_OWN)
OBR_REQUEST = CompiledMap(obr_servicerequest.OBR)
OBR_OWN = CompiledMap(obr_servicerequest.OBR_OWN)
OBR_TIMES = CompiledMap(obr_servicerequest.OBR_TIMES)
#: Stands where FHIR demands a subject and the message names no patient.
_NO_SUBJECT = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}
#: Lists that ORC, OBR, timings and notes add to.
_SHARED = ("extension", "note")


def request(group: Order, identity: OrderIdentity, links: Links, scope: Scope) -> Record | None:
    """The ServiceRequest in the scope's bundle; None where neither ORC nor OBR says anything of one."""
    resource = _build(group, identity, scope)
    source = group.orc or group.obr
    if len(resource) <= 2 or source is None:
        return None
    _mend(resource, group, scope)
    count_unsaid(group.orc, group.obr, scope)
    written = notes(group.notes, scope)
    if written:
        resource["note"] = [*resource.get("note", ()), *written]
    links.onto(resource)
    if "subject" not in resource:
        resource["subject"] = _NO_SUBJECT
    return put_once(resource, source, scope)


def put_once(resource: Record, source: Segment, scope: Scope) -> Record:
    """Put an order or report; told again it gets the new fields, and where it says otherwise it is one of its own."""
    resources = scope.bundle.resources
    identity: str = resource["id"]
    count = 0
    while (known := resources.get(resource["id"])) is not None:
        made, differ = joined(known, resource)
        if not differ:
            resources[made["id"]] = made
            return made
        count += 1
        resource["id"] = derived_uuid(identity, str(count))
    scope.bundle.put(resource, source.path())
    return resource


def _build(group: Order, identity: OrderIdentity, scope: Scope) -> Record:
    """All rows; what TQ1 says of the timing stands above ORC-7, OBR-5 and OBR-27 (HL7 2.5 chapter 4.5.4)."""
    resource: Record = {"resourceType": "ServiceRequest", "id": identity.request, **_kind(group, scope)}
    orc, obr = group.orc, group.obr
    timed = bool(group.timings)
    if orc is not None:
        fields = orc.fields
        size = len(fields)
        if size > 9 and any(fields[9:16:6]) and "extension" in resource:
            resource["extension"] = list(resource["extension"])
        ORC_OWN(orc, resource, scope)
        if size > 21 and any(fields[21:25]):
            ordering_facility(orc, resource, scope)
        timed = timed or (size > 7 and bool(fields[7]))
    if obr is not None:
        fields = obr.fields
        same = orc is not None and fields[2:4] == orc.fields[2:4]
        (OBR_TIMES if same else OBR_OWN)(obr, resource, scope)
        if not same:
            _name_once(resource)
        if len(fields) > 17 and fields[17]:
            call_requester(obr, resource, scope)
        timed = timed or (len(fields) > 27 and bool(fields[27]))
    if timed:
        _time(group, resource, scope)
    return resource


def _kind(group: Order, scope: Scope) -> Record:
    """What ORC and OBR say of every order of this kind; without the numbers and times of this one."""
    said = ["ServiceRequest"]
    if group.orc is not None:
        fields = group.orc.fields
        said += (str(group.orc.number), *fields[1:2], *fields[5:9], "|", *fields[10:15], "|", *fields[16:])
    if group.obr is not None:
        fields = group.obr.fields
        said += (str(group.obr.number), *fields[4:6], *fields[9:14], "|", *fields[15:22], "|", *fields[23:])

    def build() -> Record:
        resource: Record = {}
        for segment, rows in ((group.orc, ORC), (group.obr, OBR_REQUEST)):
            if segment is not None:
                rows(segment, resource, scope)
        return resource

    return scope.whole(tuple(said), build)


def _time(group: Order, resource: Record, scope: Scope) -> None:
    """TQ1, else ORC-7, else OBR-27, which does not stand above the priority in OBR-5."""
    timed: Record = {}
    sent = [one for one in group.timings if one.name == "TQ1"]
    for one in sent:
        tq1_servicerequest.timing(one, timed, scope)
    for one in group.timings:
        if one.name != "TQ1":
            scope.unplace(one)
    _time_of_old(group, timed, resource, scope)
    for name in _SHARED:
        if name in timed:
            resource[name] = [*resource.get(name, ()), *timed.pop(name)]
    resource.update(timed)


def _time_of_old(group: Order, timed: Record, resource: Record, scope: Scope) -> None:
    orc, obr = group.orc, group.obr
    if orc is not None and orc.raw(7):
        if timed:
            scope.count_unmapped("ORC-7")
        else:
            tq_servicerequest.timings(orc, 7, timed, scope)
    elif obr is not None and obr.raw(27) and not timed:
        tq_servicerequest.timings(obr, 27, timed, scope)
        if "priority" in resource:
            timed.pop("priority", None)


def _name_once(resource: Record) -> None:
    """ORC and OBR repeat each other: each identifier once."""
    identifiers = resource.get("identifier", ())
    if len(identifiers) > 1:
        resource["identifier"] = [one for n, one in enumerate(identifiers) if one not in identifiers[:n]]


def _mend(resource: Record, group: Order, scope: Scope) -> None:
    """One kind of occurrence; status and intent always."""
    if "occurrenceTiming" in resource and resource.pop("occurrenceDateTime", None) and group.obr is not None:
        scope.count_unmapped("OBR-6" if group.obr.raw(6) else "OBR-36")
    if "status" not in resource:
        obr = group.obr
        result_status = obr.text(25) if obr is not None else ""
        resource["status"] = RESULT_ORDER_STATUS.get(result_status) or ("active" if result_status else "unknown")
    if "intent" not in resource:
        trace = scope.trace
        resource["intent"] = "order" if trace is None or group.orc is None else trace.mark("order", group.orc.raw(1))
