"""`wardline worker ROLE`: runs one role until stopped."""

from pathlib import Path
from typing import Annotated

import typer

from processors.errors import ConfigError
from streams.cli.output import CONFIGURATION, UNREACHABLE, USAGE, fail
from streams.codec import SchemaMissing
from streams.registry import RegistryError
from streams.settings import Settings


def worker(
    role: Annotated[str, typer.Argument(help="normalize, project, decide, tasks or feeds")],
    data: Annotated[Path | None, typer.Option(help="data folder")] = None,
) -> None:
    """Run one role until stopped."""
    from streams.worker import ROLES, run

    if role not in ROLES:
        fail(USAGE, f"there is no role '{role}'", fix=f"one of {', '.join(ROLES)}")
    settings = Settings.load(data)
    if not settings.bootstrap:
        fail(UNREACHABLE, "no broker is known", str(settings.data_dir), "run.json is missing", "start `wardline up`")
    try:
        run(role, settings)
    except ConfigError as why:
        fail(CONFIGURATION, why.what, f"{why.file}:{why.line}")
    except (SchemaMissing, RegistryError) as why:
        fail(UNREACHABLE, str(why), settings.registry_url, fix="wardline doctor")
