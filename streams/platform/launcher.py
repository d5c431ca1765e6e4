"""Starts broker, registry and roles as children on one data folder, keeps them running, and stops them in order."""

import os
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from processors.envelope import Record
from streams.catalog import BATCH_MARGIN_BYTES
from streams.keys import load_keyring, make_keyring
from streams.platform import declare, jars, kafka, ports, registry_server, roles
from streams.platform.child import Child
from streams.platform.failure import PlatformError
from streams.platform.registry_server import RegistryNode
from streams.platform.run_file import held, read_run, write_run
from streams.platform.supervise import Say, Service, Supervisor
from streams.settings import Settings

_PLATFORM_READY_S = 120.0
_ROLES_READY_S = 90.0
_WATCH_S = 0.2
_PLATFORM_PORTS = ("kafka", "controller", "registry", "management")
#: Seconds from the begin of the stop until each group must have ended: all is over within 10 s.
GATEWAY_STOP_S, _ROLES_STOP_S, _REGISTRY_STOP_S, _KAFKA_STOP_S = 4.0, 6.0, 7.5, 9.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to start. With `bootstrap` and `registry_url` nothing is embedded and those are used instead."""

    data_dir: Path
    bootstrap: str = ""
    registry_url: str = ""
    roles: tuple[str, ...] = tuple(roles.ROLES)
    ports: Mapping[str, int] = field(default_factory=dict)
    """Configured ports by name: kafka, controller, registry, management, or a role's web port."""
    role_arguments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """More arguments for a role's command, e.g. {"gateway": ("--listen", "lab=2577")}."""


