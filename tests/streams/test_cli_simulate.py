"""`wardline simulate`: what it prints and saves, and how it refuses."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from streams.cli.simulate import parse_duration, simulate
from streams.simulate.targets import listening_ports

START = ("--start", "2026-03-02T09:00:00-05:00")


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(simulate)
    return CliRunner().invoke(app, arguments)


def test_a_dry_run_prints_one_json_line_for_each_message():
    lines = run("--dry-run", "--for", "2s", *START).stdout.splitlines()
    assert [json.loads(line)["number"] for line in lines] == list(range(10))


def test_a_dry_run_is_repeatable():
    assert run("--dry-run", "--for", "9s", *START).stdout == run("--dry-run", "--for", "9s", *START).stdout


def test_a_dry_run_as_er7_begins_each_message_with_msh():
    blocks = run("--dry-run", "--form", "er7", "--for", "2s", *START).stdout.strip().split("\n\n")
    assert [block[:4] for block in blocks] == ["MSH|"] * 10


def test_without_for_the_run_ends_when_its_patients_have_gone():
    lines = run("--dry-run", "--patients", "2", *START).stdout.splitlines()
    assert {json.loads(line)["story"] for line in lines} == {"opening_renal", "opening_correction"}


def test_save_writes_each_message_into_a_file_of_its_own(tmp_path):
    run("--save", str(tmp_path), "--for", "2s", *START)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert len(files) == 10
    assert files[0] == "000000-adt-ADT_A01.hl7"


@pytest.mark.parametrize(
    "arguments",
    [("--for", "soon"), ("--feed-port", "icu=1"), ("--feed-port", "lab=ninety"), ("--start", "yesterday")],
)
def test_a_wrong_argument_ends_with_the_usage_code(arguments):
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("60s", 60), ("1.5m", 90), ("2h", 7200)])
def test_durations_are_read(text, seconds):
    assert parse_duration(text) == seconds


def test_ports_come_from_the_running_gateway(tmp_path: Path):
    written = {feed: {"feed": feed, "host": "127.0.0.1", "port": 21000} for feed in ("lab", "default")}
    (tmp_path / "gateway.json").write_text(json.dumps(written))
    assert listening_ports(tmp_path) == {"lab": 21000}


def test_without_a_gateway_no_port_is_known(tmp_path: Path):
    assert listening_ports(tmp_path) == {}
