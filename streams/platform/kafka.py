"""The embedded broker: one Kafka node (KRaft) on loopback, its properties, command line and readiness."""

import base64
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.platform.child import Command
from streams.platform.failure import PlatformError
from streams.platform.java import KAFKA_NEEDS, find_java
from streams.platform.ports import LOOPBACK, is_open
from streams.private import private_folder

#: The largest record batch a broker takes: the catalogue's largest topic (12 MiB) and a margin for the batch around it.
MESSAGE_MAX_BYTES = 16 * 1024 * 1024
_FORMAT_TIMEOUT_S = 120
_HEAP = ("-Xms96m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=64m")


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaNode:
    """Where one node lives: its folder, its ports and its jars."""

    folder: Path
    port: int
    controller_port: int
    libs: Path
    log: Path
    message_max_bytes: int = MESSAGE_MAX_BYTES

    @property
    def bootstrap(self) -> str:
        """host:port for clients."""
        return f"{LOOPBACK}:{self.port}"


def properties(node: KafkaNode) -> str:
    """server.properties. Topics are never made by the broker; a dead session is seen after 3 s: quick restarts."""
    values = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{LOOPBACK}:{node.controller_port}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{node.port},CONTROLLER://{LOOPBACK}:{node.controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{node.port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": node.folder / "log",
        "auto.create.topics.enable": "false",
        "default.replication.factor": 1,
        "min.insync.replicas": 1,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": 1000,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1000,
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
        "message.max.bytes": node.message_max_bytes,
        "replica.fetch.max.bytes": node.message_max_bytes,
        "log.message.timestamp.type": "CreateTime",
        "log.cleaner.dedupe.buffer.size": 4 * 1024 * 1024,
        "log.cleaner.backoff.ms": 500,
        "log.index.size.max.bytes": 2 * 1024 * 1024,
        "num.network.threads": 2,
        "num.io.threads": 2,
        "background.threads": 2,
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def prepare(node: KafkaNode) -> None:
    """Write the properties and, in a new folder, format the log. Raises PlatformError when formatting fails."""
    private_folder(node.folder)
    settings = node.folder / "server.properties"
    settings.write_text(properties(node))
    if (node.folder / "log" / "meta.properties").is_file():
        return
    argv = [*_java(node), "kafka.tools.StorageTool", "format", "-t", _cluster_id(), "-c", str(settings)]
    ran = subprocess.run(argv, capture_output=True, text=True, timeout=_FORMAT_TIMEOUT_S, check=False)
    if ran.returncode != 0:
        why = (ran.stderr or ran.stdout).strip().splitlines()[-1:]
        raise PlatformError("the broker's folder could not be formatted", where=str(node.folder), why=" ".join(why))


def command(node: KafkaNode) -> Command:
    """How to start the node; SIGTERM stops it."""
    argv = (*_java(node), "kafka.Kafka", str(node.folder / "server.properties"))
    return Command(name="kafka", argv=argv, log=node.log, folder=node.folder)


def is_ready(node: KafkaNode) -> bool:
    """Whether the broker answers a metadata request."""
    return is_open(node.port) and answers(node.bootstrap, timeout_s=1.0)


def admin_client(bootstrap: str) -> AdminClient:
    """An admin client that keeps its connection troubles to itself; calls raise them."""
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})


def answers(bootstrap: str, timeout_s: float) -> bool:
    """Whether any broker answers a metadata request within the time."""
    try:
        return bool(admin_client(bootstrap).list_topics(timeout=timeout_s).brokers)
    except KafkaException:
        return False


def cluster_id(bootstrap: str, timeout_s: float = 10.0) -> str:
    """The cluster's own id. Raises PlatformError (code 4) when no broker answers."""
    try:
        return str(admin_client(bootstrap).list_topics(timeout=timeout_s).cluster_id)
    except KafkaException as why:
        fix = "is the address right, and the broker running?"
        raise PlatformError("the broker does not answer", code=4, where=bootstrap, fix=fix) from why


def _java(node: KafkaNode) -> tuple[str, ...]:
    program = str(find_java(KAFKA_NEEDS).program)
    logging = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    return (program, *_HEAP, logging, "-cp", f"{node.libs}/*")


def _cluster_id() -> str:
    text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return text if not text.startswith("-") else "A" + text[1:]
