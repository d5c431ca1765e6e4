"""Names, addresses and contact points (XPN, XAD, XTN; HL7 2.5.1 chapters 2A.88 to 2A.90) as FHIR datatypes."""

from typing import cast

from processors.envelope import Record
from processors.errors import Warn
from processors.fhir.systems import SENT_ADDRESS_TYPE, STRUCTURE, TERMINOLOGY
from processors.mapping.codes import warn_unmapped
from processors.mapping.identifiers import period, text_extension
from processors.mapping.rows import Datatype
from processors.mapping.scope import Scope, component
from processors.mapping.vocabularies import ADDRESS_TYPE, ADDRESS_USE, NAME_USE, TELECOM_SYSTEM, TELECOM_USE
from processors.mapping.vocabularies_people import ADDRESS_TYPES

#: Parts of FN after the surname, and of XTN around the number: component and extension.
_FAMILY = ((2, "own-prefix"), (3, "own-name"), (4, "partner-prefix"), (5, "partner-name"))
_NUMBER = ((5, "country"), (6, "area"), (7, "local"), (8, "extension"))


def human_name(raw: str, scope: Scope) -> Record | None:
    """XPN as HumanName."""
    parts = scope.texts(raw)
    value = name_parts(parts, raw, scope, 0)
    if not value or len(parts) < 7:
        return value or None
    use = NAME_USE.get(parts[6])
    if use:
        value["use"] = at(use, parts[6], scope)
    if len(parts) > 9:
        name_rest(value, parts, raw, scope, 10)
    return value


def human_names(raw: str, scope: Scope) -> list[Record] | None:
    """XPN as HumanNames: the name, and what the person is called by (XPN.15) as a nickname."""
    value = human_name(raw, scope)
    called = component(scope.texts(raw), 15) if raw.count(scope.component) > 13 else ""
    names = [value] if value else []
    if called:
        nickname: Record = {"use": "nickname", "given": [called]}
        names.append(nickname if scope.trace is None else scope.trace.mark(nickname, called))
    return names or None


def name_parts(parts: list[str], raw: str, scope: Scope, skip: int) -> Record:
    """Family, given, prefix and suffix from components skip+1 to skip+6 (XPN: skip 0; XCN: skip 1, no XCN.7)."""
    value: Record = {}
    family = parts[skip] if skip < len(parts) else ""
    if family:
        if scope.subcomponent in family:
            _family(value, raw.split(scope.component)[skip], scope)
        else:
            value["family"] = family
    given = [part for part in parts[skip + 1 : skip + 3] if part]
    if given:
        value["given"] = given
    if len(parts) < skip + 4:
        return value
    prefix = component(parts, skip + 5)
    if prefix:
        value["prefix"] = [prefix]
    degree = "" if skip else component(parts, 6)
    suffix = [part for part in (component(parts, skip + 4), degree) if part]
    if suffix:
        value["suffix"] = suffix
    return value


def name_rest(value: Record, parts: list[str], raw: str, scope: Scope, n: int) -> None:
    """What follows the name: validity (component n, else n+2 and n+3), assembly order (n+1), further suffix (n+4)."""
    span = period(component(parts, n + 2), component(parts, n + 3), scope)
    if span is None and component(parts, n):
        span = date_range(raw.split(scope.component)[n - 1], scope)
    if span:
        value["period"] = span
    order = component(parts, n + 1)
    if order in ("G", "F"):
        value["extension"] = [text_extension(STRUCTURE + "humanname-assembly-order", order, scope, "valueCode")]
    if component(parts, n + 4):
        value["suffix"] = [*value.get("suffix", ()), parts[n + 3]]


def at(value: str, part: str, scope: Scope) -> str:
    """A code of FHIR with the place of the component that it stands for."""
    return value if scope.trace is None else cast("str", scope.trace.mark(value, part))


def date_range(part: str, scope: Scope) -> Record | None:
    """DR in one component as Period."""
    times = part.split(scope.subcomponent)
    return period(times[0], component(times, 2), scope)


def _family(value: Record, part: str, scope: Scope) -> None:
    """FN: the surname, and what it is made of as extensions."""
    names = [scope.text(one) for one in part.split(scope.subcomponent)]
    if names[0]:
        value["family"] = names[0]
    made_of = [
        text_extension(f"{STRUCTURE}humanname-{name}", names[n - 1], scope)
        for n, name in _FAMILY
        if component(names, n)
    ]
    if made_of:
        value["_family"] = {"extension": made_of}


def alias_name(raw: str, scope: Scope) -> Record | None:
    """PID-9: another name; without a type of its own it is a nickname."""
    value = human_name(raw, scope)
    return None if value is None else {"use": "nickname", **value}


def maiden_name(raw: str, scope: Scope) -> Record | None:
    """XPN as the family name alone, in the patient-mothersMaidenName extension."""
    family = scope.text(raw.split(scope.component)[0].split(scope.subcomponent)[0])
    return {"url": STRUCTURE + "patient-mothersMaidenName", "valueString": family} if family else None


def address(raw: str, scope: Scope) -> Record | None:
    """XAD as Address: all lines, district (XAD.9), use or type (XAD.7), census tract (XAD.10), period."""
    parts = scope.texts(raw)
    value: Record = {}
    street = [parts[0]]
    if scope.subcomponent in parts[0]:
        street = [scope.text(one) for one in raw.split(scope.component)[0].split(scope.subcomponent)]
    lines = [line for line in (*street, component(parts, 2), component(parts, 19)) if line]
    if lines:
        value["line"] = lines
    for name, n in (("city", 3), ("state", 4), ("postalCode", 5), ("country", 6)):
        if component(parts, n):
            value[name] = parts[n - 1]
    if len(parts) > 8:
        _district(value, parts, raw, scope)
    if not value:
        return None
    kind = component(parts, 7)
    if kind:
        _address_kind(value, kind, scope)
    return value


