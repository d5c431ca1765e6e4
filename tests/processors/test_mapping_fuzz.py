"""Whatever bytes come, a message is converted or rejected with a place; nothing empty, nothing dangling comes out."""

import json
import os
import re
from collections.abc import Iterator
from decimal import Decimal
from random import Random

import pytest
from conversion_world import KEYRING, SITE, converted, hl7, oru, references
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from processors.errors import Reason, Rejection
from processors.hl7.message import parse
from processors.mapping import groups
from processors.mapping.convert import PatientBundle, convert, lineage
from processors.mapping.structures import STRUCTURES

FIELD = st.text(alphabet='ab1. ^&~\\"-+<>/:0FT\x07é', max_size=12)
KINDS = [*sorted(f"{kind}^{event}" for kind, one in STRUCTURES.items() for event in one.triggers), "ACK", "ZZZ^Z01"]
#: All segments that have a place somewhere, and some that have none.
NAMES = [*sorted(groups._JOIN), "ARV", "CSR", "FAC", "UAC", "ZPI", "Z01", "BHS"]
SEGMENT = st.builds(
    lambda name, fields: "|".join((name, *fields)), st.sampled_from(NAMES), st.lists(FIELD, max_size=12)
)
#: What fields hold in real messages, and what they should not hold.
VALUES = (
    *(
        "1",
        "007",
        "12.50",
        "1E3",
        "-0",
        "<5",
        "F",
        "M",
        "U",
        "Y",
        "N",
        "NM",
        "ED",
        "CWE",
        "TX",
        "SN",
        "DT",
        "HH",
        "IP",
        "CA",
    ),
    *("20260304", "202603041015", "20260304101530.1234+0100", "2026", "20261399", "00000000", "19700101000000-0000"),
    *("100001^^^GENERAL^MR", "V1^^^GENERAL&1.2.3&ISO^VN^^20250101", "Sample^Jane^Q^Jr^Dr^^L", "P1^EHR^1.2.3^ISO"),
    *(
        "1234^Doe^Ann^^^Dr^^^NPI&2.16.840.1.113883.4.6&ISO^L^^^NPI",
        "4E^401^1^GENERAL^^N",
        "555-0100^PRN^PH^^1^555^0100",
    ),
    *(
        "1 Main St^^Town^ST^12345^USA^H",
        "2823-3^Potassium^LN^K^Kalium^L",
        "GENERAL^L^^^^GENERAL^XX^^^77",
        "+1.20",
        "mmol/L",
    ),
    *(
        ">^6.5",
        "^1^:^128",
        "1^2^3~4^5",
        "^application^pdf^Base64^SGVsbG8=",
        "1&2^3&4~5&6",
        '""',
        '""^""',
        "^^^",
        "~~",
        "&",
        " ",
    ),
    *(
        "a\\F\\b\\.br\\c",
        "\\X0D\\",
        "\\X00\\",
        "\\C2842\\x",
        "\\",
        "\\Z1\\",
        "\x01\x02",
        "é日本",
        "x" * 300,
        "http://x y",
        "urn:oid:1.2",
    ),
    *(
        "Q6H&0800^D7",
        "1^Q1H&^^202603041015^202603041115^S",
        "10^9/L",
        "10*9/L^^UCUM",
        "1.2.3.4",
        "A",
        "S",
        "R",
        "I",
        "0",
        "-5",
    ),
)


def check(data: bytes, *, traced: bool = False) -> None:
    for one in bundles(data):
        bundle = json.loads(one.bundle)
        assert set(references(bundle)) <= {e["fullUrl"] for e in bundle["entry"]} | absorbed(bundle)
        assert list(blanks(bundle)) == []
        if traced:
            lineage(parse(data), SITE, KEYRING)


def blanks(value: object, path: str = "") -> Iterator[str]:
    """Paths of what says nothing. A null may stand in a list of `_name` beside a list of values (R4, JSON format)."""
    if isinstance(value, dict):
        for name, one in value.items():
            padding = name.startswith("_") and isinstance(one, list) and any(one)
            yield from blanks([each for each in one if each is not None] if padding else one, f"{path}.{name}")
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from blanks(one, f"{path}[{number}]")
    if value in ({}, [], None) or (isinstance(value, str) and not value.strip()):
        yield path


