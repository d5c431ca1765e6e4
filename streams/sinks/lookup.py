"""Keyed hashes under which `find` looks up identifiers, so that no index holds a plain MRN or visit number."""

from enum import StrEnum

from processors.identity import ChosenIdentifier, Keyring


class Kind(StrEnum):
    """What can be looked up."""

    MRN = "mrn"
    VISIT = "visit"
    ACCESSION = "accession"
    CONTROL_ID = "control-id"


def lookup_hash(keyring: Keyring, kind: Kind, value: str) -> str:
    """32 hexadecimal digits; the value's outer white space does not count."""
    return keyring.event_id("find", kind, value.strip())


def key_of_mrn(keyring: Keyring, value: str, authority: str) -> str:
    """The patient_key of an identifier whose authority is known, as the identity policy names it."""
    return keyring.patient_key(ChosenIdentifier(value.strip(), authority, True, ""))
