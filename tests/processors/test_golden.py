"""Golden cases: one message, its bundles and its canonical records side by side, reviewed by hand (see notes.md)."""

import json
from pathlib import Path

import pytest

from processors import topics
from processors.envelope import Position, Record
from processors.fhir.numbers import read_json
from processors.hl7.message import parse
from processors.identity import Keyring
from processors.mapping.convert import convert
from processors.records.canonical import canonical_records
from processors.records.memory import MemoryRows
from processors.records.normalize import make_step
from processors.records.path import raw_record
from processors.sites import CodeMap, Site

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
KEYRING = Keyring.of(b"golden")
POTASSIUM = CodeMap(code="2823-3", system="http://loinc.org", display="Potassium [Moles/volume] in Serum or Plasma")
SITE = Site(feed="golden", zone="Europe/Berlin", observation_codes={"K": POTASSIUM})
#: Left out of canonical.json: what every record repeats from its message.
LEFT_OUT = {
    "event_id",
    "correlation_id",
    "causation_id",
    "received_at",
    "source",
    "produced_by",
    "key_id",
    "resource",
}
RECEIVED_AT = 1_772_618_400_000_000


def timeline(case: str) -> list[Record]:
    raw = raw_record((GOLDEN / case / "message.hl7").read_bytes(), SITE, KEYRING, RECEIVED_AT, 1)
    out = make_step({SITE.feed: SITE}, KEYRING)(raw, Position(topics.RAW, 0, 0), MemoryRows())
    return [emit.value for emit in out if emit.topic == topics.TIMELINE]


def bundles(case: str) -> list[Record]:
    """The bundles on the timeline; those of an acknowledgement, from which nothing follows there, as converted."""
    found = [read_json(value["bundle"]) for value in timeline(case)]
    message = parse((GOLDEN / case / "message.hl7").read_bytes())
    if found or message.type != "ACK":
        return found
    return [read_json(one.bundle.decode()) for one in convert(message, SITE, KEYRING, RECEIVED_AT).bundles]


@pytest.mark.parametrize("case", CASES)
def test_the_bundles_are_as_reviewed(case):
    assert bundles(case) == read_json((GOLDEN / case / "bundle.json").read_text())


@pytest.mark.parametrize("case", CASES)
def test_the_canonical_records_are_as_reviewed(case):
    found = [
        {"topic": topic, **{k: v for k, v in record.items() if k not in LEFT_OUT}}
        for value in timeline(case)
        for topic, record in canonical_records(value)
    ]
    assert found == json.loads((GOLDEN / case / "canonical.json").read_text())


@pytest.mark.parametrize("case", CASES)
def test_every_case_says_what_it_shows(case):
    assert (GOLDEN / case / "notes.md").read_text().strip()
