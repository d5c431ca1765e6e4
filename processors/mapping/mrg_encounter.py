"""MRG of events that move visits and not patients (A42, A45, A50, A51) -> prior numbers of the Encounter."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.groups import Patient, Visit
from processors.mapping.identifiers import cx_of
from processors.mapping.rows import Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope

#: Merge visit, move visit, change visit number, change alternate visit id (HL7 2.5.1 chapters 3.3.42 to 3.3.51).
MOVES_OF_VISITS = frozenset(("A42", "A45", "A50", "A51"))


def prior(type_code: str) -> Datatype:
    """CX as an Identifier that is no longer in use."""
    read_cx = cx_of(type_code)

    def read(raw: str, scope: Scope) -> Record | None:
        value = read_cx(raw, scope)
        return {"use": "old", **value} if isinstance(value, dict) else None

    return read


MRG = SegmentMap(
    segment="MRG",
    resource="Encounter",
    rows=(FieldRow(5, "identifier[]", prior("VN")), FieldRow(6, "identifier[]", prior(""))),
)


def still_in_use(resource: Record) -> None:
    """A visit that moves may keep its number (A45): what is in use is not old."""
    numbers = resource.get("identifier", ())
    known = [(one.get("system"), one.get("value")) for one in numbers if one.get("use") != "old"]
    if known:
        resource["identifier"] = [
            one for one in numbers if one.get("use") != "old" or (one.get("system"), one.get("value")) not in known
        ]


def merged_into(group: Patient, visit: Visit) -> Segment | None:
    """The MRG that stands before this PV1 and behind the one before it."""
    here = visit.pv1.place
    before = max((one.pv1.place for one in group.visits if one.pv1.place < here), default=0)
    return next((mrg for mrg in group.merged if before < mrg.place < here), None)


def count_unused(group: Patient, trigger: str, merges: bool, scope: Scope) -> None:
    """Fields of MRG that the event gives no meaning to are counted as not mapped."""
    unused = () if merges else (1, 2, 4, 7)
    for mrg in group.merged:
        for n in (*unused, *(() if trigger in MOVES_OF_VISITS else (5, 6))):
            if mrg.text(n):
                scope.count_unmapped(f"MRG-{n}")
