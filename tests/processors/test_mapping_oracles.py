"""Judges from outside: fhir.resources (R4B) reads every resource of the golden cases and of a folder of messages."""

import importlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from conversion_world import KEYRING, SITE

from processors.envelope import Record
from processors.errors import Rejection
from processors.hl7.batch import split
from processors.hl7.message import parse
from processors.mapping.convert import convert

GOLDEN = Path(__file__).parents[1] / "golden"
#: A folder of HL7 files that is not part of the project.
SAMPLES = os.environ.get("WARDLINE_SAMPLES", "")


def model(kind: str) -> type:
    return getattr(importlib.import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)


def resources(file: Path) -> Iterator[Record]:
    for payload in split(file.read_bytes()).messages:
        try:
            conversion = convert(parse(payload), SITE, KEYRING, 0)
        except Rejection:
            continue
        for one in conversion.bundles:
            yield from (entry["resource"] for entry in json.loads(one.bundle)["entry"])


@pytest.mark.parametrize("case", sorted(path.name for path in GOLDEN.iterdir() if path.is_dir()))
def test_every_resource_of_the_golden_cases_is_r4(case):
    found = list(resources(GOLDEN / case / "message.hl7"))
    for resource in found:
        model(resource["resourceType"]).model_validate(resource)
    assert found


@pytest.mark.skipif(not SAMPLES, reason="WARDLINE_SAMPLES names no folder")
@pytest.mark.slow
def test_every_sample_gives_r4_resources():
    kinds: dict[str, type] = {}
    for file in sorted(Path(SAMPLES).rglob("*.hl7")):
        for resource in resources(file):
            kind = resource["resourceType"]
            kinds.setdefault(kind, model(kind)).model_validate(resource)
    assert {"Patient", "Observation", "DiagnosticReport", "ServiceRequest"} <= set(kinds)
