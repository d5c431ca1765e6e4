"""The decide step: evaluations, decisions and commands of one patient, and what is remembered."""

import itertools
from dataclasses import replace

import orjson
import pytest
from decide_world import (
    ALEX,
    POTASSIUM,
    RULE,
    RULES,
    Ward,
    commands,
    decisions,
    evaluation,
    potassium,
    project_rules,
    rules,
    values,
)

from processors import topics
from processors.envelope import Position
from processors.errors import Reason, Rejection, StateFailure
from processors.records import decide
from processors.rules.cases import Result, Stay
from processors.rules.clauses import Clause
from processors.rules.compiled import CompiledRule, RuleSet
from processors.rules.context import MAX_PER_CODE, MAX_RESULTS
from processors.rules.facts import Found, Situation
from streams.codec import Codec

SCHEMAS = RULES.parent / "schemas"


def test_a_decision_carries_rule_version_digest_and_the_field_that_each_clause_looked_at() -> None:
    ward = Ward(rules())
    [decision] = values(ward.sends(potassium("6.50")), topics.DECISION)
    assert (decision["rule_id"], decision["rule_version"], decision["rule_set"]) == ("high", "3", ward.rules.digest)
    shown = [(c["text"], c["holds"], c["value"], c["path"]) for c in decision["clauses"]]
    assert shown == [
        ("status in P, F, C", True, "F", "OBX[1]-11"),
        ("breach in low, high", True, "high", "OBX[1]-5"),
    ]


def test_the_evidence_is_the_value_as_sent_with_limit_and_source() -> None:
    [decision] = values(Ward(rules()).sends(potassium("6.50")), topics.DECISION)
    [evidence] = decision["evidence"]
    wanted = {"value": "6.50", "unit": "mmol/L", "limit": "> 6.2 mmol/L", "path": "OBX[1]-5", "control_id": "m0"}
    assert {name: evidence[name] for name in wanted} == wanted


def test_a_correction_shows_the_earlier_value_too() -> None:
    ward = Ward()
    ward.sends(potassium("6.8"))
    [decision] = values(ward.sends(potassium("7.4", "C")), topics.DECISION)
    assert [(e["label"], e["value"]) for e in decision["evidence"][:2]] == [
        ("potassium", "7.4"),
        ("potassium, earlier version (final result)", "6.8"),
    ]


def test_what_did_not_fire_is_said_with_the_first_clause_that_failed() -> None:
    out = Ward(rules()).sends(potassium("4.0"))
    line = evaluation(out, "high")
    assert (line["outcome"], line["failed_clause"], line["decision_id"]) == ("no_action", "breach in low, high", "")
    assert [e.topic for e in out] == [topics.EVALUATION]


def test_a_message_that_no_rule_names_still_leaves_an_evaluation() -> None:
    [emit] = Ward(rules()).sends(Result(code="1234-5", value="1"))
    assert (emit.topic, emit.value["rules"]) == (topics.EVALUATION, [])


def test_everything_stays_in_the_partition_and_carries_the_patient_key() -> None:
    out = Ward().sends(potassium())
    assert {(e.key, e.elsewhere) for e in out} == {(ALEX, False)}


def test_a_command_names_task_route_and_the_decision_that_caused_it() -> None:
    out = Ward().sends(potassium(), stay=Stay(event="A01", unit="W7"))
    [decision], [command] = values(out, topics.DECISION), values(out, topics.COMMAND)
    assert command["causation_id"] == decision["event_id"] == command["spec"]["decision_id"]
    assert (command["task_id"], command["route_key"]) == (decision["task_id"], ALEX)
    assert command["spec"]["route"] == {"role": "bedside nurse", "unit": "W7", "acuity": "U"}
    assert command["spec"]["subject"]["location"] == "W7 1/A"


def test_an_outpatient_has_an_hour() -> None:
    out = Ward().sends(potassium(), stay=Stay(event="A04", patient_class="AMB"))
    [command] = values(out, topics.COMMAND)
    assert command["spec"]["sla"]["acknowledge_s"] == 3600


def test_the_same_timeline_gives_the_same_bytes() -> None:
    def run() -> bytes:
        ward = Ward()
        for result in (potassium("6.8", "P"), potassium("6.9"), potassium("4.0", "C")):
            ward.sends(result)
        return orjson.dumps([(e.topic, e.key, e.value) for e in ward.said])

    assert run() == run()


