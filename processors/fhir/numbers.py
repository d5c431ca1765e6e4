"""Decimals that keep their digits: 1.20 stays 1.20 from the HL7 field to the FHIR JSON and back to text."""

import json
import re
from dataclasses import dataclass

import orjson

from processors.envelope import Record

_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LOOSE = re.compile(r"([+-]?)0*([0-9]*)(\.[0-9]*)?")
_WRITE = orjson.OPT_PASSTHROUGH_DATACLASS


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A JSON number exactly as it was written."""

    text: str


def decimal_lexeme(text: str) -> str | None:
    """The FHIR decimal (R4 datatypes, decimal) for a number as HL7 writes it (NM, HL7 2.5.1 chapter 2A.46), or None.

    A leading plus, leading zeros and a missing digit beside the point are mended; digits are never added or lost.
    """
    if _DECIMAL.fullmatch(text):
        return text
    loose = _LOOSE.fullmatch(text)
    if loose is None:
        return None
    sign, whole, fraction = loose.group(1), loose.group(2), loose.group(3) or ""
    if not any(c.isdigit() for c in text):
        return None
    fraction = "" if fraction == "." else fraction
    return f"{'-' if sign == '-' else ''}{whole or '0'}{fraction}"


def read_json(text: str | bytes) -> Record:
    """JSON text to plain data in which every number is a `Lexeme`."""
    value: Record = json.loads(text, parse_float=Lexeme, parse_int=Lexeme)
    return value


def write_json(value: object) -> bytes:
    """Plain data to JSON, numbers as they were read."""
    return orjson.dumps(value, default=_number, option=_WRITE)


def _number(value: object) -> orjson.Fragment:
    if isinstance(value, Lexeme):
        return orjson.Fragment(value.text)
    raise TypeError(type(value).__name__)
