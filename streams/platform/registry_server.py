"""The embedded schema registry: Apicurio on loopback with durable ids, its command line and readiness."""

import http.client
from dataclasses import dataclass
from pathlib import Path

from streams.platform.child import Command
from streams.platform.java import REGISTRY_NEEDS, find_java
from streams.platform.ports import LOOPBACK
from streams.private import private_folder

_HEAP = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryNode:
    """Where the registry lives: its folder (H2 file), its two ports and its jars."""

    folder: Path
    port: int
    management_port: int
    jars: Path
    log: Path

    @property
    def url(self) -> str:
        """Base URL of the Confluent-compatible API."""
        return f"http://{LOOPBACK}:{self.port}/apis/ccompat/v7"


def options(node: RegistryNode) -> dict[str, str]:
    """System properties. WRITE_DELAY=0: at H2's default a kill loses ids already answered, and they are given again."""
    return {
        "quarkus.http.host": LOOPBACK,
        "quarkus.http.port": str(node.port),
        "quarkus.management.host": LOOPBACK,
        "quarkus.management.port": str(node.management_port),
        "quarkus.http.access-log.enabled": "false",
        "quarkus.log.console.color": "false",
        "apicurio.storage.kind": "sql",
        "apicurio.storage.sql.kind": "h2",
        "apicurio.datasource.url": f"jdbc:h2:file:{node.folder / 'registry'};WRITE_DELAY=0",
        "apicurio.datasource.jdbc.initial-size": "2",
        "apicurio.datasource.jdbc.min-size": "2",
        "apicurio.datasource.jdbc.max-size": "10",
    }


def command(node: RegistryNode) -> Command:
    """How to start the registry; SIGTERM stops it."""
    private_folder(node.folder)
    program = str(find_java(REGISTRY_NEEDS).program)
    given = (f"-D{name}={value}" for name, value in options(node).items())
    argv = (program, *_HEAP, *given, "-jar", str(node.jars / "quarkus-run.jar"))
    return Command(name="registry", argv=argv, log=node.log, folder=node.folder)


def is_ready(node: RegistryNode) -> bool:
    """Whether the management port says ready (the API port answers earlier than its storage)."""
    return http_status(LOOPBACK, node.management_port, "/health/ready") == 200


def http_status(host: str, port: int, path: str, timeout_s: float = 1.0) -> int:
    """Status of a plain GET; 0 when nothing answers."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
