"""IN1 with its IN2 and IN3 -> Coverage (HL7 2.5.1 chapter 6.5.6)."""

from typing import cast

from processors.envelope import Record
from processors.fhir.systems import TERMINOLOGY
from processors.hl7.message import Segment
from processors.mapping import in1_parties
from processors.mapping.codes import concept_of, system_uri
from processors.mapping.extensions import extension, text, whole_number
from processors.mapping.groups import Part
from processors.mapping.identifiers import cx
from processors.mapping.identities import unless_null
from processors.mapping.in1_parties import SUBSCRIBER_NUMBER
from processors.mapping.in2_coverage import IN2, SUBSCRIBER_ID
from processors.mapping.in3_careteam import care_team
from processors.mapping.links import Links
from processors.mapping.rows import CompiledMap, Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope, component
from processors.mapping.statements import NOBODY, absent, fixed, marked, money, put_own, relationship, sends
from processors.mapping.times import date_time
from processors.mapping.vocabularies_clinical import SUBSCRIBER_RELATIONSHIP

_CLASS = TERMINOLOGY + "coverage-class"
_SUBSCRIBER_RELATIONSHIP = TERMINOLOGY + "subscriber-relationship"
_DEDUCTIBLE = {
    "type": {"coding": [{"system": TERMINOLOGY + "coverage-copay-type", "code": "deductible", "display": "Deductible"}]}
}
_as_subscriber_id = extension(SUBSCRIBER_ID, "valueIdentifier", cx)


def plan_identifiers(raw: str, scope: Scope) -> list[Record] | None:
    """CWE as up to three Identifiers; their systems from CWE.3, 6 and 12."""
    parts = scope.texts(raw)
    found = []
    for n in (1, 4, 10):
        if component(parts, n):
            system = component(parts, n + 2)
            space = marked({"system": system_uri(system, scope)}, system, scope) if system else {}
            found.append(space | {"value": parts[n - 1]})
    return found or None


def classed(code: str, display: str, named_by: int = 0) -> Datatype:
    """CWE or ST as Coverage.class of a type; its name from the second component or from another field."""
    kind = {"coding": [{"system": _CLASS, "code": code, "display": display}]}

    def read(raw: str, scope: Scope) -> Record | None:
        parts = scope.texts(raw)
        value = parts[0] or component(parts, 2)
        if not value:
            return None
        found: Record = {"type": kind, "value": value}
        sent = scope.segment.raw(named_by) if named_by else ""
        name = scope.texts(sent)[0] if sent else component(parts, 2)
        if name and name != value:
            found |= marked({"name": name}, sent or raw, scope)
        return found

    return read


def subscriber_number(raw: str, scope: Scope) -> Record | None:
    """IN1-10 of type SN."""
    is_number = component(scope.texts(raw), 5) == SUBSCRIBER_NUMBER
    return cast("Record | None", _as_subscriber_id(raw, scope)) if is_number else None


def policy_number(raw: str, scope: Scope) -> Record | None:
    """IN1-36; no type of table 0203 says this."""
    sent = text(raw, scope)
    return {"type": {"text": "Policy number"}, "value": sent} if sent else None


def former_plan(raw: str, scope: Scope) -> list[Record] | None:
    """IN1-46: the plan before."""
    found = plan_identifiers(raw, scope)
    return [{"use": "old", **one} for one in found] if found else None


def relation(raw: str, scope: Scope) -> Record | None:
    """IN1-17 with the code of R4's own list first where it is sure; the list may be added to by IN2-72."""
    value = relationship(raw, scope)
    if value is None:
        return None
    known = SUBSCRIBER_RELATIONSHIP.get(scope.texts(raw)[0])
    own = [{"system": _SUBSCRIBER_RELATIONSHIP, "code": known[0], "display": known[1]}] if known else []
    return {**value, "coding": [*own, *value["coding"]]} if "coding" in value else dict(value)


def deductible(raw: str, scope: Scope) -> Record | None:
    """CP as what the insured pays first."""
    value = money(raw, scope)
    return {**_DEDUCTIBLE, "valueMoney": value} if value else None


def priority(raw: str, scope: Scope) -> int | None:
    """IN1-22 as the place among several coverages; "" where it is no number above none."""
    found = whole_number(raw, scope) or None
    if found is None and scope.text(raw):
        scope.count_unmapped("IN1-22")
    return found


IN1 = SegmentMap(
    segment="IN1",
    resource="Coverage",
    rows=(
        FieldRow(2, "identifier[]", plan_identifiers),
        FieldRow(2, "class[]", classed("plan", "Plan")),
        FieldRow(8, "class[]", classed("group", "Group", named_by=9)),
        FieldRow(9, "class[]", classed("group", "Group"), absent(8)),
        FieldRow(10, "extension[]", subscriber_number),
        FieldRow(12, "period.start", date_time),
        FieldRow(13, "period.end", date_time),
        FieldRow(15, "type", concept_of(TERMINOLOGY + "v2-0086")),
        FieldRow(17, "relationship", relation),
        FieldRow(22, "order", priority),
        FieldRow(35, "class[]", classed("plan", "Plan")),
        FieldRow(36, "identifier[]", policy_number),
        FieldRow(37, "costToBeneficiary[]", deductible),
        FieldRow(46, "identifier[]", former_plan),
        FieldRow(49, "extension[]", _as_subscriber_id),
        FieldRow(49, "subscriberId", text),
        FieldRow(54, "identifier[]", cx),
        FieldRow(55, "status", fixed("cancelled"), sends(55, "D")),
    ),
    understood=(1,),
)
_IN1 = CompiledMap(IN1)
_IN2 = CompiledMap(IN2)


def write(part: Part, links: Links, scope: Scope) -> None:
    """One insurance of the patient with insurer, policy holder, insured and case manager."""
    in1 = part.segment
    resource: Record = {"resourceType": "Coverage", "id": _identity(in1, scope), "status": "active"}
    filled: Record = {}
    _IN1(in1, filled, scope)
    for one in part.under:
        if one.name == "IN2":
            _IN2(one, filled, scope)
        elif one.name == "IN3":
            care_team(one, resource["id"], links, scope)
        else:
            scope.unplace(one)
    for one in part.notes:
        scope.unplace(one)
    payors = in1_parties.payors(part, scope)
    holder = in1_parties.policy_holder(part, scope)
    if holder is not None:
        filled["policyHolder"] = holder
    insured = in1_parties.subscriber(part, scope)
    if insured is not None:
        filled["subscriber"] = marked(insured, in1.raw(16), scope)
    if not filled and payors == [NOBODY]:
        scope.unplace(in1)
        return
    resource |= {**filled, "beneficiary": links.subject or NOBODY, "payor": payors}
    put_own(resource, in1, scope)


def _identity(in1: Segment, scope: Scope) -> str:
    """Plan, insurer and policy of this patient."""
    company = unless_null(in1, 3) or unless_null(in1, 4)
    policy = unless_null(in1, 36) or unless_null(in1, 49) or unless_null(in1, 8)
    return scope.keyring.fhir_id("Coverage", scope.bundle.patient_key, unless_null(in1, 2), company, policy)
