"""Checks of this machine and of the data folder: Java, Maven, jars, ports, secret, disk, memory."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from processors.envelope import Record
from streams.keys import load_keyring
from streams.platform import jars
from streams.platform.check import Check, fail, ok, warn
from streams.platform.failure import PlatformError
from streams.platform.java import KAFKA_NEEDS, REGISTRY_NEEDS, find_java
from streams.platform.ports import is_free, is_open
from streams.platform.run_file import holder

DISK_LOW_BYTES, DISK_FULL_BYTES = 4 * 1024**3, 512 * 1024**2
MEMORY_BUDGET_BYTES = 1536 * 1024**2


def check_machine(data_dir: Path, run: Record) -> Iterator[Check]:
    """All checks that need no broker. `run` is run.json."""
    embedded = bool(run.get("embedded", True))
    if embedded:
        yield _java("Java for Kafka", KAFKA_NEEDS)
        yield _java("Java for the registry", REGISTRY_NEEDS)
        yield _jars(jars.cache_folder())
    running = holder(data_dir)
    yield _folder(data_dir, running)
    yield _secret(data_dir, run)
    if embedded and run.get("ports"):
        yield _ports(run["ports"], set(run.get("roles", {})), bool(running and run.get("ready")))
    yield disk(shutil.disk_usage(_existing(data_dir)).free)
    if running:
        yield memory(_memory_bytes(running))


def _java(name: str, needed: int) -> Check:
    try:
        java = find_java(needed)
    except PlatformError as why:
        return fail(name, f"{why.what}; {why.why}", why.fix)
    return ok(name, f"{java.major} at {java.program} ({needed} or newer is needed)")


def _jars(cache: Path) -> Check:
    name = "jars"
    if jars.are_there(cache):
        return ok(name, f"Kafka {jars.KAFKA_VERSION} and registry {jars.REGISTRY_VERSION} in {cache}")
    if shutil.which("mvn"):
        return warn(name, "not fetched yet; Maven is there and will fetch them", "wardline up --fetch-only")
    return fail(name, "not fetched, and Maven is missing", "apt-get install maven, then wardline up --fetch-only")


def _folder(data_dir: Path, running: int) -> Check:
    name = "data folder"
    if not data_dir.is_dir():
        return warn(name, f"{data_dir} does not exist yet", "wardline up makes it")
    if not os.access(data_dir, os.W_OK | os.X_OK):
        return fail(name, f"{data_dir} cannot be written", "change its owner, or choose another with --data")
    if stat.S_IMODE(data_dir.stat().st_mode) & 0o077:
        return fail(name, f"others on this machine can look into {data_dir}", f"chmod 700 {data_dir}")
    return ok(name, f"{data_dir}, " + (f"held by process {running}" if running else "no launcher runs on it"))


def _secret(data_dir: Path, run: Record) -> Check:
    name = "identity secret"
    keyring = load_keyring(data_dir)
    remembered = run.get("key_id")
    if keyring is None:
        if remembered:
            return fail(name, f"identity.key is gone (key_id {remembered})", "put it back from your backup")
        return warn(name, "not made yet", "wardline up makes it")
    if remembered and remembered != keyring.key_id:
        what = f"identity.key is {keyring.key_id}, the folder was used under {remembered}"
        return fail(name, what, "put the old identity.key back, or use a new data folder")
    if stat.S_IMODE((data_dir / "identity.key").stat().st_mode) & 0o077:
        return warn(name, "others on this machine can read identity.key", f"chmod 600 {data_dir / 'identity.key'}")
    return ok(name, f"key_id {keyring.key_id}")


def _ports(chosen: dict[str, int], started: set[str], is_up: bool) -> Check:
    name = "ports"
    if is_up:
        chosen = {who: port for who, port in chosen.items() if who in started or who in ("kafka", "registry")}
    listed = ", ".join(f"{who} {port}" for who, port in chosen.items())
    if is_up:
        shut = [f"{who} {port}" for who, port in chosen.items() if not is_open(port)]
        if shut:
            return fail(name, f"nothing listens on {', '.join(shut)}", "look into the logs folder of the data folder")
        return ok(name, f"open: {listed}")
    taken = [f"{who} {port}" for who, port in chosen.items() if not is_free(port)]
    if taken:
        what = f"taken by another program: {', '.join(taken)}"
        return warn(name, what, "nothing to do: `wardline up` chooses others, unless you configured these")
    return ok(name, f"free: {listed}")


def disk(free_bytes: int) -> Check:
    """The verdict on this much free space."""
    what = f"{free_bytes / 1024**3:.1f} GiB free"
    fix = "make room: the raw topic keeps every message for a year"
    if free_bytes < DISK_FULL_BYTES:
        return fail("disk", what, fix)
    return warn("disk", what, fix) if free_bytes < DISK_LOW_BYTES else ok("disk", what)


def memory(used_bytes: int) -> Check:
    """The verdict on this much memory of all processes together."""
    mib = used_bytes // 1024**2
    what = f"{mib} MiB for all processes together (budget {MEMORY_BUDGET_BYTES // 1024**2} MiB)"
    if used_bytes > MEMORY_BUDGET_BYTES:
        return warn("memory", what, "stop roles you do not need (wardline up --roles ...)")
    return ok("memory", what)


def _memory_bytes(launcher: int) -> int:
    """Memory of the launcher and all its children, shared pages counted once."""
    total = 0
    with suppress(psutil.Error):
        parent = psutil.Process(launcher)
        for process in (parent, *parent.children(recursive=True)):
            with suppress(psutil.Error):
                total += process.memory_full_info().pss
    return total


def _existing(folder: Path) -> Path:
    return next(p for p in (folder, *folder.parents) if p.exists())
