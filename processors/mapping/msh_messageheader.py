"""MSH -> MessageHeader (and the Bundle's own fields in convert.py)."""

from processors.envelope import Record
from processors.fhir.systems import DATA_ABSENT, TERMINOLOGY, V2_0003
from processors.mapping.codes import concept
from processors.mapping.extensions import sent_code
from processors.mapping.identifiers import universal_uri
from processors.mapping.parties import facility, organization
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope

ABSENT = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}
_ADDRESSABLE = ("ISO", "UUID", "URI", "URL")


def event(raw: str, scope: Scope) -> Record | None:
    """MSG as eventCoding: the trigger, its display the whole of MSH-9."""
    parts = scope.texts(raw)
    trigger = parts[1] if len(parts) > 1 and parts[1] else parts[0]
    display = "^".join(part for part in parts[:3] if part)
    return {"system": V2_0003, "code": trigger, "display": display} if trigger else None


def endpoint(raw: str, scope: Scope) -> Record | None:
    """HD as name and endpoint; without a universal id the endpoint is absent with a reason."""
    parts = [*scope.texts(raw), "", ""]
    name, universal, kind = parts[0], parts[1], parts[2]
    if not name and not universal:
        return None
    value: Record = {"name": name} if name else {}
    if universal and kind in _ADDRESSABLE:
        value["endpoint"] = universal_uri(universal, kind)
    else:
        value.setdefault("name", universal)
        value["_endpoint"] = ABSENT
    return value


def processing_tag(raw: str, scope: Scope) -> list[Record] | None:
    """PT as meta.tag: processing id and mode."""
    parts = scope.texts(raw)
    tables = ("v2-0103", "v2-0207")
    tags = [{"system": TERMINOLOGY + t, "code": p} for t, p in zip(tables, parts, strict=False) if p]
    return tags or None


MSH = SegmentMap(
    segment="MSH",
    resource="MessageHeader",
    rows=(
        FieldRow(3, "source", endpoint),
        FieldRow(4, "sender", facility),
        FieldRow(5, "destination[]", endpoint),
        FieldRow(9, "eventCoding", event),
        FieldRow(11, "meta.tag[]", processing_tag),
        FieldRow(19, "language", sent_code),
        FieldRow(22, "responsible", organization),
        FieldRow(26, "meta.security[]", lambda raw, scope: (concept(raw, scope) or {}).get("coding")),
    ),
    understood=(1, 2, 6, 7, 10, 12, 13, 15, 16, 18, 21),
)
