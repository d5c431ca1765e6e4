"""Clauses (`breach in low, high`) compiled to closures that answer and return their trace."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from processors.config import nearest
from processors.rules.facts import Fact, Found, Situation

_CLAUSE = re.compile(r"\s*(\w+)\s+(is not|is|not in|in|includes|<=|>=|<|>)\s+(\S.*?)\s*")
Value = str | Decimal | tuple[str, ...] | None
_Test = Callable[[Value], bool]
#: Words for a fact that has a value and one that has none: `expected_discharge is known`.
KNOWN, UNKNOWN = "known", "unknown"


@dataclass(frozen=True, slots=True)
class Trace:
    """What one clause found."""

    text: str
    holds: bool
    value: str
    unit: str
    path: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause, ready for use."""

    text: str
    fact: Fact
    test: _Test

    def holds(self, situation: Situation) -> bool:
        """The answer alone."""
        return self.test(self.fact(situation).value)

    def trace(self, situation: Situation) -> Trace:
        """The answer with the value it looked at."""
        found: Found = self.fact(situation)
        return Trace(self.text, self.test(found.value), found.text, found.unit, found.path)


class ClauseError(ValueError):
    """A clause that cannot be read; the text says what is wrong and the nearest valid name."""


def compile_clause(text: str, facts: Mapping[str, Fact]) -> Clause:
    """Read `FACT OPERATOR OPERAND`. Raises ClauseError."""
    match = _CLAUSE.fullmatch(text)
    if match is None:
        raise ClauseError(f"'{text}' is no clause; write: a fact, then one of: {', '.join(_OPERATORS)}, then a value")
    name, operator, operand = match[1], match[2], match[3]
    if name not in facts:
        raise ClauseError(f"unknown fact '{name}'{nearest(name, facts)}")
    return Clause(" ".join(text.split()), facts[name], _OPERATORS[operator](operand))


def _is(operand: str) -> _Test:
    if operand == KNOWN:
        return lambda value: value not in (None, "", ())
    if operand == UNKNOWN:
        return lambda value: value in (None, "", ())
    amount = _decimal(operand)
    if amount is not None:
        return lambda value: value == (amount if isinstance(value, Decimal) else operand)
    return lambda value: value == operand


def _is_not(operand: str) -> _Test:
    same = _is(operand)
    return lambda value: not same(value)


def _in(operand: str) -> _Test:
    allowed = frozenset(part.strip() for part in operand.split(","))
    return lambda value: value in allowed


def _not_in(operand: str) -> _Test:
    refused = frozenset(part.strip() for part in operand.split(","))
    return lambda value: value not in refused


def _includes(operand: str) -> _Test:
    return lambda value: isinstance(value, tuple) and operand in value


def _number(compare: Callable[[Decimal, Decimal], bool]) -> Callable[[str], _Test]:
    def build(operand: str) -> _Test:
        limit = _decimal(operand)
        if limit is None:
            raise ClauseError(f"'{operand}' is no number")
        return lambda value: isinstance(value, Decimal) and compare(value, limit)

    return build


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


_OPERATORS: dict[str, Callable[[str], _Test]] = {
    "is": _is,
    "is not": _is_not,
    "in": _in,
    "not in": _not_in,
    "includes": _includes,
    "<": _number(lambda a, b: a < b),
    "<=": _number(lambda a, b: a <= b),
    ">": _number(lambda a, b: a > b),
    ">=": _number(lambda a, b: a >= b),
}
