"""`wardline tasks`: list and show tasks, and send the commands of a person."""

import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from processors.envelope import Row
from processors.tasks.reasons import REASONS
from processors.tasks.states import Move
from processors.tasks.task import Refusal
from streams.cli.audit import audited
from streams.cli.output import FAILED, UNREACHABLE, fail, say, say_json
from streams.cli.task_text import story, table
from streams.clock import now_us
from streams.commands import Answer, BrokerAway, KafkaOutlet, Request, make_command, send_and_wait
from streams.settings import Settings
from streams.task_view import StoreMissing, TaskUnknown, TaskView

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, help=__doc__)

T = TypeVar("T")
Data = Annotated[Path | None, typer.Option("--data", help="data folder")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, one value per line")]
TaskId = Annotated[str, typer.Argument(help="task id, or the beginning of it", metavar="TASK")]

#: What each command of a person does, in words.
ACTIONS: dict[Move, str] = {
    Move.CLAIM: "Take the task; a reason code says what you do about it and stops the escalation.",
    Move.START: "Begin to work on the task.",
    Move.HOLD: "Put the task on hold.",
    Move.RESUME: "Go on with a task on hold.",
    Move.RELEASE: "Give the task back to its queue.",
    Move.COMPLETE: "The task is done.",
    Move.DISMISS: "The task is not needed; a reason code is required.",
    Move.OVERRIDE: "Overrule the decision behind the task; a reason code is required.",
}

_FIXES: dict[str, str] = {
    Refusal.STALE_REVISION: "look at the task again, then send the command with its present --revision",
    Refusal.OWNED: "give --reason if it is yours; else its owner can release it, or you with a --reason",
    Refusal.NOT_OWNER: "only the owner may; claim it first, or release it with a --reason",
    Refusal.CLOSED: "the task is closed; nothing is left to do",
    Refusal.REPEATED: "this command was sent before and changed nothing now",
}


@app.command("list")
def list_tasks(
    *,
    role: Annotated[str, typer.Option(help="only tasks of this owner role")] = "",
    unit: Annotated[str, typer.Option(help="only tasks of this unit")] = "",
    queue: Annotated[str, typer.Option(help="only this queue, ROLE@UNIT")] = "",
    owner: Annotated[str, typer.Option(help="only tasks claimed by this user")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Open tasks, least time left first."""
    filters = {"role": role, "unit": unit, "queue": queue, "owner": owner}
    rows = _read(data, lambda view: view.queue(filters, limit))
    audited(Settings.load(data), "tasks list", [f"task/{row['task_id']}" for row in rows])
    if as_json:
        for row in rows:
            say_json(row)
        return
    say(table(rows) if rows else "no open tasks")


@app.command("show")
def show(task_id: TaskId, as_json: AsJson = False, data: Data = None) -> None:
    """One task: why it is there, its evidence and everything that happened to it."""
    task = _read(data, lambda view: view.task(task_id))
    events = _read(data, lambda view: view.history(task["task_id"]))
    audited(Settings.load(data), "tasks show", [f"task/{task['task_id']}"])
    if as_json:
        say_json({**task, "history": events})
        return
    say(story(task, events))


def _action(move: Move) -> Callable[..., None]:
    def act(
        *,
        task_id: TaskId,
        user: Annotated[str, typer.Option("--as", help="your user id")],
        role: Annotated[str, typer.Option(help="the role in which you act")],
        reason: Annotated[str, typer.Option(help=_codes(move))] = "",
        comment: Annotated[str, typer.Option(help="free text, kept with the task")] = "",
        revision: Annotated[int, typer.Option(help="the revision that you saw; -1 = any", min=-1)] = -1,
        key: Annotated[str, typer.Option(help="idempotency key: the same key is the same command")] = "",
        as_json: AsJson = False,
        data: Data = None,
    ) -> None:
        request = Request(
            command=move,
            user=user,
            role=role,
            reason_code=reason,
            comment=comment,
            expected_revision=revision,
            idempotency_key=key,
        )
        task = _read(data, lambda view: view.task(task_id))
        answer = _send(request, task, Settings.load(data))
        if as_json:
            say_json({"task_id": task["task_id"], **asdict(answer)})
        report(answer, request, quiet=as_json)

    act.__doc__ = ACTIONS[move]
    return act


def _codes(move: Move) -> str:
    reasons = REASONS.get(move)
    return f"coded reason: {', '.join(reasons.codes)}" if reasons else "coded reason"


for _move in ACTIONS:
    app.command(_move.value)(_action(_move))


def report(answer: Answer, request: Request, *, quiet: bool) -> None:
    """Say what became of the command; a refused one ends with exit code 1."""
    if answer.state == "refused":
        _explain(answer, request)
    if quiet:
        return
    if answer.state == "pending":
        say(f"pending: the command {answer.command_id} is stored, its outcome is not known yet")
    else:
        say(f"{request.command}: accepted, revision {answer.revision}, {answer.status} ({answer.business_status})")


def _explain(answer: Answer, request: Request) -> None:
    fix = _FIXES.get(answer.refusal, "")
    if answer.refusal in (Refusal.REASON_MISSING, Refusal.REASON_UNKNOWN):
        fix = f"--reason with one of: {', '.join(REASONS[Move(request.command)].codes)}"
    now = f"the task is {answer.status}, revision {answer.revision} ({answer.business_status})"
    fail(FAILED, f"{request.command} was refused: {answer.refusal}", why=now, fix=fix)


def _send(request: Request, task: Row, settings: Settings) -> Answer:
    from streams.codec import CodecError
    from streams.parts import connect
    from streams.registry import RegistryError

    if not settings.bootstrap:
        fail(UNREACHABLE, "no broker is known", str(settings.data_dir), "run.json is missing", "start `wardline up`")
    try:
        parts = connect(settings)
        outlet = KafkaOutlet(settings.bootstrap, parts.codec)
        command = make_command(request, task, parts.keyring, now_us())
        return send_and_wait(command, outlet, TaskView(settings.database))
    except BrokerAway as why:
        fix = "look at the task, then send the command again; with the same --key it cannot count twice"
        fail(UNREACHABLE, "the broker did not confirm the command", settings.bootstrap, str(why), fix)
    except (CodecError, RegistryError) as why:
        fail(UNREACHABLE, str(why), settings.registry_url, fix="wardline doctor")


def _read(data: Path | None, read: Callable[[TaskView], T]) -> T:
    database = Settings.load(data).database
    try:
        return read(TaskView(database))
    except StoreMissing as why:
        fail(UNREACHABLE, "there is no SQL store", str(why), "nothing has been written yet", "start `wardline up`")
    except sqlite3.DatabaseError as why:
        fail(UNREACHABLE, "the SQL store cannot be read", str(database), str(why), "wardline doctor")
    except TaskUnknown as why:
        fail(FAILED, str(why), fix="wardline tasks list")
