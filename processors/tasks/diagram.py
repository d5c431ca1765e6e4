"""Draws the transition table as Markdown and as a Mermaid state diagram for docs/tasks.md."""

from processors.tasks.states import CLOSED, TRANSITIONS, Move, Status

_STATUSES = tuple(status for status in Status if status is not Status.NONE)


def markdown() -> str:
    """One row per status, one column per command; a dot where the command is refused."""
    lines = [
        "| from | " + " | ".join(f"`{move}`" for move in Move) + " |",
        "|---" * (len(Move) + 1) + "|",
    ]
    for status in Status:
        cells = " | ".join(_cell(status, move) for move in Move)
        lines.append(f"| {status or '(no task)'} | {cells} |")
    return "\n".join(lines) + "\n"


def mermaid() -> str:
    """The changes of status; commands that leave the status as it is are in the table only."""
    arrows: dict[tuple[Status, Status], list[str]] = {}
    for move, row in TRANSITIONS.items():
        for before, after in row.items():
            if before != after:
                arrows.setdefault((before, after), []).append(move)
    lines = ["stateDiagram-v2"]
    lines += [f"    {_node(status)} : {status}" for status in _STATUSES]
    lines += [
        f"    {_node(before)} --> {_node(after)} : {', '.join(moves)}"
        for (before, after), moves in sorted(arrows.items(), key=lambda arrow: arrow[0])
    ]
    lines += [f"    {_node(status)} --> [*]" for status in _STATUSES if status in CLOSED]
    return "\n".join(lines) + "\n"


def _cell(status: Status, move: Move) -> str:
    after = TRANSITIONS[move].get(status)
    return "·" if after is None else "stays" if after == status else str(after)


def _node(status: Status) -> str:
    return status.replace("-", "_") or "[*]"
