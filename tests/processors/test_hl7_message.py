"""The tokenizer takes anything and drops nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.errors import Reason, Rejection, Warn
from processors.hl7.message import parse

HEADER = b"MSH|^~\\&|LAB|HOSP|WARD|HOSP|20260102030405||ORU^R01^ORU_R01|C1|P|2.5.1"
ALPHABET = st.sampled_from([*b"|^~\\&\r\n\x1c\x00AZ19 \xe4\xc3\xbc", *b"MSHPIDOBX"]).map(lambda b: bytes([b]))


@given(st.one_of(st.binary(max_size=200), st.lists(ALPHABET, max_size=80).map(b"".join)))
def test_any_bytes_give_a_message_or_a_rejection_and_nothing_else(data: bytes) -> None:
    for start in (b"", b"MSH", b"MSH|^~\\&", HEADER + b"\r"):
        try:
            message = parse(start + data)
        except Rejection as why:
            outcome = why.reason.value
        else:
            outcome = message.header.name
        assert outcome in ("not_hl7", "header_invalid", "MSH")


@given(st.lists(st.text("ABC19^~&\\ ü", max_size=10), min_size=1, max_size=6))
def test_fields_come_out_as_they_were_sent(values: list[str]) -> None:
    line = "|".join(["ZZ1", *values])
    assert parse(HEADER + b"\r" + line.encode()).segments[1].fields == line.split("|")


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\n\r"])
def test_each_kind_of_segment_end_gives_the_same_segments(end: bytes) -> None:
    message = parse(end.join([HEADER, b"PID|1||7^^^H^MR", b"OBX|1|NM", b""]))
    assert [s.name for s in message.segments] == ["MSH", "PID", "OBX"]
    assert message.segments[1].text(3) == "7"


def test_a_line_feed_inside_a_field_is_content_where_segments_end_by_carriage_return() -> None:
    message = parse(HEADER + b"\rOBX|1|TX|||first\nsecond\rNTE|1")
    assert [s.name for s in message.segments] == ["MSH", "OBX", "NTE"]
    assert message.segments[1].raw(5) == "first\nsecond"


def test_mixed_ends_still_end_segments_where_a_name_follows() -> None:
    message = parse(HEADER + b"\rPID|1\nPV1|1\rOBX|1")
    assert [s.name for s in message.segments] == ["MSH", "PID", "PV1", "OBX"]


def test_unknown_and_z_segments_keep_their_place_and_number() -> None:
    message = parse(HEADER + b"\rZPI|a\rPID|1\rZPI|b")
    assert [(s.name, s.place, s.number) for s in message.segments][1:] == [("ZPI", 2, 1), ("PID", 3, 1), ("ZPI", 4, 2)]


def test_a_line_that_is_no_segment_is_kept_and_said() -> None:
    message = parse(HEADER + b"\rhello world\rPID|1")
    assert [s.name for s in message.segments] == ["MSH", "hello world", "PID"]
    assert [(w.code, w.path) for w in message.warnings] == [(Warn.SEGMENT_INVALID, "segment 2")]


def test_a_second_header_in_one_message_is_said() -> None:
    assert [w.code for w in parse(HEADER + b"\rPID|1\r" + HEADER).warnings] == [Warn.SEGMENT_MISPLACED]


def test_other_delimiters_are_taken_from_the_header() -> None:
    message = parse(b"MSH#*!$@#LAB\rPID#1##7*3*M10*H@1.2.3@ISO*MR!8\r")
    assert message.segments[1].repetitions(3) == ["7*3*M10*H@1.2.3@ISO*MR", "8"]
    assert message.segments[1].text(3, 5) == "MR"


def test_a_sender_without_escape_and_subcomponent_is_read() -> None:
    message = parse(b"MSH|^~|LAB\rPID|1||a\\F\\b^c")
    assert message.delimiters.escape == ""
    assert message.segments[1].text(3) == "a\\F\\b"


def test_blanks_after_the_encoding_characters_are_no_delimiters() -> None:
    assert parse(b"MSH|^~\\ |LAB").delimiters.subcomponent == ""


@pytest.mark.parametrize("data", [b"", b"MSH", b"MSH|", b"MSHA^~\\&A", b"MSH\xa7^~\\&", b"PID|1", b"hello"])
def test_bytes_without_a_usable_header_are_rejected_as_not_hl7(data: bytes) -> None:
    with pytest.raises(Rejection) as why:
        parse(data)
    assert why.value.reason is Reason.NOT_HL7


def test_white_space_and_framing_before_the_header_are_passed_over() -> None:
    assert parse(b"\xef\xbb\xbf\x0b\r\n " + HEADER).control_id == "C1"


def test_a_path_reads_as_users_write_it() -> None:
    message = parse(HEADER + b"\rOBX|1\rOBX|2||a~b^c")
    assert message.segments[2].path(3, 2, 2) == "OBX[2]-3[2].2"


def test_absent_parts_are_empty_text() -> None:
    pid = parse(HEADER + b"\rPID|1||7").segments[1]
    assert (pid.raw(9), pid.text(3, 4), pid.text(3, 1, 2), pid.repetitions(5)) == ("", "", "", [])


@pytest.mark.parametrize("data", [b"MSH||LAB", b"MSH|ABC|LAB", b"MSH|^~\\&#$|LAB"])
def test_a_header_that_states_no_delimiters_is_rejected_with_its_place(data: bytes) -> None:
    with pytest.raises(Rejection) as why:
        parse(data)
    assert (why.value.reason, why.value.path) == (Reason.HEADER_INVALID, "MSH-2")


def test_the_truncation_character_of_version_2_7_is_no_fifth_delimiter() -> None:
    message = parse(b"MSH|^~\\&@|LAB\rPID|1||a\\P\\b&c@")
    assert message.segments[1].text(3) == "a@b&c@"


MARKS = st.permutations("|^~\\&#$!%*@;").map(lambda marks: "".join(marks[:5]))
TEXT = st.text("ABCab19 .-ü日", max_size=6)
COMPONENT = st.lists(TEXT, min_size=1, max_size=3)
REPETITION = st.lists(COMPONENT, min_size=1, max_size=3)
FIELD = st.lists(REPETITION, min_size=1, max_size=3)


@given(MARKS, st.lists(FIELD, min_size=1, max_size=5))
def test_what_parse_splits_joins_back_to_what_was_sent(marks: str, fields: list[list[list[list[str]]]]) -> None:
    field, component, repetition, _, subcomponent = marks
    raw = [repetition.join(component.join(subcomponent.join(c) for c in r) for r in f) for f in fields]
    message = parse(f"MSH{marks}{field}LAB\rZZ1{field}{field.join(raw)}X".encode())
    segment = message.segments[1]
    assert field.join(segment.fields) == f"ZZ1{field}{field.join(raw)}X"
    for n, sent in enumerate(fields[:-1], 1):
        assert repetition.join(segment.repetitions(n)) == raw[n - 1]
        for one, parts in zip(segment.repetitions(n), sent, strict=False):
            assert component.join(segment.components(one)) == one
            assert len(segment.components(one)) == len(parts)


@given(st.lists(st.text("AB1|^~&ü ", min_size=1, max_size=12), max_size=5), st.sampled_from(["\r", "\n", "\r\n"]))
def test_segments_join_back_to_the_message(lines: list[str], end: str) -> None:
    sent = [HEADER.decode(), *(f"ZZ{n}|{line}" for n, line in enumerate(lines))]
    message = parse(end.join(sent).encode())
    assert [s.delimiters.field.join(s.fields) for s in message.segments[1:]] == sent[1:]
    header = message.header
    assert header.fields[0] + header.fields[1] + "|".join(header.fields[2:]) == sent[0]
