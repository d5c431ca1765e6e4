"""What a datatype function sees and adds to while one message is converted: delimiters, site, memo, bundle."""

from dataclasses import dataclass, field

from processors.envelope import Record
from processors.errors import Warn, Warning
from processors.hl7.message import Message, Segment
from processors.identity import Keyring
from processors.lineage import as_uuid
from processors.mapping.zones import Zone
from processors.sites import Site

_MOST_WARNINGS = 100
_MOST_MEMOS = 20_000


class Memo:
    """What one site's codes, people and places became; bounded, forgotten as a whole when full; never changed."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], object] = {}

    def get(self, kind: str, raw: str) -> object | None:
        """What `raw` became when it was last seen, or None."""
        return self.known.get((kind, raw))

    def keep(self, kind: str, raw: str, value: object) -> None:
        """Remember what `raw` became."""
        if len(self.known) >= _MOST_MEMOS:
            self.known.clear()
        self.known[(kind, raw)] = value


@dataclass(slots=True)
class Draft:
    """One patient's bundle while it is written; resources by id, in order of their first mention."""

    patient_key: str
    resources: dict[str, Record] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def add(self, resource: Record, source: str) -> Record:
        """Put a resource into the bundle, unless one of that id is there, and give a reference to it."""
        identity = resource["id"]
        if identity not in self.resources:
            self.resources[identity] = resource
            self.sources[identity] = source
        return reference(identity)


def reference(identity: str) -> Record:
    """A FHIR Reference to a resource of the same bundle."""
    return {"reference": "urn:uuid:" + identity}


class Scope:
    """The surroundings of one message. `segment` and `field` say what is being read, `bundle` what is written."""

    __slots__ = (
        "bundle",
        "component",
        "control_id",
        "escape",
        "field",
        "keyring",
        "large",
        "memo",
        "message",
        "repetition",
        "segment",
        "site",
        "subcomponent",
        "times",
        "unescape",
        "unmapped",
        "warned",
        "warnings",
        "zone",
    )

    def __init__(self, message: Message, site: Site, keyring: Keyring, memo: Memo, zone: Zone) -> None:
        marks = message.delimiters
        self.message = message
        self.control_id = message.control_id
        self.site = site
        self.keyring = keyring
        self.memo = memo
        self.zone = zone
        self.component = marks.component or "\x00"
        self.subcomponent = marks.subcomponent or "\x00"
        self.repetition = marks.repetition or "\x00"
        self.escape = marks.escape or "\x00"
        self.unescape = message.header.unescape
        self.segment: Segment = message.header
        self.field = 0
        self.times: dict[str, str | None] = {}
        self.warnings: list[Warning] = []
        self.warned: set[tuple[Warn, str]] = set()
        self.unmapped: dict[str, int] = {}
        self.bundle = Draft("")
        self.large = False

    def warn(self, code: Warn, text: str, path: str = "") -> None:
        """A visible warning about the field being read; the same one is said once, at most 100 per message."""
        at = path or self.segment.path(self.field)
        if (code, at) in self.warned or len(self.warned) >= _MOST_WARNINGS:
            return
        self.warned.add((code, at))
        self.warnings.append(Warning(code, at, text))

    def text(self, part: str) -> str:
        """One component as text: escapes decoded, blanks around it removed, "" for the HL7 null `""`."""
        if self.escape in part:
            part = self.unescape(part)
        part = part.strip()
        return "" if part == '""' else part

    def texts(self, raw: str) -> list[str]:
        """The components of one repetition as texts."""
        if self.escape in raw or '"' in raw:
            return [self.text(part) if part else "" for part in raw.split(self.component)]
        parts = raw.split(self.component)
        return [part.strip() for part in parts] if " " in raw or "\t" in raw else parts

    def fhir_id(self, kind: str, *business: str) -> str:
        """`Keyring.fhir_id`, by way of the faster event id: both are the same keyed hash."""
        return as_uuid(self.keyring.event_id(kind, *business))

    def count_unmapped(self, path: str) -> None:
        """One more field with data that no row maps."""
        self.unmapped[path] = self.unmapped.get(path, 0) + 1


def component(parts: list[str], n: int) -> str:
    """Component n, counted from 1; "" when absent."""
    return parts[n - 1] if n <= len(parts) else ""
