"""`wardline up`: everything on this machine, or the roles beside an existing cluster, until stopped."""

import signal
import threading
import time
from pathlib import Path

import typer

from streams.cli.output import USAGE, fail, say
from streams.platform import jars
from streams.platform.failure import PlatformError
from streams.platform.launcher import Launcher, Options
from streams.platform.roles import ROLES


def up(
    *,
    data: Path = typer.Option(Path(".wardline"), "--data", envvar="WARDLINE_DATA", help="data folder"),
    bootstrap: str = typer.Option("", help="an existing broker, HOST:PORT, instead of an embedded one"),
    registry: str = typer.Option("", help="its schema registry: base URL of the Confluent-compatible API"),
    role_names: str = typer.Option("", "--roles", help=f"only these, comma-separated: {', '.join(ROLES)}"),
    no_roles: bool = typer.Option(False, "--no-roles", help="broker and registry only"),
    port: list[str] = typer.Option([], help="NAME=PORT for kafka, controller, registry, management or a role"),
    listen: list[str] = typer.Option([], help="FEED=PORT, handed to the gateway"),
    fetch_only: bool = typer.Option(False, "--fetch-only", help="fetch the jars and exit"),
) -> None:
    """Start Kafka, the registry and all roles; goes on until Ctrl-C or SIGTERM."""
    began = time.monotonic()

    def progress(text: str) -> None:
        say(f"[{time.monotonic() - began:5.1f} s] {text}")

    try:
        if fetch_only:
            progress(f"the jars are in {jars.fetch(progress).kafka_libs.parent}")
            return
        options = Options(
            data_dir=data,
            bootstrap=bootstrap,
            registry_url=registry,
            roles=() if no_roles else tuple(n.strip() for n in role_names.split(",") if n.strip()) or tuple(ROLES),
            ports=_ports(port),
            role_arguments={"gateway": tuple(part for feed in listen for part in ("--listen", feed))},
        )
        _run(Launcher(options, progress))
    except PlatformError as why:
        fail(why.code, why.what, why.where, why.why, why.fix)


def _run(launcher: Launcher) -> None:
    halt = threading.Event()
    is_up = False

    def stop_asked(*_: object) -> None:
        halt.set()
        if not is_up:
            raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop_asked)
    signal.signal(signal.SIGINT, stop_asked)
    try:
        launcher.start()
        is_up = True
        _welcome(launcher)
        launcher.run_until(halt)
    except KeyboardInterrupt:
        say("interrupted while starting")
    finally:
        is_up = True
        _stop(launcher)


def _stop(launcher: Launcher) -> None:
    began = time.monotonic()
    if launcher.run_json:
        say("stopping")
    launcher.stop()
    if launcher.run_json:
        say(f"stopped in {time.monotonic() - began:.1f} s; the data stay in {launcher.settings.data_dir}")


def _welcome(launcher: Launcher) -> None:
    run = launcher.run_json
    say(f"up. broker {run['bootstrap']}, registry {run['registry_url']}, data {launcher.settings.data_dir}")
    if "board" in run["roles"]:
        say(f"board: {run['roles']['board']['web']}")
    say("Ctrl-C stops everything")


def _ports(given: list[str]) -> dict[str, int]:
    chosen: dict[str, int] = {}
    for item in given:
        name, _, number = item.partition("=")
        if not number.isdecimal() or not 0 < int(number) < 65536:
            fail(USAGE, f"--port {item}: NAME=PORT is needed, e.g. kafka=29092")
        chosen[name] = int(number)
    return chosen
