"""Spellings of units: what senders write and the one spelling that limits are compared by."""

from functools import lru_cache

#: Normalised spelling -> the same unit as UCUM writes it (lower case). Only equal units, never a conversion.
SAME: dict[str, str] = {
    "mmhg": "mm[hg]",
    "mm hg": "mm[hg]",
    "torr": "mm[hg]",
    "mcmol/l": "umol/l",
    "10*9/l": "10*3/ul",
    "10e9/l": "10*3/ul",
    "10e3/ul": "10*3/ul",
    "k/ul": "10*3/ul",
    "k/mm3": "10*3/ul",
    "10*3/mm3": "10*3/ul",
    "thou/ul": "10*3/ul",
    "th/ul": "10*3/ul",
    "g/100ml": "g/dl",
    "gm/dl": "g/dl",
    "mg/100ml": "mg/dl",
    "[ph]": "ph",
    "ph units": "ph",
    "{inr}": "inr",
    "ratio": "inr",
}

PURE_NUMBERS = frozenset({"1", "[pH]"})


@lru_cache(maxsize=4096)
def spelling(unit: str) -> str:
    """The unit in the one spelling, for comparison only."""
    plain = unit.strip().casefold().replace("µ", "u").replace("μ", "u").replace("^", "*").replace("×", "x")
    if plain.startswith("x10") or plain.startswith("x 10"):
        plain = plain[1:].lstrip()
    plain = plain.replace("mcl", "ul") if plain.endswith("mcl") else plain
    return SAME.get(plain, plain)


def shown(unit: str) -> str:
    """The unit for people: UCUM's annotations (`{INR}`) and names of pure numbers say nothing beside the analyte."""
    plain = unit.strip()
    return "" if plain.startswith("{") or plain in PURE_NUMBERS else plain
