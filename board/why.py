"""Why a task exists: the decision with its clauses and evidence, the clock, the chain of records and the history."""

from processors import topics
from processors.envelope import Row
from streams.sinks.chain import chain_of
from streams.sinks.reads import Reads

SECOND = 1_000_000
MOST_MESSAGES = 5
MOST_EVENTS = 200
MOST_DECISIONS = 50
#: What a step of the ladder does -> its words, before the role.
STEP_WORDS = {"escalate": "moves to", "notify": "reminds"}
#: Words of businessStatus where somebody has acknowledged and not said what they do: the ladder goes on.
ACTION_AWAITED = "action awaited"


def why(reads: Reads, task_id: str) -> Row | None:
    """All that the panel shows, as plain rows; None for an unknown task."""
    task = reads.row("task", task_id=task_id)
    if task is None:
        return None
    decisions = reads.rows("task_decisions", task_id=task_id, decision_id=task["decision_id"], limit=MOST_DECISIONS)
    decision = next(
        (d for d in decisions if d["event_id"] == task["decision_id"]), decisions[-1] if decisions else None
    )
    messages = [row["correlation_id"] for row in reads.rows("task_messages", task_id=task_id)]
    gap = reads.row("has_gap", patient_key=task["patient_key"])
    return {
        "task": task,
        "decision": decision,
        "taken_back": next((d for d in reversed(decisions) if d["effect"].startswith("retract")), None),
        "earlier": [d for d in decisions if d is not decision],
        "evidence": task["evidence"],
        "ladder": ladder(task),
        "chains": [_chain(reads, message, task) for message in messages[:MOST_MESSAGES]],
        "history": reads.rows("task_events", task_id=task_id, limit=MOST_EVENTS),
        "records_missing": gap["missing"] if gap else 0,
    }


def ladder(task: Row) -> list[Row]:
    """The moments of the clock in order: at (microseconds), what happens, and state (reached, open, stopped)."""
    begun, owner = task["created_at"], task["owner"] or "somebody"
    waits = "open" if task["is_open"] else "stopped"
    awaits_action = ACTION_AWAITED in task["business_status"]
    climbs = "stopped" if task["acknowledged_at"] and not awaits_action else waits
    moments = [(begun, "made", "reached")]
    for number, step in enumerate(task["sla"]["ladder"], 1):
        state = "reached" if task["step"] >= number else climbs
        moments.append(
            (begun + step["after_s"] * SECOND, f"step {number}: {STEP_WORDS[step['action']]} {step['role']}", state)
        )
    if task["acknowledged_at"]:
        moments.append((task["acknowledged_at"], f"acknowledged by {owner}", "reached"))
    elif task["acknowledge_by"]:
        moments.append((task["acknowledge_by"], "must be acknowledged", waits))
    if task["due_at"]:
        moments.append((task["due_at"], "due", waits))
    return [{"at": at, "what": what, "state": state} for at, what, state in sorted(moments, key=lambda m: m[0])]


def _chain(reads: Reads, correlation_id: str, task: Row) -> Row:
    """The records of one message that led to this task; other results of the same message are only counted."""
    records = chain_of(reads, correlation_id)
    concerned = {task["focus"], task["task_id"], task["decision_id"], *(item["record_id"] for item in task["evidence"])}
    kept = [
        row
        for row in records
        if row["topic"] in (topics.RAW, topics.MESSAGE, topics.DEAD_LETTER)
        or row["event_id"] in concerned
        or row["ref"] in concerned
    ]
    return {
        "correlation_id": correlation_id,
        "raw": reads.row("raw", event_id=correlation_id),
        "records": kept,
        "others": len(records) - len(kept),
    }
