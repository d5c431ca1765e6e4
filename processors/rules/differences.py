"""How two rule sets differ, rule by rule and field by field, and which rules changed without a new version."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from processors.rules.compiled import RuleSet
from processors.rules.language import Analyte, Limits, Rule

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

#: What may change with the version kept: a promotion (shadow to active) is the same rule.
OF_NO_VERSION = frozenset({"version", "status"})


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, as text; empty where it is not said."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One rule or analyte that differs. Versions are empty for an analyte, and where there is no such rule."""

    kind: Literal["added", "removed", "changed"]
    what: Literal["rule", "analyte"]
    name: str
    version_before: str = ""
    version_after: str = ""
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Unversioned:
    """A rule whose content changed while its version stayed; `because` names its fields and analytes."""

    rule_id: str
    version: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """All that differs: analytes first, by name, then rules in the order of the newer set."""

    changes: tuple[Change, ...]
    unversioned: tuple[Unversioned, ...]


def differences(before: RuleSet, after: RuleSet) -> Differences:
    """Compare two sets; what a file says in its defaults counts for each of its rules."""
    analytes = _analytes(before.analytes, after.analytes)
    rules = _rules(_by_id(before), _by_id(after))
    changed = frozenset(one.name for one in analytes if one.kind == "changed")
    return Differences((*analytes, *rules), _unversioned(before, after, rules, changed))


def _by_id(rules: RuleSet) -> dict[str, Rule]:
    return {compiled.rule.id: compiled.rule for compiled in rules.rules}


def _rules(before: dict[str, Rule], after: dict[str, Rule]) -> tuple[Change, ...]:
    found = []
    for name, rule in after.items():
        old = before.get(name)
        if old is None:
            found.append(Change(kind="added", what="rule", name=name, version_after=rule.version))
            continue
        fields = _fields(old, rule)
        if fields:
            versions = {"version_before": old.version, "version_after": rule.version}
            found.append(Change(kind="changed", what="rule", name=name, fields=fields, **versions))
    gone = [(name, rule) for name, rule in before.items() if name not in after]
    found += [Change(kind="removed", what="rule", name=name, version_before=rule.version) for name, rule in gone]
    return tuple(found)


def _analytes(before: Mapping[str, Analyte], after: Mapping[str, Analyte]) -> tuple[Change, ...]:
    found = []
    for name in sorted({*before, *after}):
        if name not in before or name not in after:
            found.append(Change(kind="removed" if name in before else "added", what="analyte", name=name))
        elif fields := _fields(before[name], after[name]):
            found.append(Change(kind="changed", what="analyte", name=name, fields=fields))
    return tuple(found)


def _unversioned(
    before: RuleSet, after: RuleSet, rules: tuple[Change, ...], analytes: frozenset[str]
) -> tuple[Unversioned, ...]:
    own = {one.name: [f.path for f in one.fields if f.path not in OF_NO_VERSION] for one in rules}
    old, found = _by_id(before), []
    for name, rule in _by_id(after).items():
        because = [*own.get(name, ()), *(f"analyte {one}" for one in _depends_on(rule, analytes))]
        if name in old and old[name].version == rule.version and because:
            found.append(Unversioned(name, rule.version, tuple(because)))
    return tuple(found)


def _depends_on(rule: Rule, analytes: frozenset[str]) -> list[str]:
    """The changed analytes that the rule names; a rule about all analytes says nothing of any one's limits."""
    return sorted(analytes.intersection(rule.on.analytes))


def _fields(before: "DataclassInstance", after: "DataclassInstance") -> tuple[FieldChange, ...]:
    old, new = dict(_flat("", before)), dict(_flat("", after))
    paths = [*new, *(path for path in old if path not in new)]
    pairs = ((path, old.get(path, ""), new.get(path, "")) for path in paths)
    return tuple(FieldChange(*pair) for pair in pairs if pair[1] != pair[2])


def _flat(path: str, value: object) -> Iterator[tuple[str, str]]:
    """(path, text) of each leaf: `sla.due_min`, `ladder[2].role`, `limits[mmol/L adult].high`."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for item in dataclasses.fields(value):
            yield from _flat(f"{path}.{item.name}" if path else item.name, getattr(value, item.name))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{path}[{key}]", inner)
    elif isinstance(value, tuple) and any(map(dataclasses.is_dataclass, value)):
        for number, inner in enumerate(value, 1):
            yield from _flat(f"{path}[{_name(inner, number)}]", inner)
    elif isinstance(value, tuple):
        yield path, "; ".join(map(str, value))
    else:
        yield path, "" if value is None else str(value)


def _name(value: object, number: int) -> str:
    """Limits go by unit, patients and codes, so that a new row does not shift the others; the rest by number."""
    if isinstance(value, Limits):
        return " ".join((",".join(value.units), value.patients, *value.codes))
    return str(number)
