"""Scores in the stage: readings kept and versioned, decided once per message, in whatever order they come."""

from dataclasses import replace
from itertools import product

import orjson
import pytest
from decide_world import ALEX, RULES, SAM, Ward, commands, decisions, evaluation, rules, values
from hypothesis import given, settings
from hypothesis import strategies as st

from processors import topics
from processors.envelope import Record
from processors.errors import ConfigError
from processors.rules import scores
from processors.rules.cases import Result, Vitals
from processors.rules.compiled import RuleSet
from processors.rules.context import FORMAT
from processors.rules.parse import parse_rules
from processors.rules.score import Chart, Score
from streams.catalog import load_catalog
from streams.codec import Codec
from streams.settings import HOME

AT = "2026-03-02T08:00:00Z"
RULE_ON_SCORE = """
rules:
  - id: high
    version: "3"
    status: active
    owner: tests
    effective_from: "2026-01-01"
    domain: tests
    score: NEWS2
    on: {record: observation}
    when: ["news2_lower >= 7"]
    outcome: escalate
    task: {code: x, title: "NEWS2 {news2_words}", priority: stat}
    reason: "NEWS2 is {news2_words}"
    next_action: "Call the physician."
    citation: "none"
    route: {role: nurse, acuity: U}
"""


SICK = Vitals(respirations="26", spo2="93", pulse="111")
LABELS = ("respirations", "spo2", "oxygen", "systolic", "pulse", "alertness", "temperature")
#: One set in parts of one clinical time, a correction among them.
CODES = ("9279-1", "59408-5", "3151-8", "8480-6", "8867-4", "67775-7", "8310-5")
UNITS = ("/min", "%", "L/min", "mm[Hg]", "/min", "", "Cel")


def parts(vitals: Vitals) -> list[Result]:
    told = zip(LABELS, CODES, UNITS, strict=True)
    return [Result(code=c, value=getattr(vitals, n), unit=u, taken=AT, version=AT) for n, c, u in told]


CORRECTION = Result(code="9279-1", value="16", unit="/min", status="C", taken=AT, version="2026-03-02T08:10:00Z")


def last_score(ward: Ward, rule: str = "news2-high") -> Record:
    lines = [line for e in ward.said if e.topic == topics.EVALUATION for line in e.value["rules"]]
    score: Record = next(line["score"] for line in reversed(lines) if line["rule_id"] == rule)
    return score


@settings(max_examples=30, deadline=None)
@given(st.permutations([*parts(SICK), CORRECTION]))
def test_the_score_does_not_depend_on_the_order_of_arrival(results: list[Result]) -> None:
    ward, expected = Ward(), Ward()
    for result in results:
        ward.sends(result)
    expected.sends(*parts(replace(SICK, respirations="16")))
    told = [(one["name"], one["value"], one["points"], one["state"]) for one in last_score(ward)["inputs"]]
    wanted = [(one["name"], one["value"], one["points"], one["state"]) for one in last_score(expected)["inputs"]]
    assert (last_score(ward)["value"], told) == (last_score(expected)["value"], wanted)
    assert not [i for i in ward.row()["items"].values() if i["rule"] == "news2-high" and i["state"] == "open"]


def test_a_computed_score_is_in_the_evaluation_also_when_nothing_fired() -> None:
    ward = Ward()
    out = ward.sends(*parts(Vitals()))
    line = evaluation(out, "news2-high")
    assert (line["outcome"], line["score"]["name"], line["score"]["value"]) == ("no_action", "NEWS2", "0")
    assert line["score"]["inputs"][0] == {
        "name": "respirations",
        "value": "16",
        "unit": "/min",
        "at": AT,
        "path": "OBX[1]-5",
        "points": 0,
        "state": "used",
        "record_id": "m0",
    }


