"""Message tables: which triggers are converted and which segments of a message take part."""

from dataclasses import dataclass

from processors.errors import Reason, Rejection
from processors.hl7.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """One message type. `needs_patient`: without a PID there is nothing to say. `reports`: orders are reports.

    `specimens_first`: triggers whose SPM stands before the orders made on it; `obr_first`: others whose OBR stands
    before its ORC. `impersonal`: triggers about no patient.
    """

    triggers: frozenset[str]
    needs_patient: bool = False
    reports: bool = False
    specimens_first: frozenset[str] = frozenset()
    obr_first: frozenset[str] = frozenset()
    impersonal: frozenset[str] = frozenset()


def _events(*names: str) -> frozenset[str]:
    return frozenset(names)


#: Message type -> its table (HL7 2.5.1 chapters 2 to 12; the older triggers of 2.1 and 2.2 beside).
STRUCTURES: dict[str, Structure] = {
    "ACK": Structure(triggers=frozenset()),
    "ADT": Structure(
        triggers=frozenset(f"A{n:02d}" for n in (*range(1, 19), *range(20, 56), *range(60, 63))),
        needs_patient=True,
        impersonal=_events("A20"),
    ),
    "BAR": Structure(triggers=_events("P01", "P02", "P05", "P06", "P10", "P12"), needs_patient=True),
    "DFT": Structure(triggers=_events("P03", "P11"), needs_patient=True),
    "MDM": Structure(triggers=frozenset(f"T{n:02d}" for n in range(1, 12)), needs_patient=True),
    "OMG": Structure(triggers=_events("O19")),
    "OML": Structure(triggers=_events("O21", "O33", "O35", "O39"), specimens_first=_events("O33", "O35", "O39")),
    "OMP": Structure(triggers=_events("O09")),
    "ORM": Structure(triggers=_events("O01")),
    "ORU": Structure(triggers=_events("R01", "R30", "R31", "R32", "R40"), reports=True),
    "OUL": Structure(
        triggers=_events("R21", "R22", "R23", "R24"),
        reports=True,
        specimens_first=_events("R22", "R23"),
        obr_first=_events("R24"),
    ),
    "PPR": Structure(triggers=_events("PC1", "PC2", "PC3"), needs_patient=True),
    "RAS": Structure(triggers=_events("O01", "O17")),
    "RDE": Structure(triggers=_events("O01", "O11", "O25")),
    "RDS": Structure(triggers=_events("O01", "O13")),
    "REF": Structure(triggers=_events("I12", "I13", "I14", "I15")),
    "SIU": Structure(triggers=frozenset(f"S{n}" for n in range(12, 28))),
    "VXU": Structure(triggers=_events("V04"), needs_patient=True),
}
#: The trigger of a type that has one only, for senders that leave MSH-9.2 out.
_ONLY = {
    "OMG": "O19",
    "OML": "O21",
    "OMP": "O09",
    "ORM": "O01",
    "ORU": "R01",
    "RDE": "O11",
    "RDS": "O13",
    "REF": "I12",
    "VXU": "V04",
}
#: Events that say that one patient's record goes into another's, or that a patient's number changed (HL7 2.5.1 chapters
#: 3.3.18, 3.3.30, 3.3.34, 3.3.36, 3.3.39, 3.3.40, 3.3.46, 3.3.47). The others with an MRG speak of accounts (A35, A41,
#: A44, A49), visits (A42, A45, A50, A51), some of a patient's identifiers (A43) or another number of the same patient
#: (A48): no record moves as a whole.
MERGES = frozenset(("A18", "A30", "A34", "A36", "A39", "A40", "A46", "A47"))


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
    if kind == "ACK":
        return structure, trigger
    if not trigger:
        raise Rejection(Reason.REQUIRED_FIELD_MISSING, "MSH-9.2", "the message names no event; send MSH-9.2, e.g. A01")
    if trigger not in structure.triggers:
        known = ", ".join(sorted(structure.triggers))
        raise Rejection(Reason.UNSUPPORTED_EVENT, "MSH-9.2", f"this event is not converted (converted: {known})")
    return structure, trigger
