"""Texts of rule files in, one checked and indexed RuleSet out; what is wrong is refused with its file and line."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, cast

import yaml

from processors.config import load, nearest
from processors.errors import ConfigError
from processors.rules.compiled import CompiledRule, RuleSet, check_evidence, compile_rule
from processors.rules.language import ALL_ANALYTES, ALL_RULES, OTHER_CODES, Analyte, Rule, RuleFile
from processors.rules.limits import by_code
from processors.rules.scores import DETECTORS
from processors.rules.times import instant

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

#: Fields that a rule must have, itself or by the file's defaults.
REQUIRED = ("id", "version", "status", "owner", "effective_from", "domain", "outcome", "reason", "citation")
#: Fields that a rule must have that makes a task.
REQUIRED_FOR_TASKS = ("next_action", "task.code", "task.title", "task.priority", "route.role", "route.acuity")
_MAKES_TASK = frozenset({"escalate", "route_task"})
_IN_FORCE = frozenset({"active", "shadow"})


@dataclasses.dataclass(frozen=True, slots=True)
class _Written:
    """A rule with the place where it is written."""

    rule: Rule
    file: str
    text: str
    number: int

    def refuse(self, what: str, *path: str) -> ConfigError:
        """The refusal, at the line of the given key of this rule."""
        return ConfigError(self.file, line_of(self.text, "rules", self.number, *path), f"rule '{self.rule.id}': {what}")


def parse_rules(texts: Mapping[str, str]) -> RuleSet:
    """Parse and compile all files (name -> text) of one set. Raises ConfigError."""
    files = {name: load(texts[name], name, RuleFile) for name in sorted(texts)}
    analytes = _analytes(files, texts)
    written = [
        _Written(cast(Rule, _merged(file.defaults, rule)), name, texts[name], n)
        for name, file in files.items()
        for n, rule in enumerate(file.rules)
    ]
    _refuse_doubles(written)
    ids = [w.rule.id for w in written]
    rules = tuple(_compiled(w, analytes, ids) for w in written)
    return _indexed(rules, analytes, _digest(texts))


def line_of(text: str, *path: str | int) -> int:
    """The line (from 1) of the deepest part of the path that the YAML text has."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    for step in path:
        inner = _inside(node, step)
        if inner is None:
            break
        node = inner
    return node.start_mark.line + 1 if node else 1


