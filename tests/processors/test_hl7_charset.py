"""No byte is lost on the way to text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.errors import Warn
from processors.hl7.charset import TABLE_0211, decode


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_utf8_comes_back(text: str) -> None:
    assert decode(text.encode(), "UNICODE UTF-8", "") == (text, "utf-8", [])


@given(st.binary(max_size=50), st.sampled_from(sorted(TABLE_0211)))
def test_any_bytes_under_any_declared_charset_give_text(data: bytes, declared: str) -> None:
    text, codec, warnings = decode(data, declared, "")
    assert isinstance(text, str)
    assert warnings or codec == TABLE_0211[declared]


@pytest.mark.parametrize("codec", sorted(set(TABLE_0211.values())))
def test_the_usual_delimiters_are_themselves_in_every_charset(codec: str) -> None:
    assert b"MSH|^~\\&|A\r".decode(codec) == "MSH|^~\\&|A\r"


@given(st.binary(max_size=50))
def test_latin1_as_declared_comes_back_byte_for_byte(data: bytes) -> None:
    text, codec, _ = decode(data, "8859/1", "")
    assert text.encode(codec) == data


def test_latin1_that_was_not_declared_is_read_and_said() -> None:
    text, codec, warnings = decode("Müller".encode("latin-1"), "", "")
    assert (text, codec, [w.code for w in warnings]) == ("Müller", "cp1252", [Warn.CHARSET_FALLBACK])


def test_the_sites_override_wins_over_the_message() -> None:
    assert decode("Łódź".encode("iso8859-2"), "UNICODE UTF-8", "8859/2")[0] == "Łódź"


def test_an_unknown_charset_is_named_in_the_warning() -> None:
    _, codec, warnings = decode(b"abc", "KLINGON", "")
    assert codec == "utf-8"
    assert "KLINGON" in warnings[0].text


def test_bytes_that_no_codec_assigns_are_kept_as_control_characters() -> None:
    assert decode(b"a\x81\xfc", "", "")[0] == "a\x81ü"
