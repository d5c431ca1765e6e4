"""The table of OBX-11 effects, read back row by row."""

import pytest

from processors.rules.effects import STATUS, WITHDRAWN, Effect, Finding, Mode, handling

#: status -> (first, same, changed, opposite, not critical any more)
EXPECTED = {
    "P": ("escalate_provisional", "confirm", "confirm", "amend_renotify", "retract"),
    "F": ("escalate", "confirm", "amend", "amend_renotify", "retract"),
    "C": ("escalate_corrected", "confirm", "amend_renotify", "amend_renotify", "retract"),
    "A": ("escalate", "confirm", "amend", "amend_renotify", "retract"),
    "D": ("none", "retract", "retract", "retract", "retract"),
    "W": ("none",) + ("retract_wrong_patient",) * 4,
    "X": ("none",) + ("retract_and_recollect",) * 4,
    "U": ("none",) * 5,
    "R": ("none",) * 5,
    "I": ("none",) * 5,
    "O": ("none",) * 5,
    "N": ("none",) * 5,
    "S": ("none",) * 5,
    "B": ("none", "confirm", "confirm", "confirm", "confirm"),
    "V": ("none", "confirm", "confirm", "confirm", "confirm"),
}


@pytest.mark.parametrize("status", EXPECTED)
def test_each_status_has_its_effects(status: str) -> None:
    row = STATUS[status]
    found = (row.first, *(row.on_open(f) for f in (Finding.SAME, Finding.CHANGED, Finding.OPPOSITE, Finding.CLEAR)))
    assert tuple(effect.value for effect in found) == EXPECTED[status]


def test_the_table_is_complete() -> None:
    assert set(STATUS) == set(EXPECTED)


@pytest.mark.parametrize("status", ["", "Z", "f"])
def test_an_absent_or_unknown_status_counts_as_final(status: str) -> None:
    assert handling(status) is STATUS["F"]


def test_a_correction_ranks_above_the_final_and_the_preliminary_result() -> None:
    assert STATUS["P"].rank < STATUS["F"].rank < STATUS["C"].rank < STATUS["W"].rank


def test_every_withdrawal_says_why() -> None:
    withdrawn = {row.clear for row in STATUS.values() if row.mode is Mode.WITHDRAW} | {Effect.RETRACT}
    assert withdrawn == set(WITHDRAWN)
