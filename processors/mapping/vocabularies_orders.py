"""HL7 v2 tables of orders, timings and specimens -> FHIR codes; where we leave the guide, the comment says why."""

from processors.fhir.systems import ACT_CODE, TERMINOLOGY

_CONFIDENTIALITY = TERMINOLOGY + "v3-Confidentiality"
_V2_0177 = TERMINOLOGY + "v2-0177"

#: 0177 confidentiality -> system, code, display. PSY and HIV are v3-ActCode: v3-Confidentiality knows neither.
CONFIDENTIALITY = {
    "V": (_CONFIDENTIALITY, "V", "very restricted"),
    "R": (_CONFIDENTIALITY, "R", "restricted"),
    "U": (_V2_0177, "U", "Usual control"),
    "EMP": (ACT_CODE, "EMP", "employee information sensitivity"),
    "UWM": (_V2_0177, "UWM", "Unwed mother"),
    "VIP": (_V2_0177, "VIP", "Very important person or celebrity"),
    "PSY": (ACT_CODE, "PSY", "psychiatry disorder information sensitivity"),
    "AID": (ACT_CODE, "HIV", "HIV/AIDS information sensitivity"),
    "HIV": (ACT_CODE, "HIV", "HIV/AIDS information sensitivity"),
    "ETH": (ACT_CODE, "ETHUD", "alcohol use disorder information sensitivity"),
}

#: 0482 order type -> v3-RoleCode: code, display.
ORDER_TYPE = {"I": ("HOSP", "Hospital"), "O": ("OF", "Outpatient facility")}

#: 0119 order control -> v3-DataOperation.
ORDER_ACTIVITY = {"NW": "CREATE", "SC": "UPDATE", "OC": "CANCEL", "CA": "CANCEL"}

#: 0485 priority that says when, and not how urgent: as needed.
AS_NEEDED = "PRN"

#: 0335 repeat pattern -> v3-GTSAbbreviation: code, display; the rest keeps its v2 code.
REPEAT_PATTERN = {
    "Q1H": ("Q1H", "every hour"),
    "Q2H": ("Q2H", "every 2 hours"),
    "Q3H": ("Q3H", "every 3 hours"),
    "Q4H": ("Q4H", "Q4H"),
    "Q6H": ("Q6H", "Q6H"),
    "Q8H": ("Q8H", "every 8 hours"),
    "Q1D": ("QD", "QD"),
    "QD": ("QD", "QD"),
    "Q1W": ("WK", "weekly"),
    "Q1L": ("MO", "monthly"),
    "BID": ("BID", "BID"),
    "TID": ("TID", "TID"),
    "QID": ("QID", "QID"),
    "QOD": ("QOD", "QOD"),
}

#: 0528 event related period -> event-timing, which has no code for what lies between meals (IC, ICM, ICD, ICV).
EVENT_TIMING = frozenset(("HS", "WAKE", "C", "CM", "CD", "CV", "AC", "ACM", "ACD", "ACV", "PC", "PCM", "PCD", "PCV"))
#: Of these an offset can be counted from (invariant tim-9).
WITHOUT_OFFSET = frozenset(("C", "CM", "CD", "CV"))

#: Units of time as senders write them (UCUM, ISO+ and words) -> units-of-time.
TIME_UNIT = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("wk", "w", "week", "weeks"), "wk"),
    **dict.fromkeys(("mo", "mon", "mth", "month", "months"), "mo"),
    **dict.fromkeys(("a", "y", "yr", "ann", "year", "years"), "a"),
}
#: The letter before the number in TQ.3 (HL7 2.5.1 chapter 4.3.3): seconds, minutes, hours, days, weeks, months.
DURATION_LETTER = {"S": "s", "M": "min", "H": "h", "D": "d", "W": "wk", "L": "mo"}
#: Seconds in a unit of time of fixed length.
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "wk": 604800}
#: RPT.3 and RPT.4 where RPT.2 is DW: 1 is Monday.
DAY_OF_WEEK = {"1": "mon", "2": "tue", "3": "wed", "4": "thu", "5": "fri", "6": "sat", "7": "sun"}

#: 0136 specimen availability -> specimen-status.
SPECIMEN_STATUS = {"Y": "available", "N": "unavailable"}
#: 0916 relevant clinical information that says whether the patient had eaten.
FASTING = frozenset(("F", "FNA", "NF", "NG"))

#: 0080 nature of abnormal testing: display.
NATURE_OF_TEST = {
    "A": "An age-based population",
    "N": "None - generic normal range",
    "R": "A race-based population",
    "S": "A sex-based population",
    "SP": "Species",
    "B": "Breed",
    "ST": "Strain",
}

#: 0074 diagnostic service section: display.
SERVICE_SECTION = {
    "AU": "Audiology",
    "BG": "Blood Gases",
    "BLB": "Blood Bank",
    "CG": "Cytogenetics",
    "CH": "Chemistry",
    "CP": "Cytopathology",
    "CT": "CAT Scan",
    "CTH": "Cardiac Catheterization",
    "CUS": "Cardiac Ultrasound",
    "EC": "Electrocardiac (e.g., EKG,  EEC, Holter)",
    "EN": "Electroneuro (EEG, EMG,EP,PSG)",
    "GE": "Genetics",
    "HM": "Hematology",
    "ICU": "Bedside ICU Monitoring",
    "IMM": "Immunology",
    "LAB": "Laboratory",
    "MB": "Microbiology",
    "MCB": "Mycobacteriology",
    "MYC": "Mycology",
    "NMR": "Nuclear Magnetic Resonance",
    "NMS": "Nuclear Medicine Scan",
    "NRS": "Nursing Service Measures",
    "OSL": "Outside Lab",
    "OT": "Occupational Therapy",
    "OTH": "Other",
    "OUS": "OB Ultrasound",
    "PF": "Pulmonary Function",
    "PHR": "Pharmacy",
    "PHY": "Physician (Hx. Dx, admission note, etc.)",
    "PT": "Physical Therapy",
    "RAD": "Radiology",
    "RC": "Respiratory Care (therapy)",
    "RT": "Radiation Therapy",
    "RUS": "Radiology Ultrasound",
    "RX": "Radiograph",
    "SP": "Surgical Pathology",
    "SR": "Serology",
    "TX": "Toxicology",
    "VR": "Virology",
    "VUS": "Vascular Ultrasound",
    "XRC": "Cineradiograph",
}

#: 0488 specimen collection method -> SNOMED CT: code, display; the other codes stay what they are.
COLLECTION_METHOD = {
    "BIO": ("129314006", "Biopsy - action"),
    "SCRAPS": ("129323009", "Scraping - action"),
}
