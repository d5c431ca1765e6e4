"""`wardline replay --verify`: recomputes the stages from their recorded input and compares with what they wrote."""

import importlib
from pathlib import Path
from typing import Annotated

import typer
from confluent_kafka import KafkaException

from streams.cli.output import DRIFT, UNREACHABLE, USAGE, fail, say, say_json
from streams.codec import SchemaMissing
from streams.parts import connect
from streams.registry import RegistryError
from streams.replay import OUTPUTS, Definitions, StageVerdict, verify
from streams.settings import Settings


def replay(
    verify_only: Annotated[bool, typer.Option("--verify", help="compare only; nothing is written")] = False,
    stage: Annotated[str, typer.Option(help="one stage; all when not given")] = "",
    data: Annotated[Path | None, typer.Option(help="data folder")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON line a stage")] = False,
) -> None:
    """Recompute stages from the recorded input and compare digests. Exit 10 when anything differs."""
    if not verify_only:
        fail(USAGE, "replay compares only", fix="add --verify")
    if stage and stage not in OUTPUTS:
        fail(USAGE, f"there is no stage '{stage}'", fix=f"one of {', '.join(OUTPUTS)}")
    settings = Settings.load(data)
    try:
        definitions = Definitions(connect(settings))
        for name in [stage] if stage else OUTPUTS:
            importlib.import_module(f"streams.agents.{name}").register(definitions)
        verdicts = [verify(found, digests, definitions.parts) for found, digests in definitions.found]
    except (RegistryError, SchemaMissing, KafkaException, TimeoutError) as why:
        fail(UNREACHABLE, str(why), settings.bootstrap, fix="wardline doctor")
    for verdict in verdicts:
        _show(verdict, as_json)
    if not all(verdict.same for verdict in verdicts):
        raise SystemExit(DRIFT)


def _show(verdict: StageVerdict, as_json: bool) -> None:
    if as_json:
        say_json(verdict.summary())
        return
    counts = verdict.summary()
    state = "same" if verdict.same else "DIFFERENT"
    detail = ", ".join(f"{counts[kind]} {kind}" for kind in ("missing", "surplus", "different", "doubled"))
    say(f"{verdict.stage:<10} {state}: {verdict.inputs} inputs, {verdict.outputs} outputs, {detail}")
    for kind, ids in counts["examples"].items():
        say(f"  {kind}: {' '.join(ids)}")
