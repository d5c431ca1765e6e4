"""The MLLP server over real sockets: answers only after the log, in order, and never none."""

import asyncio
import hashlib

import pytest
import raw_log_suite
from gateway_desk import (
    CODEC,
    FEED,
    FakeLog,
    condition,
    message,
    payload_of,
    result,
    running,
)

from processors import topics
from processors.sites import AckPolicy, Site
from streams.gateway.connection import Limits
from streams.gateway.server import PortTaken


async def test_the_fake_log_keeps_to_the_contract_of_logs() -> None:
    raw_log = FakeLog()
    await raw_log_suite.confirms_and_keeps_in_order(raw_log, lambda: [entry.value for entry in raw_log.kept])
    await raw_log_suite.confirms_nothing_while_away(FakeLog(is_away=True), 1.0)


async def test_ack_leaves_only_after_the_broker_confirmed() -> None:
    raw_log = FakeLog(silent={"C1"})
    async with running(raw_log) as gateway:
        sender = await gateway.connect()
        sender.send(message("C1"))
        assert await sender.is_silent()
        raw_log.confirm("C1")
        assert result(await sender.answer()) == ("AA", "C1")


async def test_the_log_keeps_the_bytes_as_sent() -> None:
    raw_log = FakeLog()
    async with running(raw_log) as gateway:
        sender = await gateway.connect()
        sender.send(message("C1"))
        await sender.answer()
    assert [(e.topic, payload_of(e)) for e in raw_log.kept] == [(topics.RAW, message("C1"))]


async def test_pipelined_messages_are_answered_in_order() -> None:
    raw_log = FakeLog(silent={"C1"})
    async with running(raw_log) as gateway:
        sender = await gateway.connect()
        sender.send(message("C1"), message("C2"), message("C3"))
        assert await sender.is_silent()
        raw_log.confirm("C1")
        assert await sender.codes(3) == [("AA", "C1"), ("AA", "C2"), ("AA", "C3")]


async def test_a_denied_message_gets_ar_207() -> None:
    async with running(FakeLog(denied={"C1"})) as gateway:
        sender = await gateway.connect()
        sender.send(message("C1"))
        answer = await sender.answer()
        assert (result(answer), condition(answer)) == (("AR", "C1"), "207")


async def test_everything_behind_a_failure_is_refused_and_the_connection_closed() -> None:
    raw_log = FakeLog(silent={"C1"})
    async with running(raw_log) as gateway:
        sender = await gateway.connect()
        sender.send(message("C1"), message("C2"), message("C3"))
        assert await sender.is_silent()
        raw_log.deny("C1")
        assert await sender.codes(3) == [("AR", "C1"), ("AR", "C2"), ("AR", "C3")]
        assert await sender.is_closed()


async def test_what_comes_behind_a_known_failure_is_not_sent_to_the_log() -> None:
    raw_log = FakeLog(denied={"C2"})
    async with running(raw_log) as gateway:
        sender = await gateway.connect()
        sender.send(message("C1"), message("C2"), message("C3"))
        assert await sender.codes(3) == [("AA", "C1"), ("AR", "C2"), ("AR", "C3")]
    assert raw_log.control_ids() == ["C1", "C2"]


async def test_what_was_confirmed_before_a_failure_keeps_its_yes() -> None:
    raw_log = FakeLog(silent={"C1"}, denied={"C2"})
    async with running(raw_log) as gateway:
        sender = await gateway.connect()
        sender.send(message("C1"), message("C2"))
        assert await sender.is_silent()
        raw_log.confirm("C1")
        assert await sender.codes(2) == [("AA", "C1"), ("AR", "C2")]


async def test_other_connections_go_on_when_one_fails() -> None:
    async with running(FakeLog(denied={"C1"})) as gateway:
        failing, other = await gateway.connect(), await gateway.connect()
        failing.send(message("C1"))
        assert await failing.codes(1) == [("AR", "C1")]
        other.send(message("C2"))
        assert await other.codes(1) == [("AA", "C2")]


async def test_a_failure_that_wants_no_answer_still_closes_the_connection() -> None:
    async with running(FakeLog(denied={"C1"})) as gateway:
        sender = await gateway.connect()
        sender.send(message("C1", tail="|||NE|NE"))
        assert await sender.is_closed()


async def test_bytes_that_are_no_hl7_get_an_answer_and_a_dead_letter() -> None:
    raw_log = FakeLog()
    async with running(raw_log) as gateway:
        sender = await gateway.connect()
        sender.send(b"\xff\x00 hello", message("C2"))
        answer = await sender.answer()
        assert (result(answer), condition(answer)) == (("AE", ""), "100")
        assert result(await sender.answer()) == ("AA", "C2")
    letter = CODEC.decode(raw_log.kept[0].value)
    assert (raw_log.kept[0].topic, letter["reason"]) == (topics.DEAD_LETTER, "not_hl7")
    assert payload_of(raw_log.kept[0]) == b"\xff\x00 hello"


