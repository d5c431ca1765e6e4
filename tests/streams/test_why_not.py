"""`wardline why-not`: every cause for which a rule does not fire, from the store and the recorded timeline."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import typer
from read_side import KEYRING
from recorded_world import FILE, RULE, Recording, result, rules_in
from typer.testing import CliRunner, Result

from processors import topics
from processors.envelope import Record, Row
from processors.records.why_not import WORDS, Cause
from processors.rules.compiled import RuleSet
from processors.rules.parse import parse_rules
from streams.cli.why_not import why_not
from streams.cli.why_text import because_not
from streams.settings import HOME
from streams.sinks.reads import reading
from streams.sinks.why_not import Switches, about_message, about_patient, answers, nearest
from streams.timeline import Question, decide_again

NONE_OFF = Switches(())


def rules(*changes: tuple[str, str]) -> RuleSet:
    text = RULE
    for before, after in changes:
        text = text.replace(before, after, 1)
    return parse_rules({FILE: text})


def ask(
    recording: Recording,
    control_id: str = "",
    *,
    rule: str = "critical-potassium",
    known: RuleSet | None = None,
    evaluations: Mapping[str, Record] | None = None,
    off: Switches = NONE_OFF,
) -> list[Row]:
    """The answers by store and topics, as the command puts them together."""
    known = known or recording.rules
    with reading(recording.store() / "wardline.db") as reads:
        asked = about_message(reads, KEYRING, control_id) if control_id else about_patient(reads, KEYRING, "4711", "")
        question = Question(rules=known, rule_id=rule, keys=asked.keys, switches=off)
        found = decide_again(recording.parts, question, recording.read)
        kept = found.evaluations if evaluations is None else evaluations
        return answers(reads, known.by_id[rule].rule, asked, found.recomputed, kept)


def causes(rows: list[Row]) -> list[str]:
    return [row["cause"] for row in rows]


def test_the_clause_that_failed_is_told_with_all_values(tmp_path: Path) -> None:
    (row,) = ask(Recording(tmp_path).play((0, result(1, "5.9"))), "LAB0001")
    assert (row["cause"], row["failing"]) == ("clause", ["any of: breach in low, high; laboratory_flag in HH, LL, AA"])
    assert [(one["text"], one["holds"], one["path"]) for one in row["clauses"]] == [
        ("status in P, F, C, A, unknown", True, "OBX[1]-11"),
        ("breach in low, high", False, "OBX[1]-5"),
        ("laboratory_flag in HH, LL, AA", False, "OBX[1]-8"),
    ]


def test_the_recorded_evaluation_is_said_to_agree(tmp_path: Path) -> None:
    recording = Recording(tmp_path).play((0, result(1, "5.9")))
    (row,) = ask(recording, "LAB0001")
    assert (row["agrees"], row["recorded"]["rule_set"]) == (True, recording.rules.digest)


def test_where_the_rules_changed_since_the_recorded_answer_counts(tmp_path: Path) -> None:
    recording = Recording(tmp_path).play((0, result(1, "5.9")))
    (row,) = ask(recording, "LAB0001", known=rules(("high: 6.2", "high: 5.5")))
    assert (row["cause"], row["agrees"], row["failing"]) == ("clause", False, [])


def test_without_a_recorded_evaluation_the_recomputed_one_answers(tmp_path: Path) -> None:
    (row,) = ask(Recording(tmp_path).play((0, result(1, "5.9"))), "LAB0001", evaluations={})
    assert (row["cause"], row["recorded"], row["agrees"]) == ("clause", None, True)


def test_what_fired_is_told_with_its_decision(tmp_path: Path) -> None:
    recording = Recording(tmp_path).play((0, result(1, "6.9")))
    (row,) = ask(recording, "LAB0001")
    assert (row["cause"], row["decision_id"]) == ("fired", recording.of(topics.DECISION)[0]["event_id"])


def test_a_repeat_inside_the_window_is_suppressed(tmp_path: Path) -> None:
    recording = Recording(tmp_path).play((0, result(1, "6.9")), (30, result(2, "6.9", minute=30)))
    (row,) = ask(recording, "LAB0002")
    assert (row["cause"], row["detail"]) == ("suppressed", "window 240 min: critical-potassium/potassium/high")


def test_a_rule_in_shadow_is_said_to_be(tmp_path: Path) -> None:
    recording = Recording(tmp_path, rules=rules(("status: active", "status: shadow"))).play((0, result(1, "6.9")))
    assert causes(ask(recording, "LAB0001")) == ["shadow"]


def test_an_older_version_came_late(tmp_path: Path) -> None:
    first = result(1, "4.0", minute=20, status="C", order="F1")
    recording = Recording(tmp_path).play((20, first), (25, result(2, "6.9", order="F1")))
    assert causes(ask(recording, "LAB0002")) == ["late"]


def test_a_rule_that_was_switched_off_is_said_to_be(tmp_path: Path) -> None:
    off = frozenset({"critical-potassium"})
    recording = Recording(tmp_path, disabled=off).play((0, result(1, "6.9")))
    (row,) = ask(recording, "LAB0001", off=Switches(((0, 0, off),)))
    assert (row["cause"], row["agrees"]) == ("disabled", True)


def test_a_switch_counts_from_its_offset_on() -> None:
    first, second = frozenset({"a"}), frozenset({"b"})
    switched = Switches(((0, 5, first), (0, 9, second), (1, 0, second)))
    assert [switched.at(0, n) for n in (4, 5, 8, 9)] == [frozenset(), first, first, second]


def test_a_rule_about_other_codes_was_not_asked(tmp_path: Path) -> None:
    (row,) = ask(Recording(tmp_path).play((0, result(1, "6.9"))), "LAB0001", rule="critical-sodium")
    assert (row["cause"], row["detail"]) == (
        "not_indexed",
        "it asks about observation sodium; the message held 2823-3",
    )


def test_a_repeated_message_is_a_duplicate(tmp_path: Path) -> None:
    recording = Recording(tmp_path).play((0, result(1, "5.9")), (1, result(1, "5.9")))
    assert causes(ask(recording, "LAB0001")) == ["duplicate", "clause"]


def test_a_message_that_could_not_be_converted_is_told(tmp_path: Path) -> None:
    broken = result(2, "5.9", minute=1).replace(b"ORU^R01^ORU_R01", b"XYZ^Q99")
    recording = Recording(tmp_path).play((0, result(1, "5.9")), (1, broken))
    (row,) = ask(recording, "LAB0002")
    assert (row["cause"], row["detail"]) == ("dead-lettered", "unsupported_type")


def test_the_nearest_miss_of_a_patient_has_the_fewest_failing_clauses(tmp_path: Path) -> None:
    story = (0, result(1, "5.9")), (9, result(2, "4.0", minute=9, status="I")), (12, result(3, "4.1", minute=12))
    rows = ask(Recording(tmp_path).play(*story))
    found = nearest(rows)
    assert found is not None
    assert (len(rows), found["control_id"]) == (3, "LAB0003")


def test_only_the_patients_own_records_are_read(tmp_path: Path) -> None:
    recording = Recording(tmp_path).play((0, result(1, "5.9")), (1, result(2, "5.8", mrn="12")))
    assert [row["control_id"] for row in ask(recording)] == ["LAB0001"]


def test_every_cause_has_words_and_a_line_in_the_manual() -> None:
    page = (HOME / "docs" / "rules.md").read_text()
    assert set(WORDS) == set(Cause)
    assert [cause.value for cause in Cause if f"`{cause.value}`" not in page] == []


def told(rows: list[Row]) -> str:
    head = {"id": "critical-potassium", "version": "2", "status": "active", "rule_set": "d" * 64}
    counts = {row["cause"]: 1 for row in rows}
    return because_not({"rule": head, "cause": "", "counts": counts, "nearest": nearest(rows), "answers": rows})


def test_one_answer_is_told_clause_by_clause(tmp_path: Path) -> None:
    text = told(ask(Recording(tmp_path).play((0, result(1, "5.9"))), "LAB0001"))
    assert "message LAB0001 (lab): a clause failed: any of: breach in low, high" in text
    assert "no   breach in low, high: none from OBX[1]-5" in text
    assert "recomputed now: the same" in text


def test_of_several_answers_the_nearest_is_told_clause_by_clause(tmp_path: Path) -> None:
    text = told(ask(Recording(tmp_path).play((0, result(1, "5.9")), (30, result(2, "4.0", minute=30)))))
    nearest_part, _, rest = text.partition("2 answers: 1 clause")
    assert ("LAB0002" in nearest_part, "LAB0001" in nearest_part, "LAB0001" in rest) == (True, False, True)


def test_what_fired_leads_on_to_why(tmp_path: Path) -> None:
    recording = Recording(tmp_path).play((0, result(1, "6.9")))
    assert f"wardline why {recording.of(topics.DECISION)[0]['event_id']}" in told(ask(recording, "LAB0001"))


def call(*arguments: object) -> Result:
    app = typer.Typer()
    app.command()(why_not)
    return CliRunner().invoke(app, [str(one) for one in arguments], env={"WARDLINE_BOOTSTRAP": None})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return rules_in(tmp_path / "rules")


def test_without_a_broker_the_store_tells_what_it_can(tmp_path: Path, folder: Path) -> None:
    data = Recording(tmp_path).play((0, result(1, "6.9"))).store()
    out = call("--message", "LAB0001", "--rule", "critical-potassium", "--rules", folder, "--data", data)
    assert (out.exit_code, "the rule did fire" in out.stdout) == (0, True)


def test_without_a_broker_an_evaluation_is_not_at_hand_and_the_exit_code_is_4(tmp_path: Path, folder: Path) -> None:
    data = Recording(tmp_path).play((0, result(1, "5.9"))).store()
    out = call("--patient", "4711", "--rule", "critical-potassium", "--rules", folder, "--data", data, "--json")
    (row,) = json.loads(out.stdout)["answers"]
    assert (out.exit_code, row["cause"], "no broker is known" in out.stderr) == (4, "unknown", True)
    assert "5.9" not in out.stderr


def test_a_retired_rule_is_not_in_force(tmp_path: Path) -> None:
    retired = rules_in(tmp_path / "rules", ("status: active", "status: retired"))
    data = Recording(tmp_path).play((0, result(1, "6.9"))).store()
    out = call("--message", "LAB0001", "--rule", "critical-potassium", "--rules", retired, "--data", data)
    assert (out.exit_code, "the rule is not in force: it is retired" in out.stdout) == (0, True)


def test_an_unknown_rule_names_the_nearest(tmp_path: Path, folder: Path) -> None:
    out = call("--message", "X", "--rule", "critical-potasium", "--rules", folder, "--data", tmp_path)
    assert (out.exit_code, "did you mean 'critical-potassium'?" in out.stderr) == (1, True)


def test_an_unknown_message_exits_with_1(tmp_path: Path, folder: Path) -> None:
    data = Recording(tmp_path).play((0, result(1, "6.9"))).store()
    out = call("--message", "LAB9", "--rule", "critical-potassium", "--rules", folder, "--data", data)
    assert (out.exit_code, "no message is known under this control id" in out.stderr) == (1, True)


@pytest.mark.parametrize("asked", [(), ("--patient", "1", "--message", "2"), ("--message", "2", "--authority", "A")])
def test_one_of_patient_and_message_is_needed(tmp_path: Path, folder: Path, asked: tuple[str, ...]) -> None:
    out = call(*asked, "--rule", "critical-potassium", "--rules", folder, "--data", tmp_path)
    assert out.exit_code == 2
