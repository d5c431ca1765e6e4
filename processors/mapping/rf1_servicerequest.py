"""RF1 -> ServiceRequest: the referral (HL7 2.5.1 chapter 11.6.1, 2.8 for RF1-12 on); the guide has no table for it."""

from processors.envelope import Record
from processors.fhir.systems import DATA_ABSENT, SENT_ORDER_STATUS
from processors.mapping.codes import code_in
from processors.mapping.extensions import extension, sent_code, text, within
from processors.mapping.groups import Part
from processors.mapping.identifiers import ei, ei_of
from processors.mapping.links import Links
from processors.mapping.nte_annotation import notes
from processors.mapping.parties import organization, practitioner
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.tables import of_table
from processors.mapping.times import date_time
from processors.mapping.values import quantity
from processors.mapping.vocabularies_scheduling import REFERRAL_PRIORITY, REFERRAL_STATUS

RF1 = SegmentMap(
    segment="RF1",
    resource="ServiceRequest",
    rows=(
        FieldRow(1, "extension[]", extension(SENT_ORDER_STATUS, "valueCode", sent_code)),
        FieldRow(1, "status", code_in(REFERRAL_STATUS)),
        FieldRow(2, "priority", code_in(REFERRAL_PRIORITY)),
        FieldRow(3, "code", of_table("0281")),
        FieldRow(4, "orderDetail[]", of_table("0282")),
        FieldRow(5, "category[]", of_table("0284")),
        FieldRow(6, "identifier[]", ei_of("PLAC")),
        FieldRow(7, "occurrencePeriod.start", date_time),
        FieldRow(8, "occurrencePeriod.end", date_time),
        FieldRow(9, "authoredOn", date_time),
        FieldRow(10, "reasonCode[]", of_table("0336")),
        FieldRow(11, "identifier[]", ei_of("FILL")),
        FieldRow(14, "reasonCode[]", within("text", text)),
        FieldRow(15, "quantityQuantity", quantity),
        FieldRow(19, "performer[]", organization),
        FieldRow(20, "performer[]", practitioner),
        FieldRow(24, "note[]", within("text", text)),
    ),
)
_COMPILED = CompiledMap(RF1)
_ABSENT = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}
_CANCELLED = "I14"


def write(part: Part, links: Links, scope: Scope) -> None:
    """The referral; its providers and authorisations are added by PRD and AUT."""
    rf1 = part.segment
    resource: Record = {"resourceType": "ServiceRequest", "id": _identity(part, scope)}
    _COMPILED(rf1, resource, scope)
    if scope.message.trigger == _CANCELLED:
        resource["status"] = "revoked"
    resource.setdefault("status", "unknown")
    resource["intent"] = "order"
    if "orderDetail" in resource:
        resource.setdefault("code", _ABSENT)
    written = notes(part.notes, scope)
    if written:
        resource["note"] = [*resource.get("note", ()), *written]
    links.onto(resource)
    resource.setdefault("subject", _ABSENT)
    links.focus.append(scope.bundle.add(resource, rf1.path()))
    for segment in part.under:
        scope.unplace(segment)


def referral(scope: Scope) -> Record | None:
    """The last referral in the bundle: what follows it (PRD, AUT) is about it."""
    for identity, source in reversed(scope.bundle.sources.items()):
        resource = scope.bundle.resources[identity]
        if source.startswith("RF1") and resource["resourceType"] == "ServiceRequest":
            return resource
    return None


def _identity(part: Part, scope: Scope) -> str:
    """The originator's number (RF1-6), else the first of the others (RF1-11), else the message."""
    for n in (6, 11):
        for one in part.segment.repetitions(n):
            number, system = ei(one, scope)
            if number:
                return scope.keyring.fhir_id("ServiceRequest", "referral", system or scope.site.feed, number)
    return scope.keyring.fhir_id("ServiceRequest", "referral", scope.bundle.patient_key, scope.message.control_id)
