"""The report of a backtest as text for people."""

from processors.envelope import Row

MOST_LISTED = 100
_KINDS = ("added", "removed", "retimed", "changed")
_HEAD = f"{'':<28} {'against':>8} {'present':>8}" + "".join(f" {kind:>8}" for kind in _KINDS)


def text(report: Row) -> str:
    """Sets, period, totals, tasks by rule, unit, role and hour, what was lacking, then the list of differences."""
    return "\n".join(
        [*_sets(report), *_period(report["period"]), "", *_tables(report), "", *_lacked(report), *_list(report)]
    )


def _sets(report: Row) -> list[str]:
    return [_set(side, report[side]) for side in ("present", "against")]


def _set(side: str, one: Row | None) -> str:
    if one is None:
        return f"{side:<8} nothing: every decision counts as added"
    less = f", without {', '.join(one['without'])}" if one["without"] else ""
    return f"{side:<8} {one['name']}: {one['rules']} rules, set {one['digest'][:12]}{less}"


def _period(period: Row) -> list[str]:
    states = ", ".join(f"{count} {state}" for state, count in period["states"].items())
    return [
        f"period   {period['from']} to {period['last_message']}: {period['messages']} messages",
        f"warm-up  {period['warm_up_messages']} messages, {period['warm_up_days']} days",
        f"ended as {states}",
    ]


def _tables(report: Row) -> list[str]:
    lines = [_HEAD, _row("decisions", report["decisions"]), _row("tasks opened", report["tasks"])]
    for name, values in report["tasks_by"].items():
        lines += ["", f"tasks opened by {name}{' of the day, UTC' if name == 'hour' else ''}"]
        lines += [_row(f"  {value or '(none)'}", counts) for value, counts in values.items()]
    return lines


def _row(name: str, counts: dict[str, int]) -> str:
    cells = [f" {counts[side]:>8}" for side in ("against", "present")]
    return f"{name:<28}" + "".join([*cells, *(f" {counts[kind] or '-':>8}" for kind in _KINDS)])


def _lacked(report: Row) -> list[str]:
    return ["what this backtest lacked", *(f"  - {one}" for one in report["lacked"]), ""]


def _list(report: Row) -> list[str]:
    found = report["differences"]
    lines = [f"{len(found)} differences; --show N opens one" if found else "no difference"]
    lines += [_difference(one) for one in found[:MOST_LISTED]]
    rest = len(found) - MOST_LISTED
    return [*lines, f"  and {rest} more: --json has all"] if rest > 0 else lines


def _difference(one: Row) -> str:
    moved = f" (was {one['against_at']})" if one["kind"] == "retimed" and one["against_at"] != one["at"] else ""
    marks = [word for word, is_so in (("shadow", one["shadow"]), ("held back", one["suppressed"])) if is_so]
    what = ", ".join([one["effect"], f"task {one['command']}" if one["command"] else "no task", *marks])
    whom = f"{one['role']}@{one['unit'] or '?'}"
    return f"{one['number']:>5}  {one['kind']:<8} {one['at']}{moved}  {one['rule']} {one['version']}: {what}, {whom}"
