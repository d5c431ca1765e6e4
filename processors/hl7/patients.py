"""Which patients a message is about: the one function that gateway and normalize both call."""

from dataclasses import dataclass

from processors.hl7.message import Message, Segment
from processors.identity import ChosenIdentifier, Keyring, PatientIdentifier, choose
from processors.sites import Site


@dataclass(frozen=True, slots=True)
class PatientRef:
    """One patient of a message: the PID (or, for a merge, MRG) that names it, and its key."""

    key: str
    chosen: ChosenIdentifier | None
    segment: Segment | None


def patients(message: Message, site: Site, keyring: Keyring) -> list[PatientRef]:
    """One PatientRef per distinct PID, in order; one without identity when the message names no patient.

    The first decides the raw record's key and partition. No patient: key = keyed hash of feed and control id.
    """
    found: dict[str, PatientRef] = {}
    for pid in message.all("PID"):
        chosen = choose(identifiers(pid), site.identity)
        if chosen is not None:
            key = keyring.patient_key(chosen)
            found.setdefault(key, PatientRef(key, chosen, pid))
    if found:
        return list(found.values())
    return [PatientRef(no_patient_key(site.feed, message.control_id, keyring), None, message.first("PID"))]


def absorbed(message: Message, site: Site, keyring: Keyring) -> list[PatientRef]:
    """The prior patients of merge events (MRG-1, HL7 2.5.1 chapter 3.4.10), by the same policy."""
    refs = []
    for mrg in message.all("MRG"):
        chosen = choose(_cx(mrg, 1), site.identity)
        if chosen is not None:
            refs.append(PatientRef(keyring.patient_key(chosen), chosen, mrg))
    return refs


def no_patient_key(feed: str, control_id: str, keyring: Keyring) -> str:
    """Key of a message that names no patient."""
    return keyring.event_id("no-patient", feed, control_id)


def identifiers(pid: Segment) -> list[PatientIdentifier]:
    """PID-3, else PID-2, else PID-4 (the older fields of HL7 2.1 to 2.2): the first that has a value."""
    return _cx(pid, 3) or _cx(pid, 2) or _cx(pid, 4)


def _cx(segment: Segment, n: int) -> list[PatientIdentifier]:
    """Those with a value; blanks and `""` (chapter 2.5.3: delete) name nobody."""
    found = [_one(segment, n, number, raw) for number, raw in enumerate(segment.repetitions(n), 1)]
    return [one for one in found if one.value.strip() not in ("", '""')]


def _one(segment: Segment, n: int, number: int, raw: str) -> PatientIdentifier:
    parts = segment.components(raw)
    authority = parts[3] if len(parts) > 3 else ""
    mark = segment.delimiters.subcomponent
    names = [*(authority.split(mark) if mark else [authority]), ""]
    take = segment.unescape
    kind = take(parts[4]) if len(parts) > 4 else ""
    return PatientIdentifier(take(parts[0]), take(names[0]), take(names[1]), kind, segment.path(n, number))
