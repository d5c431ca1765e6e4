"""What a converter remembers changes nothing: a warm one gives what a cold one gives, warnings and counts included."""

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from processors.errors import Rejection
from processors.fhir.numbers import read_json
from processors.hl7.batch import split
from processors.hl7.message import parse
from processors.identity import Keyring
from processors.mapping.convert import Converter
from processors.sites import Site, parse_site
from streams.settings import HOME
from streams.simulate import hospital

PLAN = hospital.Plan(
    seed=11, start=datetime(2026, 3, 2, 9, tzinfo=UTC), interval_s=0.5, patients=20, newcomers=True, fault_share=0.1
)
KEYRING = Keyring.of(b"memo")


def site(feed: str) -> Site:
    path: Path = HOME / "sites" / f"{feed}.yaml"
    return parse_site(path.read_text(), path.name)


def outcome(converter: Converter, data: bytes) -> object:
    """All that a conversion says, ready to compare."""
    try:
        made = converter.convert(parse(data), 1_772_000_000_000_000)
    except Rejection as why:
        return str(why)
    bundles = [(b.patient_key, read_json(b.bundle), b.sources, b.version_time, b.merge, b.large) for b in made.bundles]
    return bundles, made.warnings, made.unmapped, made.resources


@pytest.mark.parametrize("feed", ["adt", "lab", "clinic"])
def test_a_warm_converter_gives_what_a_cold_one_gives(feed):
    where = site(feed)
    sent = [m.data for m in islice(hospital.messages(PLAN), 900) if m.feed == feed]
    warm = Converter(where, KEYRING)
    cold = [outcome(Converter(where, KEYRING), data) for data in sent]
    for _ in range(2):
        assert [outcome(warm, data) for data in sent] == cold
    assert len(sent) > 50


def test_a_visit_that_comes_again_without_a_zone_is_warned_of_again():
    where = Site(feed="x", zone="Europe/Berlin")
    head = b"MSH|^~\\&|A|F|B|G|%s||ADT^A01|1|P|2.5\rPID|1||7^^^H^MR\rPV1|1|I" + b"|" * 42 + b"202603020900\r"
    warm = Converter(where, KEYRING)
    for stamp in (b"20260302090000+0100", b"20260302090000", b"20260302", b"20260302090000+0100"):
        data = head % stamp
        assert outcome(warm, data) == outcome(Converter(where, KEYRING), data)


def test_orders_with_all_their_fields_are_the_same_warm_and_cold():
    where = Site(feed="x", zone="Europe/Berlin")
    probes = [HOME / "guide" / "probes" / f"{name}.hl7" for name in ("orders", "results", "specimens")]
    sent = [one for file in probes for one in split(file.read_bytes()).messages]
    warm = Converter(where, KEYRING)
    for data in [*sent, *reversed(sent), *sent]:
        assert outcome(warm, data) == outcome(Converter(where, KEYRING), data)


def test_an_address_that_one_message_adds_is_not_in_the_next():
    where = Site(feed="x", zone="Europe/Berlin")
    head = "MSH|^~\\&|A|F|B|G|20260302090000+0100||ORU^R01|1|P|2.5\rPID|1||7^^^H^MR\rORC|RE|P1|F1|||||||||9^Lee^Ann"
    tail = "\rOBR|1|P1|F1|X\rOBX|1|NM|X||5||||||F||||||||||||Lab^L^L1{address}"
    with_homes = head + "|||||||||Lab^L^L1|1 Elm St^^Town||2 Oak St^^Town" + tail.format(address="|9 Lab Rd^^Town")
    without = head + tail.format(address="")
    warm = Converter(where, KEYRING)
    for text in (without, with_homes, without, with_homes):
        assert outcome(warm, text.encode()) == outcome(Converter(where, KEYRING), text.encode())


def test_repeated_numbers_keep_the_code_of_their_own_result():
    where = Site(feed="x", zone="Europe/Berlin")
    head = "MSH|^~\\&|A|F|B|G|20260302090000+0100||ORU^R01|1|P|2.5\rPID|1||7^^^H^MR\rOBR|1|P1|F1|X\rOBX|1|NM|{}||5~6"
    warm = Converter(where, KEYRING)
    for code in ("X", "Y", "X"):
        data = head.format(code).encode()
        assert outcome(warm, data) == outcome(Converter(where, KEYRING), data)
