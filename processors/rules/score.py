"""A computed score as its detector leaves it: value, band, bounds, its facts, every input with what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from processors.rules.readings import Reading

if TYPE_CHECKING:
    from processors.rules.facts import Found


class InputState(StrEnum):
    """What became of an input. Closed list of the scores in workflow.decision.v1 and workflow.evaluation.v1."""

    USED = "used"
    MISSING = "missing"
    STALE = "stale"
    """Measured, but too long before the set."""
    UNIT = "unit"
    """Its unit is missing, or is none that its code is reported in."""
    REJECTED = "rejected"
    """No plain number, or outside what can be measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input. `words` are for people; points count only when `used`."""

    name: str
    words: str
    state: InputState
    points: int = 0
    value: str = ""
    unit: str = ""
    reading: Reading | None = None
    """The reading that it was taken from; None when missing or worked out from several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """`at` is the clinical time of the set (microseconds, 0 = nothing was measured)."""

    name: str
    version: str
    at: int
    value: str = ""
    """Empty where there is no total."""
    band: str = ""
    complete: bool = False
    lower: str = ""
    upper: str = ""
    rank: int = 0
    """Bands in order of severity, 0 = nothing to tell."""
    level: int = 0
    """What rises inside a band."""
    expires: int | None = None
    """When the next set is due (microseconds)."""
    inputs: tuple[Input, ...] = ()
    rests_on: tuple[str, ...] = ()
    """Ids of the readings without which this score cannot be worked out again."""
    facts: Mapping[str, Found] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What a detector looks at: readings by parameter, newest first, none after `at`; withdrawn ones are left out."""

    readings: Mapping[str, tuple[Reading, ...]]
    at: int
    birth_date: str
    now: int