def test_the_decision_shows_the_inputs_as_evidence() -> None:
    [decision] = values(Ward().sends(*parts(SICK)), topics.DECISION)
    assert (decision["score"]["value"], decision["score"]["band"]) == ("7", "high")
    assert [(e["label"], e["value"], e["path"]) for e in decision["evidence"]][:2] == [
        ("breathing rate", "26", "OBX[1]-5"),
        ("oxygen saturation", "93", "OBX[2]-5"),
    ]


def test_what_is_kept_of_vital_signs_is_bounded_in_number_and_age() -> None:
    ward = Ward()
    for minute in range(20):
        ward.sends(Result(code="8867-4", value="80", unit="/min", id=f"p{minute}"))
    assert len(ward.row()["readings"]["pulse"]) == 3
    ward.at = "2026-03-09T08:00:00Z"
    ward.sends(Result(code="9279-1", value="16", unit="/min"))
    assert set(ward.row()["readings"]) == {"respirations"}


def test_a_clinical_time_in_the_far_future_hides_nothing() -> None:
    ward = Ward()
    ward.sends(Result(code="8867-4", value="80", unit="/min", taken="2062-03-02T08:00:00Z"))
    assert ward.row()["readings"] == {}


@pytest.mark.parametrize(("first", "second"), list(product(("F", "P"), ("D", "X", "W"))))
def test_a_withdrawn_reading_counts_for_nothing(first: str, second: str) -> None:
    ward = Ward()
    ward.sends(Result(code="8867-4", value="140", unit="/min", status=first, taken=AT))
    ward.sends(Result(code="8867-4", status=second, taken=AT))
    assert given_state(last_score(ward), "pulse") == "missing"


def given_state(score: Record, name: str) -> str:
    state: str = next(one["state"] for one in score["inputs"] if one["name"] == name)
    return state


def test_a_reading_that_is_not_verified_is_not_used() -> None:
    ward = Ward()
    ward.sends(Result(code="9279-1", value="16", unit="/min"))
    ward.sends(Result(code="8867-4", value="140", unit="/min", status="R"))
    assert given_state(last_score(ward), "pulse") == "missing"


# rules on scores


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("score: NEWS2", "score: NEWS", 9, "score: unknown name 'NEWS' (did you mean 'NEWS2'?)"),
        ("news2_lower >= 7", "news2_low >= 7", 11, "when: unknown fact 'news2_low' (did you mean 'news2_lower'?)"),
        ("news2_lower >= 7", "breach is high", 11, "when: unknown fact 'breach'"),
        ("{record: observation}", "{record: observation, analytes: [all]}", 10, "has no 'on.analytes'"),
        ("{record: observation}", "{record: encounter, events: [A01]}", 9, "has 'on.record: observation'"),
        ('    when: ["news2_lower >= 7"]\n', "", 3, "a rule on a score needs a clause"),
    ],
)
def test_a_mistake_in_a_rule_on_a_score_is_refused_with_its_line(old: str, new: str, line: int, says: str) -> None:
    with pytest.raises(ConfigError) as why:
        parse_rules({"rules.yaml": RULE_ON_SCORE.replace(old, new)})
    assert says in str(why.value)
    assert str(why.value).startswith(f"rules.yaml:{line}:")


def only(**changes: str) -> RuleSet:
    return rules(RULE_ON_SCORE, **changes)


def test_readings_are_kept_only_where_a_rule_names_their_score() -> None:
    ward = Ward(rules())
    ward.sends(*parts(SICK))
    assert ward.row()["readings"] == {}


def test_a_score_is_worked_out_once_a_message() -> None:
    out = Ward(only()).sends(*parts(SICK))
    [line] = [line for e in values(out, topics.EVALUATION) for line in e["rules"]]
    assert (line["rule_id"], line["outcome"], line["score"]["value"]) == ("high", "escalate", "7")


def test_a_detector_that_raises_fails_its_rules_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(chart: Chart) -> Score:
        raise ZeroDivisionError

    broken = replace(scores.DETECTORS["NEWS2"], compute=raises)
    monkeypatch.setattr(scores, "DETECTORS", {**scores.DETECTORS, "NEWS2": broken})
    out = Ward().sends(*parts(SICK), Result(code="2823-3", value="6.8", unit="mmol/L"))
    line = evaluation(out, "news2-high")
    assert (line["outcome"], line["failed_clause"]) == ("failed", "the detector raised ZeroDivisionError")
    assert decisions(out) == [("critical-potassium", "escalate")]


