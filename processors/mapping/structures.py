"""Message tables: which triggers are converted and which segments of a message take part."""

from dataclasses import dataclass

from processors.errors import Reason, Rejection
from processors.hl7.message import Message

_PATIENT = ("PID", "PD1", "NK1", "PV1", "PV2", "NTE")
_RESULT = ("ORC", "OBR", "TQ1", "OBX", "SPM")


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """One message type. `needs_patient`: without a PID there is nothing to say. `reports`: orders are reports."""

    triggers: frozenset[str]
    segments: frozenset[str]
    needs_patient: bool = False
    reports: bool = False


ADT = Structure(
    triggers=frozenset(f"A{n:02d}" for n in (*range(1, 9), *range(11, 15), 16, 18, 25, 27, 28, 31, 34, 36, 38, 40, 47)),
    segments=frozenset((*_PATIENT, "EVN", "MRG", "OBX")),
    needs_patient=True,
)
ORU = Structure(triggers=frozenset(("R01", "R32")), segments=frozenset((*_PATIENT, *_RESULT)), reports=True)
ORM = Structure(triggers=frozenset(("O01",)), segments=frozenset((*_PATIENT, *_RESULT)))
OML = Structure(triggers=frozenset(("O21",)), segments=frozenset((*_PATIENT, *_RESULT)))
SIU = Structure(
    triggers=frozenset(f"S{n}" for n in (*range(12, 25), 26)),
    segments=frozenset((*_PATIENT, "SCH", "RGS", "AIS", "AIG", "AIL", "AIP", "OBX")),
)

STRUCTURES = {"ADT": ADT, "ORU": ORU, "ORM": ORM, "OML": OML, "SIU": SIU}
#: The trigger of a type that has one only, for senders that leave MSH-9.2 out.
_ONLY = {"ORU": "R01", "ORM": "O01", "OML": "O21"}
#: Events that say that one patient's record goes into another's (HL7 2.5.1 chapters 3.3.18 to 3.3.47).
MERGES = frozenset(("A18", "A34", "A36", "A40", "A47"))


def structure_of(message: Message) -> tuple[Structure, str]:
    """The table for a message, and its trigger.

    Raises Rejection(required_field_missing, unsupported_type, unsupported_event).
    """
    kind = message.type
    if not kind:
        raise Rejection(Reason.REQUIRED_FIELD_MISSING, "MSH-9", "the message names no type; send MSH-9, e.g. ORU^R01")
    structure = STRUCTURES.get(kind)
    if structure is None:
        known = ", ".join(STRUCTURES)
        raise Rejection(Reason.UNSUPPORTED_TYPE, "MSH-9.1", f"this message type is not converted (converted: {known})")
    trigger = message.trigger or _ONLY.get(kind, "")
    if not trigger:
        raise Rejection(Reason.REQUIRED_FIELD_MISSING, "MSH-9.2", "the message names no event; send MSH-9.2, e.g. A01")
    if trigger not in structure.triggers:
        known = ", ".join(sorted(structure.triggers))
        raise Rejection(Reason.UNSUPPORTED_EVENT, "MSH-9.2", f"this event is not converted (converted: {known})")
    return structure, trigger
