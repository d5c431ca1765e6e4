"""The step of the stage decide: a patient's timeline in; evaluations, decisions, commands out; one row per patient."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import orjson

from processors import topics
from processors.envelope import Emit, Position, Record, Row, Rows, Step, caused_by
from processors.errors import Rejection, StateFailure
from processors.hl7.patients import no_patient_key
from processors.identity import Keyring
from processors.records.canonical import canonical_records
from processors.records.dead_letter import dead_letter
from processors.records.decision import STAGE, Writer
from processors.rules import merging, remember
from processors.rules.compiled import RuleSet
from processors.rules.context import LIVE, READABLE, Context, row_key, stub
from processors.rules.deliberation import Deliberation, Recheck
from processors.rules.events import decide_appointment, decide_encounter, look_again, look_around, take_back_resolved
from processors.rules.repeats import REASONS_TO_PAGE_AGAIN
from processors.rules.results import decide_result, page_again, weigh_again
from processors.rules.scoring import decide_scores, look_at_expired, weigh_scores_again
from processors.rules.specimen import Message
from processors.rules.times import instant

#: In this order the records of one bundle are taken: who and where first, results last.
ORDER = (topics.PATIENT, topics.ENCOUNTER, topics.APPOINTMENT, topics.ORDER, topics.OBSERVATION)
RECHECK = "recheck"
#: What a task's end means for the item; statuses that are not named leave it as it is.
ENDED = {
    "completed": "closed",
    "rejected": "closed",
    "failed": "closed",
    "cancelled": "closed",
    "entered-in-error": "retracted",
}
NO_TIMELINE: Record = {
    "fired_at": 0,
    "bundle": "",
    "sources": {},
    "version_time": "",
    "content_ref": None,
    "task_outcome": None,
    "due": None,
    "merge": None,
}


Reader = Callable[[Record], list[tuple[str, Record]]]


def make_step(
    rules: RuleSet, keyring: Keyring, disabled: frozenset[str] = frozenset(), read: Reader = canonical_records
) -> Step:
    """The step over `patient.timeline.v1`. Pure: same timeline, rules and secret, same records.

    `read` gives the canonical records of a bundle, as (topic, value).
    """

    def step(value: Record, at: Position, rows: Rows) -> Iterable[Emit]:  # noqa: ARG001
        return _Patient(rules, keyring, disabled, read, value, rows).decide()

    return step


def refused(rejection: Rejection, value: Record, at: Position) -> list[Emit]:
    """The dead letter of a timeline event that cannot be decided."""
    return [dead_letter(STAGE, rejection, value, at)]


@dataclass(frozen=True, slots=True)
class _Patient:
    """One timeline event and the rows it is decided on."""

    rules: RuleSet
    keyring: Keyring
    disabled: frozenset[str]
    read: Reader
    value: Record
    rows: Rows

    @property
    def key(self) -> str:
        """The patient's key; a message without a patient has a row of its own."""
        source = self.value["source"]
        return self.value["patient_key"] or no_patient_key(source["feed"], source["control_id"], self.keyring)

    def decide(self) -> list[Emit]:
        """Send on what belongs to a merged patient; else decide by the kind of the event."""
        row = self.rows.get(row_key(self.key))
        if row is not None and row["v"] not in READABLE:
            raise StateFailure(f"row version {row['v']} is not known")
        merge = self.value["merge"] or {}
        if merge.get("role") == "absorbed":
            return self._absorbed(row, merge["other_key"])
        if row is not None and "merged_into" in row and merge.get("role") != "survivor":
            return self._sent_on(row["merged_into"])
        context = Context(row)
        out = _KINDS[self.value["kind"]](self, context)
        if context.changed:
            self.rows.put(row_key(self.key), context.bounded(self.rows.now))
        return out

    # kinds

    def _bundle(self, context: Context) -> list[Emit]:
        deliberation, place = self._deliberation(context), dict(context.subject)
        for topic, record in sorted(self.read(self.value), key=_place):
            _take(deliberation, topic, record)
        decide_scores(deliberation)
        if context.changed:
            take_back_resolved(deliberation)
            look_around(deliberation)
        out = self._written(deliberation) + self._moved(context, place)
        merge = self.value["merge"]
        if merge is not None:
            merging.expect(context, merge["other_key"])
            out += self._relinked(context, merge["other_key"])
        return out

    def _due(self, context: Context) -> list[Emit]:
        deliberation = self._deliberation(context)
        due = self.value["due"]
        rule_id = due["name"].removeprefix(f"{RECHECK}/")
        rule = self.rules.by_id.get(rule_id)
        if rule is not None and rule.rule.score:
            look_at_expired(deliberation, rule)
        else:
            look_again(deliberation, rule_id, due["ref"])
        return self._written(deliberation)

    def _task_outcome(self, context: Context) -> list[Emit]:
        outcome = self.value["task_outcome"]
        item = context.row["items"].get(outcome["task_id"])
        if item is None or item["state"] not in LIVE:
            return []
        state = ENDED.get(outcome["status"], "acknowledged" if outcome["transition"] == "acknowledged" else "")
        if state:
            context.section("items")[outcome["task_id"]]["state"] = state
        deliberation = self._deliberation(context)
        if outcome["reason_code"] in REASONS_TO_PAGE_AGAIN:
            page_again(deliberation, outcome["task_id"], item, closed=state == "closed")
        take_back_resolved(deliberation)
        look_around(deliberation)
        return self._written(deliberation) if deliberation.conclusions else []

    def _merge_in(self, context: Context) -> list[Emit]:
        merge = self.value["merge"]
        shared = merging.join(context, merge["other_key"], orjson.loads(merge["row"]))
        deliberation = self._deliberation(context)
        for code, entry in shared:
            weigh_again(deliberation, code, entry)
        weigh_scores_again(deliberation)
        take_back_resolved(deliberation)
        look_around(deliberation)
        written = self._written(deliberation) if deliberation.conclusions else []
        return written + self._relinked(context, merge["other_key"])

    # merges

    def _absorbed(self, row: Row | None, survivor: str) -> list[Emit]:
        """The row becomes a forwarding stub; its content goes to the survivor."""
        if row is not None and row.get("merged_into") == survivor:
            return []
        self.rows.put(row_key(self.key), stub(survivor))
        merge = {"role": "survivor", "other_key": self.key, "row": orjson.dumps(row or {}).decode()}
        return [self._timeline("merge-in", survivor, {**NO_TIMELINE, "kind": "merge_in", "merge": merge})]

    def _sent_on(self, survivor: str) -> list[Emit]:
        kept = {name: self.value[name] for name in (*NO_TIMELINE, "kind")}
        return [self._timeline("forward", survivor, kept)]

    def _timeline(self, what: str, key: str, content: Record) -> Emit:
        event_id = self.keyring.event_id(what, self.value["event_id"], key)
        return Emit(
            topics.TIMELINE, key, caused_by(self.value, STAGE, event_id, patient_key=key) | content, elsewhere=True
        )

    def _relinked(self, context: Context, other_key: str) -> list[Emit]:
        """Open tasks of the absorbed patient show the survivor, once both are known here."""
        if other_key not in context.row["merged"] or not context.subject["patient_id"]:
            return []
        items = [(t, i) for t, i in context.items() if i["route_key"] == other_key and i["state"] in LIVE]
        writer = self._writer(context)
        return [writer.relink(task_id, other_key, self.key) for task_id, item in items if not item["shadow"]]

    def _moved(self, context: Context, before: Record) -> list[Emit]:
        """The patient lies elsewhere now: open tasks show it, and go to the queue of the new unit."""
        now = context.subject
        if not before["unit"] or all(before[name] == now[name] for name in ("unit", "location")):
            return []
        items = [(t, i) for t, i in context.items() if i["state"] in LIVE and not i["shadow"]]
        writer = self._writer(context)
        return [writer.relink(task_id, item["route_key"], self.key) for task_id, item in items]

    # deliberation

    def _deliberation(self, context: Context) -> Deliberation:
        event_id = self.value["event_id"]
        return Deliberation(
            rules=self.rules,
            context=context,
            message=Message(self.value["bundle"]),
            now=self.rows.now,
            version=instant(self.value["version_time"]) or self.value["received_at"],
            new_task_id=lambda rule_id, focus: self.keyring.event_id("task", rule_id, self.key, focus, event_id),
            patient_key=self.key,
            disabled=self.disabled,
        )

    def _written(self, deliberation: Deliberation) -> list[Emit]:
        for recheck in deliberation.rechecks:
            self._ask_again(recheck)
        return self._writer(deliberation.context).written(deliberation)

    def _writer(self, context: Context) -> Writer:
        return Writer(self.keyring, self.rules.digest, self.value, context)

    def _ask_again(self, recheck: Recheck) -> None:
        name = f"{RECHECK}/{recheck.rule_id}"
        due_id = self.keyring.event_id("due", name, self.key, recheck.focus, str(recheck.at))
        due = {"due_id": due_id, "at": recheck.at, "name": name, "ref": recheck.focus, "step": 0}
        value = caused_by(self.value, STAGE, due_id, patient_key=self.key) | {**NO_TIMELINE, "kind": "due", "due": due}
        self.rows.due(recheck.at, self.key, due_id, value)


_KINDS: dict[str, Callable[[_Patient, Context], list[Emit]]] = {
    "bundle": _Patient._bundle,
    "due": _Patient._due,
    "task_outcome": _Patient._task_outcome,
    "merge_in": _Patient._merge_in,
}


def _place(pair: tuple[str, Record]) -> int:
    return ORDER.index(pair[0]) if pair[0] in ORDER else len(ORDER)


def _take(deliberation: Deliberation, topic: str, record: Record) -> None:
    if topic == topics.PATIENT:
        remember.patient(deliberation.context, record)
    elif topic == topics.ORDER:
        remember.order(deliberation.context, record, deliberation.now)
    elif topic in _DECIDED:
        _DECIDED[topic](deliberation, record)


_DECIDED: dict[str, Callable[[Deliberation, Record], None]] = {
    topics.ENCOUNTER: decide_encounter,
    topics.APPOINTMENT: decide_appointment,
    topics.OBSERVATION: decide_result,
}
