"""HL7 v2 tables of allergies, diagnoses, problems, insurance and charges -> FHIR codes; ours where none is given."""

#: 0127 allergen type -> allergy-intolerance-category. MA and MC have no target.
ALLERGEN_CATEGORY = {
    "DA": "medication",
    "FA": "food",
    "EA": "environment",
    "AA": "biologic",
    "PA": "environment",
    "LA": "environment",
}
#: 0127 allergen type -> allergy-intolerance-type. MC has no target.
ALLERGEN_TYPE = dict.fromkeys(("DA", "FA", "MA", "EA", "AA", "PA", "LA"), "allergy")
#: 0436 sensitivity -> allergy-intolerance-type; the other sensitivities are neither.
SENSITIVITY_TYPE = {"AL": "allergy", "IN": "intolerance"}
#: 0128 severity -> allergy-intolerance-criticality. MO and U have no target.
CRITICALITY = {"SV": "high", "MI": "low"}
#: 0438 allergy status -> allergyintolerance-clinical; R4 takes no other codes there.
ALLERGY_CLINICAL = {
    "U": "active",
    "P": "active",
    "S": "active",
    "C": "active",
    "I": "inactive",
    "D": "active",
    "E": "inactive",
    "ACTIVE": "active",
    "INACTIVE": "inactive",
    "RESOLVED": "resolved",
}
#: 0438 allergy status -> allergyintolerance-verification.
ALLERGY_VERIFICATION = {
    "U": "unconfirmed",
    "P": "unconfirmed",
    "S": "unconfirmed",
    "D": "unconfirmed",
    "C": "confirmed",
    "I": "confirmed",
    "E": "entered-in-error",
}
ALLERGY_CLINICAL_DISPLAY = {"active": "Active", "inactive": "Inactive", "resolved": "Resolved"}
VERIFICATION_DISPLAY = {
    "unconfirmed": "Unconfirmed",
    "confirmed": "Confirmed",
    "provisional": "Provisional",
    "differential": "Differential",
    "refuted": "Refuted",
    "entered-in-error": "Entered in Error",
}

#: 0052 diagnosis type -> diagnosis-role: code, display. W and F have no target.
DIAGNOSIS_ROLE = {
    "A": ("AD", "Admission diagnosis"),
    "AD": ("AD", "Admission diagnosis"),
    "DD": ("DD", "Discharge diagnosis"),
    "CC": ("CC", "Chief complaint"),
    "CM": ("CM", "Comorbidity diagnosis"),
    "pre-op": ("pre-op", "pre-op diagnosis"),
    "post-op": ("post-op", "post-op diagnosis"),
    "billing": ("billing", "Billing"),
}

#: PRB-14 in words, as no table has them -> condition-clinical.
PROBLEM_STATUS = {
    "A": "active",
    "ACTIVE": "active",
    "CHRONIC": "active",
    "RECURRENCE": "recurrence",
    "RECURRENT": "recurrence",
    "RELAPSE": "relapse",
    "I": "inactive",
    "INACTIVE": "inactive",
    "REMISSION": "remission",
    "R": "resolved",
    "RESOLVED": "resolved",
}
PROBLEM_STATUS_DISPLAY = {
    "active": "Active",
    "recurrence": "Recurrence",
    "relapse": "Relapse",
    "inactive": "Inactive",
    "remission": "Remission",
    "resolved": "Resolved",
}
#: PRB-13 in words -> condition-ver-status.
PROBLEM_VERIFICATION = {
    "C": "confirmed",
    "CONFIRMED": "confirmed",
    "U": "unconfirmed",
    "UNCONFIRMED": "unconfirmed",
    "PROVISIONAL": "provisional",
    "PROBABLE": "provisional",
    "SUSPECTED": "provisional",
    "DIFFERENTIAL": "differential",
    "REFUTED": "refuted",
    "RULED OUT": "refuted",
}
#: GOL-18 in words -> goal-status.
GOAL_STATUS = {
    "PROPOSED": "proposed",
    "PLANNED": "planned",
    "ACCEPTED": "accepted",
    "A": "active",
    "ACTIVE": "active",
    "ON HOLD": "on-hold",
    "ON-HOLD": "on-hold",
    "SUSPENDED": "on-hold",
    "COMPLETED": "completed",
    "ACHIEVED": "completed",
    "CANCELLED": "cancelled",
    "CANCELED": "cancelled",
    "DISCONTINUED": "cancelled",
    "REJECTED": "rejected",
}
#: PTH-5 in words -> request-status, as CarePlan has it.
PLAN_STATUS = {
    "DRAFT": "draft",
    "PLANNED": "draft",
    "A": "active",
    "ACTIVE": "active",
    "ON HOLD": "on-hold",
    "ON-HOLD": "on-hold",
    "SUSPENDED": "on-hold",
    "COMPLETED": "completed",
    "CANCELLED": "revoked",
    "CANCELED": "revoked",
    "DISCONTINUED": "revoked",
}

#: 0063 relationship -> subscriber-relationship, where both directions read the same; R4 asks for these codes first.
SUBSCRIBER_RELATIONSHIP = {"SEL": ("self", "Self"), "SPO": ("spouse", "Spouse"), "DOM": ("common", "Common Law Spouse")}
#: IN1-17 as senders write that the insured is the patient.
SELF = frozenset(("SEL", "SELF", "ONESELF", "18"))

#: 0017 transaction type -> chargeitem-status; payments (PY), co-payments (CO) and adjustments (AJ) are no charges.
CHARGE_STATUS = {"CG": "billable", "CD": "not-billable"}
NO_CHARGE = frozenset(("PY", "CO", "AJ"))
