"""`wardline topics`: the catalogue against a cluster (plan, apply, check)."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from processors.errors import ConfigError
from streams.catalog import (
    ApplyOptions,
    ApplyRefused,
    BrokerUnreachable,
    Catalog,
    Change,
    NotApplied,
    apply,
    check,
    load_catalog,
)
from streams.cli.output import CONFIGURATION, DRIFT, FAILED, REFUSED, UNREACHABLE, fail, say, say_json
from streams.platform.kafka import admin_client
from streams.settings import Settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, help=__doc__)

Data = Annotated[Path | None, typer.Option("--data", help="data folder")]
Bootstrap = Annotated[
    str, typer.Option("--bootstrap", help="HOST:PORT of the cluster; else the one of the data folder")
]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON value")]


@app.command("plan")
def plan_topics(*, bootstrap: Bootstrap = "", data: Data = None, as_json: AsJson = False) -> None:
    """Show what `apply` would change; changes nothing."""
    _show(_differences(*_cluster(bootstrap, data)), as_json)


@app.command("check")
def check_topics(*, bootstrap: Bootstrap = "", data: Data = None, as_json: AsJson = False) -> None:
    """Exit 10 when the cluster differs from the catalogue."""
    changes = _differences(*_cluster(bootstrap, data))
    _show(changes, as_json)
    if changes:
        raise SystemExit(DRIFT)


@app.command("apply")
def apply_topics(
    *,
    bootstrap: Bootstrap = "",
    data: Data = None,
    replication: Annotated[int | None, typer.Option(min=1, help="copies of new topics; else the catalogue's")] = None,
    grow: Annotated[bool, typer.Option("--grow", help="allow more partitions: moves patients between them")] = False,
    as_json: AsJson = False,
) -> None:
    """Create what is missing and set what differs; never deletes a topic."""
    catalog, address = _cluster(bootstrap, data)
    try:
        changes = apply(admin_client(address), catalog, ApplyOptions(replication=replication, grow=grow))
    except ApplyRefused as why:
        fix = "put topics.yaml back; or stop the workers, give --grow and replay"
        fail(REFUSED, "the change is refused, nothing was changed", address, str(why), fix)
    except NotApplied as why:
        fail(FAILED, "the cluster did not take every change", address, str(why), "mend the cause, then apply again")
    except BrokerUnreachable as why:
        _away(address, why)
    _show(changes, as_json)


def _cluster(bootstrap: str, data: Path | None) -> tuple[Catalog, str]:
    settings = Settings.load(data)
    address = bootstrap or settings.bootstrap
    try:
        catalog = load_catalog(settings.topics_file)
    except ConfigError as why:
        fail(CONFIGURATION, "the catalogue of topics is refused", f"{why.file}:{why.line}", why.what)
    if not address:
        fix = "start one with `wardline up`, or give --bootstrap HOST:PORT"
        fail(CONFIGURATION, "no Kafka cluster is known", str(settings.data_dir), "the data folder names none", fix)
    return catalog, address


def _differences(catalog: Catalog, address: str) -> list[Change]:
    try:
        return check(admin_client(address), catalog)
    except BrokerUnreachable as why:
        _away(address, why)


def _away(address: str, why: BrokerUnreachable) -> NoReturn:
    fail(UNREACHABLE, "the broker does not answer", address, str(why), "is the address right, and the broker running?")


def _show(changes: list[Change], as_json: bool) -> None:
    if as_json:
        say_json({"changes": [asdict(change) for change in changes]})
        return
    for change in changes:
        before = f"{change.before} -> " if change.before else ""
        say(f"{change.kind:<7}{change.topic:<40}{change.what}: {before}{change.after or '(default)'}")
    say(f"{len(changes)} differences" if changes else "the cluster is as the catalogue says")
