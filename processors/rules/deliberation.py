"""Deliberation over one timeline event: what was said and concluded, and the few moves that it consists of."""

from collections.abc import Callable
from dataclasses import dataclass, field

from processors.envelope import Record, Row
from processors.rules import repeats
from processors.rules.compiled import CompiledRule, RuleSet
from processors.rules.conclusions import Conclusion, Said, Target, conclude
from processors.rules.context import Context
from processors.rules.effects import Effect
from processors.rules.facts import Situation
from processors.rules.language import Rule
from processors.rules.specimen import Message

DISABLED = "the rule is disabled"
NOT_YET = "the rule is not in force yet"
DECEASED = "the patient has died"
OUT_OF_SCOPE = "the rule is not for this site, unit or patient"


@dataclass(frozen=True, slots=True)
class Recheck:
    """A rule that wants to look again at `at` (microseconds)."""

    rule_id: str
    focus: str
    at: int


@dataclass(slots=True)
class Measured:
    """Readings of a score have changed: the first record that did it, and the statuses (OBX-11) of all of them."""

    record: Record
    statuses: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Deliberation:
    """`new_task_id` makes the id of a new task from rule and focus; `patient_key` is the route key of new tasks."""

    rules: RuleSet
    context: Context
    message: Message
    now: int
    version: int
    """Version time of the message (microseconds), for stays and appointments."""
    new_task_id: Callable[[str, str], str]
    patient_key: str
    disabled: frozenset[str] = frozenset()
    said: list[Said] = field(default_factory=list)
    conclusions: list[Conclusion] = field(default_factory=list)
    rechecks: list[Recheck] = field(default_factory=list)
    measured: dict[str, Measured] = field(default_factory=dict)
    """Score -> what has changed in this message."""

    def situation(self, record: Record) -> Situation:
        """The record with all that rules may ask about it."""
        situation = Situation(record, self.context, self.message, self.now)
        code = record.get("code", "")
        situation.label = self.rules.labels.get(code) or record.get("display", "") or code
        situation.limits = self.rules.limits.get(code)
        return situation

    def guarded(self, rule: CompiledRule, situation: Situation, act: Callable[[], None]) -> None:
        """A rule that raises is a failed evaluation of that rule; the others decide."""
        try:
            act()
        except Exception as why:
            self.say(rule.rule, situation, "failed", f"the rule raised {type(why).__name__}")

    def say(self, rule: Rule, situation: Situation, outcome: str, failed_clause: str = "") -> None:
        """A line of the evaluation without a decision."""
        self.said.append(Said(rule, situation.focus, outcome, failed_clause, score=situation.score))

    def conclude(self, conclusion: Conclusion) -> None:
        """A decision, and its line of the evaluation."""
        decision, score = len(self.conclusions), conclusion.score
        self.said.append(Said(conclusion.rule, conclusion.focus, conclusion.outcome, "", decision, score))
        self.conclusions.append(conclusion)

    def barrier(self, rule: CompiledRule, situation: Situation) -> str:
        """Why this rule may not open a task now, or ''."""
        if rule.rule.id in self.disabled:
            return DISABLED
        if self.now < rule.effective_from:
            return NOT_YET
        if self.context.is_deceased and not rule.rule.stays:
            return DECEASED
        scope = rule.rule.scope
        site = situation.record.get("source", {}).get("feed", "")
        inside = (
            (not scope.sites or site in scope.sites)
            and (not scope.units or self.context.subject["unit"] in scope.units)
            and (scope.share == 100 or int(self.patient_key[:8] or "0", 16) % 100 < scope.share)
        )
        return "" if inside else OUT_OF_SCOPE

    def open(self, rule: CompiledRule, situation: Situation, effect: Effect, stated: Row) -> None:
        """A new task; `stated` is what later versions are compared with."""
        shadow = rule.rule.status == "shadow"
        task_id = self.new_task_id(rule.rule.id, situation.focus)
        target = Target(task_id, self.patient_key, "" if shadow else "create", shadow)
        conclusion = conclude(rule, situation, effect, target)
        self.conclude(conclusion)
        self.context.section("items")[task_id] = {
            "rule": rule.rule.id,
            "focus": situation.focus,
            "state": "open",
            "domain": rule.rule.domain,
            "outcome": rule.rule.outcome,
            "shadow": shadow,
            "route_key": self.patient_key,
            "at": self.now,
            "title": conclusion.title,
            **stated,
        }
        if "observation_id" in situation.record:
            repeats.page(self.context, rule.rule, situation, task_id)

    def take_back(self, conclusion: Conclusion) -> None:
        """A task is withdrawn."""
        self.conclude(conclusion)
        self.context.section("items")[conclusion.task_id]["state"] = "retracted"


def target(task_id: str, item: Row, command: str) -> Target:
    """The task of an item; a shadow item is told nothing."""
    return Target(task_id, item["route_key"], "" if item["shadow"] else command, item["shadow"])
