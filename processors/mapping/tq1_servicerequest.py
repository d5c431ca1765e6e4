"""TQ1 -> ServiceRequest (HL7 2.5.1 chapter 4.5.4): quantity, timing, priority, instruction."""

from processors.envelope import Record
from processors.fhir.systems import SENT_TIMING
from processors.hl7.message import Segment
from processors.mapping.extensions import text, within
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.timings import (
    as_needed,
    consistent,
    priority,
)
from processors.mapping.tq_timing import timing_rows
from processors.mapping.values import quantity

TQ1 = SegmentMap(
    segment="TQ1",
    resource="ServiceRequest",
    rows=(
        FieldRow(2, "quantityQuantity", quantity),
        *timing_rows("occurrenceTiming"),
        FieldRow(9, "priority", priority),
        FieldRow(9, "asNeededBoolean", as_needed),
        FieldRow(11, "note[]", within("text", text)),
    ),
    understood=(1,),
)
_COMPILED = CompiledMap(TQ1)
#: What a ServiceRequest has room for once, and the field it comes from.
_ONCE = {"quantityQuantity": 2, "priority": 9, "asNeededBoolean": 9}

_NUMBERS = {"offset": 5, "duration": 13, "count": 14, "countMax": 14}


def timing(tq1: Segment, resource: Record, scope: Scope) -> None:
    """All that a TQ1 says; the Timing of a second one goes into an extension, as R4 has room for one."""
    said: Record = {}
    _COMPILED(tq1, said, scope)
    if "occurrenceTiming" in said:
        consistent(said["occurrenceTiming"], scope)
        _note_numbers(tq1, said["occurrenceTiming"].get("repeat", {}), scope)
        place_timing(said.pop("occurrenceTiming"), resource)
    if tq1.raw(6) and tq1.raw(7) and tq1.raw(8):
        scope.count_unmapped("TQ1-6")
    if tq1.raw(10):
        scope.count_unmapped("TQ1-10")
    if "note" in said:
        resource["note"] = [*resource.get("note", ()), *said.pop("note")]
    for name, value in said.items():
        if resource.setdefault(name, value) != value:
            scope.count_unmapped(f"TQ1-{_ONCE[name]}")


def _note_numbers(tq1: Segment, repeat: Record, scope: Scope) -> None:
    """Numbers inside the Timing with the place they come from."""
    if scope.trace is not None:
        for name, field in _NUMBERS.items():
            scope.trace.note(repeat, name, tq1.components(tq1.raw(field))[0])


def place_timing(value: Record, resource: Record) -> None:
    """Put a Timing where there is room for it."""
    if not value:
        return
    if "occurrenceTiming" in resource:
        more = {"url": SENT_TIMING, "valueTiming": value}
        resource["extension"] = [*resource.get("extension", ()), more]
    else:
        resource["occurrenceTiming"] = value