async def test_a_message_above_the_limit_gets_ar_207_and_a_dead_letter_with_its_head() -> None:
    raw_log = FakeLog()
    sent = message("BIG") + b"OBX|2|TX|||" + b"x" * 20_000
    async with running(raw_log, limits=Limits(message_bytes=10_000)) as gateway:
        sender = await gateway.connect()
        sender.send(sent)
        answer = await sender.answer()
        assert (result(answer), condition(answer)) == (("AR", "BIG"), "207")
    letter = CODEC.decode(raw_log.kept[0].value)
    assert (letter["reason"], letter["truncated"], letter["size"]) == ("too_large", True, len(sent))
    assert letter["sha256"] == hashlib.sha256(sent).hexdigest()
    assert letter["payload"] == sent[:4096]


async def test_a_dead_letter_that_is_not_stored_is_not_answered_as_if_it_were() -> None:
    async with running(FakeLog(denied={""})) as gateway:
        sender = await gateway.connect()
        sender.send(b"hello")
        answer = await sender.answer()
        assert (result(answer), condition(answer)) == (("AR", ""), "207")


async def test_a_message_without_control_id_is_stored_and_the_sender_told() -> None:
    raw_log = FakeLog()
    async with running(raw_log) as gateway:
        sender = await gateway.connect()
        sender.send(message(""))
        answer = await sender.answer()
        assert (result(answer), condition(answer)) == (("AE", ""), "101")
    assert [e.topic for e in raw_log.kept] == [topics.RAW]


async def test_a_processing_id_that_the_feed_does_not_take_is_stored_and_answered_202() -> None:
    raw_log = FakeLog()
    async with running(raw_log, site=Site(feed=FEED, processing_ids=("T",))) as gateway:
        sender = await gateway.connect()
        sender.send(message("C1"))
        answer = await sender.answer()
        assert (result(answer), condition(answer)) == (("AR", "C1"), "202")
    assert [e.topic for e in raw_log.kept] == [topics.RAW]


async def test_an_incoming_ack_is_stored_and_never_answered() -> None:
    raw_log = FakeLog()
    async with running(raw_log) as gateway:
        sender = await gateway.connect()
        sender.send(b"MSH|^~\\&|A|B|C|D|2026||ACK^R01|A1|P|2.5.1\rMSA|AA|9\r", message("C2"))
        assert await sender.codes(1) == [("AA", "C2")]
    assert raw_log.control_ids() == ["A1", "C2"]


async def test_an_unknown_message_type_is_stored_and_accepted() -> None:
    async with running(FakeLog()) as gateway:
        sender = await gateway.connect()
        sender.send(message("C1").replace(b"ORU^R01^ORU_R01", b"ZZZ^Z99"))
        assert await sender.codes(1) == [("AA", "C1")]


async def test_the_sites_ack_mode_is_used() -> None:
    async with running(FakeLog(), site=Site(feed=FEED, ack=AckPolicy(mode="enhanced"))) as gateway:
        sender = await gateway.connect()
        sender.send(message("C1"))
        assert await sender.codes(1) == [("CA", "C1")]


async def test_garbage_between_frames_is_counted_and_the_messages_answered() -> None:
    async with running(FakeLog()) as gateway:
        sender = await gateway.connect()
        sender.send(message("C1"))
        sender.send_bytes(b"garbage")
        sender.send(message("C2"))
        assert await sender.codes(2) == [("AA", "C1"), ("AA", "C2")]
        assert gateway.figure("wardline_gateway_framing_errors_total", feed=FEED) == 1


async def test_a_message_without_framing_gets_an_answer_that_says_so() -> None:
    raw_log = FakeLog()
    async with running(raw_log, limits=Limits(unframed_s=0.05)) as gateway:
        sender = await gateway.connect()
        sender.send_bytes(message("C1"))
        answer = await sender.answer()
        assert (result(answer)[0], condition(answer)) == ("AE", "100")
    assert raw_log.kept == []


async def test_a_missing_carriage_return_at_the_end_is_forgiven_after_a_pause() -> None:
    async with running(FakeLog(), limits=Limits(pause_s=0.05)) as gateway:
        sender = await gateway.connect()
        sender.send_bytes(b"\x0b" + message("C1") + b"\x1c")
        assert await sender.codes(1) == [("AA", "C1")]


async def test_a_sender_that_closes_its_side_still_gets_its_answer() -> None:
    raw_log = FakeLog(silent={"C1"})
    async with running(raw_log) as gateway:
        sender = await gateway.connect()
        sender.send(message("C1"))
        sender.writer.write_eof()
        assert await sender.is_silent()
        raw_log.confirm("C1")
        assert await sender.codes(1) == [("AA", "C1")]
        assert await sender.is_closed()