def test_a_detector_that_raises_when_a_set_expires_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(chart: Chart) -> Score:
        raise ZeroDivisionError

    ward = Ward()
    ward.sends(*parts(Vitals()))
    with monkeypatch.context() as broken:
        broken.setattr(scores, "DETECTORS", {"NEWS2": replace(scores.DETECTORS["NEWS2"], compute=raises)})
        assert decisions(ward.fires("2026-03-02T20:00:00Z")) == []
    assert ("news2-overdue", "none") not in decisions(ward.said)
    ward.sends(*[replace(one, id="again") for one in parts(Vitals())])
    assert last_score(ward)["value"] == "0"


def test_a_rule_in_shadow_decides_and_nothing_follows() -> None:
    ward = Ward(only(status="shadow"))
    out = ward.sends(*parts(SICK))
    assert [(d["shadow"], d["effect"]) for d in values(out, topics.DECISION)] == [(True, "escalate")]
    assert commands(out) + commands(ward.sends(CORRECTION)) == []


def test_a_disabled_rule_says_so_and_still_takes_its_tasks_back() -> None:
    ward = Ward(only())
    ward.sends(*parts(SICK))
    off = Ward(only(), disabled=frozenset({"high"}))
    off.stage.rows, off.at = ward.stage.rows, ward.at
    assert commands(off.sends(CORRECTION)) == ["retract"]
    again = Result(code="9279-1", value="30", unit="/min", taken="2026-03-02T08:20:00Z", id="later")
    assert evaluation(off.sends(again), "high")["failed_clause"] == "the rule is disabled"


def test_all_preliminary_is_provisional_and_a_correction_says_so() -> None:
    provisional = [replace(one, status="P") for one in parts(SICK)]
    assert decisions(Ward(only()).sends(*provisional)) == [("high", "escalate_provisional")]
    ward = Ward(only())
    ward.sends(*parts(replace(SICK, respirations="16")))
    worse = replace(CORRECTION, value="26")
    assert decisions(ward.sends(worse)) == [("high", "escalate_corrected")]


def test_what_staff_have_closed_is_not_asked_again_about_the_same_set() -> None:
    ward = Ward(only())
    [made] = values(ward.sends(*parts(SICK)), topics.COMMAND)
    ward.outcome(made["task_id"], "completed", "completed")
    repeat = Result(code="3150-6", value="21", unit="%", taken=AT)
    assert evaluation(ward.sends(repeat), "high")["failed_clause"] == "the same was asked before and is closed"


def test_a_task_whose_readings_are_not_kept_any_more_is_not_taken_back() -> None:
    ward = Ward(only())
    ward.sends(*parts(SICK))
    for minute in range(4):
        taken = f"2026-03-02T08:1{minute}:00Z"
        ward.sends(Result(code="9279-1", value="26", unit="/min", taken=taken, id=f"r{minute}"))
    assert [i["state"] for i in ward.row()["items"].values()] == ["open"]


def test_a_set_of_the_same_panel_number_later_is_another_set() -> None:
    ward = Ward(only())
    ward.sends(*parts(SICK))
    later = [replace(one, taken="2026-03-02T08:30:00Z", version="2026-03-02T08:30:00Z") for one in parts(Vitals())]
    out = ward.sends(*later)
    assert (commands(out), evaluation(out, "high")["score"]["value"]) == ([], "0")


def test_a_row_of_the_format_before_is_read() -> None:
    ward = Ward(only())
    ward.sends(*parts(SICK))
    old = {name: part for name, part in ward.row().items() if name not in ("readings", "scores")} | {"v": 1}
    ward.stage.rows.rows[f"patient/{ALEX}"] = orjson.dumps(old | {"items": {}})
    assert decisions(ward.sends(*parts(SICK))) == [("high", "escalate")]
    assert ward.row()["v"] == FORMAT


