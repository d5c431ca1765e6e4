"""Keeps patient data out of logs: which fields a log line may carry, and what is taken out of free text."""

import re

#: The only fields that a log line may carry beside time, level, role, logger and event: names, counts and ids.
LOG_FIELDS = frozenset(
    {
        "address",
        "attempt",
        "broker",
        "code",
        "command_id",
        "consumer_group",
        "correlation_id",
        "count",
        "duration_s",
        "error_class",
        "event_id",
        "exit_code",
        "feed",
        "file",
        "fix",
        "line",
        "offset",
        "partition",
        "path",
        "peer",
        "pid",
        "port",
        "reason",
        "records",
        "refusal",
        "rule_id",
        "rule_set",
        "signal",
        "size",
        "stage",
        "state",
        "step",
        "task_id",
        "timeout_s",
        "topic",
        "url",
        "version",
    }
)

_KEPT_OR_HIDDEN = re.compile(
    r"""
    (?P<id>\b[0-9a-f]{32}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{64}\b)
    | (?P<segment>\b[A-Z][A-Z0-9]{2}\|[^\r\n]*)
    | (?P<components>[^\s,;:'"]*\^[^\s,;'"]*)
    | (?P<number>\d(?:[ -]?\d){5,})
    """,
    re.VERBOSE,
)


def scrub(text: str) -> str:
    """Free text without HL7 fragments and without runs of six or more digits; our own hashed ids stay.

    Names cannot be recognised: this is the second fence only. The first is that values are never put in log texts.
    """
    return _KEPT_OR_HIDDEN.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    return found.group() if found.lastgroup == "id" else f"[{found.lastgroup}]"
