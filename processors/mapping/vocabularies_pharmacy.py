"""HL7 v2 tables of pharmacy and vaccines -> FHIR codes, as HL7's v2-to-FHIR guide maps them."""

from processors.fhir.systems import TERMINOLOGY

_ROUTE = TERMINOLOGY + "v3-RouteOfAdministration"
_SITE = TERMINOLOGY + "v3-ActSite"
_SNOMED = "http://snomed.info/sct"

#: 0162 route -> system, code, display; the rest keeps its v2 code.
ROUTE = {
    "ID": (_ROUTE, "IDINJ", "Injection, intradermal"),
    "IM": (_ROUTE, "IM", "Injection, intramuscular"),
    "IV": (_ROUTE, "IVINJ", "Injection, intravenous"),
    "PO": (_ROUTE, "PO", "Swallow, oral"),
    "SC": (_ROUTE, "SQ", "Injection, subcutaneous"),
    "TD": (_ROUTE, "TRNSDERM", "Transdermal"),
}
#: 0163 body site -> v3-ActSite, which has these under the same code; the guide names the two arms.
BODY_SITE = {
    "LA": (_SITE, "LA", "left arm"),
    "RA": (_SITE, "RA", "right arm"),
    "LT": (_SITE, "LT", "left thigh"),
    "RT": (_SITE, "RT", "right thigh"),
    "LD": (_SITE, "LD", "left deltoid"),
    "RD": (_SITE, "RD", "right deltoid"),
}
#: Codes of table 0163 that table 0550 does not have: a bare one is of 0163.
SITE_0163 = frozenset(
    (
        *("BE", "OU", "BN", "BU", "CT", "LA", "LAC", "LACF", "LD", "LE", "LEJ", "OS", "LF", "LG", "LH", "LIJ", "LLAQ"),
        *("LLFA", "LMFA", "LN", "LPC", "LSC", "LT", "LUA", "LUAQ", "LUFA", "LVG", "LVL", "NB", "PA", "PERIN", "RA"),
        *("RAC", "RACF", "RD", "RE", "REJ", "OD", "RF", "RG", "RH", "RIJ", "RLAQ", "RLFA", "RMFA", "RN", "RPC", "RSC"),
        *("RT", "RUA", "RUAQ", "RUFA", "RVL", "RVG"),
    )
)
#: 0165 administration method -> SNOMED CT where the guide has one.
METHOD = {
    "CH": (_SNOMED, "419747000", "Chew"),
    "DI": (_SNOMED, "421682005", "Dissolve"),
    "IS": (_SNOMED, "421257003", "Insert"),
    "SH": (_SNOMED, "420606003", "Shampoo"),
    "WA": (_SNOMED, "422152000", "Wash"),
}
#: 0335 repeat pattern -> times per period, period, unit: what the pattern says in numbers. Q6H and the like are read.
FREQUENCY = {
    "BID": (2, 1, "d"),
    "TID": (3, 1, "d"),
    "QID": (4, 1, "d"),
    "QD": (1, 1, "d"),
    "QOD": (1, 2, "d"),
    "QAM": (1, 1, "d"),
    "QPM": (1, 1, "d"),
    "QHS": (1, 1, "d"),
    "QSHIFT": (3, 1, "d"),
}
#: 0038 order status -> medicationrequest-status, which says cancelled or stopped where request-status says revoked.
MEDICATION_STATUS = {
    "CA": "cancelled",
    "CM": "completed",
    "DC": "stopped",
    "ER": "entered-in-error",
    "HD": "on-hold",
    "IP": "active",
    "RP": "stopped",
    "SC": "active",
    "A": "active",
}
#: 0119 order control -> medicationrequest-status, after the guide's map for ServiceRequest.
MEDICATION_CONTROL = {
    **dict.fromkeys(("AF", "CA", "HD", "NW", "OK", "PR", "PY", "RL", "RO", "RQ", "XO", "XR", "SN", "NA"), "active"),
    **dict.fromkeys(("CR", "OC", "DF"), "cancelled"),
    **dict.fromkeys(("DC", "DR", "OD"), "stopped"),
    **dict.fromkeys(("HR", "OH"), "on-hold"),
    "FU": "completed",
}
#: 0119 order control -> medicationdispense-status; what RXD tells of otherwise is done.
DISPENSE_CONTROL = {
    **dict.fromkeys(("CA", "CR", "OC"), "cancelled"),
    **dict.fromkeys(("DC", "DR", "OD"), "stopped"),
    **dict.fromkeys(("HD", "HR", "OH"), "on-hold"),
}
#: 0322 completion status -> event-status, for Immunization and MedicationAdministration.
COMPLETION_STATUS = {"CP": "completed", "RE": "not-done", "NA": "not-done", "PA": "completed"}
#: 0167 substitution status: the codes that say that another medicine was dispensed.
SUBSTITUTED = frozenset(("G", "T"))
#: What RXA-20 PA says besides: the dose was given in part.
PARTIAL_DOSE = {
    "coding": [
        {
            "system": TERMINOLOGY + "immunization-subpotent-reason",
            "code": "partial",
            "display": "Partial Dose",
        }
    ]
}
#: The code system of RXA-9 that tells where the report of a vaccination comes from, and its code for one given here.
SOURCE_TABLE = "NIP001"
NEW_RECORD = "00"

#: LOINC codes of OBX under a vaccination (CDC's guide for VXU) -> the element of Immunization that says the same.
FUNDING_ELIGIBILITY = "64994-7"
FUNDING_SOURCE = "30963-3"
DOSE_NUMBER = "30973-2"
SERIES_DOSES = "59782-3"
REACTION = "31044-1"
EDUCATION = {
    "69764-9": "documentType",
    "30956-7": "documentType",
    "29768-9": "publicationDate",
    "29769-7": "presentationDate",
}
#: Order numbers that are none: registries send 9999 where a record has no number.
NO_NUMBER = frozenset(("", "9999"))
