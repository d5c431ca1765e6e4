"""Answers in words and codes that NEWS2 needs: the level of consciousness, and whether a patient breathes oxygen."""

from decimal import Decimal

from processors.fhir.systems import LOINC
from processors.rules.readings import Reading

#: Answer -> points. C is new confusion.
ACVPU = {"A": 0, "C": 3, "V": 3, "P": 3, "U": 3}
#: Ends of the code systems whose single letters are ACVPU, and the answers of public code systems. A Glasgow coma scale
#: is no substitute: new confusion is not in it.
LOCAL_SYSTEM = "99ACVPU"
_CODES = {
    f"{LOINC}|LA9340-6": "A",
    f"{LOINC}|LA17108-4": "V",
    f"{LOINC}|LA17107-6": "P",
    f"{LOINC}|LA9343-0": "U",
    "http://snomed.info/sct|248234008": "A",
    "http://snomed.info/sct|300202002": "V",
    "http://snomed.info/sct|450847001": "P",
    "http://snomed.info/sct|422768004": "U",
}
_WORDS = {
    "a": "A",
    "alert": "A",
    "c": "C",
    "confusion": "C",
    "confused": "C",
    "new confusion": "C",
    "newly confused": "C",
    "v": "V",
    "voice": "V",
    "verbal": "V",
    "responds to voice": "V",
    "p": "P",
    "pain": "P",
    "painful": "P",
    "responds to pain": "P",
    "u": "U",
    "unresponsive": "U",
}
#: Not above this: the patient breathes air. Flow in L/min, fraction in per cent.
AIR = {"oxygen_flow": Decimal(0), "oxygen_fraction": Decimal(21)}
_BREATHES = {
    "air": False,
    "room air": False,
    "ra": False,
    "oxygen": True,
    "o2": True,
    "mask": True,
    "face mask": True,
    "venturi mask": True,
    "non-rebreather mask": True,
    "cannula": True,
    "nasal cannula": True,
}


def consciousness(reading: Reading) -> str:
    """A, C, V, P or U by the answer's code, else by its words; '' where neither is known."""
    for told in reading.codes:
        system, _, code = told.partition("|")
        if system.endswith(LOCAL_SYSTEM) and code.upper() in ACVPU:
            return code.upper()
        if told in _CODES:
            return _CODES[told]
    return _WORDS.get(_plain(reading.value), "")


def on_oxygen(reading: Reading) -> bool | None:
    """What a text says; None where it is none of the words (a number is judged by its amount)."""
    return _BREATHES.get(_plain(reading.value))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
