"""Golden answers: every MSH-15 by MSH-16 by outcome, and the form of MSH, MSA and ERR."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.errors import Reason, Rejection
from processors.hl7.acknowledge import NOT_STORED, STORED, Outcome, Stamp, acknowledge, answer_expected
from processors.hl7.message import Message, parse
from processors.sites import AckPolicy

STAMP = Stamp("0123456789abcdef0123456789abcdef", "20260102030405+0000")
TEST_ONLY = Outcome(refusal=Rejection(Reason.PROCESSING_ID, "MSH-11", "this feed takes P"))
NO_CONTROL_ID = Outcome(refusal=Rejection(Reason.REQUIRED_FIELD_MISSING, "MSH-10", "send a control id"))
TOO_LARGE = Outcome(refusal=Rejection(Reason.TOO_LARGE, "", "12 MB is above the limit of 10 MB"))
NOT_HL7 = Outcome(refusal=Rejection(Reason.NOT_HL7, "MSH", "no MSH"))
CONDITIONS = ["", "AL", "NE", "ER", "SU"]

#: One line per MSH-15, one column per MSH-16, both in the order "", AL, NE, ER, SU; -- is no answer.
GOLDEN = {
    "stored": """
        AA AA -- -- AA
        CA CA CA CA CA
        -- AA -- -- AA
        -- AA -- -- AA
        CA CA CA CA CA""",
    "not stored": """
        AR AR -- AR --
        CE CE CE CE CE
        -- AR -- AR --
        CE CE CE CE CE
        -- AR -- AR --""",
    "processing id": """
        AR AR -- AR --
        CR CR CR CR CR
        -- AR -- AR --
        CR CR CR CR CR
        -- AR -- AR --""",
    "control id missing": """
        AE AE -- AE --
        CE CE CE CE CE
        -- AE -- AE --
        CE CE CE CE CE
        -- AE -- AE --""",
}
OUTCOMES = {
    "stored": STORED,
    "not stored": NOT_STORED,
    "processing id": TEST_ONLY,
    "control id missing": NO_CONTROL_ID,
}
CELLS = [
    (name, *asked, code)
    for name, grid in GOLDEN.items()
    for asked, code in zip(itertools.product(CONDITIONS, CONDITIONS), grid.split(), strict=True)
]


def message(accept: str = "", application: str = "", version: str = "2.5.1", rest: str = "") -> Message:
    header = f"MSH|^~\\&|LAB|HOSP|WARD|CITY|20260102||ORU^R01^ORU_R01|C1|P|{version}|||{accept}|{application}{rest}"
    return parse(header.encode("latin-1") + b"\rPID|1||7")


def lines(outcome: Outcome, sent: Message | None = None, policy: AckPolicy | None = None) -> list[str]:
    answer = acknowledge(sent or message(), outcome, policy or AckPolicy(), STAMP)
    assert answer is not None
    return answer.payload.decode().split("\r")[:-1]


def code(outcome: Outcome, sent: Message | None, policy: AckPolicy) -> str:
    answer = acknowledge(sent, outcome, policy, STAMP)
    return answer.code if answer else "--"


@pytest.mark.parametrize(("outcome", "accept", "application", "expected"), CELLS)
def test_each_pair_of_conditions_gives_the_standards_answer(
    outcome: str, accept: str, application: str, expected: str
) -> None:
    sent = message(accept, application)
    answer = acknowledge(sent, OUTCOMES[outcome], AckPolicy(), STAMP)
    assert (answer.code if answer else "--") == expected
    assert answer is None or f"\rMSA|{expected}|C1".encode() in answer.payload


def test_the_answer_to_a_stored_message_in_full() -> None:
    assert lines(STORED) == [
        "MSH|^~\\&|WARD|CITY|LAB|HOSP|20260102030405+0000||ACK^R01^ACK|0123456789abcdef0123|P|2.5.1",
        "MSA|AA|C1",
    ]


def test_the_error_segment_from_version_25_on() -> None:
    assert lines(NO_CONTROL_ID)[1:] == [
        "MSA|AE|C1",
        "ERR||MSH^1^10|101^Required field missing^HL70357|E||||send a control id",
    ]


def test_the_error_segment_before_version_25() -> None:
    assert lines(NO_CONTROL_ID, message(version="2.3"))[1:] == [
        "MSA|AE|C1|send a control id",
        "ERR|MSH^1^10^101&Required field missing&HL70357",
    ]


def test_a_message_that_was_not_stored_names_207() -> None:
    assert "|207^Application internal error^HL70357|E|" in lines(NOT_STORED)[2]


@pytest.mark.parametrize(
    ("mode", "outcome", "expected"),
    [
        ("original", STORED, "AA"),
        ("original", NOT_STORED, "AR"),
        ("enhanced", STORED, "CA"),
        ("enhanced", NOT_STORED, "CE"),
        ("enhanced", TOO_LARGE, "CE"),
        ("none", STORED, "--"),
        ("none", NOT_STORED, "--"),
    ],
)
def test_a_site_may_fix_the_mode(mode: str, outcome: Outcome, expected: str) -> None:
    assert code(outcome, message(), AckPolicy(mode=mode)) == expected  # type: ignore[arg-type]


def test_original_mode_by_site_overrules_what_the_message_asks_for() -> None:
    assert code(STORED, message("NE", "NE"), AckPolicy(mode="original")) == "AA"


def test_the_code_for_each_failure_is_the_sites_choice() -> None:
    policy = AckPolicy(store_failed="AE", not_hl7="AR", too_large="AE", processing_id="AE")
    assert [code(o, message(), policy) for o in (NOT_STORED, NOT_HL7, TOO_LARGE, TEST_ONLY)] == ["AE", "AR", "AE", "AE"]


def test_a_site_may_accept_messages_without_control_id_and_the_error_becomes_a_warning() -> None:
    got = lines(NO_CONTROL_ID, policy=AckPolicy(required_field="AA"))
    assert got[1] == "MSA|AA|C1"
    assert "|101^Required field missing^HL70357|W|" in got[2]


def test_unreadable_bytes_get_an_answer_with_the_usual_delimiters() -> None:
    answer = acknowledge(None, NOT_HL7, AckPolicy(), STAMP)
    assert answer is not None
    assert answer.payload.decode().split("\r")[:-1] == [
        "MSH|^~\\&|Wardline||||20260102030405+0000||ACK|0123456789abcdef0123|P|2.5.1",
        "MSA|AE|",
        "ERR||MSH^1|100^Segment sequence error^HL70357|E||||no MSH",
    ]


@pytest.mark.parametrize("kind", ["ACK", "ACK^A01^ACK", "MCF^Q01"])
def test_an_incoming_answer_is_never_answered(kind: str) -> None:
    sent = parse(f"MSH|^~\\&|A|B|C|D|2026||{kind}|C1|P|2.5.1|||AL|AL\rMSA|AA|9".encode())
    assert acknowledge(sent, STORED, AckPolicy(), STAMP) is None
    assert acknowledge(sent, NOT_STORED, AckPolicy(mode="enhanced"), STAMP) is None


def test_an_unknown_condition_is_answered() -> None:
    assert code(STORED, message("XX"), AckPolicy()) == "CA"


def test_the_charset_is_echoed_and_used() -> None:
    sent = message(rest="||8859/1").header
    assert sent.raw(18) == "8859/1"
    latin = parse("MSH|^~\\&|Küche|B|C|D|2026||ORU^R01|Ü1|P|2.5.1||||||8859/1\r".encode("latin-1"))
    answer = acknowledge(latin, STORED, AckPolicy(), STAMP)
    assert answer is not None
    assert answer.payload.decode("latin-1").split("\r")[0].endswith("|P|2.5.1||||||8859/1")
    assert "MSA|AA|Ü1\r".encode("latin-1") in answer.payload


def test_the_senders_delimiters_are_kept() -> None:
    sent = parse(b"MSH#*!$@#LAB#B#C#D#2026##ORU*R01#C1#P#2.5.1")
    first, second, third = lines(NO_CONTROL_ID, sent)
    assert first.startswith("MSH#*!$@#C#D#LAB#B#")
    assert (second, third) == ("MSA#AE#C1", "ERR##MSH*1*10#101*Required field missing*HL70357#E####send a control id")


def test_delimiters_in_our_own_text_are_escaped() -> None:
    outcome = Outcome(refusal=Rejection(Reason.NOT_HL7, "MSH-2", "the usual ones are ^~\\&"))
    assert lines(outcome)[2].endswith("|the usual ones are \\S\\\\R\\\\E\\\\T\\")


@given(st.binary(max_size=80), st.sampled_from([STORED, NOT_STORED, NO_CONTROL_ID]))
def test_no_answer_can_break_the_framing(tail: bytes, outcome: Outcome) -> None:
    sent = parse(b"MSH|^~\\&|" + tail)
    answer = acknowledge(sent, outcome, AckPolicy(mode="original"), STAMP)
    if answer is not None:
        assert not set(answer.payload) & set(b"\x0b\x1c\n")
        assert answer.payload.count(b"\r") == (2 if outcome is STORED else 3)


@given(st.sampled_from(CONDITIONS), st.sampled_from(CONDITIONS))
def test_a_sender_knows_when_to_wait(accept: str, application: str) -> None:
    sent = message(accept, application)
    assert answer_expected(sent, stored=True) == (acknowledge(sent, STORED, AckPolicy(), STAMP) is not None)
    assert answer_expected(sent, stored=False) == (acknowledge(sent, NOT_STORED, AckPolicy(), STAMP) is not None)
