"""The records of the tasks stage: event, state, outcome, dead letter; ids and lineage."""

import pytest
from task_world import NINE, ROUTE_KEY, Desk, in_status, make_spec, someone

from processors import topics
from processors.envelope import Record
from processors.errors import StateFailure


def test_an_accepted_command_gives_event_state_and_outcome_in_this_order() -> None:
    desk = in_status("requested")
    came = desk.send("claim", someone(), reason_code="treating")
    assert [(emit.topic, emit.key) for emit in came] == [
        (topics.TASK_EVENT, "task-1"),
        (topics.TASK, "task-1"),
        (topics.TIMELINE, ROUTE_KEY),
    ]


def test_no_record_leaves_the_partition_of_the_task() -> None:
    desk = in_status("completed")
    assert not [emit for emit in desk.out if emit.elsewhere]


def test_a_refused_command_gives_an_event_and_leaves_the_task_alone() -> None:
    desk = in_status("accepted")
    came = desk.send("claim", someone("ben"))
    assert [(emit.topic, emit.value["to_status"], emit.value["accepted"]) for emit in came] == [
        (topics.TASK_EVENT, "accepted", False)
    ]


def test_an_event_says_who_did_what_and_why() -> None:
    desk = in_status("requested")
    desk.now += 1_000_000
    desk.send("dismiss", someone("ada", "charge_nurse"), reason_code="duplicate", comment="see the other one")
    names = ("command", "from_status", "to_status", "actor", "reason_code", "comment", "at", "rule_id")
    assert [desk.event[name] for name in names] == [
        "dismiss",
        "requested",
        "rejected",
        {"kind": "person", "id": "ada", "role": "charge_nurse"},
        "duplicate",
        "see the other one",
        NINE + 1_000_000,
        "critical-potassium",
    ]


@pytest.mark.parametrize(
    ("status", "heard"),
    [
        ("requested", []),
        ("accepted", ["acknowledged"]),
        ("on-hold", ["acknowledged"]),
        ("completed", ["acknowledged", "completed"]),
        ("cancelled", ["overridden"]),
        ("rejected", ["dismissed"]),
        ("entered-in-error", ["cancelled"]),
    ],
)
def test_the_rules_hear_of_the_transitions_that_matter(status: str, heard: list[str]) -> None:
    assert in_status(status).heard == heard


def test_the_rules_hear_nothing_of_a_task_that_no_rule_made() -> None:
    desk = Desk()
    desk.create(rule_id="")
    desk.send("complete", someone())
    assert desk.heard == []


def test_an_outcome_is_addressed_to_the_patient_under_whom_the_task_was_made() -> None:
    desk = in_status("requested")
    desk.send("relink", spec=make_spec(), patient_key="6" * 32)
    came = desk.send("complete", someone())
    assert [(emit.key, emit.value["patient_key"]) for emit in came if emit.topic == topics.TIMELINE] == [
        (ROUTE_KEY, ROUTE_KEY)
    ]


def test_a_person_leaves_the_task_traced_to_its_message() -> None:
    desk = in_status("requested")
    desk.send("claim", someone(), correlation_id="", patient_key="", occurred_at="")
    traced = [(v["correlation_id"], v["patient_key"], v["source"]["feed"]) for v in (desk.task, desk.event)]
    assert traced == [("a" * 32, ROUTE_KEY, "lab")] * 2


def test_an_amendment_traces_the_task_to_the_newer_message() -> None:
    desk = in_status("requested")
    desk.send("amend", spec=make_spec(), correlation_id="c" * 32)
    assert desk.task["correlation_id"] == "c" * 32


def test_a_timer_leaves_the_task_traced_to_its_message() -> None:
    desk = in_status("requested")
    desk.later(15)
    assert (desk.event["command"], desk.event["correlation_id"], desk.event["actor"]["kind"]) == (
        "due",
        "a" * 32,
        "middleware",
    )


def test_all_ids_differ_also_of_repeated_and_refused_commands() -> None:
    desk = in_status("requested")
    claim = desk.record("claim", someone())
    for _ in range(4):
        desk.take(claim)
    desk.later(61)
    ids = [emit.value["event_id"] for emit in desk.out]
    assert len(set(ids)) == len(ids)


def _run(commands: list[Record]) -> list[tuple[str, Record]]:
    desk = Desk()
    for value in commands:
        desk.take(value)
    return [(emit.topic, emit.value) for emit in desk.out]


def test_the_same_commands_give_the_same_records() -> None:
    maker = Desk()
    commands = [
        maker.record("create", spec=make_spec()),
        maker.record("claim", someone()),
        maker.record("complete", someone()),
    ]
    assert _run(commands) == _run(commands)


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        ("command", {"command": "retract_wrong_patient"}),
        ("command", {"command": ""}),
        ("task_id", {"task_id": ""}),
        ("route_key", {"route_key": ""}),
        ("event_id", {"event_id": ""}),
        ("actor.kind", {"actor": {"kind": "robot", "id": "x", "role": ""}}),
        ("actor.id", {"actor": {"kind": "person", "id": "", "role": ""}}),
        ("actor.kind", {"command": "claim"}),
        ("spec", {"command": "create"}),
        ("due.name", {"command": "due"}),
        ("due.name", {"command": "due", "due": {"due_id": "", "at": 0, "name": "tea", "ref": "", "step": 0}}),
    ],
)
def test_what_is_no_command_goes_to_the_dead_letters(path: str, changes: Record) -> None:
    desk = in_status("requested")
    (emit,) = desk.take({**desk.record("amend"), **changes})
    assert (emit.topic, emit.value["reason"], emit.value["path"]) == (topics.DEAD_LETTER, "command_invalid", path)


def test_a_dead_letter_repeats_nothing_of_the_command() -> None:
    desk = Desk()
    (emit,) = desk.send("Miller", comment="Miller")
    assert "Miller" not in emit.value["detail"]


def test_a_row_of_another_version_is_not_read() -> None:
    desk = in_status("requested")
    desk.stage.rows.rows = {key: row.replace(b'"v":1', b'"v":2') for key, row in desk.stage.rows.rows.items()}
    with pytest.raises(StateFailure, match="row version 2"):
        desk.send("claim", someone())
