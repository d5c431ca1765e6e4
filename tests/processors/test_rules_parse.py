"""What a rule file may say, and how it is refused: file, line, nearest valid name."""

import pytest
from decide_world import RULE, rules

from processors.errors import ConfigError
from processors.rules.parse import parse_rules


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as why:
        parse_rules({"rules.yaml": text})
    return str(why.value)


def changed(old: str, new: str) -> str:
    assert old in RULE
    return RULE.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("outcome: escalate", "outcom: escalate", 13, "unknown key 'outcom' (did you mean 'outcome'?)"),
        (
            "outcome: escalate",
            "outcome: escalade",
            13,
            "'escalade' is not one of the valid values (did you mean 'escalate'?)",
        ),
        ('"status in P, F, C"', '"statsu in P"', 12, "when: unknown fact 'statsu' (did you mean 'status'?)"),
        ('"status in P, F, C"', '"status equals P"', 12, "when: 'status equals P' is no clause"),
        ('"breach in low, high"', '"value > much"', 12, "'much' is no number"),
        (
            "{analyte} {measured} is {finding}",
            "{analyt} is high",
            15,
            "unknown fact 'analyt' (did you mean 'analyte'?)",
        ),
        ('reason: "{analyte}', 'reason: "{ analyte}', 15, "braces may only stand around the name of a fact"),
        ("analytes: [potassium]", "analytes: [potasium]", 11, "unknown name 'potasium' (did you mean 'potassium'?)"),
        ("    owner: tests\n", "", 5, "key 'owner' is missing"),
        ('    next_action: "Call the physician."\n', "", 5, "key 'next_action' is missing"),
        ("{role: nurse, acuity: U}", "{role: nurse}", 5, "key 'route.acuity' is missing"),
        ('"2026-01-01"', '"soon"', 9, "'soon' is no date"),
        ("low: 2.8", "low: 7", 3, "low 7 is not below high 6.2"),
        ("units: [mmol/L]", 'codes: ["2823-4"], units: [mmol/L]', 3, "unknown code '2823-4' (did you mean '2823-3'?)"),
        ("when:", "closes: [hihg]\n    when:", 12, "closes: unknown name 'hihg' (did you mean 'high'?)"),
        ("when:", "evidence: [falg]\n    when:", 12, "evidence: unknown fact 'falg'"),
        ("when:", 'resolved_when: ["status is F"]\n    when:', 12, "their own later versions decide"),
        ("{record: observation, analytes: [potassium]}", "{record: observation}", 11, "key 'on.analytes' is missing"),
        ("{record: observation, analytes: [potassium]}", "{record: encounter}", 11, "key 'on.events' is missing"),
        ("{record: observation, analytes: [potassium]}", "{analytes: [potassium]}", 11, "key 'on.record' is missing"),
        ("when:", "scope: {share: 0}\n    when:", 12, "share must lie between 1 and 100"),
        ('    when: ["status in P, F, C", "breach in low, high"]\n', "", 5, "needs a clause in 'when' or 'any_of'"),
    ],
)
def test_a_mistake_is_refused_with_its_line(old: str, new: str, line: int, says: str) -> None:
    said = refusal(changed(old, new))
    assert says in said
    assert said.startswith(f"rules.yaml:{line}:")


def test_two_rules_with_one_id_are_refused() -> None:
    second = RULE[RULE.index("  - id: high") :]
    assert "rule 'high': the id is taken already, in rules.yaml" in refusal(RULE + second)


def test_a_code_belongs_to_one_analyte() -> None:
    twice = changed("rules:\n", '  kalium: {label: kalium, codes: ["2823-3"]}\nrules:\n')
    assert "code 2823-3 belongs to 'potassium' and 'kalium'" in refusal(twice)


def test_defaults_fill_what_a_rule_leaves_out_also_inside_nested_parts() -> None:
    text = RULE.replace("    route: {role: nurse, acuity: U}\n", "    route: {acuity: U}\n")
    text = "defaults:\n  route: {role: pharmacist, acuity: R}\n  sla: {due_min: 5}\n" + text
    [rule] = [compiled.rule for compiled in parse_rules({"rules.yaml": text}).rules]
    assert (rule.route.role, rule.route.acuity, rule.sla.due_min) == ("pharmacist", "U", 5)


def test_any_change_of_a_file_changes_the_digest() -> None:
    assert rules().digest == rules().digest
    assert rules().digest != rules(version='"4"').digest


@pytest.mark.parametrize(("status", "indexed"), [("active", 1), ("shadow", 1), ("draft", 0), ("retired", 0)])
def test_only_active_and_shadow_rules_are_asked(status: str, indexed: int) -> None:
    assert len(rules(status=status).by_code.get("2823-3", ())) == indexed


def test_codes_that_no_rule_names_are_not_indexed() -> None:
    assert set(rules().by_code) == {"2823-3"}
