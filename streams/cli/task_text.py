"""Tasks as text for people: the queue as a table, one task as a story."""

from datetime import UTC, datetime

from processors.envelope import Row

#: Heading -> how the cell is made from a row of v_queue_now.
_WIDTHS = {"left": 9, "tier": 4, "priority": 8, "title": 34, "patient": 22, "queue": 24, "owner": 12, "task": 12}


def table(rows: list[Row]) -> str:
    """One line per task under a heading, least time left first as given."""
    lines = ["  ".join(name.upper().ljust(width) for name, width in _WIDTHS.items()).rstrip()]
    for row in rows:
        cells = {
            "left": time_left(row["seconds_left"]),
            "tier": row["acuity"],
            "priority": row["priority"],
            "title": row["title"],
            "patient": row["patient_name"],
            "queue": row["queue"],
            "owner": row["owner"] or "-",
            "task": row["task_id"],
        }
        lines.append("  ".join(_cut(cells[name], width, name) for name, width in _WIDTHS.items()).rstrip())
    return "\n".join(lines)


def story(task: Row, events: list[Row]) -> str:
    """Why the task is there, what it rests on, its clock, and everything that happened to it."""
    owner = task["owner"] or "nobody"
    lines = [
        f"{task['title']}",
        f"  patient      {task['patient_name']}  {task['patient_identifier']}  {task['location']}".rstrip(),
        f"  why          {task['reason']}",
        f"  next action  {task['next_action']}",
        f"  who          {task['queue']}, owner: {owner}, tier {task['acuity']}, {task['priority']}",
        f"  state        {task['status']} ({task['business_status']}), revision {task['revision']}",
        f"  clock        {_clock(task)}",
        f"  rule         {task['rule_id']} {task['rule_version']}: {task['citation']}".rstrip(": "),
        f"  ids          task {task['task_id']}, message {task['correlation_id']}, decision {task['decision_id']}",
        "  evidence",
    ]
    lines += [f"    {_evidence(item)}" for item in task["evidence"]]
    lines.append("  history")
    lines += [f"    {_event(event)}" for event in events]
    return "\n".join(lines)


def time_left(seconds: int | None) -> str:
    """For example `12:05`, `1 h 10`, `late 3:20`; a dash without a clock."""
    if seconds is None:
        return "-"
    late, rest = ("late " if seconds < 0 else ""), abs(seconds)
    hours, minutes = rest // 3600, rest % 3600 // 60
    return f"{late}{hours} h {minutes:02}" if hours else f"{late}{minutes}:{rest % 60:02}"


def moment(microseconds: int) -> str:
    """UTC to the second; a dash for none."""
    if not microseconds:
        return "-"
    return datetime.fromtimestamp(microseconds / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _cut(text: str, width: int, name: str) -> str:
    if len(text) <= width:
        return text.ljust(width)
    return text[:width] if name == "task" else f"{text[: width - 1]}…"


def _clock(task: Row) -> str:
    times = {
        "acknowledge by": task["acknowledge_by"],
        "acknowledged": task["acknowledged_at"],
        "due": task["due_at"],
        "created": task["created_at"],
    }
    known = [f"{name} {moment(at)}" for name, at in times.items() if at]
    return ", ".join([task["sla_state"], *known, f"ladder step {task['step']}"])


def _evidence(item: Row) -> str:
    limit = f" (limit {item['limit']})" if item["limit"] else ""
    value = f"{item['label']} {item['value']} {item['unit']}".rstrip()
    return f"{value}{limit} at {item['at'] or '?'}, status {item['status'] or '?'}, from {item['path']}"


def _event(event: Row) -> str:
    actor = f"{event['actor_kind']} {event['actor_id']}" + (f" as {event['actor_role']}" if event["actor_role"] else "")
    if event["accepted"]:
        what = f"{event['command']} -> {event['to_status']} ({event['business_status']})"
    else:
        what = f"{event['command']} refused: {event['refusal']}"
    why = f", {event['reason_code']}" if event["reason_code"] else ""
    comment = f', "{event["comment"]}"' if event["comment"] else ""
    return f"{moment(event['at'])}  {what}{why}{comment}  by {actor}"
