"""MSA -> MessageHeader.response: which message is answered, and whether it was taken (HL7 2.5.1 chapter 2.15.8)."""

import re

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.codes import code_in
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.vocabularies_visit import PASSING, RESPONSE

_NOT_ID = re.compile(r"[^A-Za-z0-9.-]")
_MOST_ID = 64
_SENT_CONTROL_ID = "urn:wardline:msa-2"


def answered(raw: str, scope: Scope) -> str | None:
    """MSA-2 as FHIR id: what an id may not hold becomes `-`."""
    return _NOT_ID.sub("-", scope.texts(raw)[0])[:_MOST_ID] or None


def sent(raw: str, scope: Scope) -> list[Record] | None:
    """MSA-2 as sent, where it is no FHIR id."""
    said = scope.texts(raw)[0]
    return [{"url": _SENT_CONTROL_ID, "valueString": said}] if said and said != answered(raw, scope) else None


#: MSA-3 and MSA-6 go to the OperationOutcome.
MSA = SegmentMap(
    segment="MSA",
    resource="MessageHeader",
    rows=(
        FieldRow(1, "response.code", code_in(RESPONSE)),
        FieldRow(2, "response.identifier", answered),
        FieldRow(2, "response._identifier.extension[]", sent),
    ),
    understood=(3, 6),
)
_COMPILED = CompiledMap(MSA)


def response(msa: Segment, codes: list[str], header: Record, scope: Scope) -> None:
    """The header's response. `codes`: error conditions (table 0357) of the answer, which tell what passes."""
    _COMPILED(msa, header, scope)
    said: Record = header.setdefault("response", {})
    if "identifier" not in said:
        said["identifier"] = "unknown"
    known = said.setdefault("code", "fatal-error")
    if known == "fatal-error" and PASSING.intersection(codes):
        said["code"] = "transient-error"
