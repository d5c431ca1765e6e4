"""A batch in one frame: each message stored and acknowledged by itself, in one answer (HL7 2.5.1 chapter 2.10.3)."""

import asyncio

from gateway_desk import CODEC, FakeLog, Sender, message, payload_of, running
from hypothesis import given, settings
from hypothesis import strategies as st

from processors import topics
from processors.hl7.batch import split
from processors.hl7.message import parse
from processors.hl7.mllp import Frame
from processors.sites import AckPolicy, Site

BHS = b"BHS|^~\\&|LAB|HOSP|WARD|CITY|20260102|||nightly|B7\r"
FHS = b"FHS|^~\\&|LAB|HOSP|WARD|CITY|20260102|||file|F9\r"


def batch(*messages: bytes, count: str = "") -> bytes:
    return BHS + b"".join(messages) + f"BTS|{count or len(messages)}\r".encode()


async def answers(sender: Sender, count: int) -> list[bytes]:
    """The next frames as they came."""
    found: list[bytes] = []
    async with asyncio.timeout(5.0):
        while len(found) < count:
            for event in sender.deframer.receive(await sender.reader.read(65536)):
                assert isinstance(event, Frame)
                found.append(event.payload)
    return found


async def answer(sender: Sender) -> bytes:
    (found,) = await answers(sender, 1)
    return found


def results(payload: bytes) -> list[tuple[str, str]]:
    """MSA-1 and MSA-2 of each message in a batch answer."""
    found = [parse(one).first("MSA") for one in split(payload).messages]
    return [(msa.text(1), msa.text(2)) for msa in found if msa]


def lines(payload: bytes) -> list[list[str]]:
    return [line.split("|") for line in payload.decode().split("\r") if line]


async def test_each_message_of_a_batch_is_a_raw_record() -> None:
    raw_log = FakeLog()
    async with running(raw_log) as gateway:
        sender = await gateway.connect()
        sender.send(batch(message("A"), message("B")))
        assert results(await answer(sender)) == [("AA", "A"), ("AA", "B")]
    assert [(e.topic, payload_of(e)) for e in raw_log.kept] == [
        (topics.RAW, message("A").rstrip(b"\r")),
        (topics.RAW, message("B").rstrip(b"\r")),
    ]


async def test_the_answer_refers_to_the_batch_and_counts_its_answers() -> None:
    async with running(FakeLog()) as gateway:
        sender = await gateway.connect()
        sender.send(FHS + batch(message("A"), message("B")) + b"FTS|1\r")
        said = lines(await answer(sender))
    assert [line[0] for line in said] == ["FHS", "BHS", "MSH", "MSA", "MSH", "MSA", "BTS", "FTS"]
    assert said[0][2:6] == said[1][2:6] == ["WARD", "CITY", "LAB", "HOSP"]
    assert (said[0][11], said[1][11]) == ("F9", "B7")
    assert (said[-2], said[-1]) == (["BTS", "2"], ["FTS", "1"])


async def test_the_answer_waits_until_every_message_is_stored() -> None:
    raw_log = FakeLog(silent={"B"})
    async with running(raw_log) as gateway:
        sender = await gateway.connect()
        sender.send(batch(message("A"), message("B")))
        assert await sender.is_silent()
        raw_log.confirm("B")
        assert results(await answer(sender)) == [("AA", "A"), ("AA", "B")]


async def test_what_was_not_stored_is_told_so_and_what_was_is_not() -> None:
    raw_log = FakeLog(denied={"B"})
    async with running(raw_log) as gateway:
        sender = await gateway.connect()
        sender.send(batch(message("A"), message("B"), message("C")))
        assert results(await answer(sender)) == [("AA", "A"), ("AR", "B"), ("AR", "C")]
        assert await sender.is_closed()
    assert raw_log.control_ids() == ["A", "B"]


async def test_answers_of_batches_and_messages_keep_the_order_of_arrival() -> None:
    raw_log = FakeLog(silent={"A"})
    async with running(raw_log) as gateway:
        sender = await gateway.connect()
        sender.send(batch(message("A")), message("B"))
        assert await sender.is_silent()
        raw_log.confirm("A")
        first, second = await answers(sender, 2)
        assert results(first) == [("AA", "A")]
        assert second.startswith(b"MSH")


async def test_a_wrong_count_is_said_and_kept_and_the_messages_are_stored() -> None:
    raw_log = FakeLog()
    async with running(raw_log) as gateway:
        sender = await gateway.connect()
        sender.send(batch(message("A"), count="2"))
        payload = await answer(sender)
    assert results(payload) == [("AA", "A")]
    assert "the trailer says 2, 1 messages in the batch were found" in lines(payload)[-1][2]
    letter = CODEC.decode(raw_log.kept[1].value)
    assert (raw_log.kept[1].topic, letter["reason"], letter["path"]) == (topics.DEAD_LETTER, "batch_count", "BTS-1")
    assert letter["payload"] == BHS + b"BTS|2"


async def test_what_is_no_message_inside_a_batch_is_kept_as_a_dead_letter_and_refused() -> None:
    raw_log = FakeLog()
    async with running(raw_log) as gateway:
        sender = await gateway.connect()
        sender.send(BHS + b"NTE|1||stray\r" + message("A") + b"BTS|1\r")
        assert results(await answer(sender)) == [("AE", ""), ("AA", "A")]
    assert [(e.topic, payload_of(e)) for e in raw_log.kept] == [
        (topics.DEAD_LETTER, b"NTE|1||stray"),
        (topics.RAW, message("A").rstrip(b"\r")),
    ]


async def test_a_batch_without_messages_is_kept_and_answered_by_an_empty_batch() -> None:
    raw_log = FakeLog()
    async with running(raw_log) as gateway:
        sender = await gateway.connect()
        sender.send(BHS + b"BTS|0\r")
        assert [line[0] for line in lines(await answer(sender))] == ["BHS", "BTS"]
    assert [entry.topic for entry in raw_log.kept] == [topics.DEAD_LETTER]


async def test_messages_that_want_no_answer_have_none() -> None:
    quiet = message("A", tail="|||NE|NE")
    async with running(FakeLog()) as gateway:
        sender = await gateway.connect()
        sender.send(batch(quiet, message("B")))
        assert results(await answer(sender)) == [("AA", "B")]
        sender.send(batch(quiet))
        assert await sender.is_silent()


async def test_a_feed_without_acknowledgements_gets_none_for_an_empty_batch() -> None:
    site = Site(feed="lab", ack=AckPolicy(mode="none"))
    async with running(FakeLog(), site=site) as gateway:
        sender = await gateway.connect()
        sender.send(BHS + b"BTS|0\r")
        assert await sender.is_silent()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [FHS, BHS, b"BTS|1\r", b"FTS|1\r", b"BTS\r", message("A"), message("B"), b"NTE|1\r", b"x\x1c\r\n"]
        ),
        max_size=8,
    ).map(b"".join)
)
def test_every_segment_of_a_batch_is_in_a_message_or_in_the_envelope(content: bytes) -> None:
    found = split(content)
    kept = b"\r".join((*found.envelope, *found.messages))
    assert sorted(segments(kept)) == sorted(segments(content))


def segments(content: bytes) -> list[bytes]:
    return [line for line in content.replace(b"\x1c", b"\r").replace(b"\n", b"\r").split(b"\r") if line]
