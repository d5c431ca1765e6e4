"""Rules ready for use: clauses and texts compiled, indexed by code and event, with the digest of the whole set."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from processors.config import nearest
from processors.rules.clauses import Clause, ClauseError, Trace, Value, compile_clause
from processors.rules.facts import Fact, Situation
from processors.rules.language import Analyte, Rule
from processors.rules.limits import CodeLimits
from processors.rules.scores import facts_of

#: `{fact}`, or `{fact:noun}` for a count with its noun: `1 result`, `2 results`.
_PLACEHOLDER = re.compile(r"\{(\w+)(?::([a-z -]+))?\}")


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence with named places; each is filled with a fact, never with nothing."""

    template: str
    facts: Mapping[str, Fact]

    def filled(self, situation: Situation) -> str:
        """The sentence about this record."""
        text = _PLACEHOLDER.sub(lambda match: _filled(self.facts[match[1]](situation).text, match[2]), self.template)
        return text[:1].upper() + text[1:]


def _filled(text: str, noun: str | None) -> str:
    return text if noun is None else f"{text} {noun}{'' if text == '1' else 's'}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule said: whether it holds, and the first clause that failed where it does not."""

    holds: bool
    failed_clause: str = ""


_HOLDS = Verdict(True)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """One rule, ready for use."""

    rule: Rule
    when: tuple[Clause, ...]
    any_of: tuple[Clause, ...]
    unless: tuple[Clause, ...]
    resolved_when: tuple[Clause, ...]
    title: Text
    reason: Text
    next_action: Text
    away_action: Text
    effective_from: int

    def verdict(self, situation: Situation) -> Verdict:
        """Clause by clause, up to the first that fails."""
        for clause in self.when:
            if not clause.holds(situation):
                return Verdict(False, clause.text)
        if self.any_of and not any(clause.holds(situation) for clause in self.any_of):
            return Verdict(False, "any of: " + "; ".join(clause.text for clause in self.any_of))
        for clause in self.unless:
            if clause.holds(situation):
                return Verdict(False, f"unless {clause.text}")
        return _HOLDS

    def traces(self, situation: Situation) -> list[Trace]:
        """Every clause with what it found."""
        events = self.rule.on.events
        plain = [_event(events, situation)] if events else []
        plain += [clause.trace(situation) for clause in (*self.when, *self.any_of)]
        return plain + [_negated(clause.trace(situation)) for clause in self.unless]

    def is_resolved(self, situation: Situation) -> bool:
        """The reason for an open task has gone."""
        return bool(self.resolved_when) and all(clause.holds(situation) for clause in self.resolved_when)


def _event(events: tuple[str, ...], situation: Situation) -> Trace:
    """The event by which the rule was found, as a clause."""
    record = situation.record
    return Trace(f"event in {', '.join(events)}", record["event"] in events, record["event"], "", record["source_path"])


def _negated(trace: Trace) -> Trace:
    return Trace(f"not: {trace.text}", not trace.holds, trace.value, trace.unit, trace.path)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of a folder. `digest` is the SHA-256 over names and texts of the files."""

    digest: str
    rules: tuple[CompiledRule, ...]
    analytes: Mapping[str, Analyte]
    limits: Mapping[str, CodeLimits]
    labels: Mapping[str, str]
    """Code -> name of the analyte."""
    by_code: Mapping[str, tuple[CompiledRule, ...]]
    other_codes: tuple[CompiledRule, ...]
    """Rules for codes that belong to no analyte."""
    by_event: Mapping[tuple[str, str], tuple[CompiledRule, ...]]
    """(kind of record, event) -> rules."""
    by_score: Mapping[str, tuple[CompiledRule, ...]] = field(default_factory=dict)
    readings: Mapping[str, str] = field(default_factory=dict)
    """Code -> parameter, of the scores that some rule names."""
    standing: tuple[CompiledRule, ...] = ()
    """Rules on the stay that are asked again whenever something changes while a discharge is pending."""
    by_id: Mapping[str, CompiledRule] = field(default_factory=dict)


Observer = Callable[[str, str, bool], None]


def observed(rules: RuleSet, observer: Observer) -> RuleSet:
    """The same rules, telling (rule id, clause, answer) to the observer each time a clause is asked."""
    by_id = {compiled.rule.id: _observed(compiled, observer) for compiled in rules.rules}
    return replace(
        rules,
        rules=tuple(by_id.values()),
        by_code={code: tuple(by_id[c.rule.id] for c in found) for code, found in rules.by_code.items()},
        other_codes=tuple(by_id[c.rule.id] for c in rules.other_codes),
        standing=tuple(by_id[c.rule.id] for c in rules.standing),
        by_event={event: tuple(by_id[c.rule.id] for c in found) for event, found in rules.by_event.items()},
        by_score={name: tuple(by_id[c.rule.id] for c in found) for name, found in rules.by_score.items()},
        by_id=by_id,
    )


def _observed(compiled: CompiledRule, observer: Observer) -> CompiledRule:
    def watch(clause: Clause) -> Clause:
        def test(value: Value) -> bool:
            holds = clause.test(value)
            observer(compiled.rule.id, clause.text, holds)
            return holds

        return replace(clause, test=test)

    return replace(
        compiled,
        when=tuple(map(watch, compiled.when)),
        any_of=tuple(map(watch, compiled.any_of)),
        unless=tuple(map(watch, compiled.unless)),
        resolved_when=tuple(map(watch, compiled.resolved_when)),
    )


class TextError(ValueError):
    """A text with a place that no fact fills."""


def compile_rule(rule: Rule, effective_from: int) -> CompiledRule:
    """Compile clauses and texts. Raises ClauseError or TextError, with the name of the field first."""
    facts = facts_of(rule)
    return CompiledRule(
        rule=rule,
        when=_clauses("when", rule.when, facts),
        any_of=_clauses("any_of", rule.any_of, facts),
        unless=_clauses("unless", rule.unless, facts),
        resolved_when=_clauses("resolved_when", rule.resolved_when, facts),
        title=_text("title", rule.task.title, facts),
        reason=_text("reason", rule.reason, facts),
        next_action=_text("next_action", rule.next_action, facts),
        away_action=_text("away", rule.away.next_action, facts),
        effective_from=effective_from,
    )


def check_evidence(rule: Rule) -> None:
    """Each fact shown as evidence exists, and the one that counts. Raises TextError."""
    facts = facts_of(rule)
    named = [("evidence", name) for name in rule.evidence]
    named += [("again_if_more", rule.again_if_more)] if rule.again_if_more else []
    for key, name in named:
        if name not in facts:
            raise TextError(f"{key}: unknown fact '{name}'{nearest(name, facts)}")


def _clauses(name: str, texts: tuple[str, ...], facts: Mapping[str, Fact]) -> tuple[Clause, ...]:
    try:
        return tuple(compile_clause(text, facts) for text in texts)
    except ClauseError as why:
        raise ClauseError(f"{name}: {why}") from why


def _text(name: str, template: str, facts: Mapping[str, Fact]) -> Text:
    for place, _noun in _PLACEHOLDER.findall(template):
        if place not in facts:
            raise TextError(f"{name}: unknown fact '{place}'{nearest(place, facts)}")
    if re.search(r"[{}]", _PLACEHOLDER.sub("", template)):
        raise TextError(f"{name}: braces may only stand around the name of a fact")
    return Text(template, facts)
