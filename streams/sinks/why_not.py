"""Why a rule did not fire, put together: end states and decisions from SQL, clauses from the recomputed timeline."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import orjson

from processors.envelope import Record, Row
from processors.identity import Keyring
from processors.records.why_not import WORDS, Answer, Cause, Recomputed, cause_of
from processors.rules.language import Rule
from streams.sinks.lookup import Kind, key_of_mrn, lookup_hash
from streams.sinks.reads import Reads

MOST_MESSAGES = 50
CONVERTED = "converted"


@dataclass(frozen=True, slots=True)
class Asked:
    """The messages that are asked about (rows of `message_line`, newest first) and the patients of them."""

    lines: list[Row]
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Switches:
    """Which rules were switched off from which offset of a partition on, by the epochs of decide."""

    epochs: tuple[tuple[int, int, frozenset[str]], ...]

    def at(self, partition: int, offset: int) -> frozenset[str]:
        """The rules that were switched off there."""
        begun = [disabled for place, since, disabled in self.epochs if place == partition and since <= offset]
        return begun[-1] if begun else frozenset()


def about_message(reads: Reads, keyring: Keyring, control_id: str) -> Asked:
    """All messages with this control id; repeats have one as well."""
    hashed = lookup_hash(keyring, Kind.CONTROL_ID, control_id)
    found = [row["correlation_id"] for row in reads.rows("messages_of_hash", hash=hashed, limit=MOST_MESSAGES)]
    keys = {row["patient_key"] for one in found for row in reads.rows("keys_of_message", correlation_id=one)}
    return Asked(_lines(reads, found), frozenset(filter(None, keys)))


def about_patient(reads: Reads, keyring: Keyring, identifier: str, authority: str) -> Asked:
    """The newest messages of the patient; without an authority, of all who have this identifier."""
    if authority:
        keys = [key_of_mrn(keyring, identifier, authority)]
    else:
        hashed = lookup_hash(keyring, Kind.MRN, identifier)
        keys = [row["correlation_id"] for row in reads.rows("messages_of_hash", hash=hashed, limit=MOST_MESSAGES)]
    rows = [row for key in keys for row in reads.rows("messages_of_patient", patient_key=key, limit=MOST_MESSAGES)]
    return Asked(_lines(reads, [row["correlation_id"] for row in rows]), frozenset(keys))


def switches(reads: Reads) -> Switches:
    """All epochs of decide, in order."""
    rows = reads.rows("decide_epochs")
    return Switches(
        tuple((r["stage_partition"], r["from_offset"], frozenset(orjson.loads(r["disabled"]))) for r in rows)
    )


def answers(
    reads: Reads, rule: Rule, asked: Asked, recomputed: Recomputed | None, evaluations: Mapping[str, Record]
) -> list[Row]:
    """What became of each message as far as the rule is concerned; newest first.

    `recomputed` is None where the timeline is not at hand: then SQL alone answers.
    """
    found: list[Row] = []
    for line in asked.lines:
        if line["state"] != CONVERTED:
            found.append(_row(line, Cause(line["state"]), line["reason"]))
        elif recomputed is None:
            found += _from_sql(reads, rule, line)
        else:
            found += _from_timeline(reads, rule, line, recomputed, evaluations)
    return found


def nearest(found: list[Row]) -> Row | None:
    """Of what was asked and did not fire, the one with the fewest failing clauses; the newest of them."""
    missed = [row for row in found if row["clauses"] and row["cause"] != Cause.FIRED]
    return min(missed, key=lambda row: (len(row["failing"]), -row["received_at"]), default=None)


def _lines(reads: Reads, found: list[str]) -> list[Row]:
    lines = [line for one in dict.fromkeys(found) for line in reads.rows("message_line", correlation_id=one)]
    return sorted(lines, key=lambda line: int(line["received_at"]), reverse=True)[:MOST_MESSAGES]


def _from_sql(reads: Reads, rule: Rule, line: Row) -> Iterator[Row]:
    decided = reads.rows("decisions_of_message", correlation_id=line["correlation_id"], rule_id=rule.id)
    for decision in decided:
        yield _row(line, *cause_of("", "", decision)) | {"decision_id": decision["event_id"]}
    if not decided:
        yield _row(line, Cause.UNKNOWN, "the SQL store holds decisions only; evaluations are in Kafka")


def _from_timeline(
    reads: Reads, rule: Rule, line: Row, recomputed: Recomputed, evaluations: Mapping[str, Record]
) -> Iterator[Row]:
    message = line["correlation_id"]
    own = [one for one in recomputed.answers if one.message == message]
    for one in own:
        yield _answered(reads, line, one, evaluations.get(one.evaluation_id))
    if own:
        return
    if message in recomputed.sent_on:
        yield _row(line, Cause.SENT_ON, "")
    elif message in recomputed.held:
        yield _row(line, Cause.NOT_INDEXED, _about(rule, recomputed.held[message]))
    else:
        yield _row(line, Cause.UNKNOWN, "the timeline does not hold the message: it is not decided yet, or expired")


def _answered(reads: Reads, line: Row, one: Answer, evaluation: Record | None) -> Row:
    """The recorded answer where there is one; the clauses are recomputed."""
    cause, detail, decision_id = one.cause, one.detail, one.decision_id
    said = _recorded(one, evaluation) if evaluation else None
    agrees = said is None or (said["outcome"], said["failed_clause"]) == (one.outcome, one.failed_clause)
    if said is not None and not agrees:
        decision = reads.row("decision", event_id=said["decision_id"]) if said["decision_id"] else None
        cause, detail = cause_of(said["outcome"], said["failed_clause"], decision)
        decision_id = said["decision_id"]
    return _row(line, cause, detail) | {
        "focus": one.focus,
        "decision_id": decision_id,
        "failing": list(one.failing),
        "clauses": [asdict(trace) for trace in one.traces],
        "score": one.score,
        "recorded": said,
        "agrees": agrees,
    }


def _recorded(one: Answer, evaluation: Record) -> Row | None:
    said = [line for line in evaluation["rules"] if line["focus"] == one.focus and line["rule_id"] == one.rule_id]
    if not said:
        return None
    names = ("rule_version", "outcome", "failed_clause", "decision_id")
    return {**{name: said[-1][name] for name in names}, "rule_set": evaluation["rule_set"]}


def _about(rule: Rule, held: tuple[str, ...]) -> str:
    wanted = f"{rule.on.record} {', '.join((*rule.on.analytes, *rule.on.events))}".strip()
    return f"it asks about {wanted or 'a score'}; the message held {', '.join(held) or 'none'}"


def _row(line: Row, cause: Cause, detail: str) -> Row:
    return {
        "message": line["correlation_id"],
        "control_id": line["control_id"],
        "feed": line["feed"],
        "received_at": line["received_at"],
        "state": line["state"],
        "cause": cause.value,
        "words": WORDS[cause],
        "detail": detail,
        "focus": "",
        "decision_id": "",
        "failing": [],
        "clauses": [],
        "score": None,
        "recorded": None,
        "agrees": None,
    }