async def test_a_half_frame_does_not_keep_its_connection() -> None:
    async with running(FakeLog(), limits=Limits(slow_frame_s=0.05)) as gateway:
        sender = await gateway.connect()
        sender.send_bytes(b"\x0b" + message("C1")[:20])
        assert await sender.is_closed()
        assert gateway.figure("wardline_gateway_closed_connections_total", feed=FEED, cause="slow") == 1


async def test_a_slow_sender_that_never_ends_its_frame_is_closed_though_it_goes_on() -> None:
    async with running(FakeLog(), limits=Limits(slow_frame_s=0.2)) as gateway:
        sender = await gateway.connect()
        sender.send_bytes(b"\x0bMSH")
        for _ in range(3):
            await asyncio.sleep(0.06)
            sender.send_bytes(b"|")
        assert await sender.is_closed(1.0)


async def test_an_idle_connection_is_closed() -> None:
    async with running(FakeLog(), limits=Limits(idle_s=0.05)) as gateway:
        sender = await gateway.connect()
        assert await sender.is_closed()


async def test_a_waiting_connection_is_not_idle() -> None:
    raw_log = FakeLog(silent={"C1"})
    async with running(raw_log, limits=Limits(idle_s=0.1)) as gateway:
        sender = await gateway.connect()
        sender.send(message("C1"))
        assert await sender.is_silent(0.25)
        raw_log.confirm("C1")
        assert await sender.codes(1) == [("AA", "C1")]


async def test_reading_stops_while_too_much_is_in_flight_and_goes_on_after() -> None:
    names = [f"C{n}" for n in range(40)]
    raw_log = FakeLog(silent=set(names))
    async with running(raw_log, limits=Limits(in_flight_frames=4)) as gateway:
        sender = await gateway.connect()
        for name in names:
            sender.send(message(name))
            await asyncio.sleep(0.002)
        assert 4 <= len(raw_log.kept) < 40
        for name in names:
            await raw_log.appended(name)
            raw_log.confirm(name)
        assert await sender.codes(40) == [("AA", name) for name in names]


async def test_more_connections_than_allowed_are_closed() -> None:
    async with running(FakeLog(), limits=Limits(connections=1)) as gateway:
        first = await gateway.connect()
        first.send(message("C1"))
        assert await first.codes(1) == [("AA", "C1")]
        assert await (await gateway.connect()).is_closed()


async def test_stopping_answers_what_is_in_flight_and_reads_no_more() -> None:
    raw_log = FakeLog(silent={"C1"})
    async with running(raw_log) as gateway:
        sender = await gateway.connect()
        sender.send(message("C1"))
        assert await sender.is_silent()
        stopping = asyncio.create_task(gateway.gateway.stop(5.0))
        await asyncio.sleep(0.05)
        sender.send(message("C2"))
        raw_log.confirm("C1")
        assert await sender.codes(1) == [("AA", "C1")]
        assert await sender.is_closed()
        assert await stopping == 0
    assert raw_log.control_ids() == ["C1"]


async def test_stopping_says_no_at_its_deadline_when_the_log_is_silent() -> None:
    async with running(FakeLog(silent={"C1"})) as gateway:
        sender = await gateway.connect()
        sender.send(message("C1"), message("C2"))
        assert await sender.is_silent()
        assert await gateway.gateway.stop(0.1) == 1
        assert await sender.codes(2) == [("AR", "C1"), ("AR", "C2")]


async def test_a_taken_port_is_named() -> None:
    async with running(FakeLog()) as gateway:
        with pytest.raises(PortTaken, match=f"port {gateway.port} of feed 'lab'"):
            await gateway.gateway.start({FEED: Site(feed=FEED)}, {FEED: gateway.port})


async def test_messages_are_counted_by_feed_type_and_answer() -> None:
    async with running(FakeLog()) as gateway:
        sender = await gateway.connect()
        sender.send(message("C1"), b"hello")
        await sender.codes(2)
        assert gateway.figure("wardline_gateway_messages_total", feed=FEED, type="ORU", ack="AA") == 1
        assert gateway.figure("wardline_gateway_messages_total", feed=FEED, type="none", ack="AE") == 1


async def test_a_text_that_is_no_message_type_does_not_become_a_label() -> None:
    async with running(FakeLog()) as gateway:
        sender = await gateway.connect()
        sender.send(message("C1").replace(b"ORU^R01^ORU_R01", b"Smith"))
        await sender.codes(1)
        assert gateway.figure("wardline_gateway_messages_total", feed=FEED, type="other", ack="AA") == 1
