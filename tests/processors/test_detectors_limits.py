"""The critical-value detector, apart from rules: units, comparators, patient groups, haemolysis, exact decimals."""

from decimal import Decimal

import pytest

from processors.rules.language import Analyte, Limits
from processors.rules.limits import (
    Assessment,
    Breach,
    State,
    assess,
    by_code,
    critical_flag,
    number,
    patient_groups,
)

LIMITS = by_code(
    [
        Analyte(
            label="potassium",
            codes=("K",),
            limits=(
                Limits(units=("mmol/L", "meq/L"), low=Decimal("2.8"), high=Decimal("6.2"), haemolysed_high=Decimal(8)),
                Limits(units=("mmol/L",), patients="child", low=Decimal("2.8"), high=Decimal("6.4")),
            ),
        ),
        Analyte(label="INR", codes=("INR",), limits=(Limits(units=("{INR}", ""), high=Decimal(5)),)),
        Analyte(label="pO2", codes=("O",), limits=(Limits(units=("mm[Hg]",), low=Decimal(43)),)),
        Analyte(
            label="pCO2",
            codes=("C",),
            limits=(Limits(units=("kPa",), times=Decimal("7.50062"), low=Decimal(19), high=Decimal(67)),),
        ),
    ]
)


def assessed(value: str, unit: str = "mmol/L", code: str = "K", group: str = "adult", **more: str | bool) -> Assessment:
    record = {"value_text": value, "unit": unit, "comparator": more.get("comparator", "")}
    return assess(
        record,
        LIMITS.get(code),
        (group,),
        ucum=lambda: str(more.get("ucum", "")),
        haemolysed=lambda: bool(more.get("haemolysed")),
    )


@pytest.mark.parametrize(
    ("value", "breach"),
    [
        ("6.2", Breach.NONE),
        ("6.20", Breach.NONE),
        ("6.2000001", Breach.HIGH),
        ("2.8", Breach.NONE),
        ("2.79999999999999999999", Breach.LOW),
        (" 6.3 ", Breach.HIGH),
        (".5", Breach.LOW),
        ("+6.3", Breach.HIGH),
    ],
)
def test_the_limit_itself_is_not_critical_and_no_digit_is_lost(value: str, breach: Breach) -> None:
    assert assessed(value).breach is breach


@pytest.mark.parametrize(
    ("value", "state", "breach"),
    [
        (">6.2", State.SCORED, Breach.HIGH),
        (">=6.2", State.NOT_PROVEN, Breach.NONE),
        (">=6.3", State.SCORED, Breach.HIGH),
        (">6.1", State.NOT_PROVEN, Breach.NONE),
        (">3.0", State.NOT_PROVEN, Breach.NONE),
        ("<2.8", State.SCORED, Breach.LOW),
        ("<=2.8", State.NOT_PROVEN, Breach.NONE),
        ("<=2.7", State.SCORED, Breach.LOW),
        ("<3.0", State.NOT_PROVEN, Breach.NONE),
        ("≥6.3", State.SCORED, Breach.HIGH),
        (">^8", State.SCORED, Breach.HIGH),
    ],
)
def test_a_bound_is_critical_only_when_it_proves_it(value: str, state: State, breach: Breach) -> None:
    found = assessed(value)
    assert (found.state, found.breach) == (state, breach)


def test_a_bound_on_a_side_without_limit_is_proven_harmless() -> None:
    assert assessed("<1.1", "{INR}", "INR").state is State.SCORED
    assert assessed(">50", "mmHg", "O").state is State.SCORED


def test_the_comparator_field_counts_where_the_text_has_none() -> None:
    assert assessed("8", comparator=">").breach is Breach.HIGH
    assert number({"value_text": "8", "comparator": ">"}) == (">", Decimal(8))


@pytest.mark.parametrize("value", ["", "see note", "٦"])
def test_what_is_no_number_gets_no_score(value: str) -> None:
    assert assessed(value).state is State.NO_NUMBER


@pytest.mark.parametrize("value", ["6.9 H", "6.9*", "1:128", "10-20", "6,9"])
def test_digits_that_are_no_plain_number_are_told_apart_from_text(value: str) -> None:
    assert assessed(value).state is State.UNREADABLE


@pytest.mark.parametrize("unit", ["mmol/L", "MMOL/L", "mmol/l", "meq/L", "mEq/L", " mmol/L "])
def test_spellings_of_a_unit_are_the_same_unit(unit: str) -> None:
    assert assessed("6.9", unit).breach is Breach.HIGH


def test_a_missing_and_a_wrong_unit_give_no_score() -> None:
    assert assessed("6.9", "").state is State.UNIT_MISSING
    assert assessed("6.9", "mg/dL").state is State.UNIT_WRONG


def test_the_mapped_unit_counts_when_the_one_sent_is_local() -> None:
    assert assessed("6.9", "mmol per litre", ucum="mmol/L").breach is Breach.HIGH


def test_a_pure_number_needs_no_unit_and_shows_none() -> None:
    found = assessed("5.1", "", "INR")
    assert (found.breach, found.limit) == (Breach.HIGH, "5")


def test_a_converted_unit_is_compared_exactly_and_its_limit_shown_in_the_unit_sent() -> None:
    found = assessed("2.53", "kPa", "C")
    assert (found.breach, found.limit) == (Breach.LOW, "2.533 kPa")
    assert assessed("2.54", "kPa", "C").breach is Breach.NONE


def test_haemolysis_explains_a_high_value_up_to_its_own_limit() -> None:
    assert assessed("8.0", haemolysed=True).breach is Breach.HAEMOLYSED
    assert assessed("8.01", haemolysed=True).breach is Breach.HIGH
    assert assessed("2.5", haemolysed=True).breach is Breach.LOW
    assert assessed("6.0", haemolysed=True).breach is Breach.NONE


def test_children_have_their_own_column() -> None:
    assert assessed("6.3", group="child").breach is Breach.NONE
    assert assessed("6.41", group="child").breach is Breach.HIGH


def test_without_a_column_there_are_no_limits() -> None:
    assert assessed("99", "{INR}", "INR", group="child").state is State.NO_LIMITS
    assert assessed("99", code="unknown").state is State.NO_LIMITS


@pytest.mark.parametrize(
    ("born", "at", "groups"),
    [
        ("2026-02-02", "2026-03-02T08:00:00Z", ("newborn", "child")),
        ("2026-02-01", "2026-03-02T08:00:00Z", ("child",)),
        ("2008-03-03", "2026-03-02T08:00:00Z", ("child",)),
        ("2008-03-02", "2026-03-02T08:00:00Z", ("adult",)),
        ("2008", "2026-03-02", ("adult",)),
        ("2009-06", "2026-03-02", ("child",)),
        ("", "2026-03-02", ("adult",)),
        ("1960-05-01", "", ("adult",)),
    ],
)
def test_the_column_follows_from_birth_date_and_time_of_the_observation(
    born: str, at: str, groups: tuple[str, ...]
) -> None:
    assert patient_groups(born, at) == groups


@pytest.mark.parametrize(
    ("flags", "worst"), [((), ""), (("H",), ""), (("AA", "HH"), "HH"), (("L", "LL"), "LL"), ((">", "A"), "")]
)
def test_only_hh_ll_and_aa_are_critical_flags(flags: tuple[str, ...], worst: str) -> None:
    assert critical_flag(flags) == worst
