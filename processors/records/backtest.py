"""A backtest: two rule sets over the same raw messages, by the steps of production, and where they differ."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from processors import topics
from processors.envelope import Emit, Record
from processors.identity import Keyring
from processors.records import decide, normalize, task
from processors.records.canonical import canonical_records
from processors.records.memory import MemoryStage
from processors.records.path import Chain
from processors.rules.compiled import RuleSet
from processors.rules.times import moment
from processors.sites import Site

Kind: TypeAlias = Literal["added", "removed", "retimed", "changed"]
Side: TypeAlias = Literal["against", "present"]
#: What tasks are counted by: the names of `Decided` that hold it.
DIMENSIONS = ("rule_id", "unit", "role", "hour")
#: Commands that tell somebody by when to act.
SETS_CLOCK = frozenset({"create", "amend"})
#: The order in which differences are listed: first what is there for one set only.
ORDER: tuple[Kind, ...] = ("added", "removed", "retimed", "changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One decision and the command that it led to, if any. `at` is stage time, microseconds."""

    at: int
    decision: Emit
    command: Emit | None

    @property
    def rule_id(self) -> str:
        """The rule that decided."""
        return str(self.decision.value["rule_id"])

    @property
    def unit(self) -> str:
        """Where the task goes."""
        return str(self.decision.value["route"]["unit"])

    @property
    def role(self) -> str:
        """Who is to act."""
        return str(self.decision.value["route"]["role"])

    @property
    def hour(self) -> str:
        """Hour of the day, UTC."""
        return moment(self.at).strftime("%H")

    @property
    def moves(self) -> str:
        """The command, or '' where nothing follows."""
        return str(self.command.value["command"]) if self.command else ""

    @property
    def opens(self) -> bool:
        """A task is opened."""
        return self.moves == "create"

    @property
    def subject(self) -> tuple[object, ...]:
        """What the same decision of another rule set has in common with it: rule, patient, focus and what follows."""
        value = self.decision.value
        named = (value["rule_id"], value["patient_key"], value["focus"], value["effect"])
        return (*named, self.moves, value["shadow"], bool(value["suppressed_by"]))

    @property
    def clock(self) -> tuple[object, ...]:
        """When, and by when where somebody is to act: what is taken back or held back has no clock."""
        if self.moves not in SETS_CLOCK and not self.decision.value["shadow"]:
            return (self.at,)
        sla = self.decision.value["sla"]
        ladder = tuple((step["after_s"], step["role"], step["action"]) for step in sla["ladder"])
        return self.at, sla["acknowledge_s"], sla["due_s"], ladder

    @property
    def said(self) -> tuple[object, ...]:
        """What people read of it; not the version of the rule."""
        value = self.decision.value
        route = value["route"]
        spec = (self.command.value["spec"] if self.command else None) or {"title": "", "priority": ""}
        words = (value["outcome"], value["reason"], value["next_action"], value["suppressed_by"])
        return (*words, route["role"], route["unit"], route["acuity"], spec["title"], spec["priority"])


@dataclass(frozen=True, slots=True)
class Difference:
    """One decision that only one set takes (the other side is None), or that the two take otherwise."""

    kind: Kind
    against: Decided | None
    present: Decided | None

    @property
    def shown(self) -> Decided:
        """The side that names it: the present set's where it has one."""
        side = self.present or self.against
        if side is None:
            raise ValueError("a difference has at least one side")
        return side


@dataclass(frozen=True, slots=True)
class InForce:
    """A rule set, and the rules of it that are switched off."""

    rules: RuleSet
    disabled: frozenset[str] = frozenset()


@dataclass(slots=True)
class Tally:
    """Counts of what both sets decided: all decisions, and opened tasks by rule, unit, role and hour."""

    decisions: Counter[str] = field(default_factory=Counter)
    tasks: Counter[str] = field(default_factory=Counter)
    by: dict[str, dict[str, Counter[str]]] = field(
        default_factory=lambda: {name: defaultdict(Counter) for name in DIMENSIONS}
    )

    def note(self, what: str, one: Decided) -> None:
        """Count one decision under a side or a kind of difference."""
        self.decisions[what] += 1
        if one.opens:
            self.tasks[what] += 1
            for name in DIMENSIONS:
                self.by[name][getattr(one, name)][what] += 1


class _Reader:
    """The canonical records of a bundle, read once for both sets."""

    def __init__(self) -> None:
        self.known: dict[str, list[tuple[str, Record]]] = {}

    def __call__(self, value: Record) -> list[tuple[str, Record]]:
        name = value["event_id"]
        if name not in self.known:
            self.known[name] = canonical_records(value)
        return self.known[name]


