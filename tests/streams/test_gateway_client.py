"""From a file to its messages, and what the sender makes of each answer."""

import asyncio
import json
from pathlib import Path

import pytest
from gateway_desk import FakeLog, message, running

from streams.cli.send import send
from streams.gateway.client import outgoing


def test_each_header_begins_a_message() -> None:
    assert list(outgoing(message("A") + message("B")).messages) == [message("A"), message("B")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_segments_end_by_carriage_return_however_the_file_has_them(end: bytes) -> None:
    assert list(outgoing(message("A").replace(b"\r", end) + message("B").replace(b"\r", end)).messages) == [
        message("A"),
        message("B"),
    ]


def test_framing_and_batch_envelopes_are_left_out() -> None:
    data = b"FHS|^~\\&\rBHS|^~\\&\r\x0b" + message("A") + b"\x1c\r\x0b" + message("B") + b"\x1c\rBTS|2\rFTS|1\r"
    assert list(outgoing(data).messages) == [message("A"), message("B")]


def test_a_file_without_header_is_sent_as_it_is() -> None:
    assert list(outgoing(b"hello").messages) == [b"hello"]


def test_an_empty_file_holds_no_message() -> None:
    assert list(outgoing(b"\n").messages) == []


def test_the_name_of_the_header_inside_a_field_begins_nothing() -> None:
    assert list(outgoing(message("A") + b"NTE|1||see MSH|x\r").messages) == [message("A") + b"NTE|1||see MSH|x\r"]


async def sent(
    raw_log: FakeLog, folder: Path, data: bytes, capsys: pytest.CaptureFixture[str]
) -> list[dict[str, object]]:
    """The lines that `wardline send --json` prints; the last holds its exit code."""
    file = folder / "messages.hl7"
    file.write_bytes(data)
    code = 0
    async with running(raw_log) as gateway:
        try:
            await asyncio.to_thread(send, [str(file)], f"127.0.0.1:{gateway.port}", 5.0, True)
        except SystemExit as why:
            code = int(str(why.code))
    lines: list[dict[str, object]] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [*lines, {"exit": code}]


async def test_each_answer_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = await sent(FakeLog(), tmp_path, message("A") + message("B"), capsys)
    assert [(line.get("code"), line.get("control_id")) for line in lines[:-1]] == [("AA", "A"), ("AA", "B")]
    assert lines[-1] == {"exit": 0}


async def test_a_refused_message_is_said_and_the_next_sent_on_a_new_connection(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = await sent(FakeLog(denied={"A"}), tmp_path, message("A") + message("B"), capsys)
    assert [line.get("code") for line in lines[:-1]] == ["AR", "AA"]
    assert "not stored" in str(lines[0]["error"])
    assert lines[-1] == {"exit": 1}


async def test_a_message_that_wants_no_answer_is_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = await sent(FakeLog(), tmp_path, message("A", tail="|||NE|NE"), capsys)
    assert (lines[0]["code"], lines[0]["accepted"], lines[-1]) == ("", True, {"exit": 0})


async def test_a_batch_file_is_sent_message_by_message_with_a_verdict_for_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw_log = FakeLog()
    data = b"FHS|^~\\&\rBHS|^~\\&\r" + message("A") + message("B") + b"BTS|2\rFTS|1\r"
    lines = await sent(raw_log, tmp_path, data, capsys)
    assert [(line["number"], line["code"], line["control_id"]) for line in lines[:-1]] == [
        (1, "AA", "A"),
        (2, "AA", "B"),
    ]
    assert lines[-1] == {"exit": 0}
    assert raw_log.control_ids() == ["A", "B"]


async def test_counts_of_a_batch_that_do_not_hold_are_said_and_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = await sent(FakeLog(), tmp_path, b"BHS|^~\\&\r" + message("A") + b"BTS|3\r", capsys)
    assert [(line["number"], line["code"]) for line in lines[:-1]] == [(1, "AA"), (0, "batch_count")]
    assert "the trailer says 3" in str(lines[1]["error"])
    assert lines[-1] == {"exit": 1}


def test_a_receiver_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "one.hl7"
    file.write_bytes(message("A"))
    with pytest.raises(SystemExit, match="4"):
        send([str(file)], "127.0.0.1:1", 1.0, False)
    assert "cannot be reached" in capsys.readouterr().err
