"""Business identities -> FHIR ids: what makes a visit, an order or a result the same one in the next message."""

from dataclasses import dataclass

from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping.groups import Order
from processors.mapping.identifiers import authority, ei
from processors.mapping.scope import Scope


@dataclass(frozen=True, slots=True)
class OrderIdentity:
    """Ids of one order: its ServiceRequest, its DiagnosticReport, and the base of its results' ids."""

    request: str
    report: str
    results: str


def patient_id(key: str, scope: Scope) -> str:
    """The Patient of a patient key."""
    return scope.keyring.fhir_id("Patient", key)


def unless_null(segment: Segment, n: int) -> str:
    """A field as part of a business identity; the HL7 null `""` says nothing."""
    sent = segment.text(n)
    return "" if sent == '""' else sent


def visit_id(pv1: Segment, pid: Segment | None, scope: Scope) -> str:
    """The Encounter: visit number (PV1-19), else account (PID-18), else admission time (PV1-44), else the only one."""
    patient = scope.bundle.patient_key
    number = unless_null(pv1, 19)
    if number:
        pieces = pv1.components(pv1.repetitions(19)[0])
        system = authority(pieces[3], scope)[0] if len(pieces) > 3 else ""
        return scope.keyring.fhir_id("Encounter", system or patient, number)
    account = unless_null(pid, 18) if pid is not None else ""
    if account:
        return scope.keyring.fhir_id("Encounter", patient, "account", account)
    return scope.keyring.fhir_id("Encounter", patient, "admitted", unless_null(pv1, 44))


def order_identity(order: Order, scope: Scope) -> OrderIdentity:
    """Numbers without namespace count within the patient for orders and within the feed for results.

    So an order and its result meet over two feeds, and a result stays the same one when its patient is merged.
    """
    placer, placer_space = _number(order, 2, scope)
    filler, filler_space = _number(order, 3, scope)
    obr = order.obr
    code = (obr.text(4) or obr.text(4, 2)) if obr is not None else ""
    patient = scope.bundle.patient_key
    feed = scope.site.feed
    if filler or placer:
        space, number = (filler_space, filler) if filler else (placer_space, placer)
        results = scope.keyring.fhir_id("Results", space or feed, number)
    else:
        first = obr.raw(7) if obr is not None else ""
        results = scope.keyring.fhir_id("Results", patient, code, first or scope.message.header.raw(7))
    if placer or not filler:
        request = scope.keyring.fhir_id("ServiceRequest", placer_space or patient, placer or results, code)
    else:
        request = scope.keyring.fhir_id("ServiceRequest", filler_space or patient, filler, code)
    return OrderIdentity(request, derived_uuid(results, "report", code), results)


def loose_results(scope: Scope) -> str:
    """Base of the ids of results that belong to no order: the patient and the time of the message."""
    return scope.keyring.fhir_id("Results", scope.bundle.patient_key, "no order", scope.message.header.raw(7))


def result_id(base: str, obx: Segment, specimen: str, taken: dict[str, int]) -> str:
    """The Observation: OBX-3, OBX-4 and specimen within its order; the same again in one order counts up.

    `taken` holds how often each identity came before in this order.
    """
    fields = obx.fields
    size = len(fields)
    code = fields[3].partition(obx.delimiters.component)[0] if size > 3 else ""
    sub_id = obx.text(4) if size > 4 and fields[4] else ""
    own = obx.text(33) if size > 33 else ""
    identity = derived_uuid(base, code or obx.text(3, 2), sub_id, own or specimen)
    count = taken.get(identity, 0)
    taken[identity] = count + 1
    return derived_uuid(identity, str(count)) if count else identity


def specimen_name(order: Order) -> str:
    """Identifier of the order's only specimen (SPM-2, the filler's part first), "" when there is none or several."""
    if len(order.specimens) != 1:
        return ""
    spm = order.specimens[0].segment
    return spm.text(2, 2) or spm.text(2)


def _number(order: Order, n: int, scope: Scope) -> tuple[str, str]:
    """Order number and its namespace (EI.2 to EI.4) from ORC, else from OBR."""
    for segment in (order.orc, order.obr):
        if segment is not None and segment.raw(n):
            sent, system = ei(segment.repetitions(n)[0], scope)
            if sent:
                return sent, system
    return "", ""
