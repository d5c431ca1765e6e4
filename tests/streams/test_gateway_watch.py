"""A watched folder: a file moves only when all of it is stored; nothing is lost, said or sent twice unseen."""

import asyncio
import json
import os
from pathlib import Path

import pytest
from gateway_desk import CODEC, FEED, NOW_US, FakeLog, message, payload_of

from processors import topics
from processors.hl7.message import parse
from processors.hl7.patients import patients
from processors.identity import Keyring
from processors.sites import Site
from streams.gateway.connection import Limits, Shared
from streams.gateway.figures import Figures
from streams.gateway.intake import Desk
from streams.gateway.watch import FolderRefused, Watcher, WatchLimits

KEYRING = Keyring.of(b"test")
SITE = Site(feed=FEED)
AT_ONCE = WatchLimits(settle_s=0.0, retry_s=0.01, poll_s=0.01)


def watcher(folder: Path, raw_log: FakeLog, limits: WatchLimits = AT_ONCE, most_bytes: int = 10_000) -> Watcher:
    desk = Desk(keyring=KEYRING, encoder=CODEC, now_us=lambda: NOW_US, limit_bytes=most_bytes, instance="instance")
    made = Watcher(folder, SITE, Shared(desk, raw_log, Figures(), Limits()), limits)
    made.open()
    return made


def put(folder: Path, content: bytes, name: str = "a.hl7") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def report(folder: Path, name: str = "a.hl7") -> dict:
    return json.loads((folder / "failed" / f"{name}.report.json").read_bytes())


async def test_each_message_is_a_raw_record_and_the_file_is_done(tmp_path: Path) -> None:
    raw_log = FakeLog()
    put(tmp_path, message("A") + message("B"))
    assert await watcher(tmp_path, raw_log).turn(0.0) == 1
    assert raw_log.control_ids() == ["A", "B"]
    value = CODEC.decode(raw_log.kept[0].value)
    assert (raw_log.kept[0].topic, value["transport"], value["peer"]) == (topics.RAW, "file", "instance-file-1")
    assert payload_of(raw_log.kept[0]) == message("A").rstrip(b"\r")
    assert [one.name for one in (tmp_path / "done").iterdir()] == ["a.hl7"]


async def test_the_key_is_the_one_that_a_socket_gives(tmp_path: Path) -> None:
    raw_log = FakeLog()
    put(tmp_path, message("A", mrn="4711"))
    await watcher(tmp_path, raw_log).turn(0.0)
    assert raw_log.kept[0].key == patients(parse(message("A", mrn="4711")), SITE, KEYRING)[0].key


async def test_a_file_is_taken_only_when_it_has_stopped_growing(tmp_path: Path) -> None:
    raw_log = FakeLog()
    one = watcher(tmp_path, raw_log, WatchLimits(settle_s=2.0))
    file = put(tmp_path, message("A"))
    assert await one.turn(10.0) == 0
    file.write_bytes(message("A") + message("B"))
    assert [await one.turn(at) for at in (12.5, 14.0, 14.5)] == [0, 0, 1]
    assert raw_log.control_ids() == ["A", "B"]


@pytest.mark.parametrize("name", [".a.hl7", "a.hl7.tmp", "a.part", "empty"])
async def test_a_file_that_is_still_to_be_written_is_left_alone(tmp_path: Path, name: str) -> None:
    put(tmp_path, b"" if name == "empty" else message("A"), name)
    assert await watcher(tmp_path, FakeLog()).turn(0.0) == 0


async def test_files_are_taken_oldest_first(tmp_path: Path) -> None:
    raw_log = FakeLog()
    for name, control_id, at in (("a", "A", 30), ("b", "B", 10), ("c", "C", 20)):
        os.utime(put(tmp_path, message(control_id), name), (at, at))
    await watcher(tmp_path, raw_log).turn(0.0)
    assert raw_log.control_ids() == ["B", "C", "A"]


async def test_the_file_stays_until_the_log_has_confirmed_all_of_it(tmp_path: Path) -> None:
    raw_log = FakeLog(silent={"B"})
    file = put(tmp_path, message("A") + message("B"))
    turn = asyncio.create_task(watcher(tmp_path, raw_log).turn(0.0))
    await raw_log.appended("B")
    assert file.exists()
    raw_log.confirm("B")
    assert await turn == 1


async def test_what_the_log_did_not_take_is_offered_again_and_nothing_else(tmp_path: Path) -> None:
    raw_log = FakeLog(silent={"B"})
    put(tmp_path, message("A") + message("B") + message("C"))
    turn = asyncio.create_task(watcher(tmp_path, raw_log).turn(0.0))
    await raw_log.appended("B")
    raw_log.silent.clear()
    raw_log.deny("B")
    assert await turn == 1
    assert raw_log.control_ids() == ["A", "B", "C", "B"]


async def test_a_stop_while_the_log_is_away_leaves_the_file(tmp_path: Path) -> None:
    file = put(tmp_path, message("A"))
    one = watcher(tmp_path, FakeLog(is_away=True))
    running = asyncio.create_task(one.run())
    await asyncio.sleep(0.05)
    one.stop()
    await running
    assert file.exists()


