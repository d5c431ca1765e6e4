"""`wardline convert` and `wardline try` as their users run them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[1] / "golden"
POTASSIUM = GOLDEN / "oru_r01_potassium" / "message.hl7"


def wardline(*arguments: object, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", "from streams.cli.main import main; main()", *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, check=False, timeout=30)


def lines(output: bytes) -> list[dict]:
    return [json.loads(line) for line in output.splitlines()]


def test_each_message_is_one_bundle_line():
    done = wardline("convert", POTASSIUM, POTASSIUM)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [bundle["resourceType"] for bundle in lines(done.stdout)] == ["Bundle", "Bundle"]


def test_a_bad_message_is_one_error_line_and_the_others_go_on():
    done = wardline("convert", "-", given=b"hello\r" + POTASSIUM.read_bytes())
    assert done.returncode == 1
    assert len(lines(done.stdout)) == 1
    (error,) = lines(done.stderr)
    assert (error["error"], error["message"], error["file"]) == ("not_hl7", 1, "-")


def test_a_file_that_is_not_there_is_an_error_line():
    done = wardline("convert", "no such file", POTASSIUM)
    assert (done.returncode, len(lines(done.stdout))) == (1, 1)
    assert lines(done.stderr)[0]["error"] == "file_unreadable"


def test_an_unknown_site_is_a_configuration_error():
    assert wardline("convert", "--site", "nowhere", POTASSIUM).returncode == 3


def test_the_report_says_what_was_odd_and_what_no_row_maps():
    (line,) = lines(wardline("convert", "--report", POTASSIUM).stderr)
    assert "number_unreadable" in [warning["code"] for warning in line["warnings"]]


def test_try_shows_the_records_in_order_up_to_the_task():
    topics = [line["topic"] for line in lines(wardline("try", POTASSIUM).stdout)]
    assert topics[:3] == ["ops.message.v1", "patient.timeline.v1", "canonical.patient.v1"]
    assert "canonical.observation.v1" in topics
    assert "raw.hl7v2.v1" not in topics


@pytest.mark.parametrize("command", ["convert", "try"])
def test_a_time_that_is_none_is_a_usage_error(command):
    assert wardline(command, "--as-of", "yesterday", POTASSIUM).returncode == 2


def test_a_batch_has_a_bundle_or_an_error_for_each_message_and_its_counts_verified():
    content = b"FHS|^~\\&\rBHS|^~\\&\r" + POTASSIUM.read_bytes() + b"MSH|^~\\&|A\rPID|1\rBTS|3\rFTS|1\r"
    done = wardline("convert", "-", given=content)
    assert (done.returncode, len(lines(done.stdout))) == (1, 1)
    found = [(line["message"], line["error"], line["location"]) for line in lines(done.stderr)]
    assert found == [(2, "required_field_missing", "MSH-9"), (0, "batch_count", "BTS-1")]
