"""What `replay --verify` calls a difference, and what it does not, over recorded topics held in memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from processors import topics
from processors.envelope import NO_SOURCE, Emit, Position, Record, Rows, caused_by
from processors.errors import Reason, Rejection
from processors.identity import Keyring
from processors.lineage import derived_id
from processors.records.dead_letter import dead_letter
from processors.records.decide import NO_TIMELINE
from processors.records.memory import MemoryStage
from streams.catalog import load_catalog
from streams.clock import now_us
from streams.codec import Codec
from streams.commands import Request, make_command
from streams.parts import Parts
from streams.replay import StageVerdict, verify
from streams.settings import HOME, Settings
from streams.stage import StageDefinition

KEYS = Keyring(b"replay", "test")
CODEC = Codec.offline(HOME / "schemas")
PARTS = Parts(settings=Settings(), catalog=load_catalog(HOME / "topics.yaml"), codec=CODEC, keyring=KEYS)
DUE_ID = "d" * 32
DAY_US = 86_400 * 1_000_000


@dataclass(frozen=True, slots=True)
class Stored:
    """One record of a topic, as the client gives it."""

    data: bytes
    at: int

    def value(self) -> bytes:
        return self.data

    def offset(self) -> int:
        return self.at

    def partition(self) -> int:
        return 0


@dataclass(slots=True)
class Log:
    """Topics in memory."""

    held: dict[str, list[Stored]] = field(default_factory=dict)

    def append(self, topic: str, value: Record) -> None:
        kept = self.held.setdefault(topic, [])
        kept.append(Stored(CODEC.encode(topic, value), len(kept)))

    def read(self, _: str, topic: str) -> Iterator[Stored]:
        return iter(self.held.get(topic, []))


def command(number: int, *, task_id: str = "t" * 32, kind: str = "claim", at: int | None = None) -> Record:
    task = {"task_id": task_id, "route_key": "r" * 32, "patient_key": "p" * 32, "correlation_id": "c" * 32}
    request = Request(command=kind, user="ada", role="nurse", idempotency_key=str(number))
    return make_command(request, task, KEYS, now_us() if at is None else at)


def event(value: Record) -> Record:
    made = caused_by(value, "tasks", derived_id(value["event_id"], "event"))
    names = ("task_id", "command", "actor", "reason_code", "comment")
    texts = dict.fromkeys(("refusal", "from_status", "to_status", "business_status", "queue", "rule_id"), "")
    return {
        **made,
        **{name: value[name] for name in names},
        **texts,
        "revision": 0,
        "command_id": value["event_id"],
        "accepted": True,
        "at": value["received_at"],
        "step": 0,
        "notify": [],
    }


def step(value: Record, at: Position, rows: Rows) -> Iterable[Emit]:
    if value["command"] == "start":
        raise ZeroDivisionError("a defect of the step")
    row = rows.get("count") or {"v": 1, "n": 0}
    rows.put("count", row | {"n": row["n"] + 1})
    yield Emit(topics.TASK_EVENT, value["task_id"], event(value) | {"revision": row["n"]})


def refused(rejection: Rejection, value: Record, at: Position) -> list[Emit]:
    return [dead_letter("tasks", rejection, value, at)]


DEFINITION = StageDefinition(name="tasks", inbox=topics.COMMAND, make=lambda _: step, refused=refused)


def recorded(*commands: Record) -> Log:
    """The inbox with these, and what the stage made of them."""
    log, stage = Log(), MemoryStage(topics.COMMAND, step, refused)
    for value in commands:
        log.append(topics.COMMAND, value)
        if value["command"] != "start":
            for emit in stage.take(value):
                log.append(emit.topic, emit.value)
        else:
            stage.pass_over(value)
    return log


def verdict(log: Log, definition: StageDefinition = DEFINITION, parts: Parts = PARTS) -> StageVerdict:
    return verify(definition, {}, parts, log.read)


def compacting() -> Parts:
    """With the task events in a compacted topic."""
    events = replace(PARTS.catalog.topics[topics.TASK_EVENT], cleanup="compact")
    return replace(PARTS, catalog=replace(PARTS.catalog, topics=PARTS.catalog.topics | {topics.TASK_EVENT: events}))


def test_what_was_recorded_as_it_comes_out_again_is_the_same() -> None:
    found = verdict(recorded(command(1), command(2)))
    assert (found.same, found.inputs, found.outputs) == (True, 2, 2)


@pytest.mark.parametrize(
    ("harm", "kind"),
    [
        (lambda kept: kept.pop(), "missing"),
        (lambda kept: kept.append(kept[0]), "doubled"),
        (lambda kept: kept.append(Stored(CODEC.encode(topics.TASK_EVENT, event(command(9))), 9)), "surplus"),
    ],
    ids=["missing", "doubled", "surplus"],
)
def test_a_difference_is_named(harm, kind) -> None:
    log = recorded(command(1), command(2))
    harm(log.held[topics.TASK_EVENT])
    assert [name for name in ("missing", "surplus", "different", "doubled") if getattr(verdict(log), name)] == [kind]


def test_a_record_that_was_set_aside_is_not_decided_again() -> None:
    log = recorded(command(1), command(2, kind="start"), command(3))
    assert verdict(log).different == ["0/1: ZeroDivisionError"]
    log.append(topics.DEAD_LETTER, letter(log, 1, "the step raised ZeroDivisionError"))
    assert verdict(log).same


def test_bytes_that_are_no_record_and_were_set_aside_are_passed_over() -> None:
    log = recorded(command(1), command(2))
    log.held[topics.COMMAND].insert(1, Stored(b"nonsense", 7))
    assert verdict(log).different == ["0/7: unreadable"]
    log.append(topics.DEAD_LETTER, letter(log, 7, "not in wire format"))
    assert verdict(log).same


def letter(log: Log, offset: int, detail: str) -> Record:
    value = CODEC.decode(log.held[topics.COMMAND][0].data)
    why, at = Rejection(Reason.DEFECT, "step", detail), Position(topics.COMMAND, 0, offset)
    return dead_letter("tasks", why, value, at).value


def test_older_records_of_a_key_may_be_gone_from_a_compacted_topic_and_its_newest_may_not() -> None:
    log = recorded(command(1), command(2))
    log.held[topics.TASK_EVENT].pop(0)
    assert verdict(log, parts=compacting()).same
    log.held[topics.TASK_EVENT].pop()
    assert len(verdict(log, parts=compacting()).missing) == 1


def test_a_timer_that_was_sent_on_is_an_output_and_one_of_the_stage_itself_is_not() -> None:
    def forwarding(value: Record, at: Position, rows: Rows) -> Iterable[Emit]:
        yield Emit(topics.TIMELINE, "k", timer(value, "f" * 32))

    log = Log()
    log.append(topics.COMMAND, command(1))
    definition = replace(DEFINITION, make=lambda _: forwarding)
    log.append(topics.TIMELINE, timer(command(1), DUE_ID))
    assert len(verdict(log, definition).missing) == 1
    sent_on = next(iter(forwarding(CODEC.decode(log.held[topics.COMMAND][0].data), None, None)))
    log.append(topics.TIMELINE, sent_on.value)
    assert verdict(log, definition).same


def timer(value: Record, event_id: str) -> Record:
    due = {"due_id": DUE_ID, "at": 1, "name": "recheck", "ref": "", "step": 0}
    return {**caused_by(value, "tasks", event_id), **NO_TIMELINE, "kind": "due", "due": due}


def test_outputs_older_than_their_topic_keeps_them_may_be_gone() -> None:
    years_ago = now_us() - 800 * DAY_US
    log = recorded(command(1, at=years_ago), command(2))
    log.held[topics.TASK_EVENT].pop(0)
    assert verdict(log).same


def test_an_epoch_whose_first_record_has_expired_counts_for_those_behind_it() -> None:
    log = recorded(command(1))
    log.append(topics.EPOCH, epoch(["rule-1"]))
    log.held[topics.COMMAND] = [Stored(log.held[topics.COMMAND][0].data, 50)]
    made: list[frozenset[str]] = []

    def make(effective):
        made.append(effective.disabled)
        return step

    definition = StageDefinition(name="tasks", inbox=topics.COMMAND, make=make, refused=refused)
    assert verdict(log, definition).same
    assert made[-1] == {"rule-1"}


def epoch(disabled: list[str]) -> Record:
    value = caused_by(command(0) | {"source": NO_SOURCE}, "tasks", "e" * 32)
    places = {"stage": "tasks", "partition": 0, "from_offset": 20}
    return {**value, **places, "code_version": "1", "digests": {}, "disabled": disabled}
