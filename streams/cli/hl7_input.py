"""What `convert` and `try` share: site and keyring by option, the messages of files, times, error lines on stderr."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from processors.errors import ConfigError, Reason, Rejection
from processors.hl7.batch import split
from processors.hl7.message import Message
from processors.identity import Keyring
from processors.mapping.scope import Memo, Scope
from processors.mapping.site_check import read_site
from processors.mapping.times import date_time
from processors.mapping.zones import Zone
from processors.sites import Site
from streams.cli.output import CONFIGURATION, USAGE, fail
from streams.keys import DEVELOPMENT, load_keyring
from streams.settings import Settings

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Numbered:
    """One message of a file, counted from 1."""

    file: str
    number: int
    payload: bytes


class Problems:
    """Writes one JSON line per problem to stderr and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def say(self, file: str, number: int, why: Rejection) -> None:
        """A message (or, with number 0, a file) that cannot go on."""
        self.count += 1
        line: dict[str, object] = {
            "error": why.reason.value,
            "location": why.path,
            "detail": why.detail,
            "message": number,
            "file": file,
        }
        write_error(line)

    def say_file(self, file: str, why: OSError) -> None:
        """A file that cannot be read."""
        detail = f"{why.strerror or 'the file cannot be read'}; correct its name, owner or mode"
        self.say(file, 0, Rejection(Reason.FILE_UNREADABLE, "file", detail))


def write_error(line: dict[str, object]) -> None:
    """One JSON line on stderr."""
    sys.stderr.buffer.write(orjson.dumps(line) + b"\n")
    sys.stderr.buffer.flush()


def site_of(name: str) -> Site:
    """The site of that feed in the settings' folder, or of a YAML file; without a name the default one."""
    if not name:
        return Site(feed="default")
    path = Path(name) if name.endswith((".yaml", ".yml")) else Settings.load().sites_dir / f"{name}.yaml"
    try:
        return read_site(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml"))) or "none"
        fail(CONFIGURATION, f"there is no site '{name}'", str(path), f"known sites: {known}", "name one of them")
    except ConfigError as why:
        fail(CONFIGURATION, "the site file is not valid", f"{why.file}:{why.line}", why.what, "correct the file")


def keyring() -> Keyring:
    """The data folder's keyring; without one the development keyring, whose ids are stable and not secret."""
    return load_keyring(Settings.load().data_dir) or DEVELOPMENT


def messages(files: list[Path], problems: Problems) -> Iterator[Numbered]:
    """The messages of all files in order; `-` is standard input. Problems of files and batches are said."""
    for file in files:
        name = str(file)
        try:
            content = sys.stdin.buffer.read() if name == "-" else file.read_bytes()
        except OSError as why:
            problems.say_file(name, why)
            continue
        batch = split(content)
        del content
        for number, payload in enumerate(batch.messages or (b"",), 1):
            yield Numbered(name, number, payload)
        for problem in batch.problems:
            problems.say(name, 0, problem)


def as_of_us(text: str, option: str = "--as-of") -> int:
    """The time of an option as microseconds since 1970; 0 when it is not given. A time without zone is UTC."""
    if not text:
        return 0
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        fail(USAGE, f"{option} is not a time", text, "ISO 8601 is needed", "write e.g. 2026-03-04T10:30:00+01:00")
    return microseconds(value if value.tzinfo else value.replace(tzinfo=UTC))


def sent_at_us(message: Message, site: Site, ring: Keyring) -> int:
    """MSH-7 as microseconds since 1970, 0 when it says no day."""
    text = date_time(message.header.raw(7), Scope(message, site, ring, Memo(), Zone(site.zone)))
    if text is None or len(text) < len("2026-01-01"):
        return 0
    value = datetime.fromisoformat(text)
    return microseconds(value if value.tzinfo else value.replace(tzinfo=UTC))


def microseconds(value: datetime) -> int:
    """Microseconds since 1970 of a time with zone."""
    since = value - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
