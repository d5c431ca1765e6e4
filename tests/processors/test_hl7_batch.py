"""Files to messages: batch envelopes, framing, garbage."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.hl7.batch import is_batch, split

ONE = b"MSH|^~\\&|A\rPID|1"
TWO = b"MSH|^~\\&|B\rPID|2"


@pytest.mark.parametrize("joint", [b"\r", b"\n", b"\r\n", b"\x1c\r\x0b", b"\r\n\r\n"])
def test_messages_are_split_at_every_header(joint):
    assert split(ONE + joint + TWO + joint).messages == (ONE, TWO)


@pytest.mark.parametrize("before", [b"\x0b", b"\xef\xbb\xbf", b"\r\n  "])
def test_framing_and_marks_before_the_first_message_are_passed_over(before):
    assert split(before + ONE).messages == (ONE,)


def test_what_stands_before_the_first_header_is_a_message_of_its_own():
    assert split(b"hello\r" + ONE).messages == (b"hello", ONE)


def test_bytes_without_any_header_are_one_message():
    assert split(b"no hl7 here").messages == (b"no hl7 here",)


def test_an_empty_file_has_no_message():
    assert split(b" \r\n").messages == ()


def test_batch_envelopes_with_right_counts_have_no_problem():
    content = b"\r".join([b"FHS|^~\\&", b"BHS|^~\\&", ONE, TWO, b"BTS|2", b"FTS|1"])
    assert split(content).messages == (ONE, TWO)
    assert split(content).problems == ()


@pytest.mark.parametrize(
    ("trailers", "path"),
    [
        ((b"BTS|3", b"FTS|1"), "BTS-1"),
        ((b"BTS|x", b"FTS|1"), "BTS-1"),
        ((b"BTS|99999999999999", b"FTS|1"), "BTS-1"),
        ((b"BTS|2", b"FTS|2"), "FTS-1"),
        ((b"BTS|2",), "FTS"),
        ((b"FTS|1",), "BTS"),
    ],
)
def test_wrong_counts_and_missing_trailers_are_problems(trailers, path):
    (problem,) = split(b"\r".join([b"FHS|^~\\&", b"BHS|^~\\&", ONE, TWO, *trailers])).problems
    assert (problem.reason.value, problem.path) == ("batch_count", path)


def test_each_batch_is_counted_by_itself():
    content = b"\r".join([b"BHS|^~\\&", ONE, b"BTS|1", b"BHS|^~\\&", TWO, b"BTS|1"])
    assert split(content).problems == ()


def test_a_trailer_without_count_is_no_problem():
    assert split(ONE + b"\rBTS").problems == ()


def test_a_file_cut_short_inside_a_batch_is_said():
    assert [one.path for one in split(b"FHS|^~\\&\rBHS|^~\\&\r" + ONE).problems] == ["BTS", "FTS"]


@pytest.mark.parametrize("count", [b"0", b"1", b""])
def test_messages_in_a_file_without_batches_count_as_one_batch_or_none(count):
    assert split(b"FHS|^~\\&\r" + ONE + b"\rFTS|" + count).problems == ()


def test_a_trailer_is_read_by_its_own_separator():
    assert split(b"BHS#^~\\&\r" + ONE + b"\rBTS#2#x").problems[0].path == "BTS-1"


def test_the_envelope_keeps_its_lines_and_what_stands_under_them_is_a_message_of_its_own():
    found = split(b"BHS|^~\\&|A\rNTE|1\r" + ONE + b"\rBTS|1|x\rNTE|2\r")
    assert found.envelope == (b"BHS|^~\\&|A", b"BTS|1|x")
    assert found.messages == (b"NTE|1", ONE, b"NTE|2")


def test_a_file_in_utf_16_is_split_and_its_messages_keep_that_form():
    text = "FHS|^~\\&\rBHS|^~\\&\rMSH|^~\\&|Ä\rPID|1\rMSH|^~\\&|B\rBTS|2\rFTS|1\r"
    found = split(text.encode("utf-16"))
    assert [one.decode("utf-16-le") for one in found.messages] == ["MSH|^~\\&|Ä\rPID|1", "MSH|^~\\&|B"]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (b"FHS|^~\\&", True),
        (b"\x0b\r\nBHS|^~\\&", True),
        (ONE, False),
        (b"BHSX", False),
        (b"", False),
        (b"FTS|1", False),
    ],
)
def test_a_batch_begins_with_its_header(content, verdict):
    assert is_batch(content) is verdict


PIECES = st.sampled_from(
    [ONE, TWO, b"FHS|^~\\&", b"BHS|^~\\&|x", b"BTS|1", b"FTS|1", b"BTS", b"\r", b"\n", b"\x1c\r\x0b", b"x"]
)


@given(st.lists(st.one_of(PIECES, st.binary(max_size=5)), max_size=12))
def test_no_byte_but_framing_is_lost(pieces):
    content = b"\r".join(pieces)
    found = split(content)
    kept = b"".join((*found.messages, *found.envelope))
    assert Counter(ink(kept)) == Counter(ink(content)) or content[:2] in (b"\xff\xfe", b"\xfe\xff")


def ink(content: bytes) -> bytes:
    """Without white space, framing and the mark of UTF-8."""
    return content.removeprefix(b"\xef\xbb\xbf").translate(None, b"\x0b\x1c\x00 \t\r\n\xef\xbb\xbf")
