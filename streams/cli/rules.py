"""`wardline rules`: list, test and compare the rules; turn one off and on in a running system."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from processors.envelope import Row
from processors.errors import ConfigError
from processors.records.rule_cases import Coverage, in_force, run_cases
from processors.rules.compiled import RuleSet
from processors.rules.language import Rule
from streams.cli.backtest import backtest
from streams.cli.diff import diff
from streams.cli.output import CONFIGURATION, FAILED, UNREACHABLE, fail, say, say_json
from streams.rules import load_cases, load_rules
from streams.settings import Settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, help=__doc__)
app.command("backtest")(backtest)
app.command("diff")(diff)

Folder = Annotated[Path | None, typer.Argument(help="folder of rules; else the project's", metavar="[DIR]")]
Data = Annotated[Path | None, typer.Option("--data", help="data folder")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, one value per line")]
RuleId = Annotated[str, typer.Argument(help="id of the rule", metavar="ID")]
User = Annotated[str, typer.Option("--as", help="your user id; else the one of this computer")]
CONTROL_TIMEOUT_S = 5.0


@app.command("list")
def list_rules(folder: Folder = None, as_json: AsJson = False, data: Data = None) -> None:
    """All rules with version, status, domain and outcome; what is disabled where a system is running."""
    settings = Settings.load(data)
    rules = _load(folder or settings.rules_dir)
    disabled = _disabled(settings)
    rows = [_row(compiled.rule, disabled) for compiled in rules.rules]
    if as_json:
        for row in rows:
            say_json(row)
        return
    for row in rows:
        say(f"{row['id']:<30} {row['version']:<4} {row['in_force']:<9} {row['domain']:<18} {row['outcome']}")
    say(f"\n{len(rows)} rules, set {rules.digest[:12]}")
    if disabled is None and settings.bootstrap:
        say("which rules are disabled is not known: the broker or the registry does not answer")


@app.command("test")
def run_rule_cases(folder: Folder = None, as_json: AsJson = False) -> None:
    """Run the cases beside the rules through the real decide step; exit code 1 when one fails."""
    where = folder or Settings.load().rules_dir
    rules, coverage = _load(where), Coverage()
    try:
        cases = load_cases(where)
    except ConfigError as why:
        fail(CONFIGURATION, "the cases are not valid", f"{why.file}:{why.line}", why.what, "correct the file")
    rows = [
        {"file": file, "case": case.name, "passed": not wrong, "wrong": wrong}
        for file, found in cases.items()
        for case, wrong in run_cases(rules, found, coverage)
    ]
    for row in rows:
        _say_case(row, as_json=as_json)
    failed = sum(not row["passed"] for row in rows)
    _say_coverage(rules, coverage, {"cases": len(rows), "failed": failed}, as_json=as_json)
    if failed or not rows:
        raise SystemExit(FAILED)


@app.command("disable")
def disable(
    rule_id: RuleId,
    reason: Annotated[str, typer.Option(help="why, kept with the switch")],
    user: User = "",
    data: Data = None,
) -> None:
    """Stop a rule from opening tasks, at once and without a restart. Corrections still take its open tasks back."""
    _switch(rule_id, "rule_disabled", reason, user, Settings.load(data))
    say(f"{rule_id}: disabled")


@app.command("enable")
def enable(
    rule_id: RuleId,
    reason: Annotated[str, typer.Option(help="why, kept with the switch")] = "",
    user: User = "",
    data: Data = None,
) -> None:
    """Let a disabled rule open tasks again."""
    _switch(rule_id, "rule_enabled", reason, user, Settings.load(data))
    say(f"{rule_id}: enabled")


def _load(folder: Path) -> RuleSet:
    try:
        return load_rules(folder)
    except ConfigError as why:
        fail(CONFIGURATION, "the rules are not valid", f"{why.file}:{why.line}", why.what, "correct the file")


def _row(rule: Rule, disabled: frozenset[str] | None) -> Row:
    off = disabled is not None and rule.id in disabled
    return {
        "id": rule.id,
        "version": rule.version,
        "status": rule.status,
        "in_force": "disabled" if off else rule.status,
        "domain": rule.domain,
        "outcome": rule.outcome,
        "record": rule.on.record,
        "owner": rule.owner,
        "role": rule.route.role,
        "effective_from": rule.effective_from,
        "citation": rule.citation,
    }


def _say_case(row: Row, *, as_json: bool) -> None:
    if as_json:
        say_json(row)
        return
    say(f"{'pass' if row['passed'] else 'FAIL'}  {row['case']}")
    for text in row["wrong"]:
        say(f"      {text}")


def _say_coverage(rules: RuleSet, coverage: Coverage, counts: dict[str, int], *, as_json: bool) -> None:
    gaps = coverage.gaps(rules)
    share = round(coverage.share(rules), 1)
    if as_json:
        shown = [{"rule": rule, "clause": clause, "gap": gap} for rule, clause, gap in gaps]
        say_json({**counts, "rules": len(in_force(rules)), "clause_coverage": share, "gaps": shown})
        return
    say(f"\n{counts['cases']} cases, {counts['failed']} failed; {len(in_force(rules))} rules in force")
    say(f"clauses seen true and false: {share} %")
    for rule, clause, gap in gaps:
        say(f"  {rule}: '{clause}' {gap}")


def _disabled(settings: Settings) -> frozenset[str] | None:
    """Ids that are switched off; None when no running system answers."""
    from streams.codec import CodecError
    from streams.control import ControlWatch
    from streams.parts import connect
    from streams.registry import RegistryError

    if not settings.bootstrap:
        return None
    try:
        watch = ControlWatch(settings.bootstrap, connect(settings).codec, {})
    except (CodecError, RegistryError, ConfigError):
        return None
    try:
        watch.start(CONTROL_TIMEOUT_S)
        return watch.effective().disabled
    except (TimeoutError, KeyError, RuntimeError):
        return None
    finally:
        watch.close()


def _switch(rule_id: str, kind: str, reason: str, user: str, settings: Settings) -> None:
    from processors.config import nearest
    from streams.clock import now_us
    from streams.codec import CodecError
    from streams.parts import connect
    from streams.registry import RegistryError
    from streams.rules import SwitchFailed, switch, switch_records

    rules = _load(settings.rules_dir)
    if rule_id not in rules.by_id:
        fail(FAILED, f"there is no rule '{rule_id}'{nearest(rule_id, rules.by_id)}", fix="wardline rules list")
    if not settings.bootstrap:
        fail(UNREACHABLE, "no broker is known", str(settings.data_dir), "run.json is missing", "start `wardline up`")
    try:
        parts = connect(settings)
        made = switch_records(rule_id, kind, reason, user or getpass.getuser(), (parts.keyring, now_us()))
        switch(settings.bootstrap, parts.codec, *made)
    except SwitchFailed as why:
        fail(UNREACHABLE, "the broker did not confirm the switch", settings.bootstrap, str(why), "send it again")
    except (CodecError, RegistryError) as why:
        fail(UNREACHABLE, str(why), settings.registry_url, fix="wardline doctor")
