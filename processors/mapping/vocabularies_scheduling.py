"""Code tables of appointments, documents and referrals: HL7 v2 code -> FHIR R4."""

#: 0278 filler status -> appointmentstatus (required); codes without one of their own get the nearest.
APPOINTMENT_STATUS = {
    "PENDING": "pending",
    "WAITLIST": "waitlist",
    "BOOKED": "booked",
    "STARTED": "checked-in",
    "COMPLETE": "fulfilled",
    "CANCELLED": "cancelled",
    "CANCELED": "cancelled",
    "DISCONTINUED": "cancelled",
    "DELETED": "entered-in-error",
    "BLOCKED": "booked",
    "OVERBOOK": "booked",
    "NOSHOW": "noshow",
}
#: SIU event -> appointmentstatus; an event that says the outcome wins over SCH-25, the rest stand in when it is empty.
APPOINTMENT_EVENT = {"S15": "cancelled", "S16": "cancelled", "S17": "entered-in-error", "S26": "noshow"}
APPOINTMENT_DEFAULT = dict.fromkeys(
    ("S12", "S13", "S14", "S18", "S19", "S20", "S21", "S22", "S27"),
    "booked",
)
#: 0278 -> request-status of the order that the appointment is for: that an appointment fell through ends no order.
BOOKED_ORDER_STATUS = {
    "PENDING": "active",
    "WAITLIST": "active",
    "BOOKED": "active",
    "STARTED": "active",
    "COMPLETE": "completed",
    "CANCELLED": "unknown",
    "CANCELED": "unknown",
    "DISCONTINUED": "unknown",
    "DELETED": "unknown",
    "BLOCKED": "active",
    "OVERBOOK": "active",
    "NOSHOW": "active",
}
#: 0278 of one resource (AIG-14, AIL-12, AIP-12) -> participationstatus (required).
PARTICIPANT_STATUS = {
    "PENDING": "needs-action",
    "WAITLIST": "tentative",
    "BOOKED": "accepted",
    "STARTED": "accepted",
    "COMPLETE": "accepted",
    "CANCELLED": "declined",
    "CANCELED": "declined",
    "DISCONTINUED": "declined",
    "DELETED": "declined",
    "BLOCKED": "accepted",
    "OVERBOOK": "accepted",
    "NOSHOW": "accepted",
}
#: 0276 appointment reason -> SNOMED CT: code, display.
APPOINTMENT_REASON = {
    "ROUTINE": ("3780001", "Routine patient disposition, no follow-up planned"),
    "CHECKUP": ("866149003", "Annual visit (procedure)"),
    "FOLLOWUP": ("185389009", "Follow-up visit (procedure)"),
    "EMERGENCY": ("373110003", "Emergency procedure (procedure)"),
}
#: Words for units of time, as senders write them -> seconds.
SECONDS = {
    **dict.fromkeys(("S", "SEC", "SECOND", "SECONDS"), 1),
    **dict.fromkeys(("", "M", "MIN", "MINS", "MINUTE", "MINUTES"), 60),
    **dict.fromkeys(("H", "HR", "HRS", "HOUR", "HOURS"), 3_600),
    **dict.fromkeys(("D", "DAY", "DAYS"), 86_400),
    **dict.fromkeys(("W", "WK", "WEEK", "WEEKS"), 604_800),
}
#: Words of AIG-4 that say that the resource is a place.
PLACE_WORDS = frozenset(("LOC", "LOCATION", "PLACE", "ROOM", "RM", "CLINIC", "BED", "WARD", "SITE", "SUITE"))

#: 0271 document completion -> composition-status (required).
DOCUMENT_COMPLETION = {
    "AU": "final",
    "DI": "preliminary",
    "DO": "preliminary",
    "IN": "preliminary",
    "IP": "preliminary",
    "LA": "final",
    "PA": "preliminary",
}
#: 0273 document availability -> document-reference-status (required).
DOCUMENT_AVAILABILITY = {"AV": "current", "CA": "entered-in-error", "OB": "superseded", "UN": "current"}
#: 0191 type of data (TXA-3, ED.2) -> MIME type; the other types have none of their own.
PRESENTATION = {"TX": "text/plain", "TEXT": "text/plain", "FT": "text/plain"}
#: 0291 subtype of data (ED.3, RP.4) -> MIME type; `type/subtype` else.
SUBTYPE = {
    "BASIC": "audio/basic",
    "FAX": "image/g3fax",
    "GIF": "image/gif",
    "HTML": "text/html",
    "JOT": "image/jot",
    "JPEG": "image/jpeg",
    "JPG": "image/jpeg",
    "OCTET-STREAM": "application/octet-stream",
    "PDF": "application/pdf",
    "PICT": "image/pict",
    "PNG": "image/png",
    "POSTSCRIPT": "application/postscript",
    "RTF": "application/rtf",
    "SGML": "text/sgml",
    "TIFF": "image/tiff",
    "TXT": "text/plain",
    "PLAIN": "text/plain",
    "X-HL7-CDA-LEVEL-ONE": "text/xml",
    "XML": "text/xml",
}

#: 0283 referral status -> request-status (required).
REFERRAL_STATUS = {"A": "active", "E": "revoked", "P": "active", "R": "revoked"}
#: 0280 referral priority -> request-priority (required).
REFERRAL_PRIORITY = {"S": "stat", "A": "asap", "U": "urgent", "R": "routine"}
