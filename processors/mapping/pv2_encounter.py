"""PV2 -> Encounter."""

from html import escape
from typing import cast

from processors.envelope import Record
from processors.errors import Warn
from processors.fhir.systems import R5, STRUCTURE, TERMINOLOGY, UCUM
from processors.mapping.codes import concept, concept_in, concept_of, yes_no
from processors.mapping.extensions import extension, text, whole_number
from processors.mapping.parties import participant, placed
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.times import date_time
from processors.mapping.values import number
from processors.mapping.vocabularies import VISIT_PRIORITY

#: Where canonical.encounter finds the expected discharge.
PLANNED_END = R5 + "Encounter.plannedEndDate"
PLANNED_START = R5 + "Encounter.plannedStartDate"
RESTRICTED = {"system": TERMINOLOGY + "v3-Confidentiality", "code": "R", "display": "restricted"}
_DAYS = {"unit": "days", "system": UCUM, "code": "d"}
_arrival = concept_of(TERMINOLOGY + "v2-0430")


def days(raw: str, scope: Scope) -> Record | None:
    """NM (PV2-11) as a Duration in days."""
    whole = whole_number(raw, scope)
    if whole is not None:
        return {"value": whole, **_DAYS}
    sent = scope.texts(raw)[0]
    found = number(sent, _DAYS) if sent and not sent.startswith("-") else None
    if found is None and sent:
        scope.warn(Warn.NUMBER_UNREADABLE, "not a number of days; not converted")
    return found


def arrival(raw: str, scope: Scope) -> Record | None:
    """CWE (PV2-38) as a Coding of table 0430."""
    value = cast("Record | None", _arrival(raw, scope))
    return value["coding"][0] if value and "coding" in value else None


def narrative(raw: str, scope: Scope) -> Record | None:
    """ST (PV2-12) as a Narrative."""
    said = text(raw, scope)
    if said is None:
        return None
    return {
        "status": "additional",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{escape(said, quote=False)}</div>',
    }


def protection(raw: str, scope: Scope) -> Record | None:
    """PV2-22: a visit whose data are to be kept from most staff, as a security label."""
    return RESTRICTED if yes_no(raw, scope) else None


PV2 = SegmentMap(
    segment="PV2",
    resource="Encounter",
    rows=(
        FieldRow(1, "location[]", placed("planned")),
        FieldRow(3, "reasonCode[]", concept),
        FieldRow(8, "extension[]", extension(PLANNED_START, "valueDateTime", date_time)),
        FieldRow(9, "extension[]", extension(PLANNED_END, "valueDateTime", date_time)),
        FieldRow(11, "length", days),
        FieldRow(12, "text", narrative),
        FieldRow(13, "participant[]", participant("REF", "referrer")),
        FieldRow(22, "meta.security[]", protection),
        FieldRow(25, "priority", concept_in(VISIT_PRIORITY, TERMINOLOGY + "v3-ActPriority", TERMINOLOGY + "v2-0217")),
        FieldRow(38, "extension[]", extension(STRUCTURE + "encounter-modeOfArrival", "valueCoding", arrival)),
    ),
)
