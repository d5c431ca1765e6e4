"""Checks of the broker and the registry: reachable, as the contracts say, and size limits that fit along the path."""

import email.utils
import http.client
import time
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]

from processors import topics
from processors.envelope import Record
from processors.errors import ConfigError
from streams import catalog as topic_catalog
from streams.codec import SchemaMissing
from streams.contracts import canonical_text, load_schemas
from streams.keys import load_keyring
from streams.platform import declare, kafka
from streams.platform.check import Check, fail, ok, unreachable, warn
from streams.platform.failure import PlatformError
from streams.registry import COMPATIBILITY, Registry, RegistryError, RegistryUnreachable, subject_of
from streams.settings import Settings

_TIMEOUT_S = 5.0
_SKEW_S = 5.0
_START = "wardline up, or give --bootstrap and --registry of an existing cluster"


def check_cluster(settings: Settings, run: Record) -> Iterator[Check]:
    """Checks of broker and registry, in the order in which they depend on each other."""
    broker = _broker(settings, run)
    yield broker
    if not broker.is_unreachable:
        yield from _topics(settings)
    registry = _registry(settings)
    yield registry
    if not registry.is_unreachable:
        yield _schemas(settings)
        yield _clock(settings.registry_url)
    if not broker.is_unreachable and not registry.is_unreachable:
        yield _records(settings)


def _broker(settings: Settings, run: Record) -> Check:
    name = "broker"
    if not settings.bootstrap:
        return unreachable(name, "no address is known", _START)
    try:
        found = kafka.cluster_id(settings.bootstrap, _TIMEOUT_S)
    except PlatformError:
        return unreachable(name, f"{settings.bootstrap} does not answer within {_TIMEOUT_S:g} s", _START)
    known = run.get("cluster_id")
    if known and known != found:
        what = f"cluster {found}, but the data folder belongs to {known}"
        return fail(name, what, "use a new data folder, or go back to the old cluster")
    return ok(name, f"{settings.bootstrap} answers (cluster {found})")


def _topics(settings: Settings) -> Iterator[Check]:
    name = "topics"
    admin = kafka.admin_client(settings.bootstrap)
    try:
        wanted = topic_catalog.load_catalog(settings.topics_file)
        changes = topic_catalog.check(admin, wanted, _TIMEOUT_S)
        limits = _limits(settings, wanted, admin)
    except ConfigError as why:
        yield fail(name, str(why), "correct topics.yaml")
    except (topic_catalog.BrokerUnreachable, KafkaException) as why:
        yield unreachable(name, str(why), "is the broker busy? try again")
    else:
        count = len(wanted.topics) + len(wanted.changelogs)
        if changes:
            first = f"{changes[0].topic}: {changes[0].what}"
            yield fail(name, f"{len(changes)} differences to the catalogue, first {first}", "wardline topics apply")
        else:
            yield ok(name, f"{count} as the catalogue says")
        yield sizes(limits)


def _limits(settings: Settings, wanted: topic_catalog.Catalog, admin: AdminClient) -> list[tuple[str, int]]:
    found = topic_catalog.describe(admin, [topics.RAW], _TIMEOUT_S).get(topics.RAW)
    node = next(iter(admin.list_topics(timeout=_TIMEOUT_S).brokers))
    resource = ConfigResource(ResourceType.BROKER, str(node))
    entries = next(iter(admin.describe_configs([resource], request_timeout=_TIMEOUT_S).values())).result()
    return [
        ("gateway", settings.max_message_bytes),
        ("catalogue", wanted.topics[topics.RAW].max_bytes),
        ("raw topic", int(found.settings.get("max.message.bytes", 0)) if found else 0),
        ("readers and writers", settings.max_record_bytes),
        ("broker", int(str(entries["message.max.bytes"].value))),
    ]


def sizes(limits: list[tuple[str, int]]) -> Check:
    """The verdict on limits along the path: none may be smaller than the one before it."""
    name = "size limits"
    shown = " <= ".join(f"{who} {size}" for who, size in limits)
    for (before, small), (after, large) in pairwise(limits):
        if large < small:
            what = f"{after} takes {large} bytes, {before} lets {small} through"
            return fail(name, what, "lower WARDLINE_MAX_MESSAGE_BYTES, or raise the limit that is too small")
    return ok(name, shown)


def _registry(settings: Settings) -> Check:
    name = "registry"
    if not settings.registry_url:
        return unreachable(name, "no address is known", _START)
    try:
        rule = Registry(settings.registry_url, _TIMEOUT_S).compatibility()
    except RegistryUnreachable as why:
        return unreachable(name, str(why), _START)
    except RegistryError as why:
        return fail(name, str(why), "is this the base URL of the Confluent-compatible API?")
    if rule != COMPATIBILITY:
        return fail(name, f"its rule is {rule}, not {COMPATIBILITY}", "wardline schemas register")
    return ok(name, f"{settings.registry_url} answers ({rule})")


def _schemas(settings: Settings) -> Check:
    name = "schemas"
    registry = Registry(settings.registry_url, _TIMEOUT_S)
    schemas = load_schemas(settings.schemas_dir)
    try:
        missing = [t for t in schemas if registry.lookup(subject_of(t), canonical_text(schemas[t])) is None]
    except RegistryError as why:
        return fail(name, str(why), "wardline doctor again; look into the registry's log")
    if missing:
        return fail(name, f"not registered: {', '.join(missing)}", "wardline schemas register")
    return ok(name, f"{len(schemas)} registered")


def _records(settings: Settings) -> Check:
    name = "identity of records"
    keyring = load_keyring(settings.data_dir)
    try:
        found = declare.recorded_key_id(settings)
    except (PlatformError, SchemaMissing, RegistryError) as why:
        return fail(name, f"the newest raw record could not be read: {why}", "mend topics and schemas first")
    if found is None:
        return ok(name, "no raw record yet")
    if keyring is not None and keyring.key_id != found:
        what = f"records were made under key_id {found}, this folder has {keyring.key_id}"
        return fail(name, what, "put the right identity.key into the data folder, or use an empty cluster")
    return ok(name, f"the newest raw record has key_id {found}")


def _clock(registry_url: str) -> Check:
    name = "clock"
    parts = urlsplit(registry_url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", f"{parts.path}/config")
        told = connection.getresponse().getheader("Date", "")
        theirs = email.utils.parsedate_to_datetime(told).timestamp()
    except (OSError, http.client.HTTPException, ValueError, TypeError):
        return ok(name, f"here it is {email.utils.formatdate(usegmt=True)} (the registry tells no time)")
    skew_s = time.time() - theirs
    if abs(skew_s) > _SKEW_S:
        return warn(name, f"{skew_s:+.0f} s from the registry's clock", "synchronise both machines (NTP)")
    return ok(name, f"{email.utils.formatdate(usegmt=True)}, within {_SKEW_S:g} s of the registry's")
