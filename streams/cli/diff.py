"""`wardline rules diff`: what differs between two rule sets, and what changed without a new version."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from processors.errors import ConfigError
from processors.rules.compiled import RuleSet
from processors.rules.differences import Change, Differences, differences
from streams.cli.output import CONFIGURATION, DRIFT, fail, say, say_json
from streams.rule_versions import VersionUnknown, rule_set
from streams.settings import Settings

SHOWN_DIGITS = 12


def diff(
    before: Annotated[
        str, typer.Argument(metavar="A", help="folder of rules, or a git version of the project's rules")
    ],
    after: Annotated[str, typer.Argument(metavar="[B]", help="the same; else the project's rules as they are")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON value")] = False,
) -> None:
    """Rules and limits added, removed and changed, field by field. Exit code 10: changed without a new version."""
    folder = Settings.load().rules_dir
    names = (before, after or str(folder))
    sets = (named_set(names[0], folder), named_set(names[1], folder))
    found = differences(*sets)
    if as_json:
        heads = [_head(name, rules) for name, rules in zip(names, sets, strict=True)]
        say_json({"a": heads[0], "b": heads[1], **asdict(found)})
    else:
        _show(names, sets, found)
    if found.unversioned:
        rules = ", ".join(f"{one.rule_id} {one.version}" for one in found.unversioned)
        fix = "give each a new version, so that decisions say which content they rest on"
        fail(DRIFT, "rules changed without a new version", names[1], rules, fix)


def named_set(name: str, folder: Path) -> RuleSet:
    """The rule set of that name. Exit code 3 when there is none or it does not load."""
    try:
        return rule_set(name, folder)
    except ConfigError as why:
        fail(CONFIGURATION, f"the rules of '{name}' are not valid", f"{why.file}:{why.line}", why.what, "correct them")
    except VersionUnknown as why:
        fix = "name a folder of rules, or a version that `git log` of the rules shows"
        fail(CONFIGURATION, f"there is no rule set '{name}'", str(folder), str(why), fix)


def _head(name: str, rules: RuleSet) -> dict[str, object]:
    return {"name": name, "rules": len(rules.rules), "digest": rules.digest}


def _show(names: tuple[str, str], sets: tuple[RuleSet, RuleSet], found: Differences) -> None:
    for letter, name, rules in zip("AB", names, sets, strict=True):
        say(f"{letter}  {name}: {len(rules.rules)} rules, set {rules.digest[:SHOWN_DIGITS]}")
    for change in found.changes:
        say(_line(change))
        for field in change.fields:
            say(f"           {field.path}: {field.before or '-'} -> {field.after or '-'}")
    for one in found.unversioned:
        say(f"WITHOUT A NEW VERSION  {one.rule_id} {one.version}: {', '.join(one.because)}")
    if not found.changes:
        say("no difference" if sets[0].digest == sets[1].digest else "no difference but in the form of the files")


def _line(change: Change) -> str:
    name = f"analyte {change.name}" if change.what == "analyte" else change.name
    before, after = change.version_before, change.version_after
    versions = f" {before} -> {after}" if before and after and before != after else f" {after or before}"
    return f"{change.kind:<9}{name}{versions}".rstrip()
