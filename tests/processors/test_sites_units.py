"""Our table of units: every code is UCUM, every spelling has one meaning, what is unknown stays text."""

import pytest
from ucumvert import get_ucum_parser

from processors.mapping.units import UNITS, ucum

PARSER = get_ucum_parser()


@pytest.mark.parametrize("code", sorted(set(UNITS.values())))
def test_every_code_of_the_table_is_ucum(code):
    PARSER.parse(code)


def test_every_code_stands_for_itself():
    assert {code: ucum(code) for code in UNITS.values()} == {code: code for code in UNITS.values()}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("mEq/L", "meq/L"),
        ("MG/DL", "mg/dL"),
        ("mm Hg", "mm[Hg]"),
        ("mmHg", "mm[Hg]"),
        ("K/uL", "10*3/uL"),
        ("x10^9/L", "10*9/L"),
        ("µmol/L", "umol/L"),
        ("μg/L", "ug/L"),
        ("IU/mL", "[IU]/mL"),
        ("mL/min/1.73 m2", "mL/min/{1.73_m2}"),
        ("°C", "Cel"),
        ("deg F", "[degF]"),
        ("/HPF", "/[HPF]"),
        ("sec", "s"),
        ("lbs", "[lb_av]"),
        ("mcg/kg/min", "ug/kg/min"),
        ("tablet(s)", "{tbl}"),
    ],
)
def test_usual_spellings(sent, code):
    assert ucum(sent) == code


@pytest.mark.parametrize("sent", ["blobs", "G", "M", "units", "MU/L", ""])
def test_what_is_unknown_or_has_two_meanings_is_left_alone(sent):
    assert ucum(sent) == ""


def test_a_unit_that_the_sender_calls_ucum_is_taken_at_its_word():
    assert ucum("nmol/mg{Cre}", declared=True) == "nmol/mg{Cre}"


def test_our_table_goes_before_that_word():
    assert ucum("K/uL", declared=True) == "10*3/uL"


def test_no_spelling_is_given_to_two_codes():
    from processors.mapping import units

    seen: dict[str, str] = {}
    for code, others in units._SPELLINGS.items():
        for sent in {code, *(one.strip() for one in others.split(";"))}:
            assert seen.setdefault("".join(sent.split()), code) == code, sent
