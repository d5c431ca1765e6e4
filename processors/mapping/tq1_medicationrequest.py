"""TQ1, and TQ of older versions -> Dosage of a MedicationRequest (HL7 2.5.1 chapters 4.5.4 and 2A.81; R4 Dosage)."""

import re

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope, component
from processors.mapping.timings import (
    as_needed,
    consistent,
    priority,
)
from processors.mapping.tq_timing import timing_of, timing_rows
from processors.mapping.values import quantity
from processors.mapping.vocabularies_orders import DURATION_LETTER
from processors.mapping.vocabularies_pharmacy import FREQUENCY

_EVERY = re.compile(r"Q([1-9][0-9]?)([SMHDWL])")
_TIMES_A_DAY = re.compile(r"([5-9])ID")


def pattern_as_needed(raw: str, scope: Scope) -> bool | None:
    """A pattern that is or begins with PRN."""
    return True if scope.text(raw).upper().startswith("PRN") else None


def whole_text(raw: str, scope: Scope) -> str | None:
    """TX as text."""
    return scope.text(raw) or None


def instruction(raw: str, scope: Scope) -> Record | None:
    """TX as a concept that has only text."""
    sent = scope.text(raw)
    return {"text": sent} if sent else None


#: Into one dosageInstruction; TQ1-9 also is the order's.
TQ1 = SegmentMap(
    segment="TQ1",
    resource="MedicationRequest.dosageInstruction",
    rows=(
        FieldRow(2, "doseAndRate.doseQuantity", quantity),
        *timing_rows("timing"),
        FieldRow(3, "asNeededBoolean", pattern_as_needed),
        FieldRow(9, "asNeededBoolean", as_needed),
        FieldRow(10, "additionalInstruction[]", instruction),
        FieldRow(11, "text", whole_text),
    ),
    understood=(1,),
)
TQ1_ORDER = SegmentMap(segment="TQ1", resource="MedicationRequest", rows=(FieldRow(9, "priority", priority),))
TABLES = (TQ1, TQ1_ORDER)
_DOSAGE = CompiledMap(TQ1)
_ORDER = CompiledMap(TQ1_ORDER)
#: Components of TQ without a place in R4: conjunction, order sequencing, occurrence duration.
_NOWHERE = (9, 10, 11)


def timed(tq1: Segment, resource: Record, scope: Scope) -> Record:
    """What a TQ1 says, as Dosage; the first priority is the order's."""
    dosage: Record = {}
    _DOSAGE(tq1, dosage, scope)
    _ORDER(tq1, resource, scope)
    if "timing" in dosage:
        consistent(dosage["timing"], scope)
        _often(dosage["timing"], tq1.text(3).partition(tq1.delimiters.subcomponent)[0], scope, tq1.raw(3))
    if tq1.raw(6) and tq1.raw(7) and tq1.raw(8):
        scope.count_unmapped("TQ1-6")
    return _listed(dosage)


def timed_by_field(segment: Segment, n: int, resource: Record, scope: Scope) -> list[Record]:
    """ORC-7 or RXE-1 (TQ) as Dosages, one for each repetition."""
    scope.segment, scope.field = segment, n
    found = []
    for raw in segment.repetitions(n):
        dosage = _timed(raw.split(scope.component), resource, scope)
        if scope.trace is not None:
            dosage = scope.trace.mark(dosage, raw)
        if dosage:
            found.append(_listed(dosage))
    return found


def _listed(dosage: Record) -> Record:
    """`doseAndRate` is a list in FHIR, a timing says something or is not there."""
    if "doseAndRate" in dosage:
        dosage["doseAndRate"] = [dosage["doseAndRate"]]
    if not dosage.get("timing", True):
        del dosage["timing"]
    return dosage


def _often(timing: Record, sent: str, scope: Scope, raw: str) -> None:
    """How often a pattern of table 0335 is, in numbers (BID, Q6H, 5ID), where the sender gives no period."""
    repeat: Record = timing.get("repeat", {})
    if "period" in repeat:
        return
    sent = sent.upper().removeprefix("PRN")
    every, many = _EVERY.fullmatch(sent), _TIMES_A_DAY.fullmatch(sent)
    found = FREQUENCY.get(sent)
    if every:
        found = (1, int(every.group(1)), DURATION_LETTER[every.group(2)])
    elif many:
        found = (int(many.group(1)), 1, "d")
    if found:
        timing["repeat"] = repeat
        for name, value in zip(("frequency", "period", "periodUnit"), found, strict=True):
            repeat[name] = value if scope.trace is None else scope.trace.mark(value, raw)
            if scope.trace is not None:
                scope.trace.note(repeat, name, raw)


def _timed(pieces: list[str], resource: Record, scope: Scope) -> Record:
    """TQ.1 to TQ.8 and TQ.12 of one repetition."""
    dosage: Record = {}
    sent = component(pieces, 1).replace(scope.subcomponent, scope.component)
    dose = quantity(sent, scope) if sent else None
    if dose is not None:
        dosage["doseAndRate"] = {"doseQuantity": dose}
    timing = timing_of(pieces, scope)
    sent = component(pieces, 2)
    _often(timing, scope.text(sent.split(scope.subcomponent)[0]), scope, sent)
    consistent(timing, scope)
    if timing:
        dosage["timing"] = timing
    _urgency(pieces, dosage, resource, scope)
    for name, n, read in (("additionalInstruction", 7, instruction), ("text", 8, whole_text)):
        value = read(component(pieces, n), scope)
        if value is not None:
            dosage[name] = [value] if n == 7 else value
    for n in _NOWHERE:
        if scope.text(component(pieces, n)):
            scope.count_unmapped(f"{scope.segment.name}-{scope.field}.{n}")
    return dosage


def _urgency(pieces: list[str], dosage: Record, resource: Record, scope: Scope) -> None:
    """TQ.6 as the order's priority; PRN there or as the pattern says: as needed."""
    urgent = component(pieces, 6)
    found = priority(urgent, scope) if urgent else None
    if found is not None:
        resource.setdefault("priority", found if scope.trace is None else scope.trace.mark(found, urgent))
    pattern = component(pieces, 2).split(scope.subcomponent)[0]
    if (urgent and as_needed(urgent, scope)) or pattern_as_needed(pattern, scope):
        dosage["asNeededBoolean"] = True
