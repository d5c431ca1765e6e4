"""Messages as they come: out of order, repeated, unknown, huge, full of what cannot be read; nothing goes unseen."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conversion_world import OBR, ORC, PID, PV1, converted, hl7, only, oru, resources, warned

from processors.mapping.convert import Conversion

BIG = 50_000_000
#: The most memory that the process itself has had (its own pages, not those of whoever started it).
CONVERT = """
import sys
from streams.cli.main import main
try:
    main()
finally:
    sys.stderr.write(open("/proc/self/status").read())
"""


def unmapped(message: bytes) -> dict[str, int]:
    found: Conversion = converted(message)
    return found.unmapped


def test_a_thousand_results_are_a_thousand_observations():
    message = oru(*(f"OBX|{n}|NM|{n}^Name^L||{n}.50|mmol/L|||||F" for n in range(1000)))
    found = resources(message, "Observation")
    assert len({one["id"] for one in found}) == len(found) == 1000


def test_thousands_of_repeats_of_a_field_are_kept():
    identifiers = "~".join(f"{n}^^^GENERAL^MR" for n in range(5000))
    patient = only(hl7(f"PID|1||{identifiers}", kind="ADT^A08"), "Patient")
    assert len(patient["identifier"]) == 5000


def test_thousands_of_segments_without_a_place_are_counted():
    message = hl7(PID, *("ZZ9|x|y" for _ in range(3000)), kind="ADT^A08")
    assert sum(unmapped(message).values()) == 6000


def test_segments_before_their_patient_and_order_are_converted():
    message = hl7("OBX|1|NM|X^Name^L||4", OBR, ORC, PV1, PID)
    kinds = {one["resourceType"] for one in resources(message)}
    assert {"Patient", "Encounter", "Observation"} <= kinds


def test_a_second_segment_of_what_comes_once_is_counted_and_not_mixed_in():
    message = hl7(PID, "PD1|||Clinic A", "PD1|||Clinic B", kind="ADT^A08")
    assert any(path.startswith("PD1") for path in unmapped(message))


def test_what_the_standard_does_not_know_is_counted_field_by_field():
    found = unmapped(hl7(PID, "ZPI|1|x||y", "QQ7|z", kind="ADT^A08"))
    assert {"ZPI-1", "ZPI-2", "ZPI-4", "QQ7-1"} <= set(found)


@pytest.mark.parametrize(
    "sent", ["20261399", "20260230", "99999999", "00000000", "2026030425", "yesterday", "1970-01-02"]
)
def test_a_date_that_cannot_be_is_left_out_and_said(sent):
    message = hl7(f"PID|1||7^^^GENERAL^MR||Sample^Jane||{sent}", kind="ADT^A08")
    assert "birthDate" not in only(message, "Patient")
    assert ("date_unreadable", "PID[1]-7") in warned(message)


def test_control_characters_are_taken_out_and_said():
    message = hl7("PID|1||7^^^GENERAL^MR||Sam\x01ple^Ja\x1fne", kind="ADT^A08")
    assert only(message, "Patient")["name"][0]["family"] == "Sample"
    assert "control_character" in [code for code, _ in warned(message)]


def test_a_value_of_control_characters_alone_is_no_value():
    message = hl7("PID|1||7^^^GENERAL^MR||\x01^Jane", kind="ADT^A08")
    assert "family" not in only(message, "Patient")["name"][0]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_document_of_50_mb_needs_at_most_six_times_its_memory(tmp_path: Path):
    file = tmp_path / "big.hl7"
    document = "QUJD" * (BIG // 4)
    file.write_bytes(oru(f"OBX|1|ED|D^Doc^L||^application^pdf^Base64^{document}||||||F"))
    done = subprocess.run([sys.executable, "-c", CONVERT, "convert", str(file)], capture_output=True, check=True)
    assert len(done.stdout) < 100_000
    peak = re.search(rb"VmHWM:\s+(\d+) kB", done.stderr)
    assert peak is not None
    assert int(peak[1]) * 1024 <= 6 * BIG
