"""What is taken out of free text before it reaches a log."""

import pytest

from processors.privacy.redaction import LOG_FIELDS, scrub


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("mrn 1234567 unknown", "mrn [number] unknown"),
        ("ssn 123-45-6789", "ssn [number]"),
        ("phone 555 123 4567 called", "phone [number] called"),
        ("got PID|1||77^^^A||DOE^JOHN at once", "got [segment]"),
        ("value DOE^JOHN^Q is odd", "value [components] is odd"),
        ("PID|1\nnext line", "[segment]\nnext line"),
        ("MRN987654 is odd", "MRN[number] is odd"),
    ],
)
def test_what_may_be_a_patient_is_taken_out(text: str, scrubbed: str) -> None:
    assert scrub(text) == scrubbed


@pytest.mark.parametrize(
    "text",
    [
        "partition 3 offset 99999 on 127.0.0.1:19092",
        f"event {'0123456789' * 3}ab",
        "resource 12345678-1234-5678-9012-123456789012",
        f"digest {'0123456789abcdef' * 4}",
        "MSH-9 is not known to site lab",
    ],
)
def test_what_operators_need_stays(text: str) -> None:
    assert scrub(text) == text


def test_no_field_of_a_log_line_can_hold_a_patient() -> None:
    assert not {"patient", "patient_key", "name", "mrn", "payload", "value", "comment"} & LOG_FIELDS
