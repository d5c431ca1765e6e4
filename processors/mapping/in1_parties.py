"""Insurer, group and insured of IN1 (HL7 2.5.1 chapter 6.5.6) -> Organization and RelatedPerson."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.codes import code_in
from processors.mapping.extensions import text, within
from processors.mapping.groups import Part
from processors.mapping.identifiers import authority_uri, cx, cx_of, hd, typed
from processors.mapping.in2_coverage import IN2_PAYOR, IN2_PERSON
from processors.mapping.names import address, contact_point, human_name, human_names
from processors.mapping.parties import organization
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope, component
from processors.mapping.statements import NOBODY, marked, patient_reference, put_party, relationship
from processors.mapping.times import date
from processors.mapping.vocabularies import ADMINISTRATIVE_SEX
from processors.mapping.vocabularies_clinical import SELF

#: CX.5 of IN1-10: an identifier of the subscriber, and not of the employer's group.
SUBSCRIBER_NUMBER = "SN"


def xon_number(raw: str, scope: Scope) -> Record | None:
    """XON.10, else XON.3, as Identifier."""
    pieces = raw.split(scope.component)
    parts = [scope.text(piece) for piece in pieces]
    number = component(parts, 10) or component(parts, 3)
    if not number:
        return None
    value = typed(component(parts, 7)) if component(parts, 7) else {}
    system = authority_uri(hd(component(pieces, 6), scope), scope)
    return value | ({"system": system} if system else {}) | {"value": number}


def group_number(raw: str, scope: Scope) -> Record | None:
    """IN1-10, but for the subscriber's own number."""
    return None if component(scope.texts(raw), 5) == SUBSCRIBER_NUMBER else cx(raw, scope)


IN1_PAYOR = SegmentMap(
    segment="IN1",
    resource="Organization",
    rows=(
        FieldRow(3, "identifier[]", cx),
        FieldRow(5, "address[]", address),
        FieldRow(6, "contact[]", within("name", human_name)),
        FieldRow(7, "telecom[]", contact_point("work")),
    ),
    understood=(4,),
)
IN1_GROUP = SegmentMap(
    segment="IN1",
    resource="Organization",
    rows=(FieldRow(10, "identifier[]", group_number),),
    understood=(11,),
)
IN1_PERSON = SegmentMap(
    segment="IN1",
    resource="RelatedPerson",
    rows=(
        FieldRow(16, "name[]", human_names),
        FieldRow(17, "relationship[]", relationship),
        FieldRow(18, "birthDate", date),
        FieldRow(19, "address[]", address),
        FieldRow(43, "gender", code_in(ADMINISTRATIVE_SEX)),
        FieldRow(49, "identifier[]", cx_of("MB")),
    ),
)
TABLES = (IN1_PAYOR, IN1_GROUP, IN1_PERSON)
_PAYOR = CompiledMap(IN1_PAYOR)
_GROUP = CompiledMap(IN1_GROUP)
_PERSON = CompiledMap(IN1_PERSON)
_MORE_PAYOR = CompiledMap(IN2_PAYOR)
_MORE_PERSON = CompiledMap(IN2_PERSON)


def is_self(in1: Segment) -> bool:
    """The patient is the insured."""
    return in1.text(17).strip().upper() in SELF


def payors(part: Part, scope: Scope) -> list[Record]:
    """The insurer with all that IN1 says of it, and further names of IN1-4; FHIR demands one."""
    in1 = part.segment
    said: Record = {}
    _PAYOR(in1, said, scope)
    for in2 in part.all("IN2"):
        _MORE_PAYOR(in2, said, scope)
    found = [_organization(in1, 4, said, scope), *further(in1, 4, scope)]
    if found[0] is None:
        _count((in1,), (5, 6, 7), scope)
    return [one for one in found if one is not None] or [NOBODY]


def policy_holder(part: Part, scope: Scope) -> Record | None:
    """The employer or group that holds the policy; FHIR takes one."""
    in1 = part.segment
    said: Record = {}
    _GROUP(in1, said, scope)
    if len(in1.repetitions(11)) > 1:
        scope.count_unmapped("IN1-11[2]")
    return _organization(in1, 11, said, scope)


def further(in1: Segment, n: int, scope: Scope) -> list[Record | None]:
    """The organisations of an XON field after the first."""
    scope.segment, scope.field = in1, n
    return [organization(raw, scope) for raw in in1.repetitions(n)[1:]]


def _organization(in1: Segment, n: int, said: Record, scope: Scope) -> Record | None:
    """An Organization of the first XON of field n and what other fields say; without name and number there is none."""
    scope.segment, scope.field = in1, n
    raw = next(iter(in1.repetitions(n)), "")
    number, name = xon_number(raw, scope), text(raw, scope)
    resource: Record = {"resourceType": "Organization", "id": "", **said}
    if number:
        resource["identifier"] = [*said.get("identifier", ()), marked(number, raw, scope)]
    if name:
        resource["name"] = name
    numbers = resource.get("identifier", ())
    if not numbers and not name:
        return None
    authority = (numbers[0].get("system") or scope.site.feed, numbers[0]["value"]) if numbers else None
    resource["id"] = scope.keyring.fhir_id("Organization", *(authority or (scope.site.feed, "name", str(name))))
    return put_party(resource, in1, scope)


def subscriber(part: Part, scope: Scope) -> Record | None:
    """The insured where it is not the patient: a RelatedPerson with a name or a number."""
    in1, in2 = part.segment, part.all("IN2")
    if is_self(in1):
        _count((in1,), _unlike_patient(in1, scope), scope)
        _count(in2, tuple(row.field for row in IN2_PERSON.rows), scope)
        return patient_reference(scope)
    resource: Record = {"resourceType": "RelatedPerson", "id": "", "patient": patient_reference(scope) or NOBODY}
    _PERSON(in1, resource, scope)
    for one in in2:
        _MORE_PERSON(one, resource, scope)
    names = in1.repetitions(16)
    if "name" in resource:
        identity = tuple(scope.texts(names[0])[:6])
    elif "identifier" in resource:
        first = resource["identifier"][0]
        identity = ("number", first.get("system", ""), first["value"])
    else:
        _count((in1,), (18, 19, 43), scope)
        return None
    resource["id"] = scope.keyring.fhir_id("RelatedPerson", scope.bundle.patient_key, *identity)
    return put_party(resource, in1, scope)


def _unlike_patient(in1: Segment, scope: Scope) -> tuple[int, ...]:
    """What IN1 says of the insured that PID does not say of the same person: birth date, address, sex."""
    pid = next((one for one in reversed(scope.message.segments[: in1.place]) if one.name == "PID"), in1)
    insured = {18: in1.text(18)[:8], 19: _home(in1, 19), 43: in1.text(43)}
    patient = {18: pid.text(7)[:8], 19: _home(pid, 11), 43: pid.text(8)}
    return tuple(n for n in insured if pid is in1 or insured[n] != patient[n])


def _home(segment: Segment, n: int) -> list[str]:
    """Street to country of an address as sent."""
    return segment.components((segment.repetitions(n) or [""])[0])[:6]


def _count(segments: list[Segment] | tuple[Segment, ...], fields: tuple[int, ...], scope: Scope) -> None:
    """Fields of somebody that no resource stands for here."""
    for segment in segments:
        for n in fields:
            if segment.raw(n).strip('"^~& '):
                scope.count_unmapped(f"{segment.name}-{n}")
