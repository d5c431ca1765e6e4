"""A period that ends before it starts is R4-valid all the same, loses nothing, and is said."""

import pytest
from conversion_world import PID, converted, hl7, resources
from test_canonical import records

from processors import topics
from processors.mapping.periods import ends_before, mended

REVERSED = "PV1|1|I|4E^401^1" + "|" * 16 + "V1" + "|" * 25 + "20260304103000+0100|20260303103000+0100"


def test_the_end_moves_to_an_extension_and_is_warned_of():
    message = hl7(PID, REVERSED, kind="ADT^A08")
    period = resources(message, "Encounter")[0]["period"]
    assert period["start"] == "2026-03-04T10:30:00+01:00"
    assert "end" not in period
    assert period["extension"][0]["valueDateTime"] == "2026-03-03T10:30:00+01:00"
    assert "period_reversed" in [warning.code for warning in converted(message).warnings]


def test_the_same_message_again_says_it_again():
    first, second = (converted(hl7(PID, REVERSED, kind="ADT^A08")) for _ in range(2))
    assert (first.bundles, first.warnings) == (second.bundles, second.warnings)


@pytest.mark.parametrize(("start", "end"), [("20260304103000+0100", "20260304"), ("20260304", "20260304103000+0100")])
def test_an_end_that_is_not_surely_after_the_start_stands_beside_and_ends_the_stay(start, end):
    visit = REVERSED.replace("20260304103000+0100|20260303103000+0100", f"{start}|{end}")
    message = hl7(PID, visit, kind="ADT^A03^ADT_A03")
    period = resources(message, "Encounter")[0]["period"]
    assert "end" not in period
    (record,) = records(message, topics.ENCOUNTER)
    assert record["ended_at"] == period["extension"][0]["valueDateTime"]


def test_an_appointment_is_no_period():
    appointment = {"resourceType": "Appointment", "start": "2026-03-04", "end": "2026-03-03"}
    assert mended(appointment) is appointment


@pytest.mark.parametrize(
    ("start", "end", "before"),
    [
        ("2026-03-04", "2026-03-03", True),
        ("2026-03", "2026-03-03", False),
        ("2026-03-04T10:00:00+01:00", "2026-03-04T09:30:00+00:00", False),
        ("2026-03-04T10:00:00+01:00", "2026-03-04T10:00:00+02:00", True),
        ("2026", "2025-12", True),
    ],
)
def test_times_are_compared_by_instant_and_dates_by_what_both_say(start, end, before):
    assert ends_before(start, end) is before
