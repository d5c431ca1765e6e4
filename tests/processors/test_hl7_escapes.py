"""Escape sequences decode to what they stand for; what is unknown stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.hl7.escapes import Unescape, escape
from processors.hl7.message import Delimiters

USUAL = Delimiters()
OTHER = Delimiters("#", "*", "!", "$", "@")


def unescape(text: str, marks: Delimiters = USUAL) -> str:
    return Unescape(marks.escape, marks)(text)


@given(st.text(max_size=40), st.sampled_from([USUAL, OTHER]))
def test_what_is_escaped_comes_back(text: str, marks: Delimiters) -> None:
    assert unescape(escape(text, marks), marks) == text


@given(st.text(max_size=40), st.sampled_from([USUAL, OTHER]))
def test_escaped_text_holds_no_delimiter(text: str, marks: Delimiters) -> None:
    assert not set(escape(text, marks)) & {marks.field, marks.component, marks.repetition, marks.subcomponent}


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("a\\F\\b", "a|b"),
        ("\\S\\\\R\\\\T\\\\E\\", "^~&\\"),
        ("one\\.br\\two", "one\ntwo"),
        ("one\\.BR\\two", "one\ntwo"),
        ("one\\.sp\\two", "one\ntwo"),
        ("one\\.sp2\\two", "one\n\ntwo"),
        ("one\\.sp+2\\two", "one\n\ntwo"),
        ("one\\.ce\\two", "one\ntwo"),
        ("\\.in+3\\two", "   two"),
        ("one\\.ti-2\\two", "one two"),
        ("one\\.sk4\\two", "one    two"),
        ("\\.fi\\one\\.nf\\", "one"),
        ("\\P\\", "#"),
        ("\\H\\bold\\N\\", "bold"),
        ("\\X0D0A\\", "\r\n"),
        ("\\XC3BC\\", "ü"),
        ("\\XFC\\", "ü"),
        ("\\XZZ\\", "\\XZZ\\"),
        ("\\X\\", "\\X\\"),
        ("\\Z99\\", "\\Z99\\"),
        ("50\\", "50\\"),
        ("C:\\dir", "C:\\dir"),
        ("C:\\dir\\F\\x", "C:\\dir|x"),
        ("\\Zab\\F\\Zcd\\", "\\Zab\\F\\Zcd\\"),
        ("5\\ 6\\.br\\7", "5\\ 6\n7"),
        ("\\C9999\\x", "\\C9999\\x"),
        ("\\E\\C2842\\E\\", "\\C2842\\"),
    ],
)
def test_each_sequence_becomes_what_it_stands_for(sent: str, meant: str) -> None:
    assert unescape(sent) == meant


@given(st.text("\\XFE.br0 |", max_size=30))
def test_any_text_is_decoded_without_failing(text: str) -> None:
    assert isinstance(unescape(text), str)


def test_without_an_escape_character_delimiters_become_blanks() -> None:
    assert escape("a|b", Delimiters(escape="")) == "a b"


def test_a_number_in_a_layout_command_does_not_fill_memory() -> None:
    assert len(unescape("\\.sp999999999\\")) == len(unescape("\\.sk9999\\")) == 100


@pytest.mark.parametrize(
    ("codec", "sent", "meant"),
    [
        ("iso8859-1", "\\C2D42\\" + b"\xa3\xf3d\xbc".decode("latin-1") + "\\C2842\\ f\xfcr", "Łódź für"),
        ("iso8859-1", "\\C2D4C\\" + b"\xbc\xd8\xe0".decode("latin-1"), "Мир"),
        ("utf-8", "\\M2442\\F|K\\E\\\\C2842\\ x", "日本 x"),
        ("iso8859-1", "\\M242943\\" + b"\xb0\xa1".decode("latin-1"), "가"),
        ("utf-8", "\\C2D42\\Łódź", "\\C2D42\\Łódź"),
    ],
)
def test_a_change_of_character_set_holds_until_the_next(codec: str, sent: str, meant: str) -> None:
    assert Unescape("\\", USUAL, codec)(sent) == meant


def test_hexadecimal_bytes_are_read_in_the_charset_of_the_message() -> None:
    assert Unescape("\\", USUAL, "iso8859-2")("\\XA3\\") == "Ł"
    assert Unescape("\\", USUAL, "iso8859-2")("\\XC581\\") == "Ł"
