"""OBX-5 by its type in OBX-2 (HL7 table 0125): one function per type gives value[x] and its name."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable
from typing import TypeAlias, cast

import orjson

from processors.envelope import Record
from processors.errors import Warn
from processors.fhir.numbers import decimal_lexeme
from processors.fhir.systems import CONTENT, DATA_ABSENT, R5, SENT_VALUE, STRUCTURE, TERMINOLOGY, UCUM
from processors.mapping.codes import code, concept, system_uri
from processors.mapping.identifiers import period
from processors.mapping.scope import Scope, component, keep
from processors.mapping.times import date_time, time_of_day
from processors.mapping.units import ucum

#: Name of value[x] ("" = an extension) and the value.
Value: TypeAlias = tuple[str, object]
#: OBX-5 repetition as sent, the unit, the scope -> value.
Reader: TypeAlias = Callable[[str, Record, Scope], Value | None]

#: Content above this many characters travels by reference (DESIGN: size).
LARGE = 262_144
_TEN, _POWER = re.compile(r"(?:[xX*] ?)?10"), re.compile(r"\d{1,2}(?:/\S+)?")
_COMPARED = re.compile(r"(<=|>=|<|>)\s*([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)")
_COMPARATORS = ("<", "<=", ">", ">=")
_NUMBER_TEXT = "not a number as HL7 writes it; kept as text: let the sender use ST or a plain number"
_ATTACHMENT = R5 + "Observation.value"
#: ED.2 or ED.3 -> MIME type (tables 0191 and 0291), where together they are not one already.
_MIME = {
    "PDF": "application/pdf",
    "RTF": "application/rtf",
    "HTML": "text/html",
    "TXT": "text/plain",
    "XML": "text/xml",
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
    "DICOM": "application/dicom",
}
#: ED.2 of table 0191 -> the first part of a MIME type.
_MIME_KIND = {"AP": "application", "AU": "audio", "IM": "image", "FT": "text", "TEXT": "text"}


def unit(raw: str, scope: Scope) -> Record:
    """OBX-6 as the unit part of a Quantity: system and code where it is UCUM or known to be, and then its name."""
    known = scope.memo.units.get(raw)
    if known is not None:
        return known
    parts = _rejoined(scope.texts(raw))
    sent = parts[0] or component(parts, 2)
    value: Record = {"unit": sent} if sent else {}
    system = component(parts, 3)
    found = scope.site.units.get(sent) or ucum(sent, system.upper() == "UCUM")
    if found and sent:
        value |= {"system": UCUM, "code": found}
    elif system and parts[0]:
        value |= {"system": system_uri(system, scope), "code": code(parts[0])}
    name = component(parts, 2)
    lost = bool(name) and name != sent and "code" not in value
    if name and not lost:
        value["unit"] = name if scope.trace is None else scope.trace.mark(name, name)
    if scope.trace is not None and value:
        named = {k: scope.trace.mark(v, system or sent) for k, v in value.items() if k == "system"}
        value = scope.trace.mark(scope.trace.mark(value | named, sent), raw)
    if lost:
        scope.count_unmapped(f"{scope.segment.name}-{6 if scope.segment.name == 'OBX' else scope.field}.2")
        return value
    return keep(scope.memo.units, raw, value)


def unit_sent(raw: str, scope: Scope) -> str:
    """The unit as its sender writes it: CWE.1, else CWE.2."""
    parts = _rejoined(scope.texts(raw))
    return parts[0] or component(parts, 2)


def _rejoined(parts: list[str]) -> list[str]:
    """`10^9/L` sent without escaping its caret is one unit, not the unit `10`."""
    if _TEN.fullmatch(parts[0]) and _POWER.fullmatch(component(parts, 2)):
        return [f"{parts[0]}^{parts[1]}", *parts[2:]]
    return parts


def read_value(kind: str, raw: str, measure: Record, scope: Scope) -> Value | None:
    """The value of one repetition of OBX-5. Unknown types are kept as text."""
    return READERS.get(kind, _text)(raw, measure, scope)


def number(text: str, measure: Record, comparator: str = "") -> Record | None:
    """A Quantity, or None when the text is no number."""
    lexeme = decimal_lexeme(text)
    if lexeme is None:
        return None
    value: Record = {"value": orjson.Fragment(lexeme.encode())}
    if comparator:
        value["comparator"] = comparator
    if lexeme != text:
        value["extension"] = [{"url": SENT_VALUE, "valueString": text}]
    return value | measure if measure else value


def _measured(text: str, measure: Record, scope: Scope, comparator: str = "") -> Record | None:
    """A number of one component as a Quantity, with its place."""
    value = number(text, measure, comparator)
    if value is None or scope.trace is None:
        return value
    return cast("Record", scope.trace.mark(value, text))


def quantity(raw: str, scope: Scope) -> Record | None:
    """CQ as Quantity."""
    pieces = raw.split(scope.component)
    sent = scope.text(pieces[0])
    if not sent:
        return None
    measure = unit(component(pieces, 2).replace(scope.subcomponent, scope.component), scope) if len(pieces) > 1 else {}
    value = _measured(sent, measure, scope)
    if value is None:
        scope.warn(Warn.NUMBER_UNREADABLE, "not a number as HL7 writes it; not converted")
    return value


def _number(raw: str, measure: Record, scope: Scope) -> Value | None:
    value = number(raw, measure)
    if value is not None:
        return "valueQuantity", value
    text = scope.text(raw)
    if not text:
        return None
    value = number(text, measure)
    if value is not None:
        return "valueQuantity", value
    compared = _COMPARED.fullmatch(text)
    value = number(compared.group(2), measure, compared.group(1)) if compared else None
    if value is not None:
        return "valueQuantity", value
    scope.warn(Warn.NUMBER_UNREADABLE, _NUMBER_TEXT)
    return "valueString", text


def _structured(raw: str, measure: Record, scope: Scope) -> Value | None:
    """SN: comparator, number, separator, number (HL7 2.5.1 chapter 2A.68)."""
    parts = scope.texts(raw)
    comparator, first, separator, second = (component(parts, n) for n in (1, 2, 3, 4))
    if not first and not second:
        return ("valueString", comparator) if comparator else None
    if comparator != "<>":
        build = _SEPARATORS.get(separator)
        value = build(comparator, (first, second), measure, scope) if build else None
        if value is not None:
            return value
        scope.warn(Warn.NUMBER_UNREADABLE, _NUMBER_TEXT)
    return "valueString", " ".join(part for part in (comparator, first, separator, second) if part)


def _compared(comparator: str, numbers: tuple[str, str], measure: Record, scope: Scope) -> Value | None:
    if comparator not in ("", "=", *_COMPARATORS):
        return None
    value = _measured(numbers[0], measure, scope, comparator if comparator in _COMPARATORS else "")
    return ("valueQuantity", value) if value else None


def _range(comparator: str, numbers: tuple[str, str], measure: Record, scope: Scope) -> Value | None:
    low, high = _measured(numbers[0], measure, scope), _measured(numbers[1], measure, scope)
    return ("valueRange", {"low": low, "high": high}) if low and high and comparator in ("", "=") else None


def _ratio(comparator: str, numbers: tuple[str, str], measure: Record, scope: Scope) -> Value | None:
    above = _measured(numbers[0], measure, scope, comparator if comparator in _COMPARATORS else "")
    below = _measured(numbers[1], measure, scope)
    return ("valueRatio", {"numerator": above, "denominator": below}) if above and below else None


_SEPARATORS: dict[str, Callable[[str, tuple[str, str], Record, Scope], Value | None]] = {
    "": _compared,
    "-": _range,
    ":": _ratio,
    "/": _ratio,
}


def _text(raw: str, _measure: Record, scope: Scope) -> Value | None:
    if len(raw) > LARGE:
        return _referred(raw.encode(), "text/plain", scope)
    text = (scope.unescape(raw) if scope.escape in raw else raw).rstrip()
    return ("valueString", text) if text.strip() not in ("", '""') else None


def _concept(raw: str, _measure: Record, scope: Scope) -> Value | None:
    value = concept(raw, scope)
    return ("valueCodeableConcept", value) if value else None


def _date(raw: str, measure: Record, scope: Scope) -> Value | None:
    value = date_time(raw, scope)
    return ("valueDateTime", value) if value else _text(raw, measure, scope)


def _time(raw: str, measure: Record, scope: Scope) -> Value | None:
    value = time_of_day(raw, scope)
    return ("valueTime", value) if value else _text(raw, measure, scope)


def _period(raw: str, measure: Record, scope: Scope) -> Value | None:
    pieces = raw.split(scope.component)
    value = period(pieces[0], component(pieces, 2), scope)
    return ("valuePeriod", value) if value else _text(raw, measure, scope)


def _number_range(raw: str, measure: Record, scope: Scope) -> Value | None:
    parts = scope.texts(raw)
    low, high = _measured(parts[0], measure, scope), _measured(component(parts, 2), measure, scope)
    value = {k: v for k, v in (("low", low), ("high", high)) if v}
    return ("valueRange", value) if value else _text(raw, measure, scope)


def _value_range(raw: str, _measure: Record, scope: Scope) -> Value | None:
    """VR (value range of a query): both codes as text."""
    parts = [part for part in scope.texts(raw)[:2] if part]
    return ("valueString", "-".join(parts)) if parts else None


def _composite(raw: str, measure: Record, scope: Scope) -> Value | None:
    """CQ: a number with its own unit."""
    value = quantity(raw, scope)
    if value is None:
        return _text(raw, measure, scope)
    return "valueQuantity", value if "unit" in value else value | measure


def _samples(raw: str, measure: Record, scope: Scope) -> Value | None:
    """NA: a row of numbers, or rows of the same length, in time (HL7 2.5.1 chapter 2A.47); the period is not sent."""
    rows = [[scope.text(one) for one in row.split(scope.component)] for row in raw.split(scope.repetition) if row]
    numbers = [one for row in rows for one in row]
    if not numbers or len({len(row) for row in rows}) > 1 or any(decimal_lexeme(one) is None for one in numbers):
        return _text(raw, measure, scope)
    data = " ".join(decimal_lexeme(one) or "" for one in numbers)
    return "valueSampledData", {
        "origin": {"value": 0, **measure},
        "_period": {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]},
        "dimensions": len(rows[0]) if len(rows) > 1 else 1,
        "data": data if scope.trace is None else scope.trace.joined(data, numbers),
    }


def _document(raw: str, _measure: Record, scope: Scope) -> Value | None:
    """ED: source, type, subtype, encoding, content (HL7 2.5.1 chapter 2A.24)."""
    pieces = raw.split(scope.component, 4)
    content = pieces[4] if len(pieces) > 4 else ""
    sent = [scope.text(piece) for piece in pieces[1:4]]
    kind, subtype, encoding = [*sent, "", "", ""][:3]
    mime = _mime(kind, subtype)
    if not content:
        return None
    if len(content) > LARGE:
        return _referred(content.encode(), mime, scope)
    data = _base64(content, encoding.lower())
    if data is None:
        text = scope.unescape(content).strip()
        return ("valueString", text) if text else None
    attachment: Record = {"contentType": mime or "application/octet-stream"}
    if kind and not mime:
        coded = {"coding": [{"system": TERMINOLOGY + "v2-0191", "code": kind}]}
        attachment["extension"] = [{"url": STRUCTURE + "alternate-codes", "valueCodeableConcept": coded}]
    return "", {"url": _ATTACHMENT, "valueAttachment": attachment | {"data": data}}


def _mime(kind: str, subtype: str) -> str:
    """The MIME type of ED.2 and ED.3, "" where they name none."""
    known = _MIME.get(subtype.upper()) or _MIME.get(kind.upper())
    if known:
        return known
    if "/" in subtype:
        return subtype.lower()
    kind = _MIME_KIND.get(kind.upper(), kind.lower())
    return f"{kind}/{subtype.lower()}" if kind and subtype else ""


def _base64(content: str, encoding: str) -> str | None:
    """Content in base64, from base64 or hexadecimal digits; None where it is plain text (encoding A) or unreadable."""
    packed = "".join(content.split())
    if encoding == "base64":
        return packed
    if encoding != "hex":
        return None
    try:
        return b64encode(bytes.fromhex(packed)).decode()
    except ValueError:
        return None


def _pointer(raw: str, _measure: Record, scope: Scope) -> Value | None:
    """RP: pointer, application, type, subtype (HL7 2.5.1 chapter 2A.64)."""
    parts = scope.texts(raw)
    if not parts[0]:
        return None
    mime = _mime(component(parts, 3), component(parts, 4))
    where = "".join(parts[0].split())
    if scope.trace is not None:
        mime, where = scope.trace.joined(mime, parts[2:4]), scope.trace.mark(where, parts[0])
    attachment = {"contentType": mime} if mime else {}
    return "", {"url": _ATTACHMENT, "valueAttachment": attachment | {"url": where}}


def _referred(content: bytes, mime: str, scope: Scope) -> Value:
    """Large content stays in the raw record; the bundle names it by digest and size."""
    digest = hashlib.sha256(content).hexdigest()
    scope.warn(Warn.CONTENT_LARGE, "content above 256 kB is kept in the raw record and referred to by its SHA-256")
    scope.large = True
    attachment: Record = {"contentType": mime} if mime else {}
    attachment |= {"url": CONTENT + digest, "size": len(content)}
    return "", {"url": _ATTACHMENT, "valueAttachment": attachment}


READERS: dict[str, Reader] = {
    "NM": _number,
    "SN": _structured,
    "CWE": _concept,
    "CE": _concept,
    "CNE": _concept,
    "CF": _concept,
    "IS": _concept,
    "ID": _concept,
    "DT": _date,
    "TS": _date,
    "DTM": _date,
    "TM": _time,
    "DR": _period,
    "NR": _number_range,
    "VR": _value_range,
    "NA": _samples,
    "CQ": _composite,
    "SI": _number,
    "ED": _document,
    "RP": _pointer,
}