def test_a_correction_may_move_the_clinical_time() -> None:
    ward = Ward(only())
    ward.sends(*parts(SICK))
    moved = replace(CORRECTION, value="26", taken="2026-03-02T07:30:00Z")
    out = ward.sends(moved)
    [seen] = [one for one in last_score(ward, "high")["inputs"] if one["name"] == "respirations"]
    assert (commands(out), seen["at"]) == ([], "2026-03-02T07:30:00Z")
    assert len(ward.row()["readings"]["respirations"]) == 1


@pytest.mark.parametrize(("taken", "value"), [("08:05:00", "3"), ("08:05:01", "6")])
def test_a_scale_that_is_prescribed_with_the_set_may_be_a_few_minutes_younger(taken: str, value: str) -> None:
    ward = Ward(only())
    scale = Result(code="SPO2SCALE", value="2", taken=f"2026-03-02T{taken}Z")
    ward.sends(*parts(Vitals(spo2="88", alertness="V")), scale)
    assert last_score(ward, "high")["value"] == value


def test_a_value_of_several_parts_is_no_answer() -> None:
    ward = Ward(only())
    parted = {"component": [{"valueCodeableConcept": {"text": "Alert"}}]}
    value = ward.message(*parts(SICK))
    for _, record in ward.messages[value["event_id"]]:
        if record.get("code") == "67775-7":
            record |= {"value_text": "Alert; Alert", "resource": orjson.dumps(parted).decode()}
    ward.takes(value)
    assert given_state(last_score(ward, "high"), "consciousness") == "rejected"


def test_an_unchanged_text_follows_the_newest_set() -> None:
    ward = Ward(only())
    ward.sends(*parts(SICK))
    later = [replace(one, id=f"{one.code}-2", taken="2026-03-02T08:20:00Z") for one in parts(SICK)]
    assert commands(ward.sends(*later)) == []
    assert commands(ward.sends(CORRECTION)) == []


def test_the_vital_signs_of_a_merged_patient_complete_the_set() -> None:
    ward = Ward(only())
    ward.sends(*parts(SICK)[:3], patient=SAM)
    ward.sends(*parts(SICK)[3:])
    kept, lost = ward.merges(SAM, ALEX)
    ward.takes(kept)
    assert decisions(ward.takes(lost)) == [("high", "escalate")]


def test_a_version_known_to_both_patients_is_kept_once() -> None:
    ward = Ward(only())
    ward.sends(*parts(SICK), patient=SAM)
    ward.sends(CORRECTION)
    kept, lost = ward.merges(SAM, ALEX)
    ward.takes(kept)
    out = ward.takes(lost)
    assert [c["command"] for c in values(out, topics.COMMAND)][:1] == ["retract"]
    assert last_score(ward, "high")["value"] == "4"
    assert len(ward.row()["readings"]["respirations"]) == 1


def test_every_record_fits_its_schema() -> None:
    codec = Codec.offline(HOME / "schemas")
    ward = Ward()
    ward.sends(*parts(SICK))
    ward.sends(CORRECTION)
    ward.fires("2026-03-02T20:00:00Z")
    written = [e for e in ward.said if e.topic in load_catalog(HOME / "topics.yaml").topics]
    assert written
    assert all(codec.encode(e.topic, e.value) for e in written)


def test_a_full_chart_of_a_patient_stays_small() -> None:
    ward = Ward()
    for minute in range(40):
        taken = f"2026-03-02T07:{minute:02}:00Z"
        named = [replace(one, taken=taken, id=f"{one.code}-{minute}-{'x' * 28}") for one in parts(Vitals())]
        ward.sends(*named)
    assert len(orjson.dumps(ward.row())) < 6000


def test_the_rule_files_name_every_score() -> None:
    text = "".join(path.read_text() for path in RULES.glob("*.yaml"))
    assert [name for name in scores.DETECTORS if f"score: {name}\n" not in text] == []
