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
        ("one\\.sp2\\two", "one\ntwo"),
        ("one\\.in+3\\two", "one two"),
        ("\\H\\bold\\N\\", "bold"),
        ("\\X0D0A\\", "\r\n"),
        ("\\XC3BC\\", "ü"),
        ("\\XFC\\", "ü"),
        ("\\XZZ\\", "\\XZZ\\"),
        ("\\X\\", "\\X\\"),
        ("\\Z99\\", "\\Z99\\"),
        ("50\\", "50\\"),
        ("C:\\dir", "C:\\dir"),
    ],
)
def test_each_sequence_becomes_what_it_stands_for(sent: str, meant: str) -> None:
    assert unescape(sent) == meant


@given(st.text("\\XFE.br0 |", max_size=30))
def test_any_text_is_decoded_without_failing(text: str) -> None:
    assert isinstance(unescape(text), str)


def test_without_an_escape_character_delimiters_become_blanks() -> None:
    assert escape("a|b", Delimiters(escape="")) == "a b"
