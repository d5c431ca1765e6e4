"""What is particular to one sending feed (sites/<feed>.yaml): identity, acknowledgement, charset, zone, codes."""

from dataclasses import dataclass, field
from typing import Literal

from processors.config import load
from processors.identity import IdentityPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class AckPolicy:
    """How the gateway answers this feed. The defaults are the standard's meaning (HL7 2.5.1 chapter 2.9)."""

    mode: Literal["auto", "original", "enhanced", "none"] = "auto"
    """auto: enhanced when MSH-15 or MSH-16 is valued, else original."""
    store_failed: str = "AR"
    """Original-mode code when the message could not be stored; enhanced mode answers CE."""
    not_hl7: str = "AE"
    too_large: str = "AR"
    processing_id: str = "AR"
    required_field: Literal["AA", "AE", "AR"] = "AE"
    """Original-mode code for a missing required header field; AA for senders that would repeat it for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """The MLLP listener of this feed."""

    port: int = 0
    """0 = any free port (written to run.json in the data folder)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Messages that this site does not want processed; they end visibly as 'filtered' with this reason."""

    reason: str
    types: tuple[str, ...] = ()
    """MSH-9 as `ADT^A08`; empty = any."""
    processing_ids: tuple[str, ...] = ()
    """MSH-11.1; empty = any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMap:
    """A local code (OBX-3.1/OBR-4.1, optionally `code^^system`) and the standard code that it stands for."""

    code: str
    system: str
    display: str = ""


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
    authority: tuple[str, ...] = ("patient", "encounter", "order", "observation", "appointment")
    """Domains this feed is the source of truth for; elsewhere its content is evidence only."""
    observation_codes: dict[str, CodeMap] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    """Unit as sent -> UCUM."""
    filters: tuple[Filter, ...] = ()
    expected_silence_s: int = 900
    """Feed health: silence longer than this is reported."""

    def __post_init__(self) -> None:
        if not self.feed:
            raise ValueError("feed must have a name")


def parse_site(text: str, file: str) -> Site:
    """One site file. Raises ConfigError."""
    return load(text, file, Site)
