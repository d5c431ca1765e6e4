"""`wardline sites`: what is wrong comes with file and line, all of it at once; the maps come as FHIR."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from streams.cli.convert import convert
from streams.cli.output import CONFIGURATION
from streams.cli.sites import app

GOOD = "feed: good\nobservation_codes: {K: {code: 2823-3, system: 'http://loinc.org'}}\n"
BAD = """feed: bad
zone: Nowhere/Land
"""
WRONG = """feed: wrong
authority: [patients]
rows:
  - {from: ZPI-1, to: Patient.birthdate, type: date}
"""
MESSAGE = "MSH|^~\\&|A|F|B|G|20260304103000+0100||ADT^A01|C1|P|2.5\rPID|1||7^^^H^MR||Sample\rPV1|1|I\r"


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def folder(at: Path, **files: str) -> str:
    for name, text in files.items():
        (at / f"{name}.yaml").write_text(text)
    return str(at)


def test_a_good_folder_is_read() -> None:
    result = run("check")
    assert result.exit_code == 0
    assert "0 errors" in result.stdout


def test_everything_wrong_is_said_with_file_and_line(tmp_path: Path) -> None:
    result = run("check", folder(tmp_path, good=GOOD, bad=BAD, wrong=WRONG))
    assert result.exit_code == CONFIGURATION
    assert "bad.yaml:2: zone: 'Nowhere/Land'" in result.stderr
    assert "wrong.yaml:2: authority.0: no domain 'patients' (did you mean 'patient'?)" in result.stderr
    assert "wrong.yaml:4: rows.0: to: Patient has no element 'birthdate' (did you mean 'birthDate'?)" in result.stderr


def test_findings_come_as_json(tmp_path: Path) -> None:
    result = run("check", "--json", folder(tmp_path, wrong=WRONG))
    assert [json.loads(line)["line"] for line in result.stdout.splitlines()] == [2, 4]


def test_what_has_no_effect_is_a_hint_and_no_error(tmp_path: Path) -> None:
    result = run("check", folder(tmp_path, named="feed: other\nunits: {mg/dl: mg/dL}\nignored: [PID-3]\n"))
    assert result.exit_code == 0
    assert result.stdout.count("hint:") == 3


def test_a_wrong_row_and_codes_of_its_field_are_one_error(tmp_path: Path) -> None:
    codes = "codes: {ZPV-2: {A: {code: B, system: 'urn:example:b'}}}\n"
    text = "feed: own\nrows: [{from: ZPV-2, to: Encounter.foo, type: CodeableConcept}]\n" + codes
    result = run("check", folder(tmp_path, own=text))
    assert (result.exit_code, result.stderr.count("error:")) == (CONFIGURATION, 1)


def test_a_field_that_is_switched_off_may_be_ignored(tmp_path: Path) -> None:
    text = "feed: own\noverrides: [{field: PID-19, off: true}]\nignored: [PID-19]\n"
    assert "hint:" not in run("check", folder(tmp_path, own=text)).stdout


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    assert run("check", str(tmp_path)).exit_code == CONFIGURATION


def test_a_site_is_shown_with_its_defaults(tmp_path: Path) -> None:
    folder(tmp_path, good=GOOD)
    shown = json.loads(run("show", str(tmp_path / "good.yaml")).stdout)
    assert (shown["feed"], shown["event_time"]) == ("good", ["EVN-6", "EVN-2", "MSH-7"])


def test_the_maps_of_a_site_are_written_as_concept_maps(tmp_path: Path) -> None:
    folder(tmp_path, good=GOOD)
    made = [json.loads(line) for line in run("maps", str(tmp_path / "good.yaml")).stdout.splitlines()]
    assert [one["url"] for one in made] == [f"urn:wardline:feed:good:conceptmap:{n}" for n in ("OBX-3", "OBR-4")]


def converted(site: str, *options: str, tmp_path: Path) -> Result:
    import typer

    folder(tmp_path, site="feed: site\n" + site)
    (tmp_path / "in.hl7").write_text(MESSAGE)
    command = typer.Typer()
    command.command()(convert)
    return CliRunner().invoke(command, ["--site", str(tmp_path / "site.yaml"), *options, str(tmp_path / "in.hl7")])


def test_convert_leaves_out_what_the_site_filters_and_says_so(tmp_path: Path) -> None:
    result = converted("filters: [{reason: none, fields: {PV1-2: [I]}}]", tmp_path=tmp_path)
    assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads(result.stderr)["filtered"] == "none"


def test_convert_reports_the_verdict(tmp_path: Path) -> None:
    result = converted("expects: {segments: {any: [EVN]}}", "--report", tmp_path=tmp_path)
    report = json.loads(result.stderr.splitlines()[-1])
    assert report["departures"] == [{"code": "segment_missing", "path": "EVN", "count": 1}]