def _district(value: Record, parts: list[str], raw: str, scope: Scope) -> None:
    """What follows the seven usual components of an address."""
    pieces = raw.split(scope.component)
    district, tract = coded_text(pieces[8], scope), coded_text(component(pieces, 10), scope)
    if district:
        value["district"] = district
    if tract:
        # The extension is one of Address.line (R4), where the guide has it on the address.
        held = {"extension": [text_extension(STRUCTURE + "iso21090-ADXP-censusTract", tract, scope)]}
        value["_line"] = [held, *(None for _ in value.get("line", ())[1:])]
    span = period(component(parts, 13), component(parts, 14), scope)
    if span is None and component(parts, 12):
        span = date_range(pieces[11], scope)
    if span:
        value["period"] = span


def coded_text(part: str, scope: Scope) -> str:
    """CWE in one component as text: the original text, else the display, else the code."""
    names = [scope.text(one) for one in part.split(scope.subcomponent)]
    return component(names, 9) or component(names, 2) or next((one for one in names if one), "")


def _address_kind(value: Record, kind: str, scope: Scope) -> None:
    """XAD.7: a use or a type of FHIR, else the code as sent."""
    if kind in ADDRESS_TYPE:
        value["type"] = at(ADDRESS_TYPE[kind], kind, scope)
    elif kind in ADDRESS_USE:
        value["use"] = at(ADDRESS_USE[kind], kind, scope)
    elif kind == "HV":
        value["extension"] = [text_extension(STRUCTURE + "iso21090-AD-use", kind, scope, "valueCode")]
    elif kind in ADDRESS_TYPES:
        sent: Record = {"coding": [{"system": TERMINOLOGY + "v2-0190", "code": kind}]}
        made: Record = {"url": SENT_ADDRESS_TYPE, "valueCodeableConcept": sent}
        value["extension"] = [made if scope.trace is None else scope.trace.mark(made, kind)]


def contact_point(default_use: str = "") -> Datatype:
    """XTN as ContactPoint; the use where the sender gives none (PID-13 home, PID-14 work).

    A number with an e-mail address beside it gives two.
    """

    def read(raw: str, scope: Scope) -> Record | list[Record] | None:
        parts = scope.texts(raw)
        system = at(_system(parts, scope), component(parts, 3) or component(parts, 4), scope)
        mail = component(parts, 4)
        value = mail or component(parts, 12) or parts[0] if system == "email" else _number(parts)
        if scope.trace is not None and component(parts, 7) and not component(parts, 12):
            value = at(value, parts[6], scope)
        use = at(TELECOM_USE.get(component(parts, 2), ""), component(parts, 2), scope)
        use = use or ("mobile" if component(parts, 3) == "CP" else default_use)
        point = _point(system, value, use) if value else None
        if point is not None and len(parts) > 4:
            _point_rest(point, parts, scope)
        if not mail or system == "email":
            return point
        second = _point("email", mail, use)
        return second if point is None else [point, second]

    return read


def _point(system: str, value: str, use: str) -> Record:
    point: Record = {"system": system} if system else {}
    point["value"] = value
    if use:
        point["use"] = use
    return point


def _point_rest(point: Record, parts: list[str], scope: Scope) -> None:
    """The parts of the number, when it is valid (XTN.13 and 14), its rank (XTN.18)."""
    if point["system"] != "email":
        made_of = [
            text_extension(f"{STRUCTURE}contactpoint-{name}", parts[n - 1], scope)
            for n, name in _NUMBER
            if component(parts, n)
        ]
        if made_of:
            point["extension"] = made_of
    if len(parts) < 13:
        return
    span = period(parts[12], component(parts, 14), scope)
    if span:
        point["period"] = span
    rank = component(parts, 18)
    if rank.isascii() and rank.isdigit() and 0 < int(rank) < 10_000:
        point["rank"] = int(rank)
        if scope.trace is not None:
            scope.trace.note(point, "rank", rank)


def _system(parts: list[str], scope: Scope) -> str:
    kind = component(parts, 3)
    if kind:
        found = TELECOM_SYSTEM.get(kind)
        if found is None:
            warn_unmapped(scope)
        return found or "other"
    return "email" if component(parts, 4) and not _number(parts) else "phone"


def _number(parts: list[str]) -> str:
    """The number as one text: XTN.12, else put together from XTN.5 to XTN.8, else XTN.1 of the old form."""
    whole = component(parts, 12)
    if whole:
        return whole
    local = component(parts, 7)
    if not local:
        return component(parts, 1)
    country, area, extension = component(parts, 5), component(parts, 6), component(parts, 8)
    text = " ".join(part for part in (country and "+" + country.lstrip("+"), area, local) if part)
    return f"{text} X{extension}" if extension else text


def district_only(raw: str, scope: Scope) -> Record | None:
    """PID-12: the county, as an address of its own."""
    county = scope.texts(raw)[0]
    return {"district": county} if county else None


def warn_no_identity(scope: Scope, path: str) -> None:
    """Say that a message names no patient."""
    text = "no patient identifier; converted without patient: let the sender fill PID-3"
    scope.warn(Warn.PATIENT_MISSING, text, path)