class Launcher:
    """One platform. `start`, then `run_until` in a thread that lives on (or `tick` now and then), then `stop`."""

    def __init__(self, options: Options, say: Say) -> None:
        self._options = replace(options, data_dir=options.data_dir.resolve())
        self._say = say
        self._supervisor = Supervisor(say)
        self._held = ExitStack()
        self._run: Record = {}
        self._written = False

    @property
    def run_json(self) -> Record:
        """What run.json holds: addresses, ports, roles, key_id, our process id."""
        return dict(self._run)

    @property
    def settings(self) -> Settings:
        """Settings for clients in this process: the environment's, with the addresses of this platform."""
        return replace(
            Settings.load(self._options.data_dir),
            bootstrap=str(self._run.get("bootstrap", "")),
            registry_url=str(self._run.get("registry_url", "")),
        )

    def start(self) -> None:
        """Start everything and wait until it is ready. Raises PlatformError; call `stop` after that, too."""
        wanted = roles.chosen_roles(self._options.roles)
        self._held.enter_context(held(self._options.data_dir))
        before = read_run(self._options.data_dir)
        key_id = self._key_id(before)
        chosen = self._ports(before, wanted)
        self._run = {"pid": os.getpid(), "ready": False, "key_id": key_id, "ports": chosen, "roles": {}}
        if self._options.bootstrap or self._options.registry_url:
            self._use_existing()
        else:
            self._start_platform(chosen)
        self._run["cluster_id"] = kafka.cluster_id(str(self._run["bootstrap"]))
        declare.same_cluster(before.get("cluster_id"), self._run["cluster_id"], str(self._options.data_dir))
        self._write()
        self._declare(key_id, before.get("schema_ids", {}))
        self._start_roles([self._role(name, chosen[name]) for name in wanted])
        self._run["ready"] = True
        self._write()

    def _key_id(self, before: Record) -> str:
        """Never make a new secret for a folder that was used under another one, or whose secret was lost."""
        folder = self._options.data_dir
        known = load_keyring(folder)
        remembered = before.get("key_id")
        if known is None and remembered:
            raise PlatformError(
                f"the data folder's identity secret (key_id {remembered}) is gone",
                code=5,
                where=str(folder / "identity.key"),
                fix="put identity.key back from your backup, or start with a new data folder",
            )
        key_id = (known or make_keyring(folder)).key_id
        declare.same_key(key_id, None if remembered is None else str(remembered), str(folder))
        return key_id

    def _ports(self, before: Record, wanted: tuple[str, ...]) -> dict[str, int]:
        embedded = () if self._options.bootstrap or self._options.registry_url else _PLATFORM_PORTS
        remembered = {**roles.PREFERRED_PORTS, **before.get("ports", {})}
        return {**before.get("ports", {}), **ports.choose((*embedded, *wanted), self._options.ports, remembered)}

    def _use_existing(self) -> None:
        bootstrap, registry_url = self._options.bootstrap, self._options.registry_url
        if not bootstrap or not registry_url:
            raise PlatformError("--bootstrap and --registry go together", code=2, fix="give both, or neither")
        self._say(f"using the broker {bootstrap} and the registry {registry_url}")
        self._run |= {"embedded": False, "bootstrap": bootstrap, "registry_url": registry_url}

    def _start_platform(self, chosen: Mapping[str, int]) -> None:
        fetched = jars.fetch(self._say)
        folder, logs = self._options.data_dir, self._options.data_dir / "logs"
        registry = RegistryNode(
            folder=folder / "registry",
            port=chosen["registry"],
            management_port=chosen["management"],
            jars=fetched.registry,
            log=logs / "registry.log",
        )
        broker = kafka.KafkaNode(
            folder=folder / "kafka",
            port=chosen["kafka"],
            controller_port=chosen["controller"],
            libs=fetched.kafka_libs,
            log=logs / "kafka.log",
            message_max_bytes=max(kafka.MESSAGE_MAX_BYTES, self.settings.max_record_bytes + BATCH_MARGIN_BYTES),
        )
        self._say(f"starting Kafka {jars.KAFKA_VERSION} and the schema registry {jars.REGISTRY_VERSION}")
        child = Child(registry_server.command(registry))
        second = Service("registry", child, partial(registry_server.is_ready, registry), registry.log)
        self._supervisor.start(second)
        kafka.prepare(broker)
        first = Service("kafka", Child(kafka.command(broker)), partial(kafka.is_ready, broker), broker.log)
        self._supervisor.start(first)
        self._supervisor.await_ready([first, second], _PLATFORM_READY_S)
        self._run |= {"embedded": True, "bootstrap": broker.bootstrap, "registry_url": registry.url}

    def _declare(self, key_id: str, ids_before: Record) -> None:
        changes = declare.declare_topics(self.settings)
        self._say(f"topics: as the catalogue says ({changes} changes)")
        declare.same_ids(ids_before, self.settings)
        registered = declare.declare_schemas(self.settings)
        self._run["schema_ids"] = {**ids_before, **registered}
        self._say(f"schemas: {len(registered)} registered")
        declare.same_key(key_id, declare.recorded_key_id(self.settings), self.settings.bootstrap)

    def _role(self, name: str, web_port: int) -> roles.Role:
        fixed = ("--port", str(web_port)) if name == "board" else ()
        return roles.Role(name=name, web_port=web_port, more=(*fixed, *self._options.role_arguments.get(name, ())))

    def _start_roles(self, wanted: list[roles.Role]) -> None:
        services = []
        for role in wanted:
            child = Child(roles.command(role, self.settings))
            service = Service(role.name, child, partial(roles.is_ready, role.web_port), child.command.log)
            self._supervisor.start(service)
            services.append(service)
            self._run["roles"][role.name] = {
                "web_port": role.web_port,
                "web": f"http://{ports.LOOPBACK}:{role.web_port}",
            }
        self._write()
        self._supervisor.await_ready(services, _ROLES_READY_S)

    def tick(self) -> None:
        """Look at every child once and start again what ended."""
        self._supervisor.tick()

    def run_until(self, halt: threading.Event) -> None:
        """Keep everything running until the event is set."""
        while not halt.wait(_WATCH_S):
            self.tick()

    def stop(self) -> None:
        """Stop gateway, workers, sink and board, registry, broker, in this order and within 10 s. Safe at any time."""
        inner = frozenset(roles.ROLES) - {"gateway"}
        killed = self._supervisor.stop(
            [
                (frozenset({"gateway"}), GATEWAY_STOP_S),
                (inner, _ROLES_STOP_S),
                (frozenset({"registry"}), _REGISTRY_STOP_S),
                (frozenset({"kafka"}), _KAFKA_STOP_S),
            ]
        )
        if killed:
            self._say(f"killed after the deadline: {', '.join(killed)}")
        if self._written:
            self._run |= {"pid": None, "ready": False}
            self._write()
        self._held.close()

    def _write(self) -> None:
        write_run(self._options.data_dir, self._run)
        self._written = True
