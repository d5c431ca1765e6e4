"""The answers of `wardline why` and `wardline why-not` as text for people."""

from processors.envelope import Row
from streams.cli.task_text import moment

MOST_SHOWN = 20


def because(answer: Row) -> str:
    """What was asked about, its decisions clause by clause, then each step with who did it."""
    lines = [*_subject(answer)]
    for decision in answer["decisions"]:
        lines += ["", *decided(decision)]
    lines += ["", "steps"]
    lines += [f"  {moment(step['known_at'])}  {step['decided_by']:<10}  {_told(step)}" for step in answer["steps"]]
    return "\n".join(lines)


def decided(decision: Row) -> list[str]:
    """One decision: rule and version, reason, clauses, evidence, what to do."""
    marks = [
        word for word, is_so in (("shadow", decision["shadow"]), ("held back", decision["suppressed_by"])) if is_so
    ]
    head = f"{decision['rule_id']} {decision['rule_version']}, set {decision['rule_set'][:12]}"
    lines = [
        f"decided by {decision['decided_by']}: {head}: {', '.join([decision['effect'], *marks])}",
        f"  because      {decision['reason']}",
    ]
    lines += [f"  held back    {decision['suppressed_by']}"] if decision["suppressed_by"] else []
    lines += score(decision["score"])
    lines += ["  clauses", *clauses(decision["clauses"]), "  evidence", *map(_evidence, decision["evidence"])]
    lines += [f"  next action  {decision['next_action']}"] if decision["next_action"] else []
    lines += [f"  source       {decision['citation']}"] if decision["citation"] else []
    return lines


def score(found: Row | None) -> list[str]:
    """A computed score with its inputs; nothing where the rule rests on none."""
    if not found:
        return []
    whole = "" if found["complete"] else ", not complete"
    inputs = [f"    {one['name']}: {_value(one)}, {one['points']} points, {one['state']}" for one in found["inputs"]]
    return [f"  score        {found['name']} {found['value'] or '?'} {found['band']}{whole}".rstrip(), *inputs]


def clauses(traces: list[Row]) -> list[str]:
    """Each clause with its answer, what it looked at and where that stood in the message."""
    return [f"    {'yes' if one['holds'] else 'no ':<3}  {one['text']}: {_value(one)}" for one in traces]


def because_not(answer: Row) -> str:
    """How often which cause, and the nearest miss clause by clause; for few answers each of them."""
    rule, found = answer["rule"], answer["answers"]
    lines = [f"{rule['id']} {rule['version']} ({rule['status']}), set {rule['rule_set'][:12]}"]
    if answer["cause"]:
        return "\n".join([*lines, f"  {answer['words']}: it is {answer['detail']}"])
    if answer["nearest"] and len(found) > 1:
        lines += ["", "nearest", *_miss(answer["nearest"])]
    shown = found[:MOST_SHOWN]
    counts = ", ".join(f"{n} {cause}" for cause, n in answer["counts"].items())
    lines += ["", f"{len(found)} answer{'' if len(found) == 1 else 's'}: {counts}"]
    lines += [line for one in shown for line in (_miss(one) if len(found) == 1 else _head(one))]
    rest = len(found) - len(shown)
    return "\n".join([*lines, f"  and {rest} older ones: --json has all"] if rest else lines)


def _head(one: Row) -> list[str]:
    detail = f": {one['detail']}" if one["detail"] else ""
    return [f"  {moment(one['received_at'])}  message {one['control_id']} ({one['feed']}): {one['words']}{detail}"]


def _miss(one: Row) -> list[str]:
    lines = _head(one)
    lines += [f"  {line}" for line in score(one["score"])]
    if one["clauses"]:
        lines += ["    clauses", *(f"  {line}" for line in clauses(one["clauses"]))]
    if one["cause"] in ("fired", "shadow", "suppressed") and one["decision_id"]:
        lines.append(f"    wardline why {one['decision_id']}")
    if one["recorded"]:
        same = "the same" if one["agrees"] else "otherwise: the rules or the code have changed since"
        lines.append(f"    recorded under set {one['recorded']['rule_set'][:12]}, recomputed now: {same}")
    return lines


def _subject(answer: Row) -> list[str]:
    task, record = answer["task"], answer["record"]
    lines = []
    if record:
        lines.append(f"{record['topic']} {record['event_id']}: {record['path']} {record['what']}".replace("  ", " "))
    if task:
        lines += [
            f"{task['title']}  (task {task['task_id']})",
            f"  state        {task['status']} ({task['business_status']}), {task['queue']}, "
            f"owner: {task['owner'] or 'nobody'}",
        ]
    if not answer["decisions"]:
        lines.append("  no rule decided on it: it follows from the message as the steps say")
    return lines


def _told(step: Row) -> str:
    return f"{step['name']}: {step['stage']}, {step['what']}"


def _value(one: Row) -> str:
    value = f"{one['value']} {one['unit']}".strip() or "nothing"
    return f"{value}{' from ' + one['path'] if one['path'] else ''}"


def _evidence(item: Row) -> str:
    limit = f" (limit {item['limit']})" if item["limit"] else ""
    more = [f"at {item['at']}" if item["at"] else "", f"status {item['status']}" if item["status"] else ""]
    more.append(f"from {item['path']}" if item["path"] else "")
    value = f"{item['label']} {item['value']} {item['unit']}".rstrip()
    return ", ".join(["    " + value + limit, *filter(None, more)])
