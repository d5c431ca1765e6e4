"""PV1-20 (FC, HL7 2.5.1 chapter 2A.30) -> Coverage: the financial class of a visit, since when."""

from processors.envelope import Record
from processors.fhir.systems import TERMINOLOGY
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping.codes import concept_of
from processors.mapping.links import Links
from processors.mapping.msh_messageheader import ABSENT
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.times import date_time

_class = concept_of(TERMINOLOGY + "v2-0064")


def financial_class(raw: str, scope: Scope) -> object | None:
    """FC.1 as the type of the Coverage; from HL7 2.7 on it is a CWE of subcomponents."""
    first = raw.partition(scope.component)[0]
    return _class(first.replace(scope.subcomponent, scope.component), scope)


def since(raw: str, scope: Scope) -> str | None:
    """FC.2 as the begin of the Coverage."""
    sent = raw.partition(scope.component)[2].partition(scope.component)[0]
    return date_time(sent, scope) if sent else None


#: Each repetition of PV1-20 is a Coverage of its own.
PV1 = SegmentMap(
    segment="PV1",
    resource="Coverage",
    rows=(FieldRow(20, "type", financial_class), FieldRow(20, "period.start", since)),
)
_COMPILED = CompiledMap(PV1)


def coverages(pv1: Segment, links: Links, scope: Scope) -> None:
    """A Coverage for each financial class; who pays is not said here."""
    if links.subject is None:
        scope.count_unmapped("PV1-20")
        return
    stay = links.encounter["reference"] if links.encounter is not None else links.subject["reference"]
    for raw in pv1.repetitions(20):
        found: Record = {}
        one = Segment([*pv1.fields[:20], raw], pv1.place, pv1.number, pv1.delimiters, pv1.unescape)
        _COMPILED(one, found, scope)
        if "type" not in found:
            continue
        code = raw.partition(scope.component)[0]
        resource: Record = {"resourceType": "Coverage", "id": derived_uuid(stay, "financial class", code)}
        resource |= {"status": "active", **found, "beneficiary": links.subject, "payor": [ABSENT]}
        scope.bundle.add(resource, pv1.path())
