"""`wardline rules` as its user sees it, and the records that switch a rule."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from processors.identity import Keyring
from processors.topics import AUDIT, CONTROL
from streams.cli.rules import app
from streams.codec import Codec
from streams.rules import SwitchFailed, switch, switch_records

HOME = Path(__file__).resolve().parents[2]
MADE = (Keyring(b"tests", "tests"), 1_700_000_000_000_000)


def run(*arguments: str, data: Path) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"WARDLINE_DATA": str(data), "WARDLINE_BOOTSTRAP": None})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of one rule file with its cases."""
    for name in ("no-show.yaml", "no-show.cases.yaml"):
        (tmp_path / name).write_text((HOME / "rules" / name).read_text())
    return tmp_path


def test_list_shows_every_rule_with_version_and_state(folder: Path) -> None:
    out = run("list", str(folder), "--json", data=folder)
    rows = [json.loads(line) for line in out.stdout.splitlines()]
    assert [(r["id"], r["version"], r["in_force"]) for r in rows] == [
        ("no-show-outreach", "2", "active"),
        ("no-show-coordinator", "2", "active"),
        ("appointment-deleted", "2", "active"),
    ]


def test_list_for_people_names_the_set(folder: Path) -> None:
    assert "3 rules, set " in run("list", str(folder), data=folder).stdout


def test_test_runs_the_cases_and_reports_coverage(folder: Path) -> None:
    out = run("test", str(folder), data=folder)
    assert out.exit_code == 0
    assert "pass  a first missed appointment is called" in out.stdout
    assert "7 cases, 0 failed" in out.stdout


def test_a_failing_case_ends_with_exit_code_1_and_says_what_came(folder: Path) -> None:
    cases = folder / "no-show.cases.yaml"
    cases.write_text(cases.read_text().replace("says: new appointment", "says: nothing"))
    out = run("test", str(folder), "--json", data=folder)
    assert out.exit_code == 1
    wrong = [row for row in map(json.loads, out.stdout.splitlines()) if row.get("wrong")]
    assert "saying 'nothing'; it did not come" in wrong[0]["wrong"][0]


def test_a_rule_that_does_not_load_ends_with_exit_code_3(folder: Path) -> None:
    rules = folder / "no-show.yaml"
    rules.write_text(rules.read_text().replace("no_shows < 2", "no_show < 2"))
    out = run("test", str(folder), data=folder)
    assert out.exit_code == 3
    assert "did you mean 'no_shows'?" in out.stderr
    assert "no-show.yaml:23" in out.stderr


def test_a_case_that_does_not_load_ends_with_exit_code_3(folder: Path) -> None:
    cases = folder / "no-show.cases.yaml"
    cases.write_text(cases.read_text().replace("says: new appointment", "sais: nothing"))
    out = run("test", str(folder), data=folder)
    assert (out.exit_code, "did you mean 'says'?" in out.stderr) == (3, True)


def test_a_folder_without_rules_ends_with_exit_code_3(tmp_path: Path) -> None:
    assert run("list", str(tmp_path), data=tmp_path).exit_code == 3


def test_disabling_an_unknown_rule_names_the_nearest(tmp_path: Path) -> None:
    out = run("disable", "critical-potasium", "--reason", "test", data=tmp_path)
    assert (out.exit_code, "did you mean 'critical-potassium'?" in out.stderr) == (1, True)


def test_disabling_without_a_broker_ends_with_exit_code_4(tmp_path: Path) -> None:
    out = run("disable", "critical-potassium", "--reason", "test", data=tmp_path)
    assert (out.exit_code, "no broker is known" in out.stderr) == (4, True)


def test_disabling_needs_a_reason(tmp_path: Path) -> None:
    assert run("disable", "critical-potassium", data=tmp_path).exit_code == 2


def test_the_switch_and_its_audit_fit_their_schemas() -> None:
    control, audit = switch_records("critical-potassium", "rule_disabled", "too loud", "kim", MADE)
    assert (control["name"], control["kind"], control["reason"]) == (
        "rule/critical-potassium",
        "rule_disabled",
        "too loud",
    )
    assert (audit["action"], audit["target"], audit["purpose"]) == ("disable", "rule/critical-potassium", "too loud")
    codec = Codec.offline(HOME / "schemas")
    assert codec.encode(CONTROL, control)
    assert codec.encode(AUDIT, audit)


def test_the_app_has_the_commands_of_the_manual() -> None:
    manual = {"list", "test", "backtest", "diff", "disable", "enable"}
    assert {command.name for command in app.registered_commands} == manual


@pytest.mark.slow
def test_a_switch_that_no_broker_confirms_fails() -> None:
    records = switch_records("critical-potassium", "rule_enabled", "", "kim", MADE)
    with pytest.raises(SwitchFailed):
        switch("127.0.0.1:1", Codec.offline(HOME / "schemas"), *records)
