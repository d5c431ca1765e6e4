"""`wardline rules diff` as its user sees it: folders and git versions, fields and limits, versions that were kept."""

import json
import subprocess
from pathlib import Path

import pytest
from recorded_world import FILE, rules_in
from typer.testing import CliRunner, Result

from streams.cli.rules import app
from streams.settings import HOME


def run(*arguments: object, home: Path | None = None) -> Result:
    env = {"WARDLINE_HOME": str(home)} if home else {}
    return CliRunner().invoke(app, ["diff", *map(str, arguments)], env=env)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return rules_in(tmp_path / "rules")


def changed(folder: Path, *changes: tuple[str, str]) -> Path:
    return rules_in(folder.parent / "other", *changes)


def test_the_same_rules_do_not_differ(folder: Path) -> None:
    out = run(folder, folder)
    assert (out.exit_code, "no difference" in out.stdout) == (0, True)


def test_a_comment_is_no_difference_of_rules(folder: Path) -> None:
    out = run(folder, changed(folder, ("defaults:", "# a remark\ndefaults:")))
    assert (out.exit_code, "no difference but in the form of the files" in out.stdout) == (0, True)


def test_a_limit_that_changed_without_a_version_is_called_out(folder: Path) -> None:
    out = run(folder, changed(folder, ("high: 6.2,", "high: 6.0,")))
    assert out.exit_code == 10
    assert "limits[mmol/L adult].high: 6.2 -> 6.0" in out.stdout
    assert "WITHOUT A NEW VERSION  critical-potassium 2: analyte potassium" in out.stdout
    assert "give each a new version" in out.stderr


def test_a_changed_default_is_a_change_of_each_rule_that_takes_it(folder: Path) -> None:
    out = run(folder, changed(folder, ("acknowledge_min: 30", "acknowledge_min: 20")), "--json")
    answer = json.loads(out.stdout)
    fields = {one["name"]: [f["path"] for f in one["fields"]] for one in answer["changes"]}
    assert fields["critical-potassium"] == fields["critical-sodium"] == ["sla.acknowledge_min"]


def test_a_change_with_a_new_version_is_no_drift(folder: Path) -> None:
    changes = ('version: "2"', 'version: "3"'), ("acknowledge_min: 30", "acknowledge_min: 20")
    out = run(folder, changed(folder, *changes))
    assert (out.exit_code, "critical-potassium 2 -> 3" in out.stdout) == (0, True)


def test_a_promotion_keeps_its_version(folder: Path) -> None:
    assert run(folder, changed(folder, ("status: active", "status: shadow"))).exit_code == 0


def test_rules_that_came_and_went_are_named(folder: Path) -> None:
    other = folder.parent / "other"
    other.mkdir()
    (other / "no-show.yaml").write_text((HOME / "rules" / "no-show.yaml").read_text())
    answer = json.loads(run(folder, other, "--json").stdout)
    kinds = {one["name"]: one["kind"] for one in answer["changes"] if one["what"] == "rule"}
    assert (kinds["no-show-outreach"], kinds["critical-potassium"]) == ("added", "removed")


def test_each_set_is_named_with_its_digest(folder: Path) -> None:
    answer = json.loads(run(folder, changed(folder, ("high: 6.2,", "high: 6.0,")), "--json").stdout)
    assert len({answer["a"]["digest"], answer["b"]["digest"]}) == 2


def test_a_git_version_is_compared_with_the_rules_as_they_are(folder: Path) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "rules"]):
        subprocess.run(["git", "-C", str(folder.parent), *words], check=True, capture_output=True)
    text = (folder / FILE).read_text()
    (folder / FILE).write_text(text.replace("high: 6.2,", "high: 6.0,", 1))
    out = run("HEAD", home=folder.parent)
    assert (out.exit_code, "high: 6.2 -> 6.0" in out.stdout) == (10, True)


@pytest.mark.parametrize("name", ["no-such-version", "--upload-pack=x"])
def test_a_set_that_nobody_knows_exits_with_3(folder: Path, name: str) -> None:
    out = run("--", name, folder)
    assert (out.exit_code, "there is no rule set" in out.stderr) == (3, True)


def test_a_set_that_does_not_load_exits_with_3_and_the_line(folder: Path) -> None:
    out = run(folder, changed(folder, ("outcome: escalate", "outcome: shout")))
    assert (out.exit_code, f"{FILE}:" in out.stderr) == (3, True)
