"""A24 (HL7 2.5.1 chapter 3.3.24): two records of one person that stay apart -> Patient.link `seealso` in both."""

from processors.envelope import Record
from processors.mapping.groups import Patient
from processors.mapping.identifiers import cx
from processors.mapping.links import Links
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope

LINK = "A24"
_IDENTIFIERS = CompiledMap(
    SegmentMap(segment="PID", resource="Patient", rows=tuple(FieldRow(n, "identifier[]", cx) for n in (3, 2, 4)))
)


def see_also(others: list[Patient], links: Links, scope: Scope) -> None:
    """The other patients by identifier: each has a bundle of its own, so that none is written twice."""
    if links.patient is None:
        return
    found: list[Record] = []
    for other in others:
        named: Record = {}
        if other.pid is not None:
            _IDENTIFIERS(other.pid, named, scope)
        identifiers = sorted(named.get("identifier", ()), key=lambda one: one["value"] != other.chosen)
        if identifiers:
            found.append({"other": {"type": "Patient", "identifier": identifiers[0]}, "type": "seealso"})
    if found:
        links.patient["link"] = [*links.patient.get("link", ()), *found]
