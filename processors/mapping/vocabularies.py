"""HL7 v2 tables -> FHIR codes, as HL7's v2-to-FHIR guide maps them; where we leave it, the comment says why."""

#: 0001 administrative sex -> administrative-gender.
ADMINISTRATIVE_SEX = {"F": "female", "M": "male", "O": "other", "U": "unknown", "A": "other", "N": "other"}

#: 0002 marital status -> v3-MaritalStatus (O and T -> v3-NullFlavor): code, display.
MARITAL_STATUS = {
    "A": ("L", "Legally Separated"),
    "D": ("D", "Divorced"),
    "M": ("M", "Married"),
    "S": ("S", "Never Married"),
    "W": ("W", "Widowed"),
    "C": ("C", "Common Law"),
    "G": ("T", "Domestic partner"),
    "P": ("T", "Domestic partner"),
    "R": ("T", "Domestic partner"),
    "E": ("L", "Legally Separated"),
    "N": ("A", "Annulled"),
    "I": ("I", "Interlocutory"),
    "B": ("U", "unmarried"),
}

#: 0004 patient class -> v3-ActCode: code, display. The rest keeps its v2 code.
ENCOUNTER_CLASS = {
    "E": ("EMER", "emergency"),
    "I": ("IMP", "inpatient encounter"),
    "O": ("AMB", "ambulatory"),
    "P": ("PRENC", "pre-admission"),
}
#: 0004 patient class -> encounter-status, where neither the event nor a discharge time says more.
CLASS_STATUS = {
    "E": "in-progress",
    "I": "in-progress",
    "O": "in-progress",
    "R": "in-progress",
    "B": "in-progress",
    "C": "in-progress",
    "N": "in-progress",
    "P": "planned",
    "U": "unknown",
}

#: 0038 order status -> request-status.
ORDER_STATUS = {
    "CA": "revoked",
    "CM": "completed",
    "DC": "revoked",
    "ER": "entered-in-error",
    "HD": "on-hold",
    "IP": "active",
    "RP": "revoked",
    "SC": "active",
    "A": "active",
}
#: 0119 order control -> request-status. CA is a request to cancel: active until the filler says CR (the guide's row).
ORDER_CONTROL_STATUS = {
    "AF": "active",
    "CA": "active",
    "CR": "revoked",
    "DC": "revoked",
    "DF": "revoked",
    "DR": "revoked",
    "FU": "completed",
    "HD": "active",
    "HR": "on-hold",
    "NW": "active",
    "OC": "revoked",
    "OD": "revoked",
    "OH": "on-hold",
    "OK": "active",
    "PR": "active",
    "PY": "active",
    "RL": "active",
    "RO": "active",
    "RQ": "active",
    "XO": "active",
    "XR": "active",
    "SN": "active",
    "NA": "active",
}
#: 0123 result status -> request-status of the order behind a result that came without order status.
RESULT_ORDER_STATUS = {"F": "completed", "C": "completed", "X": "revoked"}

#: 0485 and 0027 priority -> request-priority.
PRIORITY = {
    "S": "stat",
    "STAT": "stat",
    "A": "asap",
    "ASAP": "asap",
    "R": "routine",
    "ROUTINE": "routine",
    "U": "urgent",
}

#: 0074 is used as sent. 0123 result status -> diagnostic-report-status; A, M and N by their meaning.
REPORT_STATUS = {
    "O": "registered",
    "I": "registered",
    "S": "registered",
    "N": "registered",
    "A": "partial",
    "R": "partial",
    "M": "partial",
    "P": "preliminary",
    "C": "corrected",
    "F": "final",
    "X": "cancelled",
}

#: 0085 result status -> observation-status. R, S, I, O and N have no target in the guide: registered is what is known;
#: B and V follow a final result; U repeats a status without the value.
OBSERVATION_STATUS = {
    "F": "final",
    "P": "preliminary",
    "C": "corrected",
    "A": "amended",
    "X": "cancelled",
    "D": "entered-in-error",
    "W": "entered-in-error",
    "I": "registered",
    "O": "registered",
    "R": "registered",
    "S": "registered",
    "N": "registered",
    "B": "final",
    "V": "final",
    "U": "unknown",
}
#: The OBX-11 code that an observation-status stands for when no extension says otherwise.
USUAL_RESULT_CODE = {
    "final": "F",
    "preliminary": "P",
    "corrected": "C",
    "amended": "A",
    "cancelled": "X",
    "entered-in-error": "D",
    "registered": "I",
}
#: The OBX-2 type that a value[x] stands for when no extension says otherwise.
USUAL_VALUE_TYPE = {
    "valueQuantity": "NM",
    "valueString": "ST",
    "valueCodeableConcept": "CWE",
    "valueDateTime": "TS",
    "valueTime": "TM",
    "valueRange": "SN",
    "valueRatio": "SN",
    "valuePeriod": "DR",
}

