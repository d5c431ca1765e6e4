"""Why a task or a record is there, from the SQL store: its decisions clause by clause, and who did each step."""

from collections.abc import Iterable

from processors import topics
from processors.envelope import Row
from streams.sinks.chain import STAGE_WORDS, chain_of
from streams.sinks.reads import Reads

MOST_EVENTS = 200
#: Comes after every character that an id can hold.
_LAST = "\U0010ffff"
#: Who writes the records that no rule and no person stands behind.
_STAGES = {topics.RAW: "gateway", topics.MESSAGE: "normalize", **dict.fromkeys(topics.CANONICAL, "project")}
_ARRIVAL = frozenset({topics.RAW, topics.MESSAGE, topics.DEAD_LETTER})
_TASK_FIELDS = (
    *("task_id", "title", "status", "business_status", "reason", "next_action", "priority", "acuity", "queue", "owner"),
    *("rule_id", "rule_version", "decision_id", "citation", "created_at", "due_at", "sla_state", "revision"),
)
_DECISION_FIELDS = (
    *("event_id", "rule_id", "rule_version", "rule_set", "domain", "decided_by", "outcome", "effect", "shadow"),
    *("suppressed_by", "reason", "next_action", "citation", "role", "unit", "acuity", "sla", "score", "clauses"),
    *("evidence", "task_id", "correlation_id", "known_at"),
)


class Ambiguous(Exception):
    """More than one task begins with the given letters."""


def why(reads: Reads, asked: str) -> Row | None:
    """The answer for a task (its id, or the beginning of it) or a record (its event id); None for neither.

    Raises Ambiguous.
    """
    record = None
    task_id = _task_id(reads, asked)
    if not task_id:
        record = reads.row("event", event_id=asked)
        if record is None:
            return None
        if record["topic"] in (topics.TASK, topics.TASK_EVENT):
            task_id = record["ref"]
    answer = _of_task(reads, task_id) if task_id else _of_record(reads, record or {})
    return {"asked": asked, "record": _shown(record) if record else None, **answer}


def _task_id(reads: Reads, asked: str) -> str:
    found = [row["task_id"] for row in reads.rows("tasks_like", begin=asked, end=asked + _LAST)] if asked else []
    if len(found) > 1 and asked not in found:
        raise Ambiguous(asked)
    return str(found[0]) if found else ""


def _of_task(reads: Reads, task_id: str) -> Row:
    task = reads.row("task", task_id=task_id) or {}
    decided = reads.rows("task_decisions", task_id=task_id, decision_id=task["decision_id"], limit=MOST_EVENTS)
    events = reads.rows("task_events", task_id=task_id, limit=MOST_EVENTS)
    messages = [row["correlation_id"] for row in reads.rows("task_messages", task_id=task_id) if row["correlation_id"]]
    return {
        "task": {name: task[name] for name in _TASK_FIELDS},
        "decisions": [_decision(row) for row in decided],
        "steps": _steps(reads, messages, decided, events),
    }


def _of_record(reads: Reads, record: Row) -> Row:
    """A decision, a canonical record, an end state, a dead letter or a message: what led to it."""
    decision = reads.row("decision", event_id=record["event_id"])
    decided = [decision] if decision else []
    events = reads.rows("task_events", task_id=decision["task_id"], limit=MOST_EVENTS) if decision else []
    own = [] if decision or record["topic"] in _ARRIVAL else [_by_middleware(record)]
    steps = _steps(reads, [record["correlation_id"]], decided, events)
    return {"task": None, "decisions": [_decision(row) for row in decided], "steps": _in_order([*steps, *own])}


def _decision(row: Row) -> Row:
    return {name: row[name] for name in _DECISION_FIELDS}


def _steps(reads: Reads, messages: Iterable[str], decided: list[Row], events: list[Row]) -> list[Row]:
    """What happened, each with who did it: middleware, a rule or a person."""
    proof = {item["record_id"] for row in decided for item in row["evidence"] if item["record_id"]}
    arrived = [row for one in messages for row in chain_of(reads, one)]
    shown = [row for row in arrived if row["topic"] in _ARRIVAL or row["event_id"] in proof]
    by_rule = [_by_rule(row) for row in decided]
    return _in_order([*map(_by_middleware, shown), *by_rule, *map(_by_actor, events)])


def _in_order(steps: list[Row]) -> list[Row]:
    return sorted(steps, key=lambda step: step["known_at"])


def _by_middleware(row: Row) -> Row:
    what = f"{row['path']} {row['what']}".strip()
    return _step(row, "middleware", _STAGES.get(row["topic"], "middleware"), STAGE_WORDS[row["topic"]], what)


def _by_rule(row: Row) -> Row:
    held = f", held back: {row['suppressed_by']}" if row["suppressed_by"] else ""
    what = f"{row['outcome']}, {row['effect']}{', in shadow' if row['shadow'] else ''}{held}"
    return _step(row, row["decided_by"], f"{row['rule_id']} {row['rule_version']}", "decision", what)


def _by_actor(row: Row) -> Row:
    name = f"{row['actor_id']}{' as ' + row['actor_role'] if row['actor_role'] else ''}"
    change = f"{row['command']}: {row['to_status'] if row['accepted'] else 'refused, ' + row['refusal']}"
    coded = f", {row['reason_code']}" if row["reason_code"] else ""
    return _step(row, row["actor_kind"], name, "transition", change + coded)


def _step(row: Row, decided_by: str, name: str, stage: str, what: str) -> Row:
    return {
        "known_at": row["known_at"],
        "decided_by": decided_by,
        "name": name,
        "stage": stage,
        "what": what,
        "event_id": row["event_id"],
        "message": row["correlation_id"],
    }


def _shown(record: Row) -> Row:
    return {name: record[name] for name in ("event_id", "topic", "correlation_id", "path", "what", "known_at")}
