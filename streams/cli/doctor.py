"""`wardline doctor`: checks every part and says how to mend it."""

from collections.abc import Iterator
from pathlib import Path

import typer

from processors.envelope import Record
from streams.cli.output import DRIFT, OK, UNREACHABLE, fail, say, say_json
from streams.platform.check import Check
from streams.platform.check_cluster import check_cluster
from streams.platform.check_machine import check_machine
from streams.platform.check_roles import check_roles
from streams.platform.failure import PlatformError
from streams.platform.run_file import holder, read_run
from streams.settings import Settings


def doctor(
    *,
    data: Path = typer.Option(Path(".wardline"), "--data", envvar="WARDLINE_DATA", help="data folder"),
    as_json: bool = typer.Option(False, "--json", help="one JSON value"),
) -> None:
    """Check each part; exit 0 when all is well, 10 when something is not, 4 when broker or registry do not answer."""
    try:
        run = read_run(data)
    except PlatformError as why:
        fail(why.code, why.what, why.where, why.why, why.fix)
    found: list[Check] = []
    for check in _checks(Settings.load(data), run):
        found.append(check)
        if not as_json:
            say(line(check))
    code = verdict(found)
    if as_json:
        say_json({"ok": code == OK, "checks": [check.record() for check in found]})
    else:
        bad = [check.name for check in found if check.state == "fail"]
        say(f"\n{len(found)} checks, " + (f"to mend: {', '.join(bad)}" if bad else "nothing to mend"))
    raise SystemExit(code)


def _checks(settings: Settings, run: Record) -> Iterator[Check]:
    yield from check_machine(settings.data_dir, run)
    yield from check_cluster(settings, run)
    yield from check_roles(settings, run, is_running=holder(settings.data_dir) > 0)


def line(check: Check) -> str:
    """One check for people."""
    text = f"{check.state:<5} {check.name:<22} {check.what}"
    return f"{text}\n      {'':<22} -> {check.fix}" if check.fix else text


def verdict(checks: list[Check]) -> int:
    """The exit code for these findings; warnings are fine."""
    if any(check.is_unreachable for check in checks):
        return UNREACHABLE
    return DRIFT if any(check.state == "fail" for check in checks) else OK
