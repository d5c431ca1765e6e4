"""The effects of a result's status (OBX-11, HL7 table 0085) on what an earlier version of the same result caused."""

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What a decision does to earlier ones. Closed list of workflow.decision.v1."""

    ESCALATE = "escalate"
    ESCALATE_PROVISIONAL = "escalate_provisional"
    ESCALATE_CORRECTED = "escalate_corrected"
    CONFIRM = "confirm"
    AMEND = "amend"
    AMEND_RENOTIFY = "amend_renotify"
    RETRACT = "retract"
    RETRACT_WRONG_PATIENT = "retract_wrong_patient"
    RETRACT_AND_RECOLLECT = "retract_and_recollect"
    RECOLLECT = "recollect"
    NONE = "none"


class Finding(StrEnum):
    """How a version compares with the one that caused the task."""

    SAME = "same"
    CHANGED = "changed"
    OPPOSITE = "opposite"
    CLEAR = "clear"


class Mode(StrEnum):
    """What a status means for the engine."""

    WEIGH = "weigh"
    """A value to decide on."""
    WITHDRAW = "withdraw"
    """The result is taken back, whatever its value field says."""
    CONFIRM = "confirm"
    """A later version that says nothing new."""
    KEEP = "keep"
    """Says nothing of the value; the version held stays."""


@dataclass(frozen=True, slots=True)
class Handling:
    """One row of the table. `words` completes 'this is a ...'; `rank` orders versions with the same version time."""

    mode: Mode
    rank: int
    words: str
    first: Effect = Effect.NONE
    """Critical, and nothing is open."""
    same: Effect = Effect.CONFIRM
    changed: Effect = Effect.NONE
    opposite: Effect = Effect.NONE
    clear: Effect = Effect.NONE
    """Not critical any more, or taken back, while something is open."""

    @property
    def is_correction(self) -> bool:
        """A corrected or amended value: never held back as a repeat."""
        return self.mode is Mode.WEIGH and self.rank > _FINAL.rank

    def on_open(self, finding: Finding) -> Effect:
        """The effect where a task is open or acknowledged."""
        effect: Effect = getattr(self, finding.value)
        return effect


def _weigh(rank: int, words: str, first: Effect, changed: Effect) -> Handling:
    return Handling(
        Mode.WEIGH,
        rank,
        words,
        first=first,
        changed=changed,
        opposite=Effect.AMEND_RENOTIFY,
        clear=Effect.RETRACT,
    )


def _withdraw(words: str, effect: Effect) -> Handling:
    return Handling(Mode.WITHDRAW, 5, words, same=effect, changed=effect, opposite=effect, clear=effect)


def _keep(rank: int, words: str) -> Handling:
    return Handling(Mode.KEEP, rank, words, same=Effect.NONE)


def _confirm(words: str) -> Handling:
    effect = Effect.CONFIRM
    return Handling(Mode.CONFIRM, 4, words, same=effect, changed=effect, opposite=effect, clear=effect)


_FINAL = _weigh(3, "final result", Effect.ESCALATE, Effect.AMEND)

#: OBX-11 as sent -> what follows.
STATUS: dict[str, Handling] = {
    "P": _weigh(2, "preliminary result", Effect.ESCALATE_PROVISIONAL, Effect.CONFIRM),
    "F": _FINAL,
    "C": _weigh(4, "corrected result", Effect.ESCALATE_CORRECTED, Effect.AMEND_RENOTIFY),
    "A": _weigh(4, "amended result", Effect.ESCALATE, Effect.AMEND),
    "D": _withdraw("deleted result", Effect.RETRACT),
    "W": _withdraw("result posted for the wrong patient", Effect.RETRACT_WRONG_PATIENT),
    "X": _withdraw("result that cannot be obtained", Effect.RETRACT_AND_RECOLLECT),
    "U": _keep(3, "change of status without a value"),
    "R": _keep(1, "result that is entered and not verified"),
    "I": _keep(0, "specimen in the laboratory"),
    "O": _keep(0, "order detail"),
    "N": _keep(0, "result that was not asked for"),
    "S": _keep(0, "partial result"),
    "B": _confirm("appended result"),
    "V": _confirm("verified result"),
}


def handling(status_code: str) -> Handling:
    """The row for a status; absent or unknown counts as final, since a missed critical value is the worse error."""
    return STATUS.get(status_code, _FINAL)


#: Statuses that mean a result is still to come (for discharge).
PENDING = frozenset({"I", "P", "R", "S", "O"})

#: effect -> why a task is taken back, and what its reader should do.
WITHDRAWN: dict[Effect, tuple[str, str]] = {
    Effect.RETRACT: (
        "The laboratory changed this result; it is no longer critical.",
        "Review with the physician what was begun because of the earlier value, and tell those who were told.",
    ),
    Effect.RETRACT_WRONG_PATIENT: (
        "The laboratory posted this result for the wrong patient.",
        "Do not act on it. Check what was already done for this patient because of it.",
    ),
    Effect.RETRACT_AND_RECOLLECT: (
        "The laboratory cannot obtain this result.",
        "Do not act on the earlier value. A new specimen is needed.",
    ),
}
DELETED = "The laboratory deleted this result."
HAEMOLYSED = (
    "The laboratory now says that the specimen was haemolysed, which alone can raise this value.",
    "Do not act on this value alone: a new specimen is needed. If the patient is unwell, call the covering physician.",
)
#: A later version that says nothing certain: the page stays.
DOUBTFUL = (
    "A later version of this result cannot be checked: {analyte} {measured}. The critical value before it still counts."
)