async def test_a_file_that_was_half_stored_is_taken_again_from_its_begin(tmp_path: Path) -> None:
    raw_log = FakeLog(denied={"B"})
    put(tmp_path, message("A") + message("B"))
    one = watcher(tmp_path, raw_log)
    running = asyncio.create_task(one.run())
    await asyncio.sleep(0.05)
    one.stop()
    await running
    one.close()
    again = FakeLog()
    assert await watcher(tmp_path, again).turn(0.0) == 1
    assert again.control_ids() == ["A", "B"]


async def test_a_bad_message_is_a_dead_letter_and_the_others_are_stored(tmp_path: Path) -> None:
    raw_log = FakeLog()
    put(tmp_path, b"Sample Jane 19700102\r" + message("B"))
    assert await watcher(tmp_path, raw_log).turn(0.0) == 1
    assert [entry.topic for entry in raw_log.kept] == [topics.DEAD_LETTER, topics.RAW]
    said = report(tmp_path)
    letter = CODEC.decode(raw_log.kept[0].value)
    assert (said["messages"], said["stored"], said["feed"]) == (2, 1, FEED)
    (problem,) = said["problems"]
    assert (problem["message"], problem["error"], problem["location"]) == (1, "not_hl7", "MSH")
    assert problem["event_id"] == letter["event_id"]
    assert "Sample" not in json.dumps(said)


async def test_a_message_above_the_limit_is_a_dead_letter_with_its_head(tmp_path: Path) -> None:
    raw_log = FakeLog()
    put(tmp_path, message("BIG") + b"OBX|2|TX|||" + b"x" * 20_000)
    await watcher(tmp_path, raw_log).turn(0.0)
    letter = CODEC.decode(raw_log.kept[0].value)
    assert (letter["reason"], letter["truncated"], len(letter["payload"])) == ("too_large", True, 4096)
    assert report(tmp_path)["problems"][0]["error"] == "too_large"


async def test_counts_that_do_not_hold_are_reported_and_the_messages_stored(tmp_path: Path) -> None:
    raw_log = FakeLog()
    put(tmp_path, b"BHS|^~\\&\r" + message("A") + b"BTS|2\r")
    await watcher(tmp_path, raw_log).turn(0.0)
    said = report(tmp_path)
    assert (said["messages"], said["stored"]) == (1, 1)
    assert [(one["message"], one["error"], one["location"]) for one in said["problems"]] == [
        (0, "batch_count", "BTS-1")
    ]
    letter = CODEC.decode(raw_log.kept[1].value)
    assert (letter["reason"], letter["payload"]) == ("batch_count", b"BHS|^~\\&\rBTS|2")


async def test_a_file_above_the_limit_is_not_read(tmp_path: Path) -> None:
    raw_log = FakeLog()
    put(tmp_path, message("A"))
    limits = WatchLimits(settle_s=0.0, file_bytes=10)
    assert await watcher(tmp_path, raw_log, limits).turn(0.0) == 1
    assert raw_log.kept == []
    assert report(tmp_path)["problems"][0]["error"] == "too_large"


async def test_a_second_file_of_the_same_name_replaces_nothing(tmp_path: Path) -> None:
    one = watcher(tmp_path, FakeLog())
    for control_id in ("A", "B", "C"):
        put(tmp_path, message(control_id))
        await one.turn(0.0)
    assert sorted(file.name for file in (tmp_path / "done").iterdir()) == ["a.2.hl7", "a.3.hl7", "a.hl7"]


async def test_a_file_that_grew_while_it_was_stored_stays_and_is_taken_again(tmp_path: Path) -> None:
    raw_log = FakeLog(silent={"A"})
    one = watcher(tmp_path, raw_log)
    file = put(tmp_path, message("A"))
    turn = asyncio.create_task(one.turn(0.0))
    await raw_log.appended("A")
    file.write_bytes(message("A") + message("B"))
    raw_log.silent.clear()
    raw_log.confirm("A")
    assert await turn == 0
    assert await one.turn(1.0) == 1
    assert raw_log.control_ids() == ["A", "A", "B"]


async def test_a_file_that_cannot_be_moved_is_not_stored_again_and_again(tmp_path: Path) -> None:
    raw_log = FakeLog()
    one = watcher(tmp_path, raw_log)
    put(tmp_path, message("A"))
    (tmp_path / "done").rmdir()
    (tmp_path / "done").symlink_to(tmp_path / "nowhere" / "at all")
    assert [await one.turn(at) for at in (0.0, 1.0)] == [0, 0]
    assert raw_log.control_ids() == ["A"]


async def test_names_of_files_are_in_no_log_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    put(tmp_path, message("A") + b"", "Sample_Jane_19700102.hl7")
    put(tmp_path, b"no hl7", "Sample_John_19600102.hl7")
    await watcher(tmp_path, FakeLog()).turn(0.0)
    assert len(caplog.records) == 2
    assert "Sample" not in " ".join(str(vars(record)) for record in caplog.records)


async def test_one_folder_is_watched_by_one_gateway(tmp_path: Path) -> None:
    first = watcher(tmp_path, FakeLog())
    with pytest.raises(FolderRefused, match="another gateway"):
        watcher(tmp_path, FakeLog())
    first.close()
    watcher(tmp_path, FakeLog()).close()


async def test_a_folder_that_is_gone_ends_the_watch(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    one = watcher(folder, FakeLog())
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(FolderRefused, match="gone"):
        await one.run()
