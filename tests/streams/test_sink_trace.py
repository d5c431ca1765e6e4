"""`wardline trace` and `wardline find` over a filled data folder, as their user calls them."""

import json
from pathlib import Path

import pytest
import typer
from read_side import Log, hospital_story, store_of
from typer.testing import CliRunner, Result

from streams.cli.trace import find, trace


@pytest.fixture
def data(tmp_path: Path) -> Path:
    log = Log()
    hospital_story(log, 1)
    hospital_story(log, 2)
    (tmp_path / "identity.key").write_text(b"test secret".hex())
    store_of(tmp_path / "wardline.db", log.records)
    return tmp_path


def call(command: object, *arguments: object) -> Result:
    app = typer.Typer()
    app.command()(command)  # type: ignore[type-var]
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_trace_lists_every_record_with_topic_and_position(data: Path) -> None:
    text = call(trace, "task-1", "--data", data).stdout
    places = ("raw.hl7v2.v1/0/0", "canonical.observation.v1/0/0", "workflow.decision.v1/0/0", "workflow.task.v1/0/0")
    at = [text.index(place) for place in places]
    assert at == sorted(at)
    assert "OBX[2]" in text


def test_a_trace_says_what_was_odd_about_the_message_and_what_no_row_maps(data: Path) -> None:
    text = call(trace, "task-1", "--data", data).stdout
    assert "number_unreadable at OBX[3]-5: not a number as HL7 writes it" in text
    assert "no row maps: ZAB-2 (1)" in text


def test_a_trace_as_json_holds_the_chain(data: Path) -> None:
    answer = json.loads(call(trace, "LAB0002", "--data", data, "--json").stdout)
    assert [message["correlation_id"] for message in answer["messages"]] == ["raw-2"]
    assert len(answer["messages"][0]["chain"]) == 7


def test_an_unknown_id_exits_with_1(data: Path) -> None:
    result = call(trace, "nobody", "--data", data)
    assert (result.exit_code, "nothing is known under 'nobody'" in result.stderr) == (1, True)


def test_a_folder_without_a_store_exits_with_3_and_says_what_to_do(tmp_path: Path) -> None:
    result = call(trace, "task-1", "--data", tmp_path)
    assert (result.exit_code, "start `wardline up`" in result.stderr) == (3, True)


@pytest.mark.parametrize(
    ("option", "value", "found"),
    [
        ("--mrn", "MRN-TEST-7", {"raw-1", "raw-2"}),
        ("--accession", "ACC-2", {"raw-2"}),
        ("--control-id", "LAB0001", {"raw-1"}),
    ],
)
def test_messages_are_found_by_identifier(data: Path, option: str, value: str, found: set[str]) -> None:
    answer = json.loads(call(find, option, value, "--data", data, "--json").stdout)
    assert {line["correlation_id"] for line in answer["found"]} == found


def test_what_is_found_names_end_state_and_tasks(data: Path) -> None:
    line = json.loads(call(find, "--accession", "ACC-1", "--data", data, "--json").stdout)["found"][0]
    assert (line["state"], line["tasks"], line["decisions"]) == ("converted", "task-1", 1)


def test_nothing_found_exits_with_1(data: Path) -> None:
    assert call(find, "--visit", "V9", "--data", data).exit_code == 1


@pytest.mark.parametrize("arguments", [(), ("--mrn", "1", "--visit", "2"), ("--authority", "A", "--visit", "2")])
def test_exactly_one_identifier_is_needed(data: Path, arguments: tuple[str, ...]) -> None:
    assert call(find, *arguments, "--data", data).exit_code == 2


@pytest.mark.parametrize(
    ("command", "arguments"), [(trace, ("task-1",)), (find, ("--mrn", "MRN-TEST-7"))], ids=["trace", "find"]
)
def test_a_read_that_cannot_be_audited_is_shown_and_said(
    data: Path, command: object, arguments: tuple[str, ...]
) -> None:
    result = call(command, *arguments, "--data", data)
    assert result.stdout
    assert "warning: this read is not in the audit log: no broker is known" in result.stderr
    assert "MRN-TEST-7" not in result.stderr
