"""HL7 v2 tables of visits, message headers and answers -> FHIR codes, as HL7's guide maps them; else it is said why."""

#: 0003 event -> encounter-status. The guide names A01 to A05, A08, A11 and A13; the rest by what HL7 2.5.1 chapter 3
#: says of the event. A04 is left to the class: "planned" contradicts the guide's own class table, and who is registered
#: is there. A08 and the events about people, allergies and identifiers say nothing of the status.
EVENT_STATUS = {
    "A01": "in-progress",
    "A02": "in-progress",
    "A03": "finished",
    "A05": "planned",
    "A06": "in-progress",
    "A07": "in-progress",
    "A09": "in-progress",
    "A10": "in-progress",
    "A14": "planned",
    "A15": "in-progress",
    "A16": "in-progress",
    "A17": "in-progress",
    "A21": "onleave",
    "A22": "in-progress",
    "A25": "in-progress",
    "A26": "in-progress",
    "A32": "in-progress",
    "A33": "in-progress",
    "A52": "in-progress",
    "A53": "onleave",
}
#: Events that take something back win over a discharge time that is still in the message.
CANCEL_STATUS = {
    "A11": "cancelled",
    "A12": "in-progress",
    "A13": "in-progress",
    "A23": "entered-in-error",
    "A27": "cancelled",
    "A38": "cancelled",
}
#: Events that announce a stay: the patient is not yet where PV1-3 says.
AHEAD = frozenset(("A05", "A14", "A27", "A38"))

#: Events that plan something, for which EVN-3 is the time.
PLANS = frozenset(("A05", "A14", "A15", "A16"))

#: 0069 hospital service -> service-type: code, display. The rest keeps its v2 code.
HOSPITAL_SERVICE = {"MED": ("382", "Medical Services"), "URO": ("222", "Urology")}
#: 0009 ambulatory status -> encounter-special-arrangements: code, display. The rest keeps its v2 code.
AMBULATORY_STATUS = {"A2": ("wheel", "Wheelchair")}
#: 0062 event reason -> v3-ActReason: code, display. U is data absent.
EVENT_REASON = {
    "01": ("PATRQT", "patient requested"),
    "02": ("TREAT", "treatment"),
    "03": ("HOPERAT", "healthcare operations"),
}
#: 0952 confidentiality classification, which takes its codes from v3-Confidentiality.
CONFIDENTIALITY = frozenset("ULMNRV")
#: ISO 639-2 codes that senders use -> the code of BCP 47, which FHIR asks for.
LANGUAGE = {
    "ARA": "ar",
    "CES": "cs",
    "CZE": "cs",
    "DAN": "da",
    "DEU": "de",
    "GER": "de",
    "DUT": "nl",
    "NLD": "nl",
    "ENG": "en",
    "FIN": "fi",
    "FRA": "fr",
    "FRE": "fr",
    "ITA": "it",
    "JPN": "ja",
    "KOR": "ko",
    "NOR": "no",
    "POL": "pl",
    "POR": "pt",
    "RUS": "ru",
    "SPA": "es",
    "SWE": "sv",
    "TUR": "tr",
    "ZHO": "zh",
    "CHI": "zh",
}

#: 0008 acknowledgement code -> response-code. AE, AR and CR say that the content is at fault, CE that it could not be
#: kept; an error code of the next table says it better.
RESPONSE = {
    "AA": "ok",
    "CA": "ok",
    "AE": "fatal-error",
    "AR": "fatal-error",
    "CE": "transient-error",
    "CR": "fatal-error",
}
#: 0357 error condition -> issue-type.
ISSUE_TYPE = {
    "0": "informational",
    "100": "structure",
    "101": "required",
    "102": "value",
    "103": "code-invalid",
    "104": "too-long",
    "200": "not-supported",
    "201": "not-supported",
    "202": "not-supported",
    "203": "not-supported",
    "204": "not-found",
    "205": "duplicate",
    "206": "lock-error",
    "207": "exception",
}
#: 0357 error conditions that pass: the same message may be taken later.
PASSING = frozenset(("206", "207"))
#: 0516 error severity -> issue-severity.
SEVERITY = {"E": "error", "F": "fatal", "I": "information", "W": "warning"}
