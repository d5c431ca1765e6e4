"""SFT (HL7 2.5.1 chapter 2.15.12) -> Device, and what of it the MessageHeader's source has a place for."""

from processors.envelope import Record
from processors.fhir.systems import R5
from processors.hl7.message import Segment
from processors.mapping.extensions import extension, text, within
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope, component
from processors.mapping.times import date_time


def vendor(raw: str, scope: Scope) -> str | None:
    """XON as text: the name, else the number."""
    parts = scope.texts(raw)
    return parts[0] or component(parts, 10) or component(parts, 3) or None


def product(raw: str, scope: Scope) -> Record | None:
    """SFT-3 as the name that the manufacturer gave."""
    name = text(raw, scope)
    return {"name": name, "type": "manufacturer-name"} if name else None


def remark(raw: str, scope: Scope) -> str | None:
    """TX (SFT-5) as text, its blanks kept."""
    said = scope.unescape(raw).rstrip()
    return None if said in ("", '""') else said


#: `version` is filled as one element; it becomes a list of one.
DEVICE = SegmentMap(
    segment="SFT",
    resource="Device",
    rows=(
        FieldRow(1, "manufacturer", vendor),
        FieldRow(2, "version.value", text),
        FieldRow(3, "deviceName[]", product),
        FieldRow(4, "modelNumber", text),
        FieldRow(5, "note[]", within("text", remark)),
        FieldRow(6, "version.extension[]", extension(R5 + "Device.version.installDate", "valueDateTime", date_time)),
    ),
)
HEADER = SegmentMap(
    segment="SFT",
    resource="MessageHeader",
    rows=(FieldRow(2, "source.version", text), FieldRow(3, "source.software", text)),
)
TABLES = (DEVICE, HEADER)
_DEVICE = CompiledMap(DEVICE)
_HEADER = CompiledMap(HEADER)


def software(segments: list[Segment], header: Record, scope: Scope) -> list[Record]:
    """A Device per SFT; the first is the sending software, so the header names it. Gives Provenance.entity of each.

    Those behind it passed the message on: what they sent derives from the source.
    """
    entities: list[Record] = []
    for segment in segments:
        identity = [segment.raw(n) for n in range(1, 5)]
        device: Record = {"resourceType": "Device", "id": ""}
        _DEVICE(segment, device, scope)
        if "version" in device:
            device["version"] = [device["version"]]
            device["version"][0].setdefault("value", "unknown")
        if len(device) == 2:
            continue
        device["id"] = scope.keyring.fhir_id("Device", "software", scope.site.feed, *identity)
        what = scope.bundle.add(device, segment.path())
        entities.append({"role": "derivation" if entities else "source", "what": what})
        if len(entities) == 1:
            header["source"] = dict(header["source"])
            _HEADER(segment, header, scope)
    return entities
