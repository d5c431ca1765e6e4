"""HAPI's FHIR validator, an independent implementation of R4 (4.0.1), finds no error in what the conversion writes."""

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from maven import MAVEN_TIMEOUT_S, ORACLES, fetch

from processors.errors import Rejection
from processors.hl7.batch import split
from processors.hl7.message import parse
from processors.identity import Keyring
from processors.mapping.convert import convert
from processors.sites import Site
from streams.settings import HOME
from streams.simulate.hospital import Plan, messages
from streams.sites import load_sites

VALIDATOR_TIMEOUT_S = 400
KEYRING = Keyring.of(b"a secret of the tests")
PLAN = Plan(seed=11, start=datetime(2026, 3, 2, 14, 0, tzinfo=UTC), interval_s=0.2, patients=40)
#: A folder of HL7 files that is not part of the project.
SAMPLES = os.environ.get("WARDLINE_SAMPLES", "")
MOST_PER_HUNDRED = 1

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(MAVEN_TIMEOUT_S + VALIDATOR_TIMEOUT_S)]


@pytest.fixture(scope="module")
def jars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fetch("fhir", tmp_path_factory.mktemp("fhir"))


def bundles(payload: bytes, site: Site) -> Iterator[bytes]:
    """The bundles of a message; none where it is refused."""
    try:
        conversion = convert(parse(payload, site.charset), site, KEYRING, 0)
    except Rejection:
        return
    yield from (one.bundle for one in conversion.bundles)


def of_files(folder: Path, pattern: str) -> dict[str, bytes]:
    """Where it is from -> bundle, of every message in the files."""
    found = {}
    for file in sorted(folder.rglob(pattern)):
        for number, payload in enumerate(split(file.read_bytes()).messages, 1):
            for n, bundle in enumerate(bundles(payload, Site(feed="fixture", zone="Europe/Berlin"))):
                found[f"{file.relative_to(folder)} message {number} bundle {n}"] = bundle
    return found


def simulated() -> dict[str, bytes]:
    """The bundles of a simulated hospital's day, by the sites of its feeds."""
    sites = load_sites(HOME / "sites")
    found = {}
    for sent in messages(PLAN):
        for n, bundle in enumerate(bundles(sent.data, sites[sent.feed])):
            found[f"{sent.type} {sent.feed} {sent.control_id} bundle {n}"] = bundle
    return found


def errors(jars: Path, found: dict[str, bytes]) -> list[str]:
    """Everything the validator calls an error, with the bundle's origin."""
    assert found
    oracle = ORACLES / "fhir"
    call = ["java", "-Xmx1200m", "-cp", f"{jars}/*", str(oracle / "Validate.java")]
    done = subprocess.run(
        call, input=b"\n".join(found.values()) + b"\n", capture_output=True, timeout=VALIDATOR_TIMEOUT_S, check=True
    )
    *lines, last = done.stdout.decode().splitlines()
    assert last == f"validated\t{len(found)}"
    names = list(found)
    return [f"{names[int(number)]}: {path}: {text}" for number, path, text in (line.split("\t") for line in lines)]


def test_every_golden_case_is_valid(jars: Path) -> None:
    assert errors(jars, of_files(HOME / "tests" / "golden", "*.hl7")) == []


def test_every_probe_of_the_guide_is_valid(jars: Path) -> None:
    assert errors(jars, of_files(HOME / "guide" / "probes", "*.hl7")) == []


def test_a_simulated_day_is_valid(jars: Path) -> None:
    assert errors(jars, simulated()) == []


def test_the_validator_sees_what_is_wrong(jars: Path) -> None:
    (sound,) = of_files(HOME / "tests" / "golden" / "oru_r01_potassium", "*.hl7").values()
    broken = json.loads(sound)
    patient = next(e["resource"] for e in broken["entry"] if e["resource"]["resourceType"] == "Patient")
    patient["gender"] = "f"
    del broken["entry"][0]
    found = " ".join(errors(jars, {"broken": json.dumps(broken).encode()}))
    assert "gender" in found
    assert "MessageHeader" in found


@pytest.mark.skipif(not SAMPLES, reason="WARDLINE_SAMPLES names no folder")
def test_of_a_hundred_resources_of_the_samples_one_at_most_has_an_error(jars: Path) -> None:
    found = of_files(Path(SAMPLES), "*.hl7")
    resources = sum(len(json.loads(one)["entry"]) for one in found.values())
    wrong = errors(jars, found)
    assert 100 * len(wrong) <= MOST_PER_HUNDRED * resources, "\n".join(wrong[:50])