def test_every_record_fits_its_schema() -> None:
    ward, codec = Ward(), Codec.offline(SCHEMAS)
    for status in "PFCADWXURIONSBV":
        ward.sends(potassium("6.8", status), potassium("9.9", status, id="two"))
        ward.sends(stay=Stay(event="A16", expected="2026-03-04T08:00:00Z"))
    assert all(codec.encode(emit.topic, emit.value) for emit in ward.said)


def test_versions_decide_not_the_order_of_arrival() -> None:
    versions = [
        potassium("6.8", "P", version="2026-03-02T07:00:00Z"),
        potassium("6.9", "F", version="2026-03-02T07:10:00Z"),
        potassium("4.1", "C", version="2026-03-02T07:20:00Z"),
    ]
    ends = set()
    for order in itertools.permutations(versions):
        ward = Ward(rules())
        for version in order:
            ward.sends(version)
        states = {item["state"] for item in ward.row()["items"].values()} - {"retracted"}
        [held] = ward.row()["results"][POTASSIUM]
        ends.add((held["value"], frozenset(states)))
    assert ends == {("4.1", frozenset())}


def test_results_of_one_message_or_of_several_are_decided_alike() -> None:
    together, apart = Ward(rules()), Ward(rules())
    one, two = potassium("6.8", id="1"), potassium("2.1", id="2")
    both = decisions(together.sends(one, two))
    assert both == decisions(apart.sends(one)) + decisions(apart.sends(two))


def failing(rule_set: RuleSet, rule_id: str) -> RuleSet:
    def boom(_: Situation) -> Found:
        raise ZeroDivisionError

    def broken(compiled: CompiledRule) -> CompiledRule:
        clause = Clause("boom", boom, bool)
        return replace(compiled, when=(clause,)) if compiled.rule.id == rule_id else compiled

    return replace(rule_set, by_code={c: tuple(map(broken, found)) for c, found in rule_set.by_code.items()})


def test_a_rule_that_raises_is_a_failed_evaluation_and_the_others_decide() -> None:
    out = Ward(failing(project_rules(), "haemolysed-potassium")).sends(potassium())
    line = evaluation(out, "haemolysed-potassium")
    assert (line["outcome"], line["failed_clause"]) == ("failed", "the rule raised ZeroDivisionError")
    assert decisions(out) == [("critical-potassium", "escalate")]


def test_a_rule_in_shadow_decides_and_nothing_follows() -> None:
    ward = Ward(rules(status="shadow"))
    out = ward.sends(potassium())
    assert [(d["shadow"], d["effect"]) for d in values(out, topics.DECISION)] == [(True, "escalate")]
    assert commands(out) + commands(ward.sends(potassium("4.0", "C"))) == []


def test_a_disabled_rule_says_so_and_still_takes_its_tasks_back() -> None:
    ward = Ward(rules())
    ward.sends(potassium("6.8", id="1"))
    off = Ward(rules(), disabled=frozenset({"high"}))
    off.stage.rows = ward.stage.rows
    off.at = ward.at
    assert evaluation(off.sends(potassium("7.9", id="2")), "high")["failed_clause"] == "the rule is disabled"
    assert commands(off.sends(potassium("4.0", "C", id="1"))) == ["retract"]


def test_a_rule_is_not_in_force_before_its_day() -> None:
    out = Ward(rules(effective_from='"2026-04-01"')).sends(potassium())
    assert evaluation(out, "high")["failed_clause"] == "the rule is not in force yet"


@pytest.mark.parametrize(
    ("scope", "fires"),
    [
        ("{units: [W1]}", True),
        ("{units: [W2]}", False),
        ("{sites: [examples]}", True),
        ("{sites: [lab]}", False),
        ("{share: 99}", True),
        ("{share: 1}", False),
    ],
)
def test_a_rule_keeps_to_its_scope(scope: str, fires: bool) -> None:
    text = RULE.replace("    when:", f"    scope: {scope}\n    when:")
    out = Ward(rules(text)).sends(potassium(), stay=Stay(event="A01"))
    assert bool(decisions(out)) is fires


def test_a_result_without_unit_on_a_ward_of_its_own_is_not_scored() -> None:
    assert decisions(Ward(rules()).sends(potassium("9.9", unit=""))) == []


