"""The rules of the project against the cases beside them, and what each of them must say."""

import re

import pytest
from decide_world import RULES, project_rules

from processors.records.rule_cases import Coverage, decided_texts, in_force, run_cases
from processors.rules.cases import Case, Expected, Moment, Result
from streams.rules import load_cases

CASES = load_cases(RULES)


@pytest.mark.parametrize("file", CASES)
def test_every_case_comes_out_as_written(file: str) -> None:
    ran = run_cases(project_rules(), CASES[file], Coverage())
    assert {case.name: wrong for case, wrong in ran if wrong} == {}


def test_every_clause_is_seen_true_and_false() -> None:
    coverage = Coverage()
    for cases in CASES.values():
        run_cases(project_rules(), cases, coverage)
    assert coverage.gaps(project_rules()) == []


def test_every_rule_file_has_cases() -> None:
    files = {path.name.removesuffix(".yaml") for path in RULES.glob("*.yaml") if ".cases" not in path.name}
    assert files == {name.removesuffix(".cases.yaml") for name in CASES}


def test_every_limit_has_a_case_on_both_sides() -> None:
    text = "\n".join(case.name for case in CASES["critical-results.cases.yaml"])
    missing = []
    for analyte in project_rules().analytes.values():
        for limits in analyte.limits:
            for code in limits.codes or analyte.codes:
                told = [line for line in text.splitlines() if f"({code}," in line]
                missing += [(code, side) for side in ("is critical", "is not critical") if not _has(told, side)]
    assert missing == []


def _has(lines: list[str], side: str) -> bool:
    return any(line.endswith(side) for line in lines)


def test_a_case_that_expects_something_else_fails_and_says_what_came() -> None:
    result = Result(code="2823-3", value="6.8", unit="mmol/L")
    expected = Expected(rule="critical-potassium", effect="retract", command="retract")
    case = Case(name="wrong", story=(Moment(results=(result,), expect=(expected,)),))
    [(_, wrong)] = run_cases(project_rules(), [case], Coverage())
    assert wrong[0] == "moment 1: expected critical-potassium retract task retract; it did not come"
    assert wrong[1].startswith("moment 1: not expected: critical-potassium escalate task create")


def test_coverage_names_the_clause_that_no_case_has_shown() -> None:
    gaps = Coverage().gaps(project_rules())
    assert ("critical-sodium", "breach in low, high", "never true") in gaps


def test_no_text_of_a_decision_is_empty_or_has_an_open_place() -> None:
    texts = [text for cases in CASES.values() for case in cases for text in decided_texts(project_rules(), case)]
    assert texts
    assert [text for text in texts if not text or re.search(r"[{}]|not sent|None", text)] == []


def test_every_rule_in_force_that_makes_a_task_names_role_and_clock() -> None:
    rules = [
        compiled.rule for compiled in in_force(project_rules()) if compiled.rule.outcome in ("escalate", "route_task")
    ]
    silent = [
        r.id for r in rules if not (r.route.role and r.route.acuity and (r.sla.due_min or r.sla.due_business_days))
    ]
    assert silent == []
