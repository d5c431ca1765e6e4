"""Closed lists of coded reasons that people give with a command, and which commands need one."""

from dataclasses import dataclass

from processors.tasks.states import Move


@dataclass(frozen=True, slots=True)
class Reasons:
    """The codes that a command may carry: code -> what it says to staff."""

    required: bool
    codes: dict[str, str]


#: An action code on `claim` says what the claimant does about it; that stops the ladder.
REASONS: dict[Move, Reasons] = {
    Move.CLAIM: Reasons(
        required=False,
        codes={
            "at_bedside": "with the patient now",
            "calling_physician": "calling the physician",
            "treating": "treatment begun",
            "repeat_ordered": "repeat test ordered",
            "contacting_patient": "contacting the patient",
            "arranging": "arranging what is missing",
        },
    ),
    Move.RELEASE: Reasons(
        required=False,
        codes={
            "end_of_shift": "end of shift",
            "handed_over": "handed over",
            "owner_off_duty": "the owner is not on duty",
            "not_my_patient": "not my patient",
        },
    ),
    Move.HOLD: Reasons(
        required=False,
        codes={
            "awaiting_callback": "waiting for a call back",
            "awaiting_result": "waiting for a result",
            "awaiting_patient": "waiting for the patient",
            "awaiting_transport": "waiting for transport",
        },
    ),
    Move.COMPLETE: Reasons(
        required=False,
        codes={
            "treated": "treated",
            "physician_informed": "physician informed",
            "repeat_ordered": "repeat test ordered",
            "patient_reached": "patient reached",
            "no_change_needed": "reviewed, no change needed",
        },
    ),
    Move.DISMISS: Reasons(
        required=True,
        codes={
            "already_done": "already done",
            "duplicate": "the same as another task",
            "not_applicable": "does not apply to this patient",
            "patient_left": "the patient has left",
            "patient_declined": "the patient declined",
            "specimen_error": "specimen or measurement error",
        },
    ),
    Move.OVERRIDE: Reasons(
        required=True,
        codes={
            "expected_for_patient": "expected for this patient",
            "treatment_under_way": "treatment is under way",
            "comfort_care": "comfort care or a documented ceiling of care",
            "result_disputed": "the result is disputed",
            "clinical_judgement": "clinical judgement, see comment",
        },
    ),
}
