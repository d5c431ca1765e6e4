"""`wardline schemas` and `wardline topics` say what is wrong and end with the code that stands for it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from streams.cli import schemas, topics
from streams.settings import HOME


def schemas_command(*words: str) -> Result:
    return CliRunner().invoke(schemas.app, words)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the project's schemas to edit."""
    return Path(shutil.copytree(HOME / "schemas", tmp_path / "schemas"))


def edit(folder: Path, before: str, after: str) -> str:
    """Change the schema of tasks; gives the folder as an option's value."""
    path = folder / "workflow.task.v1.avsc"
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), "utf-8")
    return str(folder)


STATUS = '"name": "status", "type": "string", "default": ""'


def test_our_schemas_pass_the_check() -> None:
    result = schemas_command("check", "--offline")
    assert (result.exit_code, result.stdout) == (0, "21 schemas, all in order\n")


def test_an_incompatible_change_ends_with_10_and_names_the_field(folder: Path) -> None:
    where = edit(folder, STATUS, '"name": "status", "type": "int", "default": 0')
    result = schemas_command("check", "--offline", "--schemas", where)
    assert result.exit_code == 10
    assert "workflow.task.v1: status: was string, is int" in result.stdout


def test_a_field_without_default_ends_with_10_and_names_the_field(folder: Path) -> None:
    where = edit(folder, STATUS, '"name": "status", "type": "string"')
    result = schemas_command("check", "--offline", "--schemas", where, "--json")
    assert result.exit_code == 10
    assert json.loads(result.stdout)["found"] == ["workflow.task.v1.status: default is missing"]


def test_a_compatible_change_passes_once_it_is_recorded(folder: Path) -> None:
    where = edit(folder, "{" + STATUS, '{"name": "colour", "type": "string", "default": "", "doc": "new"}, {' + STATUS)
    assert "workflow.task.v1: colour is new" in schemas_command("check", "--offline", "--schemas", where).stdout
    assert schemas_command("accept", "--schemas", where).exit_code == 0
    assert schemas_command("check", "--offline", "--schemas", where).exit_code == 0


def test_an_incompatible_change_cannot_be_recorded(folder: Path) -> None:
    where = edit(folder, STATUS, '"name": "status", "type": "int", "default": 0')
    assert schemas_command("accept", "--schemas", where).exit_code == 10


def test_a_folder_without_schemas_is_a_matter_of_configuration(tmp_path: Path) -> None:
    result = schemas_command("check", "--offline", "--schemas", str(tmp_path))
    assert result.exit_code == 3


def test_a_registry_that_is_away_ends_with_4(tmp_path: Path) -> None:
    result = schemas_command("register", "--registry", "http://127.0.0.1:1", "--data", str(tmp_path))
    assert result.exit_code == 4


def test_an_address_that_is_none_ends_with_3(tmp_path: Path) -> None:
    result = schemas_command("register", "--registry", "nonsense", "--data", str(tmp_path))
    assert result.exit_code == 3


@pytest.mark.parametrize("command", ["plan", "apply", "check"])
def test_without_a_known_cluster_topics_ends_with_3(command: str, tmp_path: Path) -> None:
    result = CliRunner(env={"WARDLINE_BOOTSTRAP": ""}).invoke(topics.app, [command, "--data", str(tmp_path)])
    assert result.exit_code == 3


def test_the_console_command_reaches_schemas_check() -> None:
    program = Path(sys.executable).with_name("wardline")
    done = subprocess.run(
        [program, "schemas", "check", "--offline", "--json"], capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"schemas": 21, "found": []}
