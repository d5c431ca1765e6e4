"""The `wardline` command: a table of subcommands, each module imported only when it is called."""

import importlib
import sys

import typer

from streams.collector import collect_seldom

#: command -> (module in streams.cli, function or typer app, one-line help)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "demo": ("demo", "demo", "everything, fed by a simulated hospital; prints the board's address"),
    "up": ("up", "up", "start Kafka, the registry and all roles; goes on until stopped"),
    "worker": ("worker", "worker", "run one role: normalize, project, decide, tasks or feeds"),
    "gateway": ("gateway", "gateway", "listen for HL7 v2 over MLLP"),
    "sink": ("sink", "sink", "write the SQL store"),
    "board": ("board", "board", "serve the queue board"),
    "doctor": ("doctor", "doctor", "check every part and say how to mend it"),
    "convert": ("convert", "convert", "HL7 v2 in, one FHIR Bundle per message out (NDJSON)"),
    "try": ("try_path", "try_path", "the whole path in memory, nothing written"),
    "coverage": ("coverage", "coverage", "which rows of HL7's v2-to-FHIR guide are mapped, shown by probe messages"),
    "sites": ("sites", "app", "sites: check, show, maps"),
    "send": ("send", "send", "send files over MLLP and print each ACK"),
    "simulate": ("simulate", "simulate", "a simulated hospital that sends HL7 v2 over MLLP"),
    "trace": ("trace", "trace", "one message or task from socket to task"),
    "why": ("why", "why", "why a task or record is there: rule, clauses, evidence, who decided"),
    "why-not": ("why_not", "why_not", "why a rule did not fire for a message or a patient"),
    "find": ("trace", "find", "find messages by MRN, visit, accession or control id"),
    "dlq": ("dlq", "app", "dead letters: list, show, redrive"),
    "rules": ("rules", "app", "rules: list, test, backtest, diff, disable, enable"),
    "tasks": ("tasks", "app", "tasks: list, show, claim, complete, dismiss, override"),
    "topics": ("topics", "app", "topics: plan, apply, check"),
    "schemas": ("schemas", "app", "schemas: check, accept, register"),
    "replay": ("replay", "replay", "recompute stages from the recorded input and compare digests"),
}


def main() -> None:
    """Run one subcommand. Exits 0 fine, 1 failed, 2 usage, 3 configuration, 4 unreachable, 5 refused, 10 drift."""
    collect_seldom()
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in COMMANDS:
        _overview(name)
    module, attribute, help_text = COMMANDS[name]
    target = getattr(importlib.import_module(f"streams.cli.{module}"), attribute)
    if isinstance(target, typer.Typer):
        app = target
    else:
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command(help=target.__doc__ or help_text)(target)
    sys.argv = [f"wardline {name}", *sys.argv[2:]]
    app(prog_name=f"wardline {name}")


def _overview(name: str) -> None:
    asked = name in ("", "--help", "-h", "help")
    out = sys.stdout if asked else sys.stderr
    if not asked:
        out.write(f"error: there is no command '{name}'\n\n")
    out.write("usage: wardline COMMAND [OPTIONS]\n\n")
    out.writelines(f"  {command:<10} {text}\n" for command, (_, _, text) in COMMANDS.items())
    raise SystemExit(0 if asked else 2)
