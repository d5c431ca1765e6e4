"""`wardline schemas`: the contracts against their rules, their past and a registry (check, accept, register)."""

import json
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from processors.envelope import Record
from streams.baseline import broken, extended, load_baseline, save_baseline, unrecorded
from streams.cli.output import CONFIGURATION, DRIFT, FAILED, UNREACHABLE, fail, say, say_json
from streams.contracts import canonical_text, conflicts, faults, load_schemas, paths
from streams.registry import (
    COMPATIBILITY,
    Incompatible,
    NotAnAddress,
    Registry,
    RegistryError,
    RegistryUnreachable,
    subject_of,
)
from streams.settings import Settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, help=__doc__)

Data = Annotated[Path | None, typer.Option("--data", help="data folder")]
Url = Annotated[str, typer.Option("--registry", help="base address of the registry; else the one of the data folder")]
Folder = Annotated[Path | None, typer.Option("--schemas", help="folder with the .avsc files; else the project's")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON value")]


@app.command("check")
def check_schemas(
    *,
    registry: Url = "",
    schemas: Folder = None,
    data: Data = None,
    offline: Annotated[bool, typer.Option("--offline", help="ask no registry")] = False,
    as_json: AsJson = False,
) -> None:
    """Exit 10, naming the fields, when a schema breaks a rule, its past, or what is registered."""
    settings = Settings.load(data)
    folder = schemas or settings.schemas_dir
    contracts = _load(folder)
    found = faults(contracts)
    baseline = load_baseline(folder)
    found += broken(baseline, contracts)
    if not found:
        found += [f"{line}; record it: wardline schemas accept" for line in unrecorded(baseline, contracts)]
    url = "" if offline else registry or settings.registry_url
    if url:
        found += _asked(url, contracts)
    _show(found, len(contracts), as_json)
    if found:
        raise SystemExit(DRIFT)


@app.command("accept")
def accept_schemas(*, schemas: Folder = None, as_json: AsJson = False) -> None:
    """Record the schemas as they are in schemas/baseline.json; refused when they break a rule or their past."""
    folder = schemas or Settings.load(None).schemas_dir
    contracts = _load(folder)
    baseline = load_baseline(folder)
    found = faults(contracts) + broken(baseline, contracts)
    if found:
        _show(found, len(contracts), as_json)
        raise SystemExit(DRIFT)
    new = unrecorded(baseline, contracts)
    save_baseline(folder, extended(baseline, contracts))
    if as_json:
        say_json({"recorded": new})
    else:
        say(f"{len(new)} new places recorded in {folder / 'baseline.json'}")


@app.command("register")
def register_schemas(*, registry: Url = "", schemas: Folder = None, data: Data = None, as_json: AsJson = False) -> None:
    """Register every schema under FULL_TRANSITIVE, in sorted order; says each id."""
    settings = Settings.load(data)
    contracts = _load(schemas or settings.schemas_dir)
    url = registry or settings.registry_url
    if not url:
        fix = "start one with `wardline up`, or give --registry ADDRESS"
        fail(CONFIGURATION, "no registry is known", str(settings.data_dir), "the data folder names none", fix)
    ids: dict[str, int] = {}
    try:
        client = Registry(url)
        client.configure()
        for topic, schema in contracts.items():
            ids[topic] = client.register(subject_of(topic), canonical_text(schema))
    except Incompatible as why:
        fix = (
            "keep the type of each field that ever was; new fields need a default; else make a new version of the topic"
        )
        fail(DRIFT, "a schema is incompatible with its past", url, str(why), fix)
    except RegistryError as why:
        _refused(url, why)
    if as_json:
        say_json({"ids": ids})
        return
    for topic, number in ids.items():
        say(f"{number:>5}  {subject_of(topic)}")


def _load(folder: Path) -> dict[str, Record]:
    try:
        contracts = load_schemas(folder)
    except ValueError as why:
        fail(CONFIGURATION, "a schema is not valid JSON", str(folder), str(why))
    if not contracts:
        fail(CONFIGURATION, "there are no schemas here", str(folder), "", "give --schemas FOLDER")
    return contracts


def _asked(url: str, contracts: dict[str, Record]) -> list[str]:
    try:
        client = Registry(url)
        rule = client.compatibility()
        loose = [] if rule == COMPATIBILITY else [f"the registry's rule is {rule}; run: wardline schemas register"]
        return loose + [line for topic, schema in contracts.items() for line in _compared(client, topic, schema)]
    except RegistryError as why:
        _refused(url, why)


def _compared(client: Registry, topic: str, schema: Record) -> list[str]:
    subject, text = subject_of(topic), canonical_text(schema)
    if client.lookup(subject, text) is not None:
        return []
    if client.is_compatible(subject, text):
        return [f"{topic}: not registered as it is written; run: wardline schemas register"]
    return _named_conflicts(client, topic, schema)


def _named_conflicts(client: Registry, topic: str, schema: Record) -> list[str]:
    before: dict[str, str] = {}
    for version in client.versions(subject_of(topic)):
        before |= paths(json.loads(version))
    found = conflicts(before, schema) or ["the registry finds it incompatible with an earlier version"]
    return [f"{topic}: {line} (registered)" for line in found]


def _refused(url: str, why: RegistryError) -> NoReturn:
    if isinstance(why, RegistryUnreachable):
        fail(
            UNREACHABLE,
            "the registry does not answer",
            url,
            str(why),
            "is the address right, and the registry running?",
        )
    if isinstance(why, NotAnAddress):
        fail(CONFIGURATION, "the registry's address cannot be one", url, str(why))
    fail(FAILED, "the registry refused", url, str(why), "is this the address of the Confluent-compatible API?")


def _show(found: list[str], total: int, as_json: bool) -> None:
    if as_json:
        say_json({"schemas": total, "found": found})
        return
    for line in found:
        say(line)
    say(f"{total} schemas, " + (f"{len(found)} findings" if found else "all in order"))
