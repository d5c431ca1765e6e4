"""HAPI, an independent HL7 v2 implementation, reads what the simulated hospital writes."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from maven import MAVEN_TIMEOUT_S, ORACLES, fetch

from streams.simulate.er7 import frame
from streams.simulate.hospital import Outgoing, Plan, messages

PLAN = Plan(seed=7, start=datetime(2026, 3, 2, 14, 0, tzinfo=UTC), interval_s=0.2, patients=300)
JUDGE_TIMEOUT_S = 120

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(MAVEN_TIMEOUT_S + JUDGE_TIMEOUT_S)]


@pytest.fixture(scope="module")
def jars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fetch("hapi", tmp_path_factory.mktemp("hapi"))


def judge(jars: Path, sent: list[Outgoing]) -> dict[str, str]:
    """Control id and feed -> HAPI's complaint, for those it complains about."""
    call = ["java", "-Xmx256m", "-cp", f"{jars}{os.sep}*", str(ORACLES / "hapi" / "Judge.java")]
    stdin = b"".join(frame(m.data) for m in sent)
    done = subprocess.run(call, input=stdin, capture_output=True, timeout=JUDGE_TIMEOUT_S, check=True)
    verdicts = [line.split("\t", 1)[1] for line in done.stdout.decode().splitlines()]
    assert len(verdicts) == len(sent)
    return {f"{m.type} {m.feed} {m.control_id}": v for m, v in zip(sent, verdicts, strict=True) if v != "ok"}


def test_hapi_reads_every_well_formed_message_of_300_patients(jars):
    assert judge(jars, [m for m in messages(PLAN) if m.well_formed]) == {}


def test_hapi_refuses_a_missing_header_and_an_unknown_type(jars):
    broken = [m for m in messages(PLAN) if m.fault in ("no_header", "unknown_type")]
    assert len(judge(jars, broken)) == len(broken)
