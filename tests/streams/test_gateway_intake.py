"""What arrives becomes a whole record, keyed without patient data."""

import hashlib

import pytest
from gateway_desk import CODEC, FEED, NOW_US, message
from hypothesis import given
from hypothesis import strategies as st

from processors import topics
from processors.envelope import Record
from processors.hl7.message import parse
from processors.hl7.mllp import TooLarge
from processors.hl7.patients import patients
from processors.identity import Keyring
from processors.sites import Site
from streams.gateway.intake import Arrival, Desk, Receipt, occurred_at, take, take_head

KEYRING = Keyring.of(b"test")
SITE = Site(feed=FEED)
DESK = Desk(keyring=KEYRING, encoder=CODEC, now_us=lambda: NOW_US, limit_bytes=10_000_000, instance="instance")


def receipt(payload: bytes, number: int = 1) -> Receipt:
    return take(payload, Arrival(SITE, "instance-1", number), DESK)


def record(payload: bytes) -> Record:
    return CODEC.decode(receipt(payload).entry.value)


def test_the_raw_record_says_what_the_gateway_knew() -> None:
    sent = message("C1")
    value = record(sent)
    assert value["payload"] == sent
    assert value["digest"] == hashlib.sha256(sent).hexdigest()
    assert (value["size"], value["transport"], value["received_as"]) == (len(sent), "mllp", "complete")
    assert (value["received_at"], value["peer"], value["key_id"]) == (NOW_US, "instance-1", KEYRING.key_id)
    assert value["event_id"] == value["correlation_id"]
    assert value["source"] == {
        "feed": FEED,
        "facility": "HOSP",
        "application": "LAB",
        "message_type": "ORU",
        "trigger": "R01",
        "control_id": "C1",
    }


def test_the_key_is_the_one_that_normalize_will_find() -> None:
    sent = message("C1")
    assert receipt(sent).entry.key == patients(parse(sent), SITE, KEYRING)[0].key == record(sent)["patient_key"]


def test_the_same_bytes_sent_twice_are_two_events() -> None:
    assert receipt(message("C1"), 1).stamp.event_id != receipt(message("C1"), 2).stamp.event_id


def test_key_and_headers_show_no_patient_data() -> None:
    entry = receipt(message("C1", mrn="4711007")).entry
    assert "4711007" not in entry.key + repr(entry.headers)


def test_headers_name_feed_and_trace() -> None:
    got = receipt(message("C1"))
    headers = dict(got.entry.headers)
    event_id = got.stamp.event_id
    assert headers["ce_source"] == b"/wardline/gateway/lab"
    assert headers["ce_type"] == topics.RAW.encode()
    assert headers["traceparent"] == f"00-{event_id}-{event_id[:16]}-01".encode()


def test_a_dead_letter_keeps_the_bytes_and_the_reason() -> None:
    letter = record(b"hello")
    assert (letter["stage"], letter["reason"], letter["payload"]) == ("gateway", "not_hl7", b"hello")
    assert (letter["truncated"], letter["state"], letter["source"]["feed"]) == (False, "open", FEED)


def test_an_oversize_message_is_named_in_its_dead_letter() -> None:
    head = message("BIG")
    got = take_head(TooLarge(head, 20_000_000, "ab" * 32), Arrival(SITE, "p", 1), DESK)
    letter = CODEC.decode(got.entry.value)
    assert (letter["source"]["control_id"], letter["size"], letter["sha256"]) == ("BIG", 20_000_000, "ab" * 32)
    assert got.message is not None


def test_a_failure_of_ours_becomes_a_dead_letter_and_a_no() -> None:
    class Refusing:
        def encode(self, topic: str, value: Record) -> bytes:
            if topic == topics.RAW:
                raise ValueError("secret text")
            return CODEC.encode(topic, value)

    desk = Desk(keyring=KEYRING, encoder=Refusing(), now_us=lambda: NOW_US, limit_bytes=10)
    got = take(message("C1"), Arrival(SITE, "p", 1), desk)
    letter = CODEC.decode(got.entry.value)
    assert (letter["reason"], letter["source"]["control_id"]) == ("defect", "C1")
    assert "secret" not in letter["detail"]
    assert got.outcome.refusal is not None


@given(st.one_of(st.binary(max_size=100), st.binary(max_size=100).map(lambda tail: message("C1") + tail)))
def test_any_bytes_give_a_record_that_fits_its_schema(payload: bytes) -> None:
    got = receipt(payload)
    assert CODEC.decode(got.entry.value)["payload"] == payload


@pytest.mark.parametrize(
    ("event", "sent", "expected"),
    [
        ("", "20260102030405+0100", "2026-01-02T03:04:05+01:00"),
        ("", "20260102030405.1234-0500", "2026-01-02T03:04:05.1234-05:00"),
        ("", "202601020304+0000", "2026-01-02T03:04:00+00:00"),
        ("", "20260102", "2026-01-02"),
        ("", "202601", "2026-01"),
        ("", "20260102030405", ""),
        ("", "20261302", ""),
        ("", "yesterday", ""),
        ("", "", ""),
        ("EVN|A01|20260103", "20260102", "2026-01-03"),
        ("EVN|A01|20260103||||20260104", "20260102", "2026-01-04"),
    ],
)
def test_the_clinical_time_is_kept_as_precise_as_sent(event: str, sent: str, expected: str) -> None:
    assert occurred_at(parse(f"MSH|^~\\&|A|B|C|D|{sent}||ADT^A01|1\r{event}".encode())) == expected
