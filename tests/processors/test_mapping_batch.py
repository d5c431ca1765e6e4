"""Files to messages: batch envelopes, framing, garbage."""

import pytest

from processors.mapping.batch import split

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


@pytest.mark.parametrize(("trailer", "path"), [(b"BTS|3", "BTS-1"), (b"BTS|x", "BTS-1"), (b"FTS|2", "FTS-1")])
def test_wrong_counts_are_problems(trailer, path):
    (problem,) = split(b"\r".join([b"FHS|^~\\&", b"BHS|^~\\&", ONE, TWO, trailer])).problems
    assert (problem.reason.value, problem.path) == ("batch_count", path)


def test_each_batch_is_counted_by_itself():
    content = b"\r".join([b"BHS|^~\\&", ONE, b"BTS|1", b"BHS|^~\\&", TWO, b"BTS|1"])
    assert split(content).problems == ()


def test_a_trailer_without_count_is_no_problem():
    assert split(ONE + b"\rBTS").problems == ()
