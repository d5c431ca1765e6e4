"""A rule set by name: a folder, or an earlier version of the folder of rules as git keeps it."""

import subprocess
from pathlib import Path

from processors.rules.compiled import RuleSet
from processors.rules.parse import parse_rules
from streams.rules import CASES, load_rules

GIT_TIMEOUT_S = 30.0


class VersionUnknown(Exception):
    """Neither a folder nor a version that git knows; the text says what was tried."""


def rule_set(name: str, folder: Path) -> RuleSet:
    """The set in the folder of that name, else the rules of `folder` at that git revision.

    Raises ConfigError for rules that do not load, VersionUnknown.
    """
    return load_rules(Path(name)) if Path(name).is_dir() else parse_rules(_texts(name, folder))


def _texts(revision: str, folder: Path) -> dict[str, str]:
    """The rule files as they were. A name that begins with a dash is no revision, and git must not take it as one."""
    if revision.startswith("-") or not folder.is_dir():
        raise VersionUnknown(f"'{revision}' is no folder and no version")
    listed = _git(folder, "ls-tree", "--name-only", revision, "./").splitlines()
    names = [name for name in listed if name.endswith(".yaml") and not name.endswith(CASES)]
    if not names:
        raise VersionUnknown(f"version '{revision}' has no rules (*.yaml) in this folder")
    return {name: _git(folder, "show", f"{revision}:./{name}") for name in names}


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8", timeout=GIT_TIMEOUT_S)
    except FileNotFoundError as why:
        raise VersionUnknown("git is not installed, so that only folders can be compared") from why
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as why:
        raise VersionUnknown(f"git knows no such version of this folder ({type(why).__name__})") from why
    return done.stdout
