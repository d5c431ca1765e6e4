"""PR1 with its ROL and PRT -> Procedure (HL7 2.5.1 chapter 6.5.4)."""

from datetime import datetime, timedelta

from processors.envelope import Record
from processors.fhir.systems import TERMINOLOGY
from processors.hl7.message import Segment
from processors.mapping.care_parts import count_left
from processors.mapping.codes import concept, concept_of
from processors.mapping.extensions import text
from processors.mapping.ft1_chargeitem import serve
from processors.mapping.groups import Part
from processors.mapping.identifiers import ei_of
from processors.mapping.links import Links
from processors.mapping.nte_annotation import notes
from processors.mapping.participants import is_deleted, participation, provider_role
from processors.mapping.parties import location, organization, practitioner
from processors.mapping.rows import CompiledMap, Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.statements import (
    about,
    coded_by,
    fixed,
    instance,
    named,
    other,
    put_own,
    sends,
    unplace_rest,
)
from processors.mapping.times import date_time
from processors.mapping.unplaced import described_otherwise, unplaced

_SNOMED = "http://snomed.info/sct"
_MINUTES_KNOWN = 12
"""Digits of a DTM that says hour and minute."""


def timed(pr1: Segment) -> bool:
    """Start to the minute and a duration: the procedure has an end."""
    return len(pr1.text(5)) >= _MINUTES_KNOWN and _minutes(pr1) is not None


def untimed(pr1: Segment) -> bool:
    """Only one time is known."""
    return not timed(pr1)


def end(_raw: str, scope: Scope) -> str | None:
    """PR1-5 and PR1-7 together."""
    pr1 = scope.segment
    start, minutes = date_time(pr1.raw(5), scope), _minutes(pr1)
    if start is None or minutes is None or len(start) <= 10:
        return None
    try:
        return (datetime.fromisoformat(start) + timedelta(minutes=minutes)).isoformat()
    except OverflowError:
        return None


def no_end(raw: str, scope: Scope) -> None:
    """Minutes without a start to count from."""
    if scope.text(raw):
        scope.count_unmapped("PR1-7")


def _minutes(pr1: Segment) -> int | None:
    sent = pr1.text(7).strip()
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 8 else None


def performer(code: str, display: str) -> Datatype:
    """XCN as Procedure.performer of a SNOMED CT occupation; "" where the field names none."""
    function = {"function": {"coding": [{"system": _SNOMED, "code": code, "display": display}]}} if code else {}

    def read(raw: str, scope: Scope) -> Record | None:
        actor = practitioner(raw, scope)
        return None if actor is None else {**function, "actor": actor}

    return read


def whole(raw: str, scope: Scope) -> Record | None:
    """PR1-25: the procedure that this one is part of."""
    return other("Procedure", raw, scope)


PR1 = SegmentMap(
    segment="PR1",
    resource="Procedure",
    rows=(
        FieldRow(3, "code", coded_by(2, modifiers=16)),
        FieldRow(4, "code.text", text),
        FieldRow(4, "note[]", unplaced, described_otherwise(3, 4)),
        FieldRow(5, "performedDateTime", date_time, untimed),
        FieldRow(5, "performedPeriod.start", date_time, timed),
        FieldRow(6, "category", concept_of(TERMINOLOGY + "v2-0230")),
        FieldRow(7, "performedPeriod.end", end, timed),
        FieldRow(7, "performedPeriod.end", no_end, untimed),
        FieldRow(8, "performer[]", performer("88189002", "Anesthesiologist")),
        FieldRow(11, "performer[]", performer("304292004", "Surgeon")),
        FieldRow(12, "performer[]", performer("", "")),
        FieldRow(15, "reasonCode[]", concept),
        FieldRow(19, "identifier[]", ei_of("")),
        FieldRow(20, "status", fixed("entered-in-error"), sends(20, "D")),
        FieldRow(23, "location", location),
        FieldRow(25, "partOf[]", whole),
    ),
    understood=(1, 2, 16),
)
ROL = SegmentMap(
    segment="ROL",
    resource="Procedure.performer",
    rows=(
        FieldRow(3, "function", provider_role),
        FieldRow(4, "actor", practitioner),
        FieldRow(14, "onBehalfOf", organization),
    ),
)
PRT = SegmentMap(
    segment="PRT",
    resource="Procedure.performer",
    rows=(
        FieldRow(4, "function", participation),
        FieldRow(5, "actor", practitioner),
        FieldRow(8, "onBehalfOf", organization),
    ),
)
TABLES = (PR1, ROL, PRT)
_PR1 = CompiledMap(PR1)
_PEOPLE = {"ROL": CompiledMap(ROL), "PRT": CompiledMap(PRT)}


def write(part: Part, links: Links, scope: Scope) -> None:
    """One procedure; what it was charged for points at it."""
    pr1 = part.segment
    resource: Record = {"resourceType": "Procedure", "id": _identity(pr1, links, scope), "status": "unknown"}
    filled: Record = {}
    _PR1(pr1, filled, scope)
    resource |= filled
    if not filled:
        unplace_rest([pr1, *part.notes, *part.under], scope)
        return
    for one in part.under:
        _person(one, resource, scope)
    written = notes(part.notes, scope)
    if written:
        resource["note"] = written
    about(resource, links)
    serve(pr1, put_own(resource, pr1, scope), scope)


def _identity(pr1: Segment, links: Links, scope: Scope) -> str:
    """The procedure number (PR1-19), else code and time within the visit."""
    own = instance(pr1, 19, scope)
    if own:
        return scope.keyring.fhir_id("Procedure", *own)
    visit = links.encounter["reference"] if links.encounter is not None else ""
    code = named(pr1, 3) if pr1.raw(3) else (pr1.text(4), "text")
    return scope.keyring.fhir_id("Procedure", scope.bundle.patient_key, visit, *code, pr1.text(5))


def _person(segment: Segment, resource: Record, scope: Scope) -> None:
    """ROL or PRT as performer; an organisation alone performs itself."""
    rows = _PEOPLE.get(segment.name)
    entry: Record = {}
    if rows is not None and not is_deleted(segment):
        rows(segment, entry, scope)
    if "actor" not in entry and "onBehalfOf" in entry:
        entry["actor"] = entry.pop("onBehalfOf")
    if rows is None or "actor" not in entry:
        scope.unplace(segment)
        return
    resource["performer"] = [*resource.get("performer", ()), entry]
    count_left(segment, rows.mapped, scope)