#: 0078 abnormal flags -> v3-ObservationInterpretation (same codes): display.
INTERPRETATION = {
    "<": "Off scale low",
    ">": "Off scale high",
    "A": "Abnormal",
    "AA": "Critical abnormal",
    "B": "Better",
    "CAR": "Carrier",
    "D": "Significant change down",
    "DET": "Detected",
    "E": "Equivocal",
    "EX": "outside threshold",
    "EXP": "Expected",
    "H": "High",
    "HH": "Critical high",
    "HU": "Significantly high",
    "I": "Intermediate",
    "IE": "Insufficient evidence",
    "IND": "Indeterminate",
    "L": "Low",
    "LL": "Critical low",
    "LU": "Significantly low",
    "N": "Normal",
    "NCL": "No CLSI defined breakpoint",
    "ND": "Not detected",
    "NEG": "Negative",
    "NR": "Non-reactive",
    "NS": "Non-susceptible",
    "POS": "Positive",
    "R": "Resistant",
    "RR": "Reactive",
    "S": "Susceptible",
    "SDD": "Susceptible-dose dependent",
    "SYN-R": "Synergy - resistant",
    "SYN-S": "Synergy - susceptible",
    "U": "Significant change up",
    "UNE": "Unexpected",
    "W": "Worse",
    "WR": "Weakly reactive",
}

#: 0190 address type -> address-use and address-type.
ADDRESS_USE = {"BA": "old", "BI": "billing", "C": "temp", "B": "work", "H": "home", "O": "work"}
ADDRESS_TYPE = {"M": "postal", "SH": "postal"}
#: 0200 name type -> name-use.
NAME_USE = {
    "BAD": "old",
    "D": "usual",
    "L": "official",
    "R": "official",
    "M": "maiden",
    "MSK": "anonymous",
    "N": "nickname",
    "NAV": "temp",
    "TEMP": "temp",
}
#: 0201 telecommunication use -> contact-point-use.
TELECOM_USE = {"PRN": "home", "WPN": "work", "PRS": "mobile"}
#: 0202 equipment type -> contact-point-system. CP: "mobile" is a use in FHIR, the system is phone.
TELECOM_SYSTEM = {
    "PH": "phone",
    "CP": "phone",
    "FX": "fax",
    "BP": "pager",
    "MD": "other",
    "SAT": "phone",
    "TDD": "other",
    "TTY": "other",
    "Internet": "email",
    "X.400": "email",
}

#: 0217 visit priority -> v3-ActPriority: code, display.
VISIT_PRIORITY = {"1": ("EM", "emergency"), "2": ("UR", "urgent"), "3": ("EL", "elective")}
#: 0116 bed status is used as sent. 0136 yes/no.
YES_NO = {"Y": True, "N": False}
#: 0063 relationship -> v3-RoleCode (contact roles of table 0131 otherwise): code, display.
RELATIONSHIP = {
    "SPO": ("SPS", "spouse"),
    "DOM": ("SIGOTHR", "significant other"),
    "CHD": ("CHILD", "child"),
    "GCH": ("GRNDCHILD", "grandchild"),
    "NCH": ("NCHILD", "natural child"),
    "SCH": ("STPCHLD", "step child"),
    "FCH": ("CHLDFOST", "foster child"),
    "PAR": ("PRN", "parent"),
    "MTH": ("MTH", "mother"),
    "FTH": ("FTH", "father"),
    "GRP": ("GRPRN", "grandparent"),
    "EXF": ("EXT", "extended family member"),
    "SIB": ("SIB", "sibling"),
    "BRO": ("BRO", "brother"),
    "SIS": ("SIS", "sister"),
    "FND": ("FRND", "unrelated friend"),
}
