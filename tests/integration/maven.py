"""Fetches the jars of an oracle by Maven."""

import shutil
import subprocess
from pathlib import Path

ORACLES = Path(__file__).resolve().parent.parent / "oracles"
MAVEN_TIMEOUT_S = 300


def fetch(oracle: str, folder: Path) -> Path:
    """The jars that tests/oracles/<oracle>/pom.xml names, in the folder."""
    assert shutil.which("mvn"), "Maven is needed: apt-get install maven"
    where = [f"-DoutputDirectory={folder}", "-DincludeScope=runtime"]
    call = ["mvn", "-B", "-q", "-f", str(ORACLES / oracle / "pom.xml"), "dependency:copy-dependencies", *where]
    fetched = subprocess.run(call, capture_output=True, text=True, timeout=MAVEN_TIMEOUT_S, check=False)
    assert fetched.returncode == 0, fetched.stdout[-2000:]
    return folder
