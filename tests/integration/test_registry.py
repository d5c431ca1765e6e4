"""The registry client: one suite for the fake and for the real registry, so that the fake is true."""

import json
import socket
from collections.abc import Iterator

import pytest
from fake_registry import FakeRegistry, serving

from streams.codec import Codec, SchemaMissing
from streams.contracts import canonical_text, load_schemas
from streams.registry import COMPATIBILITY, Incompatible, Registry, RegistryError, RegistryUnreachable, subject_of
from streams.settings import HOME

SCHEMAS = HOME / "schemas"


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.integration)])
def registry(request: pytest.FixtureRequest) -> Iterator[Registry]:
    if request.param == "real":
        yield Registry(request.getfixturevalue("platform").registry_url, 10.0)
        return
    with serving(FakeRegistry()) as url:
        yield Registry(url)


@pytest.fixture
def subject(request: pytest.FixtureRequest) -> str:
    """A subject that no other test uses."""
    return subject_of(f"suite.{request.node.name.partition('[')[0]}")


def schema(**fields: str) -> str:
    """A schema text with these fields and types, each with a default."""
    empty = {"string": "", "long": 0}
    listed = [{"name": name, "type": kind, "default": empty[kind]} for name, kind in fields.items()]
    return canonical_text({"type": "record", "name": "Suite", "namespace": "wardline", "fields": listed})


def test_the_global_rule_is_full_transitive_after_configure(registry: Registry) -> None:
    registry.configure()
    assert registry.compatibility() == COMPATIBILITY


def test_registering_the_same_text_twice_gives_the_same_id(registry: Registry, subject: str) -> None:
    text = schema(same="string")
    assert registry.register(subject, text) == registry.register(subject, text)


def test_a_registered_schema_is_found_by_text_and_by_id(registry: Registry, subject: str) -> None:
    text = schema(found="string")
    number = registry.register(subject, text)
    assert registry.lookup(subject, text) == number
    assert json.loads(registry.schema(number) or "") == json.loads(text)


def test_what_was_never_registered_is_not_found(registry: Registry, subject: str) -> None:
    assert registry.lookup(subject, schema(never="string")) is None
    assert registry.schema(999_999) is None
    assert registry.versions(subject) == []
    assert registry.is_compatible(subject, schema(never="string"))


def test_a_compatible_change_becomes_the_next_version(registry: Registry, subject: str) -> None:
    first, second = schema(a="string"), schema(a="string", b="long")
    registry.register(subject, first)
    assert registry.is_compatible(subject, second)
    registry.register(subject, second)
    assert [json.loads(text) for text in registry.versions(subject)] == [json.loads(first), json.loads(second)]


def test_an_incompatible_change_is_refused(registry: Registry, subject: str) -> None:
    registry.register(subject, schema(a="string", b="long"))
    registry.register(subject, schema(a="string"))
    back = schema(a="string", b="string")
    assert not registry.is_compatible(subject, back)
    with pytest.raises(Incompatible, match=subject):
        registry.register(subject, back)


def test_a_codec_takes_the_ids_of_the_registry(registry: Registry) -> None:
    schemas = load_schemas(SCHEMAS)
    ids = {topic: registry.register(subject_of(topic), canonical_text(s)) for topic, s in schemas.items()}
    assert Codec.connect(registry, SCHEMAS).topic_ids() == ids


def test_a_codec_refuses_to_start_without_its_schemas() -> None:
    with serving(FakeRegistry()) as url, pytest.raises(SchemaMissing, match="wardline schemas register"):
        Codec.connect(Registry(url), SCHEMAS)


def test_a_request_that_got_no_answer_is_repeated_once() -> None:
    fake = FakeRegistry()
    fake.drop = 1
    with serving(fake) as url:
        assert Registry(url).compatibility() == "NONE"


def test_a_registry_that_never_answers_is_unreachable() -> None:
    fake = FakeRegistry()
    fake.drop = 2
    with serving(fake) as url, pytest.raises(RegistryUnreachable, match="no answer within"):
        Registry(url).compatibility()


def test_a_frozen_registry_is_unreachable_after_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        registry = Registry(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.1)
        with pytest.raises(RegistryUnreachable, match=r"no answer within 0.1 s \(TimeoutError\)"):
            registry.compatibility()


def test_a_server_that_is_no_registry_is_not_taken_for_an_empty_one() -> None:
    with serving(FakeRegistry()) as url, pytest.raises(RegistryError, match="404"):
        Registry(url.replace("/api", "/elsewhere")).compatibility()


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(RegistryError, match="not an address of a registry: 'localhost'"):
        Registry("localhost")
