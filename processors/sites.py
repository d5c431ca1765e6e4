"""What is particular to one sending feed (sites/<feed>.yaml): identity, acknowledgement, codes, rows, expectations.

docs/sites.md explains every key. What needs the mapping tables to be checked is in processors/mapping/site_check.py.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from processors.config import load, nearest
from processors.identity import IdentityPolicy

_FIELD = re.compile(r"([A-Z][A-Z0-9]{2})-([1-9][0-9]{0,2})(?:\.([1-9][0-9]?))?(?:\.([1-9][0-9]?))?")
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")
_MESSAGE = re.compile(r"[A-Z][A-Z0-9]{2}(?:\^[A-Z][A-Z0-9]{2})?")
_URI = re.compile(r"(?:https?://|urn:[a-z0-9][a-z0-9-]{1,31}:)[!-~]+")
#: Stands for every message type.
ANY = "any"
EVENT_TIME = ("EVN-6", "EVN-2", "MSH-7")


class Place(NamedTuple):
    """A field by its parts; 0 = the whole of the level above."""

    segment: str
    field: int
    component: int
    subcomponent: int


@lru_cache(maxsize=4096)
def place(name: str) -> Place:
    """The parts of `OBX-3`, `PID-3.4` or `PID-3.4.1`. Raises ValueError."""
    found = _FIELD.fullmatch(name)
    if found is None:
        raise ValueError(f"'{name}' is not a field; write e.g. PID-3, PID-3.4 or PID-3.4.2")
    segment, *numbers = found.groups()
    return Place(segment, *(int(n or 0) for n in numbers))


class FieldName(str):
    """A field by name, checked when a site is read."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "FieldName":
        """Raises ValueError."""
        place(text)
        return cls(text)


class MessageName(str):
    """`ADT^A01`, `ADT`, or `any`, checked when a site is read."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "MessageName":
        """Raises ValueError."""
        if text != ANY and not _MESSAGE.fullmatch(text):
            raise ValueError(f"'{text}' is not a message type; write e.g. ADT^A01, ADT or {ANY}")
        return cls(text)


class SegmentName(str):
    """`PV1`, checked when a site is read."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "SegmentName":
        """Raises ValueError."""
        if not _SEGMENT.fullmatch(text):
            raise ValueError(f"'{text}' is not a segment; write three capitals or digits, e.g. PV1 or ZPI")
        return cls(text)


class Uri(str):
    """An absolute URI, checked when a site is read."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "Uri":
        """Raises ValueError."""
        if not _URI.fullmatch(text):
            raise ValueError(f"'{text}' is not an absolute URI; write e.g. http://loinc.org or urn:oid:2.999.1")
        return cls(text)


#: What a feed may answer for a message that is not kept as it should be: AA would say that it is.
Refusal: TypeAlias = Literal["AE", "AR"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AckPolicy:
    """How the gateway answers this feed. The defaults are the standard's meaning (HL7 2.5.1 chapter 2.9)."""

    mode: Literal["auto", "original", "enhanced", "none"] = "auto"
    """auto: enhanced when MSH-15 or MSH-16 is valued, else original."""
    store_failed: Refusal = "AR"
    """Original-mode code when the message could not be stored; enhanced mode answers CE."""
    not_hl7: Refusal = "AE"
    too_large: Refusal = "AR"
    processing_id: Refusal = "AR"
    required_field: Literal["AA", "AE", "AR"] = "AE"
    """Original-mode code for a missing required header field; AA for senders that would repeat it for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """The MLLP listener of this feed."""

    port: int = 0
    """0 = any free port (written to run.json in the data folder)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Messages that this site does not want processed; they end visibly as 'filtered' with this reason.

    All that is given must hold.
    """

    reason: str
    types: tuple[str, ...] = ()
    """MSH-9 as `ADT^A08` or `ADT`; empty = any."""
    processing_ids: tuple[str, ...] = ()
    """MSH-11.1; empty = any."""
    fields: dict[FieldName, tuple[str, ...]] = field(default_factory=dict)
    """Field -> values of which one stands in it, in any segment of that name and any repetition."""

    def __post_init__(self) -> None:
        if not (self.types or self.processing_ids or self.fields):
            raise ValueError("a filter needs types, processing_ids or fields; as it is it would match nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMap:
    """The standard code that a local code stands for."""

    code: str
    system: str
    display: str = ""

    def __post_init__(self) -> None:
        _check_system(self.system)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What this feed's messages look like when all is well; each message gets a verdict (processors/expectations.py).

    The keys of `segments` and `fields` are message types: `ADT^A01`, `ADT` or `any`; all that fit count together.
    """

    triggers: tuple[MessageName, ...] = ()
    """MSH-9 as `ADT^A01` or `ADT`; empty = any."""
    segments: dict[MessageName, tuple[SegmentName, ...]] = field(default_factory=dict)
    """Segments that are there."""
    fields: dict[MessageName, tuple[FieldName, ...]] = field(default_factory=dict)
    """Fields that have a value in each segment of that name."""
    codes: dict[FieldName, tuple[str, ...]] = field(default_factory=dict)
    """Field -> the codes that it may hold where it has a value; component 1 unless another is named."""

    @property
    def given(self) -> bool:
        """Whether the site expects anything."""
        return bool(self.triggers or self.segments or self.fields or self.codes)


