"""Which resource a segment of the sender's own belongs to: that of the group which is open where it stands."""

from collections.abc import Mapping, Sequence

from processors.hl7.message import Segment

#: Anchors that an order holds.
_IN_ORDER = frozenset(("OBX", "SPM", "DG1", "OBR"))
#: Segments that open a group or a part of one (groups.py).
_ANCHORS = (
    _IN_ORDER
    | frozenset(
        ("MSH", "PID", "PV1", "ORC", "SCH", "NK1", "AL1", "IAM", "PR1", "GT1", "IN1", "ACC", "FT1", "TXA", "PRB", "GOL")
    )
    | {"PTH", "RF1", "AUT", "PRD"}
)
#: Resources of the whole message or patient: found however much stands between.
_WIDE = frozenset(("MessageHeader", "Patient", "Encounter", "EpisodeOfCare", "Account", "Appointment", "Provenance"))
#: Resources of an order: found past what an order holds.
_ORDER = frozenset(
    (
        "ServiceRequest",
        "DiagnosticReport",
        "MedicationRequest",
        "MedicationDispense",
        "MedicationAdministration",
        "Immunization",
    )
)
_IN_PART = frozenset(("OBX",))


def open_resource(share: Sequence[Segment], at: int, kind: str, by_source: Mapping[tuple[str, str], str]) -> str | None:
    """The id of the resource of that type which segment number `at` of the share belongs to.

    `by_source`: (segment, resource type) -> id. The nearest one before it in its group; for what there is one of in a
    message, one that comes later too.
    """
    orders = 0
    for segment in reversed(share[: at + 1]):
        found = by_source.get((segment.path(), kind))
        if found is not None:
            return found
        orders += segment.name == "OBR"
        if kind not in _WIDE and _ends(segment.name, kind, orders):
            return None
    rest = [by_source[one.path(), kind] for one in share[at + 1 :] if (one.path(), kind) in by_source]
    return rest[0] if kind in _WIDE and len(rest) == 1 else None


def _ends(name: str, kind: str, orders: int) -> bool:
    """Whether a segment, seen on the way back, opened another group than one that holds this type."""
    if name not in _ANCHORS:
        return False
    if kind in _ORDER:
        return name not in _IN_ORDER or orders > 1
    return kind == "Observation" or name not in _IN_PART
