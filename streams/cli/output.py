"""How commands speak: results on stdout (JSON where asked), errors as what, where, why and how to fix."""

import json
import sys
from typing import NoReturn

OK, FAILED, USAGE, CONFIGURATION, UNREACHABLE, REFUSED, DRIFT = 0, 1, 2, 3, 4, 5, 10


def say(text: str) -> None:
    """One line for people."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say_json(value: object) -> None:
    """One JSON value on one line."""
    say(json.dumps(value, ensure_ascii=False, default=str))


def warn(text: str) -> None:
    """One line on stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def fail(code: int, what: str, where: str = "", why: str = "", fix: str = "") -> NoReturn:
    """Say what went wrong, where, why and how to fix, on stderr; exit with the code."""
    parts = [f"error: {what}", where and f"  where: {where}", why and f"  why:   {why}", fix and f"  fix:   {fix}"]
    warn("\n".join(p for p in parts if p))
    raise SystemExit(code)
