"""The messages of a backtest in the order of their time: from files, or from the recorded raw topic."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Message

from processors import topics
from processors.envelope import Record
from processors.errors import Rejection
from processors.hl7.message import parse
from processors.identity import Keyring
from processors.records.normalize import DEFAULT_FEED
from processors.records.path import raw_record
from processors.sites import Site
from streams.cli.hl7_input import Numbered, sent_at_us
from streams.codec import CodecError, SchemaMissing
from streams.parts import Parts
from streams.reader import read_topic

_FIRST_SEGMENT = re.compile(rb"MSH[^\r\n]+")
Reader = Callable[[str, str], Iterator[Message]]


@dataclass(frozen=True, slots=True)
class Timed:
    """A raw record that is made when it is asked for, and when it was received (microseconds)."""

    at: int
    make: Callable[[], Record]


def of_files(numbered: Iterable[Numbered], site_of: Callable[[Path], Site], keyring: Keyring) -> list[Timed]:
    """Received at MSH-7; a message never comes before the one ahead of it in its file, and without a time with it."""
    found, last = [], 0
    latest: dict[str, int] = {}
    for one in numbered:
        site = site_of(Path(one.file))
        last = latest[one.file] = max(_sent_at(one.payload, site, keyring) or last, latest.get(one.file, 0))
        found.append((last, one.payload, site))
    begin = min((at for at, _, _ in found if at), default=0)
    timed = [
        Timed(at or begin, _maker(payload, site, keyring, (at or begin, number)))
        for number, (at, payload, site) in enumerate(found, 1)
    ]
    return sorted(timed, key=lambda one: one.at)


def of_topic(parts: Parts, read: Reader = read_topic) -> tuple[list[Timed], int]:
    """The committed records of the raw topic, each partition in its order, and how many are not in our format.

    Raises KafkaException, TimeoutError, SchemaMissing.
    """
    found, unreadable = [], 0
    latest: dict[int, int] = defaultdict(int)
    for message in read(parts.settings.bootstrap, topics.RAW):
        try:
            value = parts.codec.decode(message.value() or b"")
        except SchemaMissing:
            raise
        except CodecError:
            unreadable += 1
            continue
        partition = message.partition() or 0
        latest[partition] = max(latest[partition], value["received_at"])
        found.append((latest[partition], partition, message.offset() or 0, value))
    ordered = sorted(found, key=lambda one: one[:3])
    return [Timed(at, _holding(value)) for at, _, _, value in ordered], unreadable


def named_site(path: Path, sites: Mapping[str, Site]) -> Site:
    """By the folder of a recording, else the second part of its name as `simulate --save` writes it, else `default`."""
    named = (path.parent.name, *path.stem.split("-")[1:2], DEFAULT_FEED)
    return next((sites[name] for name in named if name in sites), Site(feed=DEFAULT_FEED))


def _maker(payload: bytes, site: Site, keyring: Keyring, place: tuple[int, int]) -> Callable[[], Record]:
    return lambda: raw_record(payload, site, keyring, *place)


def _holding(value: Record) -> Callable[[], Record]:
    return lambda: value


def _sent_at(payload: bytes, site: Site, keyring: Keyring) -> int:
    """MSH-7; the header alone is read where it can be told apart."""
    head = _FIRST_SEGMENT.match(payload)
    try:
        return sent_at_us(parse(head[0] if head else payload, site.charset), site, keyring)
    except Rejection:
        return 0
