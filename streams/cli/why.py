"""`wardline why`: why a task or a record is there, clause by clause and step by step."""

import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from processors.envelope import Row
from streams.cli.audit import audited
from streams.cli.output import CONFIGURATION, FAILED, fail, say, say_json
from streams.cli.why_text import because
from streams.settings import Settings
from streams.sinks.reads import StoreMissing, reading
from streams.sinks.why import Ambiguous
from streams.sinks.why import why as reasons_of


def why(
    asked: Annotated[str, typer.Argument(metavar="TASK|EVENT", help="task id, the beginning of one, or an event id")],
    data: Annotated[Path | None, typer.Option(help="data folder")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON value")] = False,
) -> None:
    """Why a task or record is there: rule and version, clauses with value and source, evidence, who did each step."""
    settings = Settings.load(data)
    try:
        with reading(settings.database) as reads:
            answer = reasons_of(reads, asked)
    except StoreMissing as what:
        fix = "start `wardline up`, or give --data"
        fail(CONFIGURATION, "there is no store yet", str(what), "the sink has not run", fix)
    except sqlite3.DatabaseError as what:
        fail(CONFIGURATION, "the store cannot be read", str(settings.database), str(what), "wardline doctor")
    except Ambiguous:
        fail(FAILED, f"more than one task begins with '{asked}'", fix="give more of the id: wardline tasks list --json")
    if answer is None:
        fix = "take an id from `wardline trace` or `wardline tasks list --json`; the sink may still be behind"
        fail(FAILED, f"no task and no record is known under '{asked}'", str(settings.database), fix=fix)
    audited(settings, "why", [_target(answer)])
    if as_json:
        say_json(answer)
    else:
        say(because(answer))


def _target(answer: Row) -> str:
    task = answer["task"]
    return f"task/{task['task_id']}" if task else f"message/{answer['record']['correlation_id']}"
