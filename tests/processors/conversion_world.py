"""Builders for tests of the conversion: messages from segments, one site, one keyring, and what came of them."""

import json
from collections.abc import Iterator

from processors.envelope import Record
from processors.hl7.message import parse
from processors.identity import Keyring
from processors.mapping.convert import Conversion, convert
from processors.sites import Site

KEYRING = Keyring.of(b"a secret of the tests")
SITE = Site(feed="lab", zone="Europe/Berlin")
MSH = "MSH|^~\\&|LIS|GENERAL|EHR|GENERAL|20260304103000+0100||{kind}|C1|P|2.5.1"
PID = "PID|1||100001^^^GENERAL^MR||Sample^Jane||19700102|F"
PV1 = "PV1|1|I|4E^401^1^GENERAL||||||||||||||||V1^^^GENERAL"
ORC = "ORC|RE|P1^EHR|F1^LIS"
OBR = "OBR|1|P1^EHR|F1^LIS|24320-4^Panel^LN|||20260304091500+0100|||||||||||||||20260304102500+0100|||F"
OBX = "OBX|1|NM|2823-3^Potassium^LN||6.50|mmol/L|3.5-5.1|HH|||F"


def hl7(*segments: str, kind: str = "ORU^R01^ORU_R01", msh: str = MSH) -> bytes:
    """A message: MSH of that kind, then the segments."""
    return "\r".join((msh.format(kind=kind), *segments)).encode()


def oru(*results: str) -> bytes:
    """An ORU^R01 about one patient and order, with these OBX."""
    return hl7(PID, PV1, ORC, OBR, *(results or (OBX,)))


def converted(message: bytes, site: Site = SITE) -> Conversion:
    """What the message becomes."""
    return convert(parse(message, site.charset), site, KEYRING, 0)


def resources(message: bytes, kind: str = "", site: Site = SITE) -> list[Record]:
    """The resources of all bundles, of one type where it is given."""
    found = [r for one in bundles(message, site) for r in entries(one)]
    return [r for r in found if not kind or r["resourceType"] == kind]


def only(message: bytes, kind: str, site: Site = SITE) -> Record:
    """The only resource of a type."""
    (found,) = resources(message, kind, site)
    return found


def bundles(message: bytes, site: Site = SITE) -> list[Record]:
    """The bundles as plain data."""
    return [json.loads(one.bundle) for one in converted(message, site).bundles]


def entries(bundle: Record) -> list[Record]:
    """The resources of one bundle."""
    return [entry["resource"] for entry in bundle["entry"]]


def references(value: object) -> Iterator[str]:
    """Every reference in a value."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def texts(value: object) -> Iterator[object]:
    """Every leaf, and every empty container."""
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if not children:
        yield value
        return
    for one in children:
        yield from texts(one)


def warned(message: bytes, site: Site = SITE) -> list[tuple[str, str]]:
    """Code and path of each warning."""
    return [(w.code.value, w.path) for w in converted(message, site).warnings]
