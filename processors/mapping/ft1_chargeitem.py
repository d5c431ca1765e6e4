"""FT1 -> ChargeItem (HL7 2.5.1 chapter 6.5.1), by analogy: the guide has no table for it."""

from processors.envelope import Record
from processors.errors import Warn
from processors.fhir.systems import TERMINOLOGY
from processors.hl7.message import Segment
from processors.mapping.codes import code_in, concept
from processors.mapping.extensions import extension, sent_code, text
from processors.mapping.groups import Part
from processors.mapping.identifiers import ei_of, period
from processors.mapping.identities import unless_null
from processors.mapping.links import Links
from processors.mapping.nte_annotation import notes
from processors.mapping.obx_observation import NO_CODE
from processors.mapping.parties import organization, organization_coded, practitioner
from processors.mapping.rows import CompiledMap, Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope, component, reference
from processors.mapping.statements import (
    NOBODY,
    coded_by,
    made_before,
    money,
    named,
    own_concept,
    put_own,
    sends,
    unplace_rest,
)
from processors.mapping.times import date_time
from processors.mapping.unplaced import described_otherwise, unplaced
from processors.mapping.values import number
from processors.mapping.vocabularies_clinical import CHARGE_STATUS, NO_CHARGE

#: What FHIR has no place for: a credit's type, the price of one piece.
SENT_TRANSACTION_TYPE = "urn:wardline:ft1-6"
SENT_UNIT_PRICE = "urn:wardline:ft1-12"
_BETWEEN_CHARGE_AND_PROCEDURE = frozenset(("NTE", "PR1", "ROL", "PRT"))
_ORDERED = {
    "coding": [{"system": TERMINOLOGY + "v2-0443", "code": "OP", "display": "Ordering Provider"}],
}


def at(raw: str, scope: Scope) -> str | None:
    """FT1-4 with a start alone: one time."""
    pieces = raw.split(scope.component)
    return None if component(pieces, 2) else date_time(pieces[0], scope)


def during(raw: str, scope: Scope) -> Record | None:
    """FT1-4 with an end: a period."""
    pieces = raw.split(scope.component)
    return period(pieces[0], component(pieces, 2), scope) if component(pieces, 2) else None


def quantity(raw: str, scope: Scope) -> Record | None:
    """NM as Quantity."""
    sent = scope.texts(raw)[0]
    value = number(sent, {}) if sent else None
    if sent and value is None:
        scope.warn(Warn.NUMBER_UNREADABLE, "not a number as HL7 writes it; not converted")
    return value


def performer(function: Record) -> Datatype:
    """XCN as ChargeItem.performer."""

    def read(raw: str, scope: Scope) -> Record | None:
        actor = practitioner(raw, scope)
        return None if actor is None else {**function, "actor": actor}

    return read


def procedure_codings(raw: str, scope: Scope) -> list[Record] | None:
    """FT1-25 with the modifiers in FT1-26."""
    value = coded_by(0, modifiers=26)(raw, scope)
    return value.get("coding") if isinstance(value, dict) else None


def filler_order(raw: str, scope: Scope) -> Record | None:
    """FT1-23: the order that was charged for, by its number."""
    identifier = ei_of("FILL")(raw, scope)
    return {"type": "ServiceRequest", "identifier": identifier} if identifier else None


def _code_unsaid(ft1: Segment) -> bool:
    return not ft1.raw(7)


def _code_said(ft1: Segment) -> bool:
    return bool(ft1.raw(7))


FT1 = SegmentMap(
    segment="FT1",
    resource="ChargeItem",
    rows=(
        FieldRow(2, "identifier[]", ei_of("")),
        FieldRow(4, "occurrenceDateTime", at),
        FieldRow(4, "occurrencePeriod", during),
        FieldRow(5, "enteredDate", date_time),
        FieldRow(6, "status", code_in(CHARGE_STATUS)),
        FieldRow(6, "extension[]", extension(SENT_TRANSACTION_TYPE, "valueCode", sent_code), sends(6, "CD")),
        FieldRow(7, "code", own_concept),
        FieldRow(8, "code.text", text),
        FieldRow(8, "note[]", unplaced, described_otherwise(7, 8)),
        FieldRow(10, "quantity", quantity),
        FieldRow(11, "priceOverride", money),
        FieldRow(12, "extension[]", extension(SENT_UNIT_PRICE, "valueMoney", money)),
        FieldRow(13, "costCenter", organization_coded),
        FieldRow(19, "reason[]", concept),
        FieldRow(20, "performer[]", performer({})),
        FieldRow(21, "performer[]", performer({"function": _ORDERED})),
        FieldRow(23, "supportingInformation[]", filler_order),
        FieldRow(24, "enterer", practitioner),
        FieldRow(25, "code.coding[]", procedure_codings, _code_said),
        FieldRow(25, "code", coded_by(0, modifiers=26), _code_unsaid),
        FieldRow(29, "productCodeableConcept", concept),
        FieldRow(32, "performingOrganization", organization),
        FieldRow(33, "requestingOrganization", organization),
    ),
    understood=(1, 26),
)
_FT1 = CompiledMap(FT1)


def write(part: Part, links: Links, scope: Scope) -> None:
    """One charge or credit. Payments, co-payments and adjustments are no charges and stay unmapped."""
    ft1 = part.segment
    unplace_rest(part.under, scope)
    resource: Record = {"resourceType": "ChargeItem", "id": _identity(ft1, scope)}
    if ft1.text(6).strip().upper() not in NO_CHARGE:
        _FT1(ft1, resource, scope)
    if len(resource) <= 2:
        unplace_rest([ft1, *part.notes], scope)
        return
    resource.setdefault("status", "unknown")
    resource.setdefault("code", NO_CODE)
    resource["subject"] = links.subject or NOBODY
    if links.encounter is not None:
        resource["context"] = links.encounter
    accounts = [i for i, known in scope.bundle.resources.items() if known["resourceType"] == "Account"]
    if len(accounts) == 1:
        resource["account"] = [reference(accounts[0])]
    written = notes(part.notes, scope)
    if written:
        resource["note"] = written
    made = put_own(resource, ft1, scope)
    if scope.message.type == "DFT":
        links.focus.append(made)


def serve(pr1: Segment, procedure: Record, scope: Scope) -> None:
    """A procedure that follows a charge (DFT) is the service charged for."""
    identity = made_before(pr1, "FT1", "ChargeItem", _BETWEEN_CHARGE_AND_PROCEDURE, scope)
    if identity:
        charge = scope.bundle.resources[identity]
        charge["service"] = [*charge.get("service", ()), procedure]


def _identity(ft1: Segment, scope: Scope) -> str:
    """The transaction's number (FT1-2), else its time, with what was charged, within the patient."""
    when = unless_null(ft1, 2) or unless_null(ft1, 4)
    return scope.keyring.fhir_id("ChargeItem", scope.bundle.patient_key, when, *named(ft1, 7), ft1.text(6))
