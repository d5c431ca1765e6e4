"""How the board says times, tiers and states: text and a state word, so that nothing rests on colour alone."""

from datetime import UTC, datetime

from processors.envelope import Row
from processors.rules.effects import STATUS

SECOND = 1_000_000
#: Less than this is "soon".
SOON_S = 300
#: Tier -> its name; the letters stand for how urgent a task is.
TIERS = {"E": "Emergency", "U": "Urgent", "S": "Soon", "R": "Routine"}


#: Outcome or effect of a decision -> what it did, for people.
DECIDED = {
    "escalate": "call staff now",
    "escalate_provisional": "call staff now, on a preliminary result",
    "escalate_corrected": "call staff now, on a corrected result",
    "route_task": "ask for work",
    "recollect": "ask for a new specimen",
    "confirm": "a later message says the same",
    "amend": "the task was brought up to date",
    "amend_renotify": "the task was brought up to date and all were told again",
    "retract": "the task was taken back",
    "retract_wrong_patient": "the task was taken back: wrong patient",
    "retract_and_recollect": "the task was taken back; a new specimen is needed",
    "refresh_summary": "the summary was brought up to date",
    "no_action": "nothing to do",
}


def decided(decision: Row) -> str:
    """What a decision did: its effect where it has one, else its outcome."""
    effect: str = decision["effect"] if decision["effect"] not in ("", "none") else decision["outcome"]
    return DECIDED.get(effect, effect.replace("_", " "))


def held_back(suppressed_by: str) -> str:
    """`window 240 min: <key of the repeat>` as people say it."""
    mechanism = suppressed_by.split(":", 1)[0]
    return f"held back as a repeat ({mechanism})"


def plain(code: str) -> str:
    """A name of the rule language for reading: `laboratory_flag in HH` as `laboratory flag in HH`."""
    return code.replace("_", " ")


def result_status(code: str) -> str:
    """OBX-11 in words, the code beside it."""
    known = STATUS.get(code)
    return f"{known.words} ({code})" if known else code


def counted(number: int, noun: str) -> str:
    """`1 record`, `2 records`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def duration(seconds: int) -> str:
    """`45 s`, `12 min`, `3 h 05 min`, `2 d 4 h`; the sign does not count."""
    seconds = abs(seconds)
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if hours < 1:
        return f"{minutes} min"
    if days < 1:
        return f"{hours} h {minutes % 60:02} min"
    return f"{days} d {hours % 24} h"


def clock(row: Row, now_us: int) -> Row:
    """A task's clock: `state` (late, soon, running, none), text, and what it runs to."""
    at = row["clock_at"]
    if not at:
        return {"state": "none", "text": "no clock", "until": "", "at_ms": 0}
    seconds = (at - now_us) // SECOND
    state = "late" if seconds < 0 else "soon" if seconds < SOON_S else "running"
    words = "late" if seconds < 0 else "left"
    until = "to acknowledge" if at == row["acknowledge_by"] and not row["acknowledged_at"] else "until due"
    return {"state": state, "text": f"{duration(seconds)} {words}", "until": until, "at_ms": at // 1000}


def tier(acuity: str) -> Row:
    """Letter and name of a tier."""
    return {"letter": acuity or "–", "name": TIERS.get(acuity, "No tier")}


def iso(at_us: int) -> str:
    """For the datetime attribute; empty when unknown."""
    return datetime.fromtimestamp(at_us / SECOND, UTC).isoformat(timespec="milliseconds") if at_us else ""


def utc(at_us: int) -> str:
    """For reading without JavaScript."""
    return datetime.fromtimestamp(at_us / SECOND, UTC).strftime("%d %b %Y %H:%M:%S UTC") if at_us else "–"
