"""The sending side: order, pace, sending again, and counting."""

import asyncio
from collections.abc import Callable
from itertools import count

import pytest

from streams.simulate.er7 import END, START, frame
from streams.simulate.hospital import Outgoing
from streams.simulate.mllp import read_answer
from streams.simulate.report import Report
from streams.simulate.sender import Sending, Unreachable, send


def outgoing(number: int, at_s: float = 0.0, feed: str = "adt") -> Outgoing:
    data = f"MSH|^~\\&|||||20260302||ADT^A08|M{number}|P|2.3.1\r".encode()
    return Outgoing(number=number, at_s=at_s, feed=feed, type="ADT^A08", control_id=f"M{number}", data=data)


def ack(control_id: str, code: str = "AA", error: str = "") -> bytes:
    text = f"MSH|^~\\&|||||20260302||ACK|1|P|2.5.1\rMSA|{code}|{control_id}\r{error}"
    return frame(text.encode())


LATER = "ERR|||207^Application internal error^HL70357|E\r"


class FakeGateway:
    """Answers each message as `behave` says; None closes the connection instead."""

    def __init__(self, behave: Callable[[int, str], bytes | None]) -> None:
        self._behave = behave
        self._turn = count()
        self.got: list[str] = []
        self.port = 0

    async def __aenter__(self) -> "FakeGateway":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                message = (await reader.readuntil(END)).removeprefix(START)
                control_id = message.split(b"|")[9].decode()
                self.got.append(control_id)
                answer = self._behave(next(self._turn), control_id)
                if answer is None:
                    return
                writer.write(answer)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


def sending(gateway: FakeGateway, **changes: object) -> Sending:
    settings = {
        "ports": {"adt": gateway.port, "lab": gateway.port},
        "first_pause_s": 0.01,
        "longest_pause_s": 0.05,
        "ack_timeout_s": 1.0,
    }
    return Sending(**(settings | changes))


async def run(gateway: FakeGateway, messages: list[Outgoing], **changes: object) -> Report:
    report = Report()
    await send(messages, sending(gateway, **changes), report, asyncio.Event())
    return report


@pytest.mark.parametrize("window", [1, 8])
async def test_messages_of_a_feed_arrive_once_and_in_order(window):
    async with FakeGateway(lambda _turn, name: ack(name)) as gateway:
        report = await run(gateway, [outgoing(n) for n in range(20)], window=window)
    assert gateway.got == [f"M{n}" for n in range(20)]
    assert report.answers == {"AA": 20}


async def test_a_message_put_off_with_207_is_sent_again_until_accepted():
    async with FakeGateway(lambda turn, name: ack(name, "AR", LATER) if turn in (1, 2) else ack(name)) as gateway:
        report = await run(gateway, [outgoing(n) for n in range(3)])
    assert gateway.got == ["M0", "M1", "M1", "M1", "M2"]
    assert (report.answers, report.put_off) == ({"AA": 3}, 2)


async def test_a_message_refused_for_another_reason_is_not_sent_again():
    error = "ERR|||200^Unsupported message type^HL70357|E\r"
    async with FakeGateway(lambda turn, name: ack(name, "AR", error) if turn == 0 else ack(name)) as gateway:
        report = await run(gateway, [outgoing(0), outgoing(1)])
    assert gateway.got == ["M0", "M1"]
    assert report.answers == {"AR": 1, "AA": 1}


@pytest.mark.parametrize("window", [1, 4])
async def test_after_a_lost_connection_all_unanswered_messages_are_sent_again_in_order(window):
    async with FakeGateway(lambda turn, name: None if turn == 2 else ack(name)) as gateway:
        report = await run(gateway, [outgoing(n) for n in range(6)], window=window)
    again = gateway.got[3:]
    assert gateway.got[:3] == ["M0", "M1", "M2"]
    assert again[-4:] == ["M2", "M3", "M4", "M5"]
    assert report.lost_connections == 1


async def test_a_message_without_an_answer_is_sent_again_on_a_new_connection():
    async with FakeGateway(lambda turn, name: b"" if turn == 0 else ack(name)) as gateway:
        report = await run(gateway, [outgoing(0)], ack_timeout_s=0.05)
    assert gateway.got == ["M0", "M0"]
    assert report.answers == {"AA": 1}


async def test_a_message_that_is_never_answered_is_given_up():
    async with FakeGateway(lambda turn, name: b"" if name == "M0" else ack(name)) as gateway:
        report = await run(gateway, [outgoing(0), outgoing(1)], ack_timeout_s=0.05, give_up_s=0.12)
    assert report.given_up == 1
    assert report.answers == {"AA": 1}


async def test_the_pace_does_not_wait_for_slow_answers():
    async with FakeGateway(lambda _turn, name: ack(name)) as gateway:
        report = await run(gateway, [outgoing(n, at_s=n * 0.02) for n in range(10)])
    assert 0.18 <= report.elapsed_s < 0.6


async def test_a_slow_receiver_shows_as_lateness():
    async with FakeGateway(lambda _turn, name: b"") as gateway:
        report = await run(gateway, [outgoing(0), outgoing(1)], ack_timeout_s=0.05, give_up_s=0.08)
    assert max(report.lateness_s) > 0.05


async def test_feeds_do_not_wait_for_each_other():
    slow = [outgoing(0, feed="adt"), outgoing(1, feed="lab")]
    async with FakeGateway(lambda _turn, name: b"" if name == "M0" else ack(name)) as gateway:
        report = await run(gateway, slow, ack_timeout_s=0.1, give_up_s=0.05)
    assert report.answers == {"AA": 1}


async def test_nothing_listening_is_said():
    async with FakeGateway(lambda _turn, name: ack(name)) as gateway:
        port = gateway.port
    nowhere = Sending(ports={"adt": port}, unreachable_s=0.05, first_pause_s=0.02)
    with pytest.raises(Unreachable, match=f"feed 'adt' at 127.0.0.1:{port}"):
        await send([outgoing(0)], nowhere, Report(), asyncio.Event())


async def test_stop_ends_sending_soon_though_the_receiver_is_silent():
    stop = asyncio.Event()
    async with FakeGateway(lambda _turn, name: b"") as gateway:
        loop = asyncio.get_running_loop()
        loop.call_later(0.05, stop.set)
        report = Report()
        await send((outgoing(n, n * 0.01) for n in count()), sending(gateway, drain_s=0.05), report, stop)
    assert report.elapsed_s < 0.5


@pytest.mark.parametrize(
    ("error", "later"),
    [
        (LATER, True),
        ("ERR|^^^207&Application internal error&HL70357\r", True),
        ("ERR|||101^Required field missing^HL70357|E\r", False),
        ("", False),
    ],
)
def test_code_207_means_later(error, later):
    message = ack("M1", "AR", error).removeprefix(START).removesuffix(END)
    assert read_answer(message).later is later


def test_an_answer_without_msa_has_no_code():
    assert read_answer(b"hello").code == ""
