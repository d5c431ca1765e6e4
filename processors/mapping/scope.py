"""What a datatype function sees and adds to while one message is converted: delimiters, site, memo, bundle."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from processors.envelope import Record
from processors.errors import Warn, Warning
from processors.hl7.message import Message, Segment
from processors.identity import Keyring
from processors.mapping.structures import Structure
from processors.mapping.tracing import Forgetful, Trace
from processors.mapping.zones import Zone
from processors.sites import Site

if TYPE_CHECKING:
    from processors.mapping.overlay import Overlay

K = TypeVar("K")
V = TypeVar("V")
_MOST_WARNINGS = 100
_MOST_MEMOS = 20_000
_MOST_WHOLES = 5_000
_ZONE_ASSUMED = (Warn.ZONE_ASSUMED, "MSH-7")
#: A resource that another one refers to, and the segment that names it.
_Mention: TypeAlias = tuple[Record, str]
#: The same with its id in front.
_Known: TypeAlias = tuple[str, Record, str]


class Memo:
    """What one site's codes, people and places became, by kind and text as sent; bounded, and never changed."""

    __slots__ = (
        "authorities",
        "concepts",
        "flags",
        "frames",
        "headers",
        "keys",
        "parties",
        "ranges",
        "spaces",
        "structures",
        "units",
        "values",
        "wholes",
    )

    def __init__(self) -> None:
        self.concepts: dict[str, Record] = {}
        self.units: dict[str, Record] = {}
        self.flags: dict[str, Record] = {}
        self.frames: dict[tuple[str, ...], tuple[Record, bool]] = {}
        self.keys: dict[tuple[str, ...], tuple[str, str]] = {}
        self.wholes: dict[tuple[str, ...], tuple[Record, tuple[_Known, ...], bool]] = {}
        self.ranges: dict[str, Record] = {}
        self.values: dict[tuple[str, str, str], Record] = {}
        self.spaces: dict[str, str] = {}
        self.structures: dict[str, tuple[Structure, str]] = {}
        self.authorities: dict[str, tuple[str, Record | None]] = {}
        self.parties: dict[tuple[str, str], tuple[list[Record], Record]] = {}
        self.headers: dict[str, tuple[Record, list[Record]]] = {}

    @staticmethod
    def forgetful() -> "Memo":
        """A memo that keeps nothing."""
        memo = Memo()
        for name in Memo.__slots__:
            setattr(memo, name, Forgetful())
        return memo


def keep(known: dict[K, V], key: K, value: V, most: int = _MOST_MEMOS) -> V:
    """Remember a value; a table that is full is forgotten as a whole."""
    if len(known) >= most:
        known.clear()
    known[key] = value
    return value


@dataclass(slots=True)
class Draft:
    """One patient's bundle while it is written; resources by id, in order of their first mention."""

    patient_key: str
    resources: dict[str, Record] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    mentions: list[_Mention] = field(default_factory=list)
    """All that was put in or found there, in order."""

    def add(self, resource: Record, source: str) -> Record:
        """Put a resource into the bundle, unless one of that id is there, and give a reference to it."""
        self.put(resource, source)
        return {"reference": "urn:uuid:" + resource["id"]}

    def put(self, resource: Record, source: str) -> None:
        """Put a resource into the bundle, unless one of that id is there."""
        identity: str = resource["id"]
        if identity not in self.resources:
            self.resources[identity] = resource
            self.sources[identity] = source
        self.mentions.append((resource, source))

    def put_all(self, known: tuple[_Known, ...]) -> None:
        """Put resources into the bundle that a remembered one mentions."""
        resources, sources = self.resources, self.sources
        for identity, resource, source in known:
            if identity not in resources:
                resources[identity] = resource
                sources[identity] = source


def reference(identity: str) -> Record:
    """A FHIR Reference to a resource of the same bundle."""
    return {"reference": "urn:uuid:" + identity}


class Scope:
    """The surroundings of one message. `segment` and `field` say what is being read, `bundle` what is written.

    `overlay`: what the site changes; `taken`: fields (place of the segment, number) that the site's own rows read;
    `ends`: some period got an end, which may lie before its start.
    """

    __slots__ = (
        "bundle",
        "component",
        "control_id",
        "ends",
        "escape",
        "field",
        "keyring",
        "large",
        "memo",
        "message",
        "overlay",
        "remarks",
        "repetition",
        "segment",
        "site",
        "subcomponent",
        "taken",
        "times",
        "trace",
        "unescape",
        "unmapped",
        "unplaced",
        "warned",
        "warnings",
        "zone",
    )

    def __init__(self, message: Message, site: Site, keyring: Keyring, memo: Memo, zone: Zone) -> None:
        marks = message.delimiters
        self.trace: Trace | None = None
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
        self.remarks = 0
        self.unmapped: dict[str, int] = {}
        self.unplaced: set[int] = set()
        self.overlay: Overlay | None = None
        self.taken: set[tuple[int, int]] = set()
        self.bundle = Draft("")
        self.large = False
        self.ends = False

    def warn(self, code: Warn, text: str, path: str = "") -> None:
        """A visible warning about the field being read; the same one is said once, at most 100 per message."""
        at = path or self.segment.path(self.field)
        if (code, at) == _ZONE_ASSUMED and (code, at) in self.warned:
            return
        self.remarks += 1
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
        return [part.strip() for part in parts] if " " in raw or not raw.isprintable() else parts

    def whole(self, said: tuple[str, ...], build: Callable[[], Record]) -> Record:
        """What `build` makes, remembered by all that it depends on: a patient, a visit or a kind of order comes often.

        The resource may be changed at its top level only. Nothing is remembered that held something to warn of; what
        the resource refers to is put into the bundle each time.
        """
        key = (self.zone.sent, "assumed" if _ZONE_ASSUMED in self.warned else "", *said)
        known = self.memo.wholes.get(key)
        if known is not None:
            self.bundle.put_all(known[1])
            self.ends = self.ends or known[2]
            return dict(known[0])
        remarks, start = self.remarks, len(self.bundle.mentions)
        before, self.ends = self.ends, False
        made = build()
        if remarks == self.remarks:
            mentions = tuple((one["id"], one, source) for one, source in self.bundle.mentions[start:])
            keep(self.memo.wholes, key, (dict(made), mentions, self.ends), _MOST_WHOLES)
        self.ends = self.ends or before
        return made

    def unplace(self, segment: Segment) -> None:
        """Say that a segment found no place in the bundle after all: its fields are counted as not mapped."""
        self.remarks += 1
        self.unplaced.add(segment.place)

    def count_unmapped(self, path: str) -> None:
        """One more field with data that no row maps."""
        self.remarks += 1
        self.unmapped[path] = self.unmapped.get(path, 0) + 1


def spelled(segments: list[Segment]) -> list[str]:
    """All that the segments say and where they stand, as a part of what `Scope.whole` remembers by."""
    said: list[str] = []
    for segment in segments:
        said.append("\r".join(segment.fields) if segment.number == 1 else "\r".join((segment.path(), *segment.fields)))
    return said


def component(parts: list[str], n: int) -> str:
    """Component n, counted from 1; "" when absent."""
    return parts[n - 1] if n <= len(parts) else ""