def _inside(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        inner: yaml.Node = node.value[step]
        return inner
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None


def _merged(default: DataclassInstance, given: DataclassInstance) -> DataclassInstance:
    """`given`, with what it leaves unsaid taken from `default`; nested parts are merged the same way."""
    changes: dict[str, object] = {}
    for item in dataclasses.fields(given):
        said, usual = getattr(given, item.name), getattr(default, item.name)
        if dataclasses.is_dataclass(said) and not isinstance(said, type):
            changes[item.name] = _merged(usual, said)
        elif said == item.default:
            changes[item.name] = usual
    return dataclasses.replace(given, **changes)


@dataclasses.dataclass(frozen=True, slots=True)
class _Named:
    """An analyte with the place where it is written."""

    name: str
    analyte: Analyte
    file: str
    text: str

    def refuse(self, what: str) -> ConfigError:
        """The refusal, at the line of the analyte."""
        return ConfigError(self.file, line_of(self.text, "analytes", self.name), what)


def _analytes(files: Mapping[str, RuleFile], texts: Mapping[str, str]) -> dict[str, Analyte]:
    found: dict[str, Analyte] = {}
    owner: dict[str, str] = {}
    named = [_Named(n, a, file, texts[file]) for file, content in files.items() for n, a in content.analytes.items()]
    for item in named:
        if item.name in found or item.name in (ALL_ANALYTES, OTHER_CODES):
            raise item.refuse(f"analyte '{item.name}' is given twice or reserved")
        for code in item.analyte.codes:
            if code in owner:
                raise item.refuse(f"code {code} belongs to '{owner[code]}' and '{item.name}'")
            owner[code] = item.name
        _check_limits(item)
        found[item.name] = item.analyte
    return found


def _check_limits(item: _Named) -> None:
    for limits in item.analyte.limits:
        for code in limits.codes:
            if code not in item.analyte.codes:
                raise item.refuse(f"limits of '{item.name}': unknown code '{code}'{nearest(code, item.analyte.codes)}")
        if limits.low is not None and limits.high is not None and limits.low >= limits.high:
            raise item.refuse(f"limits of '{item.name}': low {limits.low} is not below high {limits.high}")


def _refuse_doubles(written: Iterable[_Written]) -> None:
    seen: dict[str, _Written] = {}
    for item in written:
        first = seen.setdefault(item.rule.id, item)
        if first is not item:
            raise item.refuse(f"the id is taken already, in {first.file}", "id")


def _compiled(written: _Written, analytes: Mapping[str, Analyte], ids: Iterable[str]) -> CompiledRule:
    rule = written.rule
    _check_fields(written)
    _check_names(written, "on", "analytes", rule.on.analytes, [*analytes, ALL_ANALYTES, OTHER_CODES])
    _check_names(written, "closes", "", rule.closes, [*ids, ALL_RULES])
    effective = instant(rule.effective_from)
    if effective is None:
        raise written.refuse(f"'{rule.effective_from}' is no date", "effective_from")
    try:
        check_evidence(rule)
        return compile_rule(rule, effective)
    except ValueError as why:
        raise written.refuse(str(why), str(why).split(":", 1)[0]) from why


def _check_fields(written: _Written) -> None:
    rule = written.rule
    if not rule.on.record:
        raise written.refuse("key 'on.record' is missing", "on")
    if rule.score and rule.on.record != "observation":
        raise written.refuse("a rule on a score has 'on.record: observation'", "score")
    if rule.on.record == "observation":
        _check_result_rule(written)
    elif not rule.on.events:
        raise written.refuse("key 'on.events' is missing", "on")
    for name in REQUIRED + (REQUIRED_FOR_TASKS if rule.outcome in _MAKES_TASK else ()):
        value: object = rule
        for part in name.split("."):
            value = getattr(value, part)
        if not value:
            raise written.refuse(f"key '{name}' is missing")


def _check_result_rule(written: _Written) -> None:
    rule = written.rule
    if rule.score:
        _check_score_rule(written)
        return
    if not rule.on.analytes:
        raise written.refuse("key 'on.analytes' is missing", "on")
    if not (rule.when or rule.any_of):
        raise written.refuse("a rule on results needs a clause in 'when' or 'any_of'")
    if rule.resolved_when:
        raise written.refuse("results have no 'resolved_when': their own later versions decide", "resolved_when")


def _check_score_rule(written: _Written) -> None:
    rule = written.rule
    if rule.score not in DETECTORS:
        raise written.refuse(f"score: unknown name '{rule.score}'{nearest(rule.score, DETECTORS)}", "score")
    if rule.on.analytes:
        raise written.refuse("a rule on a score has no 'on.analytes': the score names its codes", "on", "analytes")
    if not (rule.when or rule.any_of):
        raise written.refuse("a rule on a score needs a clause in 'when' or 'any_of'")


def _check_names(written: _Written, key: str, inner: str, given: Iterable[str], valid: Iterable[str]) -> None:
    names = list(valid)
    for name in given:
        if name not in names:
            raise written.refuse(f"{inner or key}: unknown name '{name}'{nearest(name, names)}", key, inner)


def _indexed(rules: tuple[CompiledRule, ...], analytes: Mapping[str, Analyte], digest: str) -> RuleSet:
    codes: dict[str, list[CompiledRule]] = {}
    events: dict[tuple[str, str], list[CompiledRule]] = {}
    in_force = tuple(compiled for compiled in rules if compiled.rule.status in _IN_FORCE)
    for compiled in in_force:
        rule = compiled.rule
        wanted = analytes if ALL_ANALYTES in rule.on.analytes else rule.on.analytes
        for code in (c for name in wanted if name in analytes for c in analytes[name].codes):
            codes.setdefault(code, []).append(compiled)
        for event in rule.on.events:
            events.setdefault((rule.on.record, event), []).append(compiled)
    named = dict.fromkeys(c.rule.score for c in in_force if c.rule.score)
    by_score = {name: tuple(c for c in in_force if c.rule.score == name) for name in named}
    return RuleSet(
        digest=digest,
        rules=rules,
        analytes=analytes,
        limits=by_code(analytes.values()),
        labels={code: analyte.label for analyte in analytes.values() for code in analyte.codes},
        by_code={code: tuple(found) for code, found in codes.items()},
        other_codes=tuple(c for c in in_force if OTHER_CODES in c.rule.on.analytes),
        by_event={event: tuple(found) for event, found in events.items()},
        standing=tuple(c for c in in_force if c.rule.recheck_before_discharge_min and c.rule.resolved_when),
        by_score=by_score,
        readings={code: p for name in by_score for code, p in DETECTORS[name].codes.items()},
        by_id={compiled.rule.id: compiled for compiled in rules},
    )


def _digest(texts: Mapping[str, str]) -> str:
    parts = (f"{name}\x1f{texts[name]}" for name in sorted(texts))
    return hashlib.sha256("\x1e".join(parts).encode()).hexdigest()
