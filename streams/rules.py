"""Rule files of a folder as one RuleSet, their cases, and the switch that turns a rule off and on while all runs."""

import secrets
from pathlib import Path

from processors.config import load
from processors.envelope import NO_SOURCE, VERSION, Record
from processors.errors import ConfigError
from processors.identity import Keyring
from processors.rules.cases import Case, CaseFile, all_cases
from processors.rules.compiled import RuleSet
from processors.rules.parse import parse_rules
from processors.topics import AUDIT, CONTROL
from streams.codec import Codec
from streams.confirmed import ConfirmedWriter, NotConfirmed

CASES = ".cases.yaml"
DELIVERY_TIMEOUT_S = 8.0


class SwitchFailed(Exception):
    """The broker did not confirm the switch in time."""


def load_rules(folder: Path) -> RuleSet:
    """All rules/*.yaml except the cases. Raises ConfigError with file, line and what is wrong."""
    files = [path for path in sorted(folder.glob("*.yaml")) if not path.name.endswith(CASES)]
    if not files:
        raise ConfigError(str(folder), 1, "no rule files (*.yaml) here")
    return parse_rules({path.name: path.read_text(encoding="utf-8") for path in files})


def load_cases(folder: Path) -> dict[str, list[Case]]:
    """Cases by file name. Raises ConfigError."""
    files = sorted(folder.glob(f"*{CASES}"))
    return {path.name: all_cases(load(path.read_text(encoding="utf-8"), path.name, CaseFile)) for path in files}


def switch_records(rule_id: str, kind: str, reason: str, user: str, made: tuple[Keyring, int]) -> tuple[Record, Record]:
    """The control record (kind rule_disabled or rule_enabled) and its audit record; `made` is keyring and time (µs)."""
    keyring, now_us = made
    actor = {"kind": "person", "id": user, "role": ""}
    event_id = keyring.event_id("control", kind, rule_id, secrets.token_hex(16))
    envelope = {
        "event_id": event_id,
        "correlation_id": event_id,
        "causation_id": "",
        "patient_key": "",
        "occurred_at": "",
        "received_at": now_us,
        "source": NO_SOURCE,
        "produced_by": {"component": "rules", "version": VERSION},
        "key_id": keyring.key_id,
        "actor": actor,
        "at": now_us,
    }
    name = f"rule/{rule_id}"
    control = {**envelope, "kind": kind, "name": name, "digest": "", "content": "", "reason": reason}
    audit = {**envelope, "event_id": keyring.event_id("audit", event_id), "causation_id": event_id}
    done = {
        "action": kind.removeprefix("rule_").removesuffix("d"),
        "target": name,
        "purpose": reason,
        "outcome": "done",
    }
    return control, {**audit, **done}


def switch(bootstrap: str, codec: Codec, control: Record, audit: Record) -> None:
    """Write both records; return when they are stored. Raises SwitchFailed."""
    entries = ((CONTROL, control["name"], control), (AUDIT, control["actor"]["id"], audit))
    try:
        ConfirmedWriter(bootstrap, codec, DELIVERY_TIMEOUT_S).write(entries)
    except NotConfirmed as why:
        raise SwitchFailed(str(why)) from why
