"""Names, addresses and contact points (XPN, XAD, XTN; HL7 2.5.1 chapters 2A.88 to 2A.90) as FHIR datatypes."""

from processors.envelope import Record
from processors.errors import Warn
from processors.fhir.systems import STRUCTURE
from processors.mapping.codes import warn_unmapped
from processors.mapping.identifiers import period
from processors.mapping.rows import Datatype
from processors.mapping.scope import Scope, component
from processors.mapping.vocabularies import ADDRESS_TYPE, ADDRESS_USE, NAME_USE, TELECOM_SYSTEM, TELECOM_USE


def human_name(raw: str, scope: Scope) -> Record | None:
    """XPN as HumanName."""
    parts = scope.texts(raw)
    value = name_parts(parts, scope, 0)
    if not value or len(parts) < 7:
        return value or None
    use = NAME_USE.get(parts[6])
    if use:
        value["use"] = use
    span = period(parts[11], component(parts, 13), scope) if len(parts) > 11 else None
    if span:
        value["period"] = span
    return value


def name_parts(parts: list[str], scope: Scope, skip: int) -> Record:
    """Family, given, prefix and suffix from components skip+1 to skip+6 (XPN: skip 0, XCN: skip 1)."""
    value: Record = {}
    family = parts[skip] if skip < len(parts) else ""
    if family:
        value["family"] = family.split(scope.subcomponent)[0].strip() or family
    given = [part for part in parts[skip + 1 : skip + 3] if part]
    if given:
        value["given"] = given
    if len(parts) < skip + 4:
        return value
    prefix = component(parts, skip + 5)
    if prefix:
        value["prefix"] = [prefix]
    suffix = [part for part in (component(parts, skip + 4), component(parts, skip + 6)) if part]
    if suffix:
        value["suffix"] = suffix
    return value


def alias_name(raw: str, scope: Scope) -> Record | None:
    """PID-9: another name; without a type of its own it is a nickname."""
    value = human_name(raw, scope)
    return None if value is None else {"use": "nickname", **value}


def maiden_name(raw: str, scope: Scope) -> Record | None:
    """XPN as the family name alone, in the patient-mothersMaidenName extension."""
    family = scope.text(raw.split(scope.component)[0].split(scope.subcomponent)[0])
    return {"url": STRUCTURE + "patient-mothersMaidenName", "valueString": family} if family else None


def address(raw: str, scope: Scope) -> Record | None:
    """XAD as Address: all lines, district (XAD.9), use or type (XAD.7)."""
    parts = scope.texts(raw)
    value: Record = {}
    street = parts[0].split(scope.subcomponent) if scope.subcomponent in raw else parts[:1]
    lines = [line for line in (*street, component(parts, 2), component(parts, 19)) if line]
    if lines:
        value["line"] = lines
    for name, n in (("city", 3), ("district", 9), ("state", 4), ("postalCode", 5), ("country", 6)):
        if component(parts, n):
            value[name] = parts[n - 1]
    if not value:
        return None
    kind = component(parts, 7)
    if kind in ADDRESS_TYPE:
        value["type"] = ADDRESS_TYPE[kind]
    elif kind in ADDRESS_USE:
        value["use"] = ADDRESS_USE[kind]
    span = period(parts[12], component(parts, 14), scope) if len(parts) > 12 else None
    if span:
        value["period"] = span
    return value


def contact_point(default_use: str = "") -> Datatype:
    """XTN as ContactPoint; the use where the sender gives none (PID-13 home, PID-14 work)."""

    def read(raw: str, scope: Scope) -> Record | None:
        parts = scope.texts(raw)
        system = _system(parts, scope)
        value = component(parts, 4) if system == "email" else _number(parts)
        if not value:
            return None
        point: Record = {"system": system} if system else {}
        point["value"] = value
        use = TELECOM_USE.get(component(parts, 2)) or ("mobile" if component(parts, 3) == "CP" else default_use)
        if use:
            point["use"] = use
        return point

    return read


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
