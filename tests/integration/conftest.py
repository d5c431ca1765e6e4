"""Real servers for the integration tests: one shared broker and registry, and brokers of a test's own to maltreat."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from whole import Whole, running

from streams.platform import declare, jars, kafka, ports, registry_server
from streams.platform.child import Child
from streams.settings import Settings

READY_S = 90.0
STOP_S = 10.0


class Broker:
    """A real single-node broker that may be frozen, killed and started again on the same port and folder."""

    def __init__(self, folder: Path, libs: Path) -> None:
        chosen = ports.choose(("kafka", "controller"), {}, {})
        self.node = kafka.KafkaNode(
            folder=folder / "kafka",
            port=chosen["kafka"],
            controller_port=chosen["controller"],
            libs=libs,
            log=folder / "kafka.log",
        )
        kafka.prepare(self.node)
        self.child = Child(kafka.command(self.node))

    @property
    def bootstrap(self) -> str:
        return self.node.bootstrap

    @property
    def pid(self) -> int:
        return self.child.pid

    def start(self) -> None:
        """Start, and wait until it answers."""
        self.child.start()
        wait_until(lambda: kafka.is_ready(self.node), self.child)

    def freeze(self) -> None:
        """SIGSTOP: connections stay open, nothing answers."""
        self.child.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.child.signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL."""
        self.child.signal(signal.SIGKILL)
        self.child.wait(STOP_S)

    def stop(self) -> None:
        """SIGTERM, also when it is frozen."""
        self.thaw()
        self.child.stop(STOP_S)

    def create_topic(self, name: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> None:
        create_topic(self.bootstrap, name, partitions, config)


class Platform:
    """The shared broker and registry. Tests make topics of their own names and leave the broker running."""

    def __init__(self, broker: Broker, registry: registry_server.RegistryNode) -> None:
        self.broker = broker
        self.registry = registry

    @property
    def bootstrap(self) -> str:
        return self.broker.bootstrap

    @property
    def registry_url(self) -> str:
        return self.registry.url

    def settings(self, data_dir: Path) -> Settings:
        return Settings(data_dir=data_dir, bootstrap=self.bootstrap, registry_url=self.registry_url)

    def create_topic(self, name: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> None:
        create_topic(self.bootstrap, name, partitions, config)


def wait_until(ready: Callable[[], bool], child: Child | None = None, timeout_s: float = READY_S) -> None:
    """Poll until true; fail with the child's last lines when it ended or the time is over."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        tail = child.log_tail() if child else ""
        assert child is None or child.exit_code is None, f"{child.command.name} ended: {tail}"
        assert time.monotonic() < deadline, f"not ready in {timeout_s} s: {tail}"
        time.sleep(0.1)


def create_topic(bootstrap: str, name: str, partitions: int, config: Mapping[str, str] | None) -> None:
    """Make a topic and wait until the broker shows it."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=dict(config or {}))
    admin.create_topics([topic])[name].result(30)
    wait_until(lambda: name in admin.list_topics(timeout=5).topics, timeout_s=15)


@pytest.fixture(scope="session")
def fetched() -> jars.Jars:
    """Kafka's and the registry's jars, from the cache or by Maven."""
    return jars.fetch(print)


@pytest.fixture(scope="session")
def platform(fetched: jars.Jars, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """One broker with the catalogue's topics and one registry with the schemas, for the whole session."""
    folder = tmp_path_factory.mktemp("platform")
    chosen = ports.choose(("registry", "management"), {}, {})
    node = registry_server.RegistryNode(
        folder=folder / "registry",
        port=chosen["registry"],
        management_port=chosen["management"],
        jars=fetched.registry,
        log=folder / "registry.log",
    )
    registry = Child(registry_server.command(node))
    registry.start()
    broker = Broker(folder, fetched.kafka_libs)
    try:
        broker.start()
        wait_until(lambda: registry_server.is_ready(node), registry)
        running = Platform(broker, node)
        declare.declare_topics(running.settings(folder))
        declare.declare_schemas(running.settings(folder))
        yield running
    finally:
        registry.stop(STOP_S)
        broker.stop()


@pytest.fixture
def own_kafka(fetched: jars.Jars, tmp_path: Path) -> Iterator[Broker]:
    """A started broker of the test's own: freeze(), thaw(), kill(), start(), stop() as it likes."""
    broker = Broker(tmp_path / "own", fetched.kafka_libs)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """Everything that `wardline up` starts, once for a test module."""
    with running(tmp_path_factory.mktemp("whole") / "data") as launcher:
        yield Whole(launcher)
