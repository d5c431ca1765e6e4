"""The one way to fail: a Rejection with a reason from a closed list, a place and a way out, and no patient data."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a message or a record cannot go on. docs/reasons.md explains each; a test compares the two."""

    NOT_HL7 = "not_hl7"
    HEADER_INVALID = "header_invalid"
    REQUIRED_FIELD_MISSING = "required_field_missing"
    UNSUPPORTED_TYPE = "unsupported_type"
    UNSUPPORTED_EVENT = "unsupported_event"
    PROCESSING_ID = "processing_id"
    TOO_LARGE = "too_large"
    BATCH_COUNT = "batch_count"
    FILE_UNREADABLE = "file_unreadable"
    FILTERED = "filtered"
    DUPLICATE = "duplicate"
    COMMAND_INVALID = "command_invalid"
    DEFECT = "defect"


class Warn(StrEnum):
    """What was odd about a message that went on all the same. Closed list, explained in docs/reasons.md."""

    CHARSET_FALLBACK = "charset_fallback"
    NUMBER_UNREADABLE = "number_unreadable"
    DATE_UNREADABLE = "date_unreadable"
    CODE_UNMAPPED = "code_unmapped"
    ZONE_ASSUMED = "zone_assumed"
    AUTHORITY_MISSING = "authority_missing"
    PATIENT_MISSING = "patient_missing"
    CONTROL_ID_REUSED = "control_id_reused"
    CONTROL_ID_MISSING = "control_id_missing"
    CONTROL_CHARACTER = "control_character"
    CONTENT_LARGE = "content_large"
    CONTENT_UNREADABLE = "content_unreadable"
    PERIOD_REVERSED = "period_reversed"
    SEGMENT_INVALID = "segment_invalid"
    SEGMENT_MISPLACED = "segment_misplaced"


#: HL7 table 0357 (message error condition codes, HL7 2.5.1 chapter 2.15.5) for each reason that can reach a sender.
ERROR_CODE_0357: dict[Reason, str] = {
    Reason.NOT_HL7: "100",
    Reason.HEADER_INVALID: "101",
    Reason.REQUIRED_FIELD_MISSING: "101",
    Reason.UNSUPPORTED_TYPE: "200",
    Reason.UNSUPPORTED_EVENT: "201",
    Reason.PROCESSING_ID: "202",
    Reason.TOO_LARGE: "207",
}


class Rejection(Exception):
    """A value that cannot go on. `path` is a segment-field (`PID[1]-3`) or a place; no text carries patient data."""

    def __init__(self, reason: Reason, path: str, detail: str) -> None:
        super().__init__(f"{reason}: {path}: {detail}")
        self.reason = reason
        self.path = path
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Warning:
    """A visible warning: code from `Warn`, segment-field, what and how to fix."""

    code: Warn
    path: str
    text: str


class StateFailure(Exception):
    """A stage's rows cannot be read or written, or are of a later version; never a reason to refuse a record."""


class ConfigError(Exception):
    """A configuration that is refused at load: file, line, what is wrong, and the nearest valid name."""

    def __init__(self, file: str, line: int, what: str) -> None:
        super().__init__(f"{file}:{line}: {what}")
        self.file = file
        self.line = line
        self.what = what
