"""The catalogue of topics (topics.yaml) as frozen dataclasses, what a cluster lacks of it, and making it so."""

import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from processors.config import load, nearest
from processors.errors import ConfigError

#: On top of max_bytes: room for the record's key, headers and the batch around it.
BATCH_MARGIN_BYTES = 16 * 1024
FOREVER = "forever"
_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
CHANGELOG_SETTINGS = {
    "cleanup.policy": "compact",
    "segment.bytes": str(16 * 1024 * 1024),
    "segment.ms": str(10 * _MINUTE_MS),
    "min.cleanable.dirty.ratio": "0.1",
    "delete.retention.ms": str(24 * _HOUR_MS),
}
Phi = Literal["none", "pseudonymous", "identified"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What topics take when they do not say otherwise."""

    partitions: int
    replication: int
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic as the catalogue states it."""

    description: str
    key: str
    schema: str
    cleanup: Literal["delete", "compact"]
    retention_hours: str
    """Whole hours, or `forever`."""
    max_bytes: int
    """Greatest record value."""
    phi: Phi
    dead_letter: str
    """Topic, or `none`."""
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    partitions: int = 0
    """0 = the default."""
    owner: str = ""

    def __post_init__(self) -> None:
        if self.retention_hours != FOREVER and not self.retention_hours.isdecimal():
            raise ValueError(f"retention_hours '{self.retention_hours}' is neither whole hours nor '{FOREVER}'")

    @property
    def retention_ms(self) -> int:
        """Kafka's retention.ms; -1 = forever."""
        return -1 if self.retention_hours == FOREVER else int(self.retention_hours) * _HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Changelog:
    """One compacted topic of rows; it has as many partitions as its stage's inbox."""

    description: str
    inbox: str
    max_bytes: int
    phi: Phi


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All topics and changelogs by name."""

    defaults: Defaults
    topics: dict[str, Topic]
    changelogs: dict[str, Changelog]

    def wanted(self, replication: int | None = None) -> dict[str, "TopicState"]:
        """What a cluster must hold: every topic and changelog with its explicit settings."""
        copies = replication or self.defaults.replication
        states = {name: TopicState(t.partitions, copies, _topic_settings(t)) for name, t in self.topics.items()}
        for name, changelog in self.changelogs.items():
            size = {"max.message.bytes": str(changelog.max_bytes + BATCH_MARGIN_BYTES)}
            states[name] = TopicState(self.topics[changelog.inbox].partitions, copies, CHANGELOG_SETTINGS | size)
        return states


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic on a cluster: its partitions, copies and the settings that were made explicitly."""

    partitions: int
    replication: int
    settings: dict[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between catalogue and cluster.

    create: the topic is missing. grow: more partitions are wanted. shrink: fewer are wanted, which Kafka cannot do.
    set, unset: a setting differs, or was made by somebody else.
    """

    kind: Literal["create", "grow", "shrink", "set", "unset"]
    topic: str
    what: str
    before: str
    after: str


class BrokerUnreachable(Exception):
    """No answer from the broker within the timeout."""


class ApplyRefused(Exception):
    """A change that would break the order per patient, or that Kafka cannot make."""


class NotApplied(Exception):
    """The cluster did not reach the catalogue's state in time, or refused a change."""


def load_catalog(path: Path) -> Catalog:
    """Read topics.yaml. Raises ConfigError with file and line for what it does not know or what contradicts itself."""
    text = path.read_text("utf-8")
    raw = load(text, path.name, Catalog)
    d = raw.defaults
    topics = {
        name: replace(t, partitions=t.partitions or d.partitions, owner=t.owner or d.owner)
        for name, t in raw.topics.items()
    }
    catalog = replace(raw, topics=topics)
    for name, what in _contradictions(catalog):
        raise ConfigError(path.name, _line_of(text, name), f"{name}: {what}")
    return catalog


def _line_of(text: str, name: str) -> int:
    lines = text.splitlines()
    return next((n for n, line in enumerate(lines, 1) if line.strip() == f"{name}:"), 1)


def _contradictions(catalog: Catalog) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, topic in catalog.topics.items():
        if topic.partitions not in (1, catalog.defaults.partitions):
            found.append(
                (
                    name,
                    f"{topic.partitions} partitions: per-patient topics have {catalog.defaults.partitions}, others 1",
                )
            )
        if topic.dead_letter == "none":
            continue
        if topic.dead_letter not in catalog.topics:
            found.append(
                (name, f"unknown dead_letter '{topic.dead_letter}'{nearest(topic.dead_letter, catalog.topics)}")
            )
        elif catalog.topics[topic.dead_letter].max_bytes < topic.max_bytes:
            found.append((name, f"max_bytes is above that of its dead letter {topic.dead_letter}"))
    for name, changelog in catalog.changelogs.items():
        if changelog.inbox not in catalog.topics:
            found.append((name, f"unknown inbox '{changelog.inbox}'{nearest(changelog.inbox, catalog.topics)}"))
    return found


def _topic_settings(topic: Topic) -> dict[str, str]:
    return {
        "cleanup.policy": topic.cleanup,
        "retention.ms": str(topic.retention_ms),
        "max.message.bytes": str(topic.max_bytes + BATCH_MARGIN_BYTES),
        # The read side takes the time of appending as the time from which a record was known.
        "message.timestamp.type": "LogAppendTime",
    }


def plan(catalog: Catalog, actual: Mapping[str, TopicState], replication: int | None = None) -> list[Change]:
    """What has to change on a cluster; topics that the catalogue does not name are left alone, as are copies."""
    changes: list[Change] = []
    for name, wanted in catalog.wanted(replication).items():
        found = actual.get(name)
        if found is None:
            changes.append(Change("create", name, "topic", "", f"{wanted.partitions} partitions"))
        else:
            changes += _differences(name, wanted, found)
    return changes


def _differences(name: str, wanted: TopicState, found: TopicState) -> list[Change]:
    changes: list[Change] = []
    if found.partitions != wanted.partitions:
        kind: Literal["grow", "shrink"] = "grow" if found.partitions < wanted.partitions else "shrink"
        changes.append(Change(kind, name, "partitions", str(found.partitions), str(wanted.partitions)))
    for key in sorted(wanted.settings.keys() | found.settings.keys()):
        before, after = found.settings.get(key, ""), wanted.settings.get(key, "")
        if before != after:
            changes.append(Change("set" if after else "unset", name, key, before, after))
    return changes


def describe(admin: AdminClient, names: list[str], timeout_s: float = 10.0) -> dict[str, TopicState]:
    """Those of the named topics that the cluster has. Raises BrokerUnreachable."""
    try:
        known = admin.list_topics(timeout=timeout_s).topics
        resources = [ConfigResource(ResourceType.TOPIC, name) for name in names if name in known]
        answers = admin.describe_configs(resources, request_timeout=timeout_s) if resources else {}
        settings = {resource.name: _explicit(future.result()) for resource, future in answers.items()}
    except KafkaException as why:
        raise BrokerUnreachable(f"{why.args[0].str()}") from why
    return {
        name: TopicState(len(known[name].partitions), _copies(known[name].partitions), values)
        for name, values in settings.items()
    }


def _copies(partitions: Mapping[int, object]) -> int:
    return min((len(getattr(p, "replicas", ())) for p in partitions.values()), default=0)


def _explicit(entries: Mapping[str, ConfigEntry]) -> dict[str, str]:
    ours = ConfigSource.DYNAMIC_TOPIC_CONFIG
    return {name: str(entry.value) for name, entry in entries.items() if ConfigSource(entry.source) is ours}


def check(admin: AdminClient, catalog: Catalog, timeout_s: float = 10.0) -> list[Change]:
    """What differs on this cluster now; empty when all is as the catalogue says. Raises BrokerUnreachable."""
    return plan(catalog, describe(admin, [*catalog.topics, *catalog.changelogs], timeout_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyOptions:
    """How far `apply` may go."""

    replication: int | None = None
    """Copies of topics that it creates; None = the catalogue's."""
    grow: bool = False
    """Adding partitions moves patients to other partitions: only on topics without records, or with a migration."""
    deadline_s: float = 30.0
    request_timeout_s: float = 10.0


def apply(admin: AdminClient, catalog: Catalog, options: ApplyOptions | None = None) -> list[Change]:
    """Make the cluster as the catalogue says and wait until it shows so; the changes that were made, in order.

    Raises ApplyRefused before anything is changed, NotApplied after the deadline, BrokerUnreachable. Never deletes.
    """
    how = options or ApplyOptions()
    end = time.monotonic() + how.deadline_s
    made: list[Change] = []
    while changes := check(admin, catalog, how.request_timeout_s):
        refuse_unsafe(changes, how)
        if time.monotonic() > end:
            first = changes[0]
            raise NotApplied(f"{len(changes)} differences left, first: {first.topic} {first.what}")
        _make(admin, catalog, changes, how)
        made += [change for change in changes if change not in made]
        time.sleep(0.2)
    return made


def refuse_unsafe(changes: list[Change], how: ApplyOptions) -> None:
    """Raises ApplyRefused for partitions that would break the order per patient, or that Kafka cannot remove."""
    for change in changes:
        if change.kind == "shrink":
            raise ApplyRefused(
                f"{change.topic}: has {change.before} partitions, {change.after} wanted; Kafka only adds"
            )
        if change.kind == "grow" and not how.grow:
            raise ApplyRefused(
                f"{change.topic}: {change.before} to {change.after} partitions would move patients between partitions"
            )


def _make(admin: AdminClient, catalog: Catalog, changes: list[Change], how: ApplyOptions) -> None:
    wanted = catalog.wanted(how.replication)
    create = [c.topic for c in changes if c.kind == "create"]
    grow = [NewPartitions(c.topic, int(c.after)) for c in changes if c.kind == "grow"]
    alter = [c for c in changes if c.kind in ("set", "unset")]
    asked: list[tuple[str, Future[None]]] = []
    if create:
        topics = [
            NewTopic(n, wanted[n].partitions, replication_factor=wanted[n].replication, config=wanted[n].settings)
            for n in create
        ]
        asked += admin.create_topics(topics, operation_timeout=how.request_timeout_s).items()
    if grow:
        asked += admin.create_partitions(grow, operation_timeout=how.request_timeout_s).items()
    if alter:
        altered = admin.incremental_alter_configs(_alterations(alter), request_timeout=how.request_timeout_s)
        asked += [(resource.name, future) for resource, future in altered.items()]
    for place, future in asked:
        _await(place, future)


def _alterations(changes: list[Change]) -> list[ConfigResource]:
    resources: dict[str, ConfigResource] = {}
    for change in changes:
        resource = resources.setdefault(change.topic, ConfigResource(ResourceType.TOPIC, change.topic))
        operation = AlterConfigOpType.SET if change.kind == "set" else AlterConfigOpType.DELETE
        value = change.after if change.kind == "set" else None
        resource.add_incremental_config(ConfigEntry(change.what, value, incremental_operation=operation))
    return list(resources.values())


def _await(place: str, future: Future[None]) -> None:
    try:
        future.result()
    except KafkaException as why:
        error: KafkaError = why.args[0]
        if error.code() == KafkaError.TOPIC_ALREADY_EXISTS:
            return
        raise NotApplied(f"{place}: {error.str()}") from why
