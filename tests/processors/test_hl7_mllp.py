"""The deframer gives the same events however the bytes are cut."""

import hashlib
import itertools

from hypothesis import given
from hypothesis import strategies as st

from processors.hl7.mllp import Deframer, Event, Frame, Garbage, TooLarge, frame, masked

LIMIT = 40
CONTENT = st.binary(max_size=60)
STREAM = st.lists(
    st.one_of(st.sampled_from([b"\x0b", b"\x1c", b"\r", b"\n", b"MSH", b"\x1c\r", b"x"]), st.binary(max_size=30)),
    max_size=30,
).map(b"".join)


def events_of(chunks: list[bytes], limit: int = 1000) -> list[Event]:
    deframer = Deframer(limit, head_bytes=10)
    found = [event for chunk in chunks for event in deframer.receive(chunk)]
    return found + deframer.finish()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    marks = sorted({0, len(data), *(p % (len(data) + 1) for p in places)})
    return [data[a:b] for a, b in itertools.pairwise(marks)]


@given(STREAM, st.lists(st.integers(0, 10_000), max_size=8))
def test_any_cutting_into_packets_gives_the_same_events(data: bytes, places: list[int]) -> None:
    assert events_of(cut(data, places), LIMIT) == events_of([data], LIMIT)


@given(STREAM)
def test_single_bytes_give_the_same_events(data: bytes) -> None:
    assert events_of([bytes([b]) for b in data], LIMIT) == events_of([data], LIMIT)


@given(st.lists(CONTENT.map(lambda c: c.replace(b"\x1c", b"").replace(b"\x0b", b"")), max_size=5))
def test_what_is_framed_comes_out_again(payloads: list[bytes]) -> None:
    assert events_of([b"".join(frame(p) for p in payloads)]) == [Frame(p) for p in payloads]


@given(st.binary(max_size=200).map(lambda c: c.replace(b"\x1c", b"").replace(b"\x0b", b"")), st.integers(1, 50))
def test_a_frame_above_the_limit_gives_head_size_and_digest(payload: bytes, step: int) -> None:
    stream = frame(payload)
    got = events_of([stream[n : n + step] for n in range(0, len(stream), step)], LIMIT)
    if len(payload) > LIMIT:
        assert got == [TooLarge(payload[:10], len(payload), hashlib.sha256(payload).hexdigest())]
    else:
        assert got == [Frame(payload)]


def test_an_oversize_frame_is_not_kept_in_memory() -> None:
    deframer = Deframer(1000)
    deframer.receive(b"\x0b")
    for _ in range(100):
        deframer.receive(b"y" * 1000)
    assert len(deframer._buffer) <= 1000


def test_garbage_between_frames_is_counted_and_the_frames_go_on() -> None:
    got = events_of([b"\x0bone\x1c\rNAME\x0btwo\x1c\r"])
    assert got == [Frame(b"one"), Garbage(4, ".. .. .. .."), Frame(b"two")]


def test_line_ends_between_frames_are_passed_over() -> None:
    assert events_of([b"\x0bone\x1c\r\r\n\x0btwo\x1c\r\n"]) == [Frame(b"one"), Frame(b"two")]


def test_a_missing_carriage_return_before_the_next_frame_is_tolerated() -> None:
    assert events_of([b"\x0bone\x1c\x0btwo\x1c\r"]) == [Frame(b"one"), Frame(b"two")]


def test_a_line_feed_in_place_of_the_carriage_return_is_tolerated() -> None:
    assert events_of([b"\x0bone\x1c\n"]) == [Frame(b"one")]


def test_a_lone_end_block_inside_is_content() -> None:
    assert events_of([b"\x0bo\x1cne\x1c\r"]) == [Frame(b"o\x1cne")]


def test_an_end_block_without_return_ends_the_frame_after_a_pause() -> None:
    deframer = Deframer()
    assert deframer.receive(b"\x0bone\x1c") == []
    assert deframer.awaits_return
    assert deframer.conclude() == [Frame(b"one")]
    assert deframer.receive(b"\r\x0btwo\x1c\r") == [Frame(b"two")]


def test_a_sender_that_begins_anew_inside_a_frame_is_heard_from_its_second_begin() -> None:
    got = events_of([b"\x0bMSH|half\x0bMSH|whole\x1c\r"])
    assert got == [Garbage(8, ".. .. .. 7c .. .. .. .."), Frame(b"MSH|whole")]


def test_a_frame_that_never_ends_is_reported_as_garbage_at_the_end() -> None:
    deframer = Deframer()
    deframer.receive(b"\x0bMSH|half")
    assert deframer.inside
    assert deframer.finish() == [Garbage(8, ".. .. .. 7c .. .. .. ..")]


def test_the_masked_head_shows_framing_and_no_letters() -> None:
    assert masked("MSH|Ä\x0b~1Z999".encode()) == ".. .. .. 7c .. .. 0b 7e"