#: FHIR types that a row can read, by their FHIR names; the last three become references to a resource of that type.
Kind = Literal[
    "string",
    "markdown",
    "code",
    "boolean",
    "integer",
    "decimal",
    "date",
    "dateTime",
    "instant",
    "time",
    "uri",
    "Quantity",
    "CodeableConcept",
    "Coding",
    "Identifier",
    "HumanName",
    "Address",
    "ContactPoint",
    "Annotation",
    "Period",
    "Practitioner",
    "Organization",
    "Location",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRow:
    """One row of the site's own: a field -> a place in a resource of the group that the segment stands in."""

    source: FieldName = field(metadata={"key": "from"})
    to: str
    """Resource type and path, e.g. `Patient.extension`, `Encounter.hospitalization.dietPreference`."""
    type: Kind
    url: str = ""
    """Of the extension, where `to` ends in one."""
    system: str = ""
    """Code system or identifier system where the sender names none."""
    unit: str = ""
    """Of a Quantity, as the sender would write it."""
    unit_from: FieldName | None = None
    """The field of the same segment that holds the unit."""
    values: dict[str, str] = field(default_factory=dict)
    """Value as sent -> value of FHIR; a value that is not here is left out with a warning."""
    when: dict[FieldName, tuple[str, ...]] = field(default_factory=dict)
    """Fields of the same segment -> values of which one must stand there."""

    def __post_init__(self) -> None:
        segment = place(self.source).segment
        _check_target(self.to, self.url)
        for name in (*self.when, *([self.unit_from] if self.unit_from else ())):
            if place(name).segment != segment:
                raise ValueError(f"'{name}' is of another segment than '{self.source}'; a row sees its own segment")
        if (self.unit or self.unit_from) and self.type != "Quantity":
            raise ValueError(f"unit: only for type Quantity, not for {self.type}")
        if self.values and self.type not in ("code", "string", "boolean"):
            raise ValueError(f"values: only for type code, string or boolean, not for {self.type}; use `codes`")
        if self.system and self.type not in ("CodeableConcept", "Coding", "Identifier"):
            raise ValueError(f"system: only for CodeableConcept, Coding and Identifier, not for {self.type}")
        if self.system:
            _check_system(self.system)
        if self.type == "boolean" and not {"true", "false"}.issuperset(self.values.values()):
            raise ValueError("values: a boolean is `true` or `false`, for example {J: true, N: false}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A standard row switched off, or replaced by one of the site's own."""

    source: FieldName = field(metadata={"key": "field"})
    off: bool = False
    resource: str = ""
    """With off: only the rows into this resource type; empty = all of this field."""
    to: str = ""
    type: Kind | None = None
    url: str = ""
    system: str = ""
    values: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.off == bool(self.to):
            raise ValueError("an override says either `off: true`, or `to` and `type` of the row that stands instead")
        if self.off and place(self.source).component:
            raise ValueError(f"'{self.source}' is a component; a whole field is switched off")
        if self.to:
            if self.type is None:
                raise ValueError("key 'type' is missing")
            _check_target(self.to, self.url)

    def row(self) -> SiteRow:
        """The row that stands instead."""
        assert self.type is not None
        return SiteRow(
            source=self.source, to=self.to, type=self.type, url=self.url, system=self.system, values=self.values
        )


def _check_system(system: str) -> None:
    if not _URI.fullmatch(system):
        raise ValueError(f"system: '{system}' is not an absolute URI; write e.g. http://loinc.org or urn:oid:2.999.1")


def _check_target(to: str, url: str) -> None:
    if "." not in to:
        raise ValueError(f"to: '{to}' names no element; write e.g. Patient.extension")
    if to.endswith("[]"):
        raise ValueError(f"to: write '{to[:-2]}', without brackets; a list takes every repetition")
    if to.endswith(".extension") and not _URI.fullmatch(url):
        sent = f"; '{url}' is none" if url else ""
        raise ValueError(f"an extension needs its url, an absolute URI{sent}")
    if url and not to.endswith(".extension"):
        raise ValueError(f"url: only for rows into an `extension`, not for '{to}'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One sending feed."""

    feed: str
    description: str = ""
    zone: str = "UTC"
    """IANA zone used only where a FHIR type needs an instant and the sender gave no offset; then flagged."""
    charset: str = ""
    """Overrides MSH-18 when the sender is known to lie."""
    processing_ids: tuple[str, ...] = ()
    """Accepted MSH-11.1 values; empty = any. Others are answered AR/CR 202."""
    listen: Listen = field(default_factory=Listen)
    ack: AckPolicy = field(default_factory=AckPolicy)
    identity: IdentityPolicy = field(default_factory=IdentityPolicy)
    identifier_systems: dict[str, Uri] = field(default_factory=dict)
    """Assigning authority as sent, or its name in `identity.authorities` -> URI for Identifier.system."""
    code_systems: dict[str, Uri] = field(default_factory=dict)
    """Name of a coding system as sent (CWE.3) -> URI for Coding.system."""
    authority: tuple[str, ...] = ("patient", "encounter", "order", "observation", "appointment")
    """Domains this feed is the source of truth for; elsewhere its content is evidence only."""
    event_time: tuple[FieldName, ...] = tuple(FieldName(name) for name in EVENT_TIME)
    """Where the time of the event stands: the first field that has one."""
    codes: dict[FieldName, dict[str, CodeMap]] = field(default_factory=dict)
    """Coded field -> code as sent, or `code^^system`, -> standard code."""
    codes_version: str = ""
    """Version of the code maps as it is named in the output; else one made from their content."""
    observation_codes: dict[str, CodeMap] = field(default_factory=dict)
    """The same for OBX-3 and OBR-4 at once."""
    units: dict[str, str] = field(default_factory=dict)
    """Unit as sent -> UCUM, before our own table."""
    rows: tuple[SiteRow, ...] = ()
    overrides: tuple[Override, ...] = ()
    ignored: tuple[FieldName, ...] = ()
    """Fields that are rightly not mapped: not counted as unmapped."""
    filters: tuple[Filter, ...] = ()
    expects: Expectations = field(default_factory=Expectations)
    expected_silence_s: int = 900
    """Feed health: silence longer than this is reported."""

    def __post_init__(self) -> None:
        if not self.feed:
            raise ValueError("feed must have a name")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as why:
            hint = nearest(self.zone, available_timezones()).split(" (valid")[0]
            raise ValueError(f"zone: '{self.zone}' is not an IANA time zone, e.g. Europe/Berlin{hint}") from why


def parse_site(text: str, file: str) -> Site:
    """One site file. Raises ConfigError."""
    return load(text, file, Site)
