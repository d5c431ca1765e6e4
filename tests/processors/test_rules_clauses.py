"""Clauses: each operator, on each kind of value."""

from decimal import Decimal

import pytest

from processors.rules.clauses import Clause, ClauseError, Value, compile_clause
from processors.rules.facts import Found


def clause(text: str, value: Value) -> Clause:
    return compile_clause(text, {"fact": lambda _: Found(value, "u", "OBX[1]-5")})


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("fact is low", "low", True),
        ("fact is low", "high", False),
        ("fact is not low", "high", True),
        ("fact is 6.5", Decimal("6.50"), True),
        ("fact is 6.5", "6.5", True),
        ("fact is known", "x", True),
        ("fact is known", "", False),
        ("fact is unknown", None, True),
        ("fact is unknown", (), True),
        ("fact is not known", None, True),
        ("fact in low, high", "high", True),
        ("fact in low, high", "none", False),
        ("fact not in low, high", "none", True),
        ("fact includes HH", ("H", "HH"), True),
        ("fact includes HH", "HH", False),
        ("fact < 1.2", Decimal("1.19"), True),
        ("fact < 1.2", Decimal("1.20"), False),
        ("fact <= 1.2", Decimal("1.20"), True),
        ("fact > 1.2", Decimal("1.2"), False),
        ("fact >= 1.2", Decimal("1.2"), True),
        ("fact > 1.2", None, False),
        ("fact > 1.2", "9", False),
    ],
)
def test_an_operator_answers(text: str, value: Value, holds: bool) -> None:
    assert clause(text, value).test(value) is holds


@pytest.mark.parametrize("text", ["", "fact", "fact is", "is low", "fact ~ 3", "other is low", "fact < x"])
def test_what_is_no_clause_is_refused(text: str) -> None:
    with pytest.raises(ClauseError):
        clause(text, "")
