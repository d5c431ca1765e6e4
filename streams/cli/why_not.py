"""`wardline why-not`: why a rule did not fire for a message or a patient."""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from confluent_kafka import KafkaException

from processors.config import nearest as nearest_name
from processors.envelope import Record, Row
from processors.errors import ConfigError
from processors.identity import Keyring
from processors.records.why_not import WORDS, Cause, Recomputed
from processors.rules.compiled import RuleSet
from streams.cli.audit import audited
from streams.cli.diff import named_set
from streams.cli.output import CONFIGURATION, FAILED, UNREACHABLE, USAGE, fail, say, say_json
from streams.cli.why_text import because_not
from streams.codec import CodecError
from streams.keys import load_keyring
from streams.parts import connect
from streams.registry import RegistryError
from streams.settings import Settings
from streams.sinks.reads import Reads, StoreMissing, reading
from streams.sinks.why_not import Asked, about_message, about_patient, answers, nearest, switches
from streams.timeline import Question, decide_again

_IN_FORCE = frozenset({"active", "shadow"})


@dataclass(frozen=True, slots=True)
class _Recomputing:
    """What Kafka gave: None and why, where it did not answer."""

    recomputed: Recomputed | None
    evaluations: Mapping[str, Record]
    events: int = 0
    unreachable: str = ""


def why_not(
    *,
    rule: Annotated[str, typer.Option(help="id of the rule")],
    patient: Annotated[str, typer.Option(help="patient identifier")] = "",
    authority: Annotated[str, typer.Option(help="its assigning authority, as the identity policy names it")] = "",
    message: Annotated[str, typer.Option(help="MSH-10 of the message")] = "",
    rules: Annotated[str, typer.Option(help="folder or git version of the rules; else the project's")] = "",
    data: Annotated[Path | None, typer.Option(help="data folder")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON value")] = False,
) -> None:
    """Why a rule did not fire: the clause that failed, or duplicate, late, held back, shadow, filtered, not asked."""
    settings = Settings.load(data)
    if bool(patient) == bool(message) or (authority and not patient):
        fail(USAGE, "one of --patient [--authority] and --message is needed", fix="wardline why-not --help")
    known = named_set(rules or str(settings.rules_dir), settings.rules_dir)
    if rule not in known.by_id:
        fix = "wardline rules list; a rule that is gone: --rules with a folder or version that has it"
        fail(FAILED, f"there is no rule '{rule}'{nearest_name(rule, known.by_id)}", fix=fix)
    ring = load_keyring(settings.data_dir)
    if ring is None:
        fail(CONFIGURATION, "the data folder has no identity.key", str(settings.data_dir), fix="give --data")
    try:
        with reading(settings.database) as reads:
            asked = _asked(reads, ring, message, (patient, authority))
            answer, work = _answer(reads, known, rule, asked, settings)
    except StoreMissing as why:
        fix = "start `wardline up`, or give --data"
        fail(CONFIGURATION, "there is no store yet", str(why), "the sink has not run", fix)
    except sqlite3.DatabaseError as why:
        fail(CONFIGURATION, "the store cannot be read", str(settings.database), str(why), "wardline doctor")
    audited(settings, "why-not", [f"message/{line['correlation_id']}" for line in asked.lines])
    say_json(answer) if as_json else say(because_not(answer))
    if work.unreachable and any(row["cause"] == Cause.UNKNOWN for row in answer["answers"]):
        what = "the evaluations cannot be read, so that the answer is not complete"
        fail(UNREACHABLE, what, settings.bootstrap or str(settings.data_dir), work.unreachable, "wardline doctor")


def _asked(reads: Reads, ring: Keyring, message: str, patient: tuple[str, str]) -> Asked:
    asked = about_message(reads, ring, message) if message else about_patient(reads, ring, *patient)
    if not asked.lines:
        what = "control id" if message else "patient identifier"
        fail(FAILED, f"no message is known under this {what}", fix="the sink may still be behind: wardline doctor")
    return asked


def _answer(reads: Reads, known: RuleSet, rule_id: str, asked: Asked, settings: Settings) -> tuple[Row, _Recomputing]:
    rule = known.by_id[rule_id].rule
    head = {"id": rule.id, "version": rule.version, "status": rule.status, "rule_set": known.digest}
    if rule.status not in _IN_FORCE:
        said = {"cause": Cause.NOT_IN_FORCE.value, "words": WORDS[Cause.NOT_IN_FORCE], "detail": rule.status}
        return {"rule": head, **said, "events": 0, "counts": {}, "nearest": None, "answers": []}, _Recomputing(None, {})
    question = Question(rules=known, rule_id=rule_id, keys=asked.keys, switches=switches(reads))
    work = _recomputed(question, settings)
    found = answers(reads, rule, asked, work.recomputed, work.evaluations)
    counts = Counter(row["cause"] for row in found)
    tail = {"events": work.events, "counts": dict(counts), "nearest": nearest(found), "answers": found}
    return {"rule": head, "cause": "", "words": "", "detail": "", **tail}, work


def _recomputed(question: Question, settings: Settings) -> _Recomputing:
    if not settings.bootstrap:
        return _Recomputing(None, {}, unreachable="no broker is known: run.json is missing")
    try:
        found = decide_again(connect(settings), question)
    except (RegistryError, CodecError, ConfigError, KafkaException, TimeoutError) as why:
        return _Recomputing(None, {}, unreachable=str(why))
    return _Recomputing(found.recomputed, found.evaluations, found.events)