@dataclass(slots=True)
class _Lane:
    """One rule set at work: decide and tasks, and what was decided that the other set has not."""

    decide: MemoryStage
    chain: Chain
    fresh: list[Decided] = field(default_factory=list)
    kept: list[Decided] = field(default_factory=list)

    def watch(self, emits: Iterable[Emit], since: int) -> None:
        """Take note of the decisions at or after `since`, each with its command."""
        decided: list[tuple[int, Emit]] = []
        commands: dict[str, Emit] = {}
        for emit in emits:
            if emit.topic == topics.DECISION:
                decided.append((self.decide.rows.now, emit))
            elif emit.topic == topics.COMMAND:
                commands[emit.value["causation_id"]] = emit
        self.fresh += [
            Decided(at=at, decision=emit, command=commands.get(emit.value["event_id"]))
            for at, emit in decided
            if at >= since
        ]


class Backtest:
    """Takes raw records in order; `differences` when all are taken. Decisions before `since` only warm up.

    `sets` is the present one and the one it is compared with. Without the latter there
    is nothing to compare with, and each decision is an added one.
    """

    def __init__(
        self, sites: Mapping[str, Site], keyring: Keyring, sets: tuple[InForce, InForce | None], since: int
    ) -> None:
        present, against = sets
        self._since = since
        self._read = _Reader()
        self._normalize = MemoryStage(topics.RAW, normalize.make_step(sites, keyring), normalize.refused)
        self._present = _lane(present, keyring, self._read)
        self._against = _lane(against, keyring, self._read) if against else None
        self.states: Counter[str] = Counter()
        self.tally = Tally()

    def take(self, raw: Record) -> None:
        """One raw record with all that follows in both sets."""
        self._read.known.clear()
        self.advance(raw["received_at"])
        emits = self._normalize.take(raw)
        self.states.update(emit.value["state"] for emit in emits if emit.topic == topics.MESSAGE)
        for lane in self._lanes():
            lane.watch(lane.chain.follow(emits), self._since)
        self._settle()

    def advance(self, until: int) -> None:
        """Timers due at or before `until` fire."""
        for lane in self._lanes():
            lane.watch(lane.chain.fire(until), self._since)
        self._settle()

    def forget(self) -> None:
        """A step failed: what it had begun does not count."""
        for stage in (self._normalize, *(stage for lane in self._lanes() for stage in lane.chain.stages)):
            stage.rows.drop()
        self._settle()

    def differences(self) -> list[Difference]:
        """All that differs, by kind and in order of time; counted in the tally as well."""
        against = self._against.kept if self._against else []
        found = sorted(_matched(against, self._present.kept), key=lambda one: (ORDER.index(one.kind), one.shown.at))
        for one in found:
            self.tally.note(one.kind, one.shown)
        return found

    def _lanes(self) -> tuple[_Lane, ...]:
        return (self._against, self._present) if self._against else (self._present,)

    def _settle(self) -> None:
        """What both sets decided alike is counted and let go; only the rest is kept."""
        same: Counter[tuple[object, ...]] = Counter()
        for lane in self._lanes():
            side: Side = "present" if lane is self._present else "against"
            for one in lane.fresh:
                self.tally.note(side, one)
                same[(side, *_identity(one))] += 1
        for lane in self._lanes():
            other: Side = "against" if lane is self._present else "present"
            for one in lane.fresh:
                name = (other, *_identity(one))
                if same[name]:
                    same[name] -= 1
                else:
                    lane.kept.append(one)
            lane.fresh = []


def _lane(in_force: InForce, keyring: Keyring, read: decide.Reader) -> _Lane:
    step = decide.make_step(in_force.rules, keyring, in_force.disabled, read)
    decides = MemoryStage(topics.TIMELINE, step, decide.refused)
    return _Lane(decides, Chain((decides, MemoryStage(topics.COMMAND, task.make_step(keyring), task.refused))))


def _identity(one: Decided) -> tuple[object, ...]:
    return one.subject, one.clock, one.said


def _matched(against: list[Decided], present: list[Decided]) -> Iterator[Difference]:
    """Pairs about the same subject: first those of one clock, then in order of time; what is left has no pair."""
    sides: dict[tuple[object, ...], tuple[list[Decided], list[Decided]]] = defaultdict(lambda: ([], []))
    for one in against:
        sides[one.subject][0].append(one)
    for one in present:
        sides[one.subject][1].append(one)
    for olds, news in sides.values():
        for new in list(news):
            old = next((one for one in olds if one.clock == new.clock), None)
            if old is not None:
                olds.remove(old)
                news.remove(new)
                yield Difference("changed", old, new)
        pairs = min(len(olds), len(news))
        yield from (Difference("retimed", old, new) for old, new in zip(olds, news, strict=False))
        yield from (Difference("removed", old, None) for old in olds[pairs:])
        yield from (Difference("added", None, new) for new in news[pairs:])
