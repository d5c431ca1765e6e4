"""Brings a cluster and a registry to the contracts: topics, schemas, and one identity secret for all records."""

import hashlib
import json
from collections.abc import Iterator, Mapping

from confluent_kafka import Consumer, KafkaException, TopicPartition

from processors import topics
from processors.errors import ConfigError
from streams.catalog import ApplyRefused, BrokerUnreachable, NotApplied, apply, load_catalog
from streams.codec import Codec, CodecError
from streams.contracts import canonical_text, load_schemas
from streams.platform.failure import PlatformError
from streams.platform.kafka import admin_client
from streams.registry import Incompatible, Registry, RegistryError, RegistryUnreachable, subject_of
from streams.settings import Settings

_TIMEOUT_S = 10.0


def declare_topics(settings: Settings) -> int:
    """Make every topic and changelog as the catalogue says; how many changes that took. Raises PlatformError."""
    try:
        catalog = load_catalog(settings.topics_file)
        return len(apply(admin_client(settings.bootstrap), catalog))
    except ConfigError as why:
        raise PlatformError("the catalogue of topics is refused", code=3, why=str(why)) from why
    except ApplyRefused as why:
        fix = "put topics.yaml back, or migrate the topic by replay"
        raise PlatformError("the topics differ from the catalogue", code=5, why=str(why), fix=fix) from why
    except (BrokerUnreachable, NotApplied) as why:
        raise PlatformError("the topics could not be made", code=4, where=settings.bootstrap, why=str(why)) from why


def declare_schemas(settings: Settings) -> dict[str, str]:
    """Register every schema under FULL_TRANSITIVE, in sorted order; the digest of each by its id.

    Raises PlatformError.
    """
    registry = Registry(settings.registry_url, _TIMEOUT_S)
    schemas = load_schemas(settings.schemas_dir)
    try:
        registry.configure()
        texts = {topic: canonical_text(schemas[topic]) for topic in sorted(schemas)}
        return {str(registry.register(subject_of(topic), text)): _digest(text) for topic, text in texts.items()}
    except Incompatible as why:
        fix = "give each new field a default, change no type, or make a new version of the topic"
        raise PlatformError("a schema is incompatible with its past", code=3, why=str(why), fix=fix) from why
    except RegistryUnreachable as why:
        raise PlatformError("the registry does not answer", code=4, where=settings.registry_url, why=str(why)) from why
    except RegistryError as why:
        raise PlatformError("the registry refused a schema", where=settings.registry_url, why=str(why)) from why


def same_ids(before: Mapping[str, str], settings: Settings) -> None:
    """Raises PlatformError (code 5) when the registry no longer holds what records were written with.

    `before`: digest by id, as an earlier `declare_schemas` gave them. Call it before anything is registered.
    """
    registry = Registry(settings.registry_url, _TIMEOUT_S)
    lost = [number for number, digest in before.items() if _known_digest(registry, int(number)) != digest]
    if lost:
        raise PlatformError(
            f"the registry has lost {len(lost)} of {len(before)} schemas that records were written with",
            code=5,
            where=settings.registry_url,
            why="a lost id would be given to another schema, and old records would be read wrongly",
            fix="put the registry's folder back from your backup, or start with a new data folder",
        )


def _known_digest(registry: Registry, number: int) -> str:
    try:
        text = registry.schema(number)
    except RegistryError as why:
        raise PlatformError("the registry does not answer", code=4, where=registry.url, why=str(why)) from why
    return "" if text is None else _digest(canonical_text(json.loads(text)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def recorded_key_id(settings: Settings) -> str | None:
    """The key_id in the newest raw record of the cluster; None where there is no record or none that we can read."""
    codec = Codec.connect(Registry(settings.registry_url, _TIMEOUT_S), settings.schemas_dir)
    for value in _newest(settings.bootstrap, topics.RAW):
        try:
            return str(codec.decode(value)["key_id"])
        except CodecError:
            continue
    return None


def _newest(bootstrap: str, topic: str) -> Iterator[bytes]:
    """The last record of each partition that has one."""
    reader = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "wardline-key-check", "enable.auto.commit": False, "log_level": 0}
    )
    try:
        for partition in reader.list_topics(topic, _TIMEOUT_S).topics[topic].partitions:
            low, high = reader.get_watermark_offsets(TopicPartition(topic, partition), _TIMEOUT_S)
            if high <= low:
                continue
            reader.assign([TopicPartition(topic, partition, high - 1)])
            message = reader.poll(_TIMEOUT_S)
            value = message.value() if message is not None and message.error() is None else None
            if isinstance(value, bytes):
                yield value
    except KafkaException as why:
        raise PlatformError("the broker does not answer", code=4, where=bootstrap, why=str(why.args[0])) from why
    finally:
        reader.close()


def same_key(expected: str, found: str | None, where: str) -> None:
    """Raises PlatformError (code 5) when records or a data folder were made under another identity secret."""
    if found is None or found == expected:
        return
    raise PlatformError(
        f"made under another identity secret: key_id {found}, not {expected}",
        code=5,
        where=where,
        why="patients would get new ids, so their events and tasks would no longer belong together",
        fix="put the old identity.key back into the data folder, or use a new data folder and an empty cluster",
    )


def same_cluster(expected: str | None, found: str, where: str) -> None:
    """Raises PlatformError (code 5) when the rows and offsets of a data folder belong to another cluster."""
    if expected is None or found == expected:
        return
    raise PlatformError(
        f"the data folder was used with another Kafka cluster ({expected}, not {found})",
        code=5,
        where=where,
        why="its rows and its SQL store hold offsets of that cluster",
        fix="use a new data folder, or go back to the cluster it was used with",
    )