def bundles(data: bytes) -> tuple[PatientBundle, ...]:
    try:
        return convert(parse(data), SITE, KEYRING, 0).bundles
    except Rejection as found:
        why = found
    assert why.reason in Reason
    assert why.path
    assert why.detail
    return ()


def absorbed(bundle: dict) -> set[str]:
    """The other side of a merge may be in the other patient's bundle."""
    links = [link for e in bundle["entry"] for link in e["resource"].get("link", ()) if isinstance(link, dict)]
    return {link["other"]["reference"] for link in links if "reference" in link.get("other", ())}


def made_up(seed: int) -> bytes:
    """A message of any type with any segments in any order; mostly with a patient, and mostly full."""
    chance = Random(seed)
    names = [chance.choice(NAMES) for _ in range(chance.randrange(1, 14))]
    if chance.random() < 0.9:
        names.insert(0, "PID")
    message = hl7(*(segment(name, chance) for name in names), kind=chance.choice(KINDS))
    marks = chance.choice(["|^~\\&", "|^~\\&", "|^~\\&#", "#*!$@"])
    return message if marks.startswith("|^~\\&") else re.sub(rb"[|^~\\&]", lambda m: _other(m, marks), message)


def _other(mark: re.Match[bytes], marks: str) -> bytes:
    return marks["|^~\\&".index(mark.group().decode())].encode()


def segment(name: str, chance: Random) -> str:
    share = chance.choice((0.2, 0.6, 1.0))
    fields = [value(chance) if chance.random() < share else "" for _ in range(chance.randrange(60))]
    return "|".join((name, *fields))


def value(chance: Random) -> str:
    one = chance.choice(VALUES)
    if chance.random() < 0.15:
        one = f"{one}~{chance.choice(VALUES)}"
    if chance.random() < 0.15:
        parts = [chance.choice(VALUES) for _ in range(chance.randrange(1, 16))]
        one = "^".join(part.replace("^", "&").replace("~", "") for part in parts)
    return one


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_every_type_of_message_is_converted_or_rejected(number):
    """A quarter of all segments each, so that four types that follow each other meet them all."""
    kind, chance = KINDS[number], Random(KINDS[number])
    check(hl7("PID|1||7^^^H^MR", *(segment(name, chance) for name in NAMES[number % 4 :: 4]), kind=kind))


@pytest.mark.parametrize("start", range(0, 150, 50))
def test_made_up_messages_are_converted_or_rejected(start):
    for seed in range(start, start + 50):
        check(made_up(seed), traced=seed % 10 == 0)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_made_up_messages_are_converted_or_rejected():
    for seed in range(1000, 1000 + int(os.environ.get("FUZZ_MESSAGES", "10000"))):
        check(made_up(seed), traced=seed % 10 == 0)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(KINDS), st.lists(SEGMENT, max_size=5))
@example("ADT^A40", ["PID|||1^^^A", "MRG|2^^^A"])
@example("ORU^R01", ["OBX|||0|^"])
def test_any_segments_are_converted_or_rejected(kind, segments):
    check(hl7(*segments, kind=kind))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 500), st.binary(max_size=6), st.integers(0, 40))
@example(167, b"\n", 0)
def test_any_damage_to_a_message_is_survived(place, inserted, removed):
    message = oru()
    check(message[:place] + inserted + message[place + removed :])


DIGITS = st.from_regex(r"-?(0|[1-9][0-9]{0,19})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)


@settings(max_examples=60, deadline=None)
@given(DIGITS)
@example("1.20")
@example("0.10")
@example("1E3")
@example("12345678901234567890")
def test_decimals_keep_their_digits(digits):
    bundle = converted(oru(f"OBX|1|NM|X^Name^L||{digits}||||||F")).bundles[0].bundle
    assert f'"value":{digits}}}'.encode() in bundle or f'"value":{digits},'.encode() in bundle
    read = json.loads(bundle, parse_float=Decimal, parse_int=Decimal)
    assert Decimal(digits) in [e["resource"].get("valueQuantity", {}).get("value") for e in read["entry"]]
