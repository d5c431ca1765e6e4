"""Ids of what follows from something that already has a keyed id: plain hashes, so that no secret is needed again."""

import hashlib

#: The two leading bits of the variant digit set to 10, the other two kept.
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def derived_id(event_id: str, *parts: str) -> str:
    """Id of a record made from the record `event_id`: SHA-256 over it and the parts, 32 hexadecimal digits."""
    return hashlib.sha256("\x1f".join((event_id, *parts)).encode()).hexdigest()[:32]


def derived_uuid(parent: str, *parts: str) -> str:
    """FHIR id of a resource that belongs to another one: a version 5 UUID."""
    return as_uuid(hashlib.sha256("\x1f".join((parent, *parts)).encode()).hexdigest())


def as_uuid(digits: str) -> str:
    """The first 32 hexadecimal digits of a hash in the layout of a version 5 UUID (RFC 9562)."""
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:32]}"
