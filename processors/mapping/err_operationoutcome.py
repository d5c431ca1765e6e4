"""ERR and the texts of MSA -> OperationOutcome (HL7 2.5.1 chapter 2.15.5). HL7's guide has no table for ERR."""

from processors.envelope import Record
from processors.fhir.systems import TERMINOLOGY
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping.codes import code_in, concept_of
from processors.mapping.extensions import text
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope, component
from processors.mapping.vocabularies_visit import ISSUE_TYPE, SEVERITY

_known = concept_of(TERMINOLOGY + "v2-0357")
_own_code = concept_of(TERMINOLOGY + "v2-0533")


def place(raw: str, scope: Scope) -> str | None:
    """ERL (ERR-2) as users read it: `PID[1]-11[2].5`."""
    parts = scope.texts(raw)
    return _place(parts) if parts[0] else None


def place_before(raw: str, scope: Scope) -> str | None:
    """ELD (ERR-1, before version 2.5) as users read it."""
    parts = scope.texts(raw)
    return _place(parts[:3]) if parts[0] else None


def _place(parts: list[str]) -> str:
    segment, number, field, repetition, piece, inner = (component(parts, n) for n in range(1, 7))
    at = f"{segment}[{number}]" if number else segment
    at += f"-{field}" if field else ""
    at += f"[{repetition}]" if field and repetition not in ("", "1") else ""
    at += f".{piece}" if field and piece else ""
    return at + (f".{inner}" if field and piece and inner else "")


def condition(raw: str, scope: Scope) -> Record | None:
    """CWE (ERR-3, MSA-6) as the concept of the issue, to which other fields add."""
    value = _known(raw, scope)
    return {**value, "coding": list(value.get("coding", ()))} if isinstance(value, dict) and "coding" in value else None


def condition_before(raw: str, scope: Scope) -> Record | None:
    """The code in ELD.4 as the concept of the issue."""
    piece = component(raw.split(scope.component), 4).replace(scope.subcomponent, scope.component)
    return condition(piece, scope) if piece else None


def codings(raw: str, scope: Scope) -> list[Record] | None:
    """ERR-5 as further codings of the issue."""
    value = _own_code(raw, scope)
    return value.get("coding") if isinstance(value, dict) else None


#: One issue of an OperationOutcome.
ERR = SegmentMap(
    segment="ERR",
    resource="OperationOutcome",
    rows=(
        FieldRow(1, "location[]", place_before),
        FieldRow(1, "details", condition_before),
        FieldRow(2, "location[]", place),
        FieldRow(3, "details", condition),
        FieldRow(4, "severity", code_in(SEVERITY)),
        FieldRow(5, "details.coding[]", codings),
        FieldRow(7, "diagnostics", text),
        FieldRow(8, "details.text", text),
    ),
)
MSA = SegmentMap(
    segment="MSA",
    resource="OperationOutcome",
    rows=(FieldRow(3, "diagnostics", text), FieldRow(6, "details", condition)),
)
TABLES = (ERR, MSA)
_ERR = CompiledMap(ERR)
_MSA = CompiledMap(MSA)


def outcome(answer: Segment, errors: list[Segment], taken: bool, scope: Scope) -> tuple[Record | None, list[str]]:
    """A reference to the OperationOutcome, None where the answer says no more than its code; and its conditions."""
    issues: list[Record] = []
    for compiled, segment in ((_MSA, answer), *((_ERR, error) for error in errors)):
        issue: Record = {}
        compiled(segment, issue, scope)
        if issue:
            issues.append(_whole(issue, taken))
        elif segment is not answer:
            scope.unplace(segment)
    codes = [coding["code"] for issue in issues for coding in issue.get("details", {}).get("coding", ())]
    if not issues:
        return None, codes
    identity = derived_uuid(scope.bundle.patient_key, "OperationOutcome", scope.message.header.raw(7))
    source = (errors or [answer])[0].path()
    return scope.bundle.add({"resourceType": "OperationOutcome", "id": identity, "issue": issues}, source), codes


def _whole(issue: Record, taken: bool) -> Record:
    """With the severity and type that FHIR demands: an issue of a message that was taken is for information."""
    codings = issue.get("details", {}).get("coding", ())
    first = next((ISSUE_TYPE[c["code"]] for c in codings if c["code"] in ISSUE_TYPE), None)
    severity = issue.pop("severity", None) or ("information" if taken else "error")
    return {"severity": severity, "code": first or ("informational" if taken else "processing"), **issue}
