"""Runs one role in a Faust worker; the only module of the workers with an effect when it is run."""

import importlib

from streams.app import Host, create_app, run_host
from streams.parts import connect
from streams.settings import Settings

ROLES = ("normalize", "project", "decide", "tasks", "feeds")


def build(role: str, settings: Settings) -> Host:
    """The app of one role with its agents registered. Raises ConfigError, RegistryUnreachable, SchemaMissing."""
    host = create_app(role, connect(settings))
    importlib.import_module(f"streams.agents.{role}").register(host)
    importlib.import_module("streams.agents.control_log").register(host)
    return host


def run(role: str, settings: Settings) -> None:
    """Run until SIGTERM or Ctrl-C; ends the process."""
    run_host(build(role, settings), role)
