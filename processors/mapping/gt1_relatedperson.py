"""GT1 -> RelatedPerson or Organization that guarantees the patient's Account (HL7 2.5.1 chapter 6.5.5).

HL7's guide has no table for GT1; the rows follow those of NK1 and IN1.
"""

from processors.envelope import Record
from processors.fhir.systems import TERMINOLOGY
from processors.hl7.message import Segment
from processors.mapping.codes import code_in, concept_of, yes_no
from processors.mapping.extensions import within
from processors.mapping.groups import Part
from processors.mapping.identifiers import cx_of, ssn
from processors.mapping.links import Links
from processors.mapping.names import address, contact_point, human_name, human_names
from processors.mapping.nk1_relatedperson import SOMEONE, put_related
from processors.mapping.parties import organization
from processors.mapping.pid_patient import language
from processors.mapping.roles import add_to
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.statements import relationship, unplace_rest
from processors.mapping.times import date, date_time
from processors.mapping.vocabularies import ADMINISTRATIVE_SEX


def _is_person(gt1: Segment) -> bool:
    return gt1.text(3) not in ("", '""') or gt1.text(3, 2) not in ("", '""')


def _is_organization(gt1: Segment) -> bool:
    return not _is_person(gt1) and bool(gt1.text(21) or gt1.text(21, 3) or gt1.text(21, 10))


GT1 = SegmentMap(
    segment="GT1",
    resource="RelatedPerson",
    rows=(
        FieldRow(2, "identifier[]", cx_of("GN")),
        FieldRow(3, "name[]", human_names),
        FieldRow(5, "address[]", address),
        FieldRow(6, "telecom[]", contact_point("home")),
        FieldRow(7, "telecom[]", contact_point("work")),
        FieldRow(8, "birthDate", date),
        FieldRow(9, "gender", code_in(ADMINISTRATIVE_SEX)),
        FieldRow(11, "relationship[]", relationship),
        FieldRow(12, "identifier[]", ssn),
        FieldRow(19, "identifier[]", cx_of("EI")),
        FieldRow(36, "communication[]", within("language", language)),
    ),
    understood=(1,),
)
GT1_ORGANIZATION = SegmentMap(
    segment="GT1",
    resource="Organization",
    rows=(
        FieldRow(2, "identifier[]", cx_of("GN")),
        FieldRow(5, "address[]", address),
        FieldRow(6, "telecom[]", contact_point("work")),
        FieldRow(7, "telecom[]", contact_point("work")),
        FieldRow(10, "type[]", concept_of(TERMINOLOGY + "v2-0068")),
    ),
)
GT1_CONTACT = SegmentMap(
    segment="GT1",
    resource="Organization.contact",
    rows=(FieldRow(45, "name", human_name), FieldRow(46, "telecom[]", contact_point("work"))),
)
GT1_ACCOUNT = SegmentMap(
    segment="GT1",
    resource="Account.guarantor",
    rows=(
        FieldRow(13, "period.start", date_time),
        FieldRow(14, "period.end", date_time),
        FieldRow(21, "party", organization, _is_organization),
        FieldRow(22, "onHold", yes_no),
    ),
)
TABLES = (GT1, GT1_ORGANIZATION, GT1_CONTACT, GT1_ACCOUNT)
_PERSON, _ORGANIZATION, _CONTACT, _GUARANTOR = (CompiledMap(one) for one in TABLES)


def write(part: Part, links: Links, scope: Scope) -> None:
    """The guarantor, on the patient's account; without one on an account of which nothing else is known."""
    gt1 = part.segment
    unplace_rest([*part.notes, *part.under], scope)
    guarantor: Record = {}
    _GUARANTOR(gt1, guarantor, scope)
    if _is_organization(gt1):
        _organization(gt1, guarantor, scope)
    else:
        _person(gt1, guarantor, links, scope)
    if "party" not in guarantor or links.subject is None:
        scope.unplace(gt1)
        return
    _on_account(gt1, guarantor, links.subject, scope)


def _organization(gt1: Segment, guarantor: Record, scope: Scope) -> None:
    more: Record = {}
    _ORGANIZATION(gt1, more, scope)
    contact: Record = {}
    _CONTACT(gt1, contact, scope)
    if contact:
        more["contact"] = [contact]
    for name, values in more.items():
        if "party" in guarantor:
            add_to(guarantor["party"], name, values, scope)


def _person(gt1: Segment, guarantor: Record, links: Links, scope: Scope) -> None:
    resource: Record = {}
    _PERSON(gt1, resource, scope)
    if resource.keys() & SOMEONE and links.subject is not None:
        guarantor["party"] = put_related(resource, gt1, (gt1.text(11),), scope)


def _on_account(gt1: Segment, guarantor: Record, subject: Record, scope: Scope) -> None:
    resources = scope.bundle.resources
    known = [one for one in resources.values() if one["resourceType"] == "Account" and one["status"] == "active"]
    if known:
        account = known[0]
    else:
        made = scope.keyring.fhir_id("Account", scope.bundle.patient_key, "guaranteed")
        account = resources.get(made) or {
            "resourceType": "Account",
            "id": made,
            "status": "unknown",
            "subject": [subject],
        }
        scope.bundle.put(account, gt1.path())
    guarantors = account.get("guarantor", ())
    if guarantor not in guarantors:
        resources[account["id"]] = {**account, "guarantor": [*guarantors, guarantor]}
