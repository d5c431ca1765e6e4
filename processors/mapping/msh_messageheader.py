"""MSH -> MessageHeader (and the Bundle's own fields in convert.py)."""

import re
from typing import TypeVar

from processors.envelope import Record
from processors.fhir.systems import DATA_ABSENT, TERMINOLOGY, V2_0003
from processors.hl7.message import Segment
from processors.mapping.codes import concept, warn_unmapped
from processors.mapping.devices import device
from processors.mapping.extensions import text
from processors.mapping.identifiers import universal_uri
from processors.mapping.parties import facility, facility_in, organization
from processors.mapping.rows import Condition, Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.unplaced import unplaced
from processors.mapping.v2_tables import table_uri
from processors.mapping.vocabularies_visit import CONFIDENTIALITY, LANGUAGE

V = TypeVar("V")
ABSENT: Record = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}
_NOT_ADDRESSABLE = "urn:wardline:"
_LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def event(raw: str, scope: Scope) -> Record | None:
    """MSG as eventCoding: the trigger, its display the whole of MSH-9."""
    parts = scope.texts(raw)
    display = "^".join(part for part in parts[:3] if part)
    if len(parts) > 1 and parts[1]:
        trigger: Record = {"system": table_uri(V2_0003, parts[1]), "code": parts[1]}
        return _marked(trigger, parts[1], scope) | {"display": display}
    return _tag("v2-0076", parts[0]) | {"display": display} if parts[0] else None


def address(raw: str, scope: Scope) -> str | None:
    """HD as the URI of an endpoint; None where HD.2 is none that can be written as one."""
    parts = [*scope.texts(raw), "", ""]
    universal, kind = parts[1], parts[2].upper()
    if not universal:
        return None
    is_host = kind == "DNS" and " " not in universal
    found = "urn:dns:" + universal if is_host else universal_uri(universal, kind)
    return None if found.startswith(_NOT_ADDRESSABLE) else _marked(found, universal, scope)


def name(raw: str, scope: Scope) -> str | None:
    """HD as the name of an application; a universal id that is no address stands behind it."""
    parts = [*scope.texts(raw), "", ""]
    named, universal, kind = parts[:3]
    if not universal:
        return named or None
    if address(raw, scope) is not None:
        return named or universal
    whole = " - ".join(part for part in (named, f"{kind}:{universal}" if kind else universal) if part)
    return _marked(whole, universal, scope)


def language(raw: str, scope: Scope) -> str | None:
    """MSH-19 as a BCP 47 tag; codes of ISO 639-2 are translated."""
    sent = scope.texts(raw)[0]
    known = LANGUAGE.get(sent.upper())
    if known is not None:
        return known
    tag = sent[:2].lower() + sent[2:]
    if _LANGUAGE_TAG.fullmatch(tag):
        return tag
    if sent:
        warn_unmapped(scope)
    return None


def processing_tag(raw: str, scope: Scope) -> list[Record] | None:
    """PT as meta.tag: processing id and mode."""
    parts = scope.texts(raw)
    tables = ("v2-0103", "v2-0207")
    pairs = zip(tables, parts, strict=False)
    tags = [_marked(_tag(table, part), part, scope) for table, part in pairs if part]
    return tags or None


def _tag(table: str, part: str) -> Record:
    return {"system": table_uri(TERMINOLOGY + table, part), "code": part}


def security_text(raw: str, scope: Scope) -> Record | None:
    """MSH-8 as a security label in words: the field is free text."""
    said = text(raw, scope)
    return {"display": said} if said else None


def security_label(raw: str, scope: Scope) -> list[Record] | None:
    """MSH-26 and MSH-27 as security labels; a bare code of v3-Confidentiality is taken as one."""
    codings: list[Record] | None = (concept(raw, scope) or {}).get("coding")
    if codings and "system" not in codings[0] and codings[0]["code"] in CONFIDENTIALITY:
        return [{"system": TERMINOLOGY + "v3-Confidentiality", **codings[0]}]
    return codings


def sender(raw: str, scope: Scope) -> Record | None:
    """MSH-4 as an Organization, in the country of MSH-17."""
    segment = scope.segment
    if len(segment.fields) <= 17 or not segment.fields[17]:
        return facility(raw, scope)
    return facility_in(raw, segment.fields[17], scope)


def _lacks(field: int, component: int = 1) -> Condition:
    def holds(msh: Segment) -> bool:
        return not msh.raw(field) or not msh.text(field, component)

    return holds


def network_address(application: int) -> Datatype:
    """HD of MSH-24 or MSH-25 as an endpoint; in words alone it is the name, where the application's field is empty."""

    def read(raw: str, scope: Scope) -> str | None:
        found = address(raw, scope)
        if found is None and scope.segment.text(application):
            unplaced(raw, scope)
        return found

    return read


MSH = SegmentMap(
    segment="MSH",
    resource="MessageHeader",
    rows=(
        FieldRow(3, "source.name", name),
        FieldRow(3, "source.endpoint", address, _lacks(24, 2)),
        FieldRow(4, "sender", sender),
        FieldRow(5, "destination.name", name),
        FieldRow(5, "destination.target", device),
        FieldRow(5, "destination.endpoint", address, _lacks(25, 2)),
        FieldRow(6, "destination.receiver", facility, _lacks(23)),
        FieldRow(8, "meta.security[]", security_text),
        FieldRow(9, "eventCoding", event),
        FieldRow(11, "meta.tag[]", processing_tag),
        FieldRow(17, "sender", unplaced, _lacks(4)),
        FieldRow(19, "language", language),
        FieldRow(22, "responsible", organization),
        FieldRow(23, "destination.receiver", organization),
        FieldRow(24, "source.endpoint", network_address(3)),
        FieldRow(24, "source.name", name),
        FieldRow(25, "destination.endpoint", network_address(5)),
        FieldRow(25, "destination.name", name),
        FieldRow(26, "meta.security[]", security_label),
        FieldRow(27, "meta.security[]", security_label),
    ),
    understood=(1, 2, 7, 10, 12, 13, 15, 16, 18, 20, 21),
)


def finish(header: Record, scope: Scope) -> None:
    """What FHIR demands: an endpoint for source and destination, absent with a reason where the sender gave none."""
    msh = scope.message.header
    source: Record = header.setdefault("source", {})
    if "endpoint" not in source:
        source["_endpoint"] = _absent(msh.raw(24) or msh.raw(3), scope)
    destination = header.get("destination")
    if destination is None:
        return
    if "endpoint" not in destination:
        destination["_endpoint"] = _absent(msh.raw(25) or msh.raw(5), scope)
    header["destination"] = [destination]


def _absent(raw: str, scope: Scope) -> Record:
    parts = scope.texts(raw)
    return _marked(ABSENT, (parts[2] if len(parts) > 2 else "") or raw, scope)


def _marked(value: V, said: str, scope: Scope) -> V:
    """The value, in a traced conversion with the place of the component that it comes from."""
    if scope.trace is None:
        return value
    found: V = scope.trace.mark(value, said)
    return found
