"""Who a message is about, by the site's identity policy."""

from hypothesis import given
from hypothesis import strategies as st

from processors.hl7.message import Message, parse
from processors.hl7.patients import absorbed, patients
from processors.identity import IdentityPolicy, Keyring
from processors.sites import Site

KEYRING = Keyring.of(b"test")
SITE = Site(feed="lab", identity=IdentityPolicy(default_authority="HOSP"))


def message(*segments: str, control_id: str = "C1") -> Message:
    header = f"MSH|^~\\&|LAB|HOSP|||20260102||ADT^A01|{control_id}|P|2.5.1"
    return parse("\r".join([header, *segments]).encode())


def key(*segments: str, control_id: str = "C1", site: Site = SITE) -> str:
    return patients(message(*segments, control_id=control_id), site, KEYRING)[0].key


def test_the_same_identifier_gives_the_same_key_with_and_without_its_authority() -> None:
    assert key("PID|1||7^^^HOSP^MR") == key("PID|1||7")


def test_the_medical_record_number_is_preferred_over_other_types() -> None:
    assert key("PID|1||99^^^HOSP^SS~7^^^HOSP^MR") == key("PID|1||7^^^HOSP^MR")


def test_an_older_field_names_the_patient_where_the_newer_has_no_value() -> None:
    assert key("PID|1|7|^^^HOSP^MR") == key("PID|1||7")


def test_blank_identifiers_name_nobody() -> None:
    assert key("PID|1||  ^^^HOSP^MR", control_id="A") != key("PID|1||  ^^^HOSP^MR", control_id="B")


def test_a_message_without_a_patient_is_keyed_by_feed_and_control_id() -> None:
    assert key(control_id="A") == key(control_id="A")
    assert key(control_id="A") != key(control_id="B")
    assert patients(message(), SITE, KEYRING)[0].chosen is None


def test_each_distinct_patient_is_given_once_in_order() -> None:
    refs = patients(message("PID|1||7", "PID|2||8", "PID|3||7"), SITE, KEYRING)
    assert [r.chosen.value for r in refs if r.chosen] == ["7", "8"]


def test_a_merge_names_the_prior_patient() -> None:
    refs = absorbed(message("PID|1||7", "MRG|8^^^HOSP^MR"), SITE, KEYRING)
    assert [r.key for r in refs] == [key("PID|1||8")]


def test_no_key_shows_the_identifier() -> None:
    assert "4711" not in key("PID|1||4711^^^HOSP^MR")


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_pid_gives_at_least_one_key(third: str, second: str) -> None:
    assert len(key(f"PID|1|{second}|{third}")) == 32
