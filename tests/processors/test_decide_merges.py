"""Merges: the absorbed row moves, later records are sent on, tasks keep their partition and show the survivor."""

import pytest
from decide_world import ALEX, KIM, SAM, Ward, commands, decisions, potassium, rules, values

from processors import topics
from processors.rules.context import FORMAT


@pytest.fixture
def ward() -> Ward:
    return Ward(rules())


def merged(ward: Ward, absorbed: str = SAM, survivor: str = ALEX) -> None:
    kept, lost = ward.merges(absorbed, survivor)
    ward.takes(kept)
    ward.takes(lost)


def test_the_absorbed_row_becomes_a_stub_and_its_content_goes_to_the_survivor(ward: Ward) -> None:
    ward.sends(potassium(), patient=SAM)
    kept, lost = ward.merges(SAM, ALEX)
    ward.takes(kept)
    out = ward.takes(lost)
    [moved] = [e for e in out if e.topic == topics.TIMELINE]
    assert (moved.key, moved.elsewhere, moved.value["kind"], moved.value["patient_key"]) == (
        ALEX,
        True,
        "merge_in",
        ALEX,
    )
    assert ward.row(SAM) == {"v": FORMAT, "merged_into": ALEX}
    assert [item["route_key"] for item in ward.row()["items"].values()] == [SAM]


def test_an_open_task_is_linked_to_the_survivor_in_its_own_partition(ward: Ward) -> None:
    ward.sends(potassium(), patient=SAM)
    kept, lost = ward.merges(SAM, ALEX)
    ward.takes(kept)
    [relink] = [e for e in ward.takes(lost) if e.topic == topics.COMMAND]
    assert (relink.value["command"], relink.value["route_key"], relink.key, relink.elsewhere) == (
        "relink",
        SAM,
        SAM,
        True,
    )
    assert (relink.value["patient_key"], relink.value["spec"]["subject"]["patient_id"]) == (ALEX, "patient")


def test_the_order_of_the_two_events_does_not_matter(ward: Ward) -> None:
    ward.sends(potassium(), patient=SAM)
    kept, lost = ward.merges(SAM, ALEX)
    first = commands(ward.takes(lost))
    assert first + commands(ward.takes(kept)) == ["relink"]
    assert ward.row()["merge_pending"] == []


def test_a_late_record_under_the_old_key_is_decided_for_the_survivor(ward: Ward) -> None:
    ward.sends(potassium(), patient=SAM)
    merged(ward)
    out = ward.sends(potassium("4.0", "C"), patient=SAM)
    sent_on, *rest = out
    assert (sent_on.topic, sent_on.key, sent_on.elsewhere) == (topics.TIMELINE, ALEX, True)
    [retract] = [e for e in rest if e.topic == topics.COMMAND]
    assert (retract.value["command"], retract.key, retract.elsewhere) == ("retract", SAM, True)


def test_a_task_outcome_under_the_old_key_reaches_the_survivor(ward: Ward) -> None:
    [made] = values(ward.sends(potassium(), patient=SAM), topics.COMMAND)
    merged(ward)
    ward.outcome(made["task_id"], "completed", "completed", patient=SAM)
    assert ward.row()["items"][made["task_id"]]["state"] == "closed"


def test_the_newer_version_of_a_result_known_to_both_stays(ward: Ward) -> None:
    ward.sends(potassium("4.0", version="2026-03-02T07:00:00Z"), patient=SAM)
    ward.sends(potassium("4.4", "C", version="2026-03-02T07:30:00Z"), patient=ALEX)
    merged(ward)
    assert [r["value"] for r in ward.row()["results"]["2823-3"]] == ["4.4"]


def test_until_the_row_has_come_decisions_say_so(ward: Ward) -> None:
    kept, lost = ward.merges(SAM, ALEX)
    ward.takes(kept)
    [before] = values(ward.sends(potassium()), topics.DECISION)
    ward.takes(lost)
    [after] = values(ward.sends(potassium("7.7", "C")), topics.DECISION)
    assert [any(c["text"] == "merge_pending" for c in d["clauses"]) for d in (before, after)] == [True, False]


def test_a_repeated_merge_changes_nothing(ward: Ward) -> None:
    ward.sends(potassium(), patient=SAM)
    merged(ward)
    before = ward.row()
    _, again = ward.merges(SAM, ALEX)
    assert ward.takes(again) == []
    assert ward.row() == before


def test_a_chain_of_merges_ends_with_the_last_survivor(ward: Ward) -> None:
    ward.sends(potassium(), patient=SAM)
    merged(ward, SAM, ALEX)
    merged(ward, ALEX, KIM)
    out = ward.sends(potassium("4.0", "C"), patient=SAM)
    assert [e.key for e in out if e.topic == topics.TIMELINE] == [ALEX, KIM]
    assert decisions(out) == [("high", "retract")]


def test_a_patient_without_a_row_can_be_absorbed(ward: Ward) -> None:
    merged(ward)
    assert ward.row()["merged"] == [SAM]


def test_a_merge_the_other_way_round_makes_the_old_patient_the_survivor(ward: Ward) -> None:
    ward.sends(potassium(), patient=SAM)
    merged(ward, SAM, ALEX)
    merged(ward, ALEX, SAM)
    assert ward.row(ALEX) == {"v": FORMAT, "merged_into": SAM}
    assert [item["state"] for item in ward.row(SAM)["items"].values()] == ["open"]


def test_a_correction_that_came_under_the_new_key_before_the_merge_takes_the_old_page_back(ward: Ward) -> None:
    [made] = values(ward.sends(potassium(), patient=SAM), topics.COMMAND)
    ward.sends(potassium("4.0", "C"), patient=ALEX)
    kept, lost = ward.merges(SAM, ALEX)
    ward.takes(kept)
    out = ward.takes(lost)
    [retract] = [c for c in values(out, topics.COMMAND) if c["command"] == "retract"]
    assert (retract["task_id"], retract["route_key"]) == (made["task_id"], SAM)
    assert values(out, topics.DECISION)[0]["evidence"][0]["path"] == ""


def test_a_version_of_another_result_takes_nothing_back_at_a_merge(ward: Ward) -> None:
    ward.sends(potassium(id="one"), patient=SAM)
    ward.sends(potassium("4.0", "C", id="two"), patient=ALEX)
    kept, lost = ward.merges(SAM, ALEX)
    assert "retract" not in commands(ward.takes(kept) + ward.takes(lost))