def test_closed_by_staff_and_worse_afterwards_is_a_new_task() -> None:
    ward = Ward(rules())
    [first] = values(ward.sends(potassium("6.8")), topics.COMMAND)
    ward.outcome(first["task_id"], "completed", "completed")
    [second] = values(ward.sends(potassium("7.9", "C")), topics.COMMAND)
    assert (second["command"], second["task_id"] == first["task_id"]) == ("create", False)


def test_an_outcome_of_a_task_that_is_not_known_here_changes_nothing() -> None:
    ward = Ward(rules())
    ward.sends(potassium())
    before = ward.row()
    assert ward.outcome("unknown", "completed", "completed") == []
    assert ward.row() == before


def test_an_acknowledged_task_can_still_be_taken_back() -> None:
    ward = Ward(rules())
    [made] = values(ward.sends(potassium()), topics.COMMAND)
    ward.outcome(made["task_id"], "accepted", "acknowledged")
    assert ward.row()["items"][made["task_id"]]["state"] == "acknowledged"
    assert commands(ward.sends(potassium("", "D"))) == ["retract"]


def test_what_is_remembered_is_bounded_in_number() -> None:
    ward = Ward()
    codes = sorted(project_rules().by_code)
    for number in range(8):
        ward.sends(*(Result(code=code, value="1", id=f"{code}-{number}") for code in codes))
    results = ward.row()["results"]
    assert max(map(len, results.values())) <= MAX_PER_CODE
    assert sum(map(len, results.values())) <= MAX_RESULTS


def test_what_is_remembered_is_bounded_in_age() -> None:
    ward = Ward(rules())
    ward.sends(potassium("4.0"))
    ward.at = "2026-04-02T08:00:00Z"
    ward.sends(potassium("4.1", id="later"))
    assert [r["value"] for r in ward.row()["results"][POTASSIUM]] == ["4.1"]


def test_an_open_item_outlives_the_window() -> None:
    ward = Ward(rules())
    ward.sends(potassium())
    ward.at = "2026-06-02T08:00:00Z"
    ward.sends(potassium("4.1", id="later"))
    assert [item["state"] for item in ward.row()["items"].values()] == ["open"]


def test_an_older_row_format_is_not_read() -> None:
    ward = Ward(rules())
    ward.sends(potassium())
    row = ward.row() | {"v": 99}
    ward.stage.rows.rows[f"patient/{ALEX}"] = orjson.dumps(row)
    with pytest.raises(StateFailure, match="row version 99"):
        ward.sends(potassium())


def test_a_message_without_patient_has_a_row_of_its_own() -> None:
    ward = Ward(rules())
    out = ward.sends(potassium(), patient="")
    [command] = values(out, topics.COMMAND)
    assert command["command"] == "create"
    assert len(command["route_key"]) == 32
    assert list(ward.stage.rows.rows) == [f"patient/{command['route_key']}"]


def test_a_refused_timeline_event_is_kept_whole_as_a_dead_letter() -> None:
    value = Ward(rules()).message(potassium())
    [emit] = decide.refused(Rejection(Reason.DEFECT, "x", "y"), value, Position(topics.TIMELINE, 2, 7))
    letter = emit.value
    assert (letter["stage"], letter["partition"], letter["offset"], letter["reason"]) == ("decide", 2, 7, "defect")
    assert orjson.loads(letter["payload"]) == value
    assert Codec.offline(SCHEMAS).encode(topics.DEAD_LETTER, letter)


def test_a_rule_looks_again_before_the_discharge() -> None:
    ward = Ward()
    ward.sends(stay=Stay(event="A16", expected="2026-03-05T08:00:00Z"))
    fired = ward.fires("2026-03-04T08:00:00Z")
    assert ("discharge-follow-up", "none") in decisions(fired)


def test_a_recheck_after_the_plan_was_cancelled_opens_nothing() -> None:
    ward = Ward()
    ward.sends(stay=Stay(event="A16", expected="2026-03-05T08:00:00Z"))
    ward.sends(stay=Stay(event="A25"))
    assert decisions(ward.fires("2026-03-04T08:00:00Z")) == []


