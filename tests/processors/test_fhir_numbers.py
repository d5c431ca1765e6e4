"""Decimals between HL7, JSON and text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.fhir.numbers import Lexeme, decimal_lexeme, read_json, write_json


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True))
def test_every_fhir_decimal_survives_reading_and_writing(digits):
    assert write_json(read_json(f'{{"value":{digits}}}')) == f'{{"value":{digits}}}'.encode()


@given(st.from_regex(r"[+-]?[0-9]{0,9}(\.[0-9]{0,9})?", fullmatch=True))
def test_a_mended_number_has_the_value_that_was_sent(sent):
    lexeme = decimal_lexeme(sent)
    if any(c.isdigit() for c in sent):
        assert lexeme is not None
        assert float(lexeme) == float(sent)
    else:
        assert lexeme is None


@pytest.mark.parametrize("sent", ["", "abc", "1,5", "0x1", "٣", "1 2", "1e", "NaN", "Infinity"])
def test_what_is_no_number_is_none(sent):
    assert decimal_lexeme(sent) is None


def test_numbers_are_read_as_they_were_written():
    assert read_json('{"a":6.50,"b":7}') == {"a": Lexeme("6.50"), "b": Lexeme("7")}


def test_other_objects_are_not_written():
    with pytest.raises(TypeError):
        write_json({"a": object()})
