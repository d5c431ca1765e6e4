"""Ids of what follows from something that already has a keyed id: plain hashes, so that no secret is needed again."""

import hashlib


def derived_id(event_id: str, *parts: str) -> str:
    """Id of a record made from the record `event_id`: SHA-256 over it and the parts, 32 hexadecimal digits."""
    return hashlib.sha256("\x1f".join((event_id, *parts)).encode()).hexdigest()[:32]


def derived_uuid(parent: str, *parts: str) -> str:
    """FHIR id of a resource that belongs to another one: a version 5 UUID."""
    return as_uuid(hashlib.sha256("\x1f".join((parent, *parts)).encode()).hexdigest())


def as_uuid(digits: str) -> str:
    """The first 32 hexadecimal digits of a hash in the layout of a version 5 UUID (RFC 9562)."""
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"