def test_a_discharge_task_is_due_four_hours_before_and_climbs_one_hour_before() -> None:
    out = Ward().sends(stay=Stay(event="A16", expected="2026-03-02T20:01:00Z"))
    [command] = values(out, topics.COMMAND)
    sla = command["spec"]["sla"]
    assert (sla["due_s"], [(s["after_s"], s["role"]) for s in sla["ladder"]]) == (28_800, [(39_600, "charge nurse")])


def test_a_laboratory_message_does_not_move_the_patient() -> None:
    ward = Ward()
    ward.sends(stay=Stay(event="A01", unit="W7"))
    value = ward.message(potassium("4.0"), stay=Stay(event="R01", unit="LAB"))
    for _, record in ward.messages[value["event_id"]]:
        record["source"] = {**record["source"], "message_type": "ORU"}
    ward.takes(value)
    assert ward.row()["subject"]["unit"] == "W7"


def test_a_transfer_takes_the_old_bed_with_it() -> None:
    ward = Ward()
    ward.sends(stay=Stay(event="A01", unit="W7"))
    value = ward.message(stay=Stay(event="A02", unit="W8"))
    for topic, record in ward.messages[value["event_id"]]:
        if topic == topics.ENCOUNTER:
            record |= {"room": "", "bed": ""}
    ward.takes(value)
    assert ward.row()["subject"]["location"] == "W8"


def test_an_open_task_follows_the_patient_to_another_unit() -> None:
    ward = Ward()
    ward.sends(stay=Stay(event="A01"))
    ward.sends(potassium())
    [relink] = values(ward.sends(stay=Stay(event="A02", unit="ICU")), topics.COMMAND)
    assert (relink["command"], relink["spec"]["subject"]["unit"]) == ("relink", "ICU")
    assert commands(ward.sends(stay=Stay(event="A08", unit="ICU"))) == []


def page_of(stay: Stay) -> dict[str, object]:
    ward = Ward()
    ward.sends(stay=stay)
    [command] = values(ward.sends(potassium()), topics.COMMAND)
    spec: dict[str, object] = command["spec"]
    return spec


def test_on_the_ward_the_nurse_is_paged() -> None:
    spec = page_of(Stay(event="A01"))
    assert (spec["route"], "start heart monitoring" in str(spec["next_action"])) == (
        {"role": "bedside nurse", "unit": "W1", "acuity": "U"},
        True,
    )


@pytest.mark.parametrize(
    "stay",
    [Stay(event="A03", status="finished"), Stay(event="A04", patient_class="AMB")],
    ids=["discharged", "outpatient"],
)
def test_for_a_patient_whom_no_ward_has_a_physician_is_paged_who_phones(stay: Stay) -> None:
    spec = page_of(stay)
    assert spec["route"] == {"role": "covering physician", "unit": "W1", "acuity": "U"}
    assert str(spec["next_action"]).startswith("The patient is not on the ward. Phone")
    assert spec["sla"] == {
        "acknowledge_s": 3600,
        "due_s": 3600,
        "ladder": [
            {"after_s": 1800, "role": "covering physician", "action": "notify"},
            {"after_s": 3600, "role": "senior physician", "action": "escalate"},
        ],
    }


def test_a_clause_shows_words_without_a_unit() -> None:
    [decision] = values(Ward().sends(potassium()), topics.DECISION)
    breach = [c for c in decision["clauses"] if "breach" in c["text"]]
    assert [(c["text"], c["value"], c["unit"]) for c in breach] == [
        ("breach in low, high", "high", ""),
        ("not: breach is haemolysed", "high", ""),
    ]
    assert breach[0]["path"] == "OBX[1]-5"


def test_a_moved_discharge_says_so_to_the_task() -> None:
    ward = Ward()
    ward.sends(stay=Stay(event="A16", expected="2026-03-02T20:00:00Z"))
    [amend] = values(ward.sends(stay=Stay(event="A08", expected="2026-03-02T18:00:00Z")), topics.COMMAND)
    assert (amend["command"], amend["reason_code"]) == ("amend", "rescheduled")
    assert commands(ward.sends(stay=Stay(event="A08", expected="2026-03-02T18:00:00Z"))) == []


def test_a_result_of_a_new_stay_counts_against_one_that_has_ended() -> None:
    ward = Ward()
    ward.sends(stay=Stay(event="A03", status="finished", id="old"))
    ward.sends(stay=Stay(event="A01", id="new", unit="W7"))
    assert ward.row()["encounter"]["unit"] == "W7"
