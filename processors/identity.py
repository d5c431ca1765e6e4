"""Who a message is about, and every id: the only place that picks the patient's identifier or makes a keyed hash."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from processors.lineage import as_uuid

_BLAKE2_KEY_BYTES = 64
"""The longest key that BLAKE2b takes; the deployment's secret has 32 bytes."""


@dataclass(frozen=True, slots=True)
class PatientIdentifier:
    """One repetition of PID-3 (CX, HL7 2.5.1 chapter 2A.14), as sent, unescaped."""

    value: str
    authority: str
    universal_id: str = ""
    type_code: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityPolicy:
    """How a site's patient identifier is chosen (sites/<feed>.yaml, key `identity`)."""

    types: tuple[str, ...] = ("MR", "PI", "PT", "")
    """Type codes (CX.5, table 0203) in order of preference; "" = no type given."""
    authorities: dict[str, str] = field(default_factory=dict)
    """Authority as sent (CX.4.1 or CX.4.2) -> the name used in the key, so that two feeds' names meet."""
    default_authority: str = ""
    """Used when the identifier names none."""
    leading_zeros: Literal["keep", "strip"] = "keep"
    check_digit: Literal["keep", "strip_last"] = "keep"


@dataclass(frozen=True, slots=True)
class ChosenIdentifier:
    """The identifier that stands for the patient, its normalised authority and value."""

    value: str
    authority: str
    authority_sent: bool
    path: str


def choose(identifiers: Sequence[PatientIdentifier], policy: IdentityPolicy) -> ChosenIdentifier | None:
    """The identifier that the policy prefers (by type, then as sent), or None when no identifier has a value."""
    usable = [i for i in identifiers if i.value.strip() not in ("", '""')]
    if not usable:
        return None
    rank = {code: n for n, code in enumerate(policy.types)}
    best = min(usable, key=lambda i: rank.get(i.type_code, len(rank)))
    sent = best.authority or best.universal_id
    known = policy.authorities.get(best.authority) or policy.authorities.get(best.universal_id)
    return ChosenIdentifier(
        _normal(best.value, policy), known or sent or policy.default_authority, bool(sent), best.path
    )


def _normal(value: str, policy: IdentityPolicy) -> str:
    value = value.strip()
    if policy.check_digit == "strip_last" and len(value) > 1:
        value = value[:-1]
    if policy.leading_zeros == "strip":
        value = value.lstrip("0") or "0"
    return value


@dataclass(frozen=True, slots=True)
class Keyring:
    """The deployment's identity secret. Never printed; `key_id` names it."""

    secret: bytes = field(repr=False)
    key_id: str

    @staticmethod
    def of(secret: bytes) -> "Keyring":
        """A keyring whose key_id is derived one-way from the secret (8 hexadecimal digits)."""
        return Keyring(secret, hmac.digest(secret, b"key-id", "sha256").hex()[:8])

    def event_id(self, *parts: str) -> str:
        """Keyed hash of content (BLAKE2b, RFC 7693), 32 hexadecimal digits."""
        content = "\x1f".join(parts).encode()
        return hashlib.blake2b(content, key=self.secret[:_BLAKE2_KEY_BYTES], digest_size=16).hexdigest()

    def patient_key(self, chosen: ChosenIdentifier) -> str:
        """HMAC of authority and identifier, 32 hexadecimal digits: the Kafka key of all that concerns the patient."""
        content = f"patient\x1f{chosen.authority}\x1f{chosen.value}".encode()
        return hmac.digest(self.secret, content, "sha256")[:16].hex()

    def fhir_id(self, kind: str, *business: str) -> str:
        """Name-based UUID (RFC 9562 version 5) over a keyed hash: the same business identity has the same id."""
        return as_uuid(self.event_id(kind, *business))


def content_digest(data: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()
