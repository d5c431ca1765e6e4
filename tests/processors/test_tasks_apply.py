"""What single commands do to a task, and which are refused."""

import pytest
from task_world import MINUTE, NINE, ROUTE_KEY, Desk, in_status, make_evidence, make_spec, make_subject, someone

from processors import topics
from processors.tasks.apply import SEEN_KEPT
from processors.tasks.task import Refusal


def test_a_new_task_is_requested_with_its_clock_running() -> None:
    desk = Desk()
    desk.create()
    kept = ("status", "revision", "queue", "created_at", "acknowledge_by", "due_at", "sla_state")
    assert [desk.task[name] for name in kept] == [
        "requested",
        1,
        "nurse@ICU",
        NINE,
        NINE + 15 * MINUTE,
        NINE + 60 * MINUTE,
        "running",
    ]


def test_a_new_task_tells_its_queue() -> None:
    desk = Desk()
    desk.create()
    assert desk.event["notify"] == ["nurse@ICU"]


def test_a_route_without_a_unit_is_the_queue_of_the_role() -> None:
    desk = Desk()
    desk.create(route={"role": "lab_desk", "unit": "", "acuity": "R"})
    assert desk.task["queue"] == "lab_desk"


def test_every_change_counts_the_revision() -> None:
    desk = in_status("on-hold")
    assert desk.task["revision"] == 3


@pytest.mark.parametrize("command", ["claim", "amend", "retract", "complete"])
def test_a_command_for_an_unknown_task_is_refused(command: str) -> None:
    desk = Desk()
    desk.send(command, someone(), spec=make_spec())
    assert desk.event["refusal"] == Refusal.UNKNOWN_TASK


def test_a_second_create_changes_nothing() -> None:
    desk = in_status("accepted")
    desk.create()
    assert (desk.event["refusal"], desk.task["revision"]) == (Refusal.EXISTS, 2)


def test_a_repeated_command_has_no_second_effect() -> None:
    desk = in_status("requested")
    claim = desk.record("claim", someone())
    desk.take(claim)
    again = desk.take(claim)
    assert [(e.topic, e.value["refusal"]) for e in again] == [(topics.TASK_EVENT, Refusal.REPEATED)]


def test_only_the_newest_command_ids_are_remembered() -> None:
    desk = in_status("requested")
    first = desk.record("claim", someone("ben"), expected_revision=99)
    desk.take(first)
    for _ in range(SEEN_KEPT):
        desk.send("claim", someone("ben"), expected_revision=99)
    desk.take(first)
    assert desk.event["refusal"] == Refusal.STALE_REVISION


def test_a_command_that_saw_an_older_revision_is_refused() -> None:
    desk = in_status("accepted")
    desk.send("start", someone(), expected_revision=1)
    assert (desk.event["refusal"], desk.event["revision"]) == (Refusal.STALE_REVISION, 2)


def test_a_command_that_saw_the_present_revision_is_accepted() -> None:
    desk = in_status("accepted")
    desk.send("start", someone(), expected_revision=2)
    assert desk.task["status"] == "in-progress"


@pytest.mark.parametrize("command", ["dismiss", "override"])
@pytest.mark.parametrize(("code", "refusal"), [("", Refusal.REASON_MISSING), ("because", Refusal.REASON_UNKNOWN)])
def test_dismissing_and_overriding_need_a_coded_reason(command: str, code: str, refusal: str) -> None:
    desk = in_status("requested")
    desk.send(command, someone(), reason_code=code)
    assert desk.event["refusal"] == refusal


def test_a_claim_race_has_one_winner() -> None:
    desk = in_status("requested")
    desk.send("claim", someone("ada"))
    desk.send("claim", someone("ben"))
    assert (desk.event["refusal"], desk.task["owner"]) == (Refusal.OWNED, "ada")


@pytest.mark.parametrize("command", ["start", "hold", "complete", "dismiss", "release"])
def test_what_somebody_owns_only_the_owner_moves(command: str) -> None:
    desk = in_status("accepted")
    reason = "duplicate" if command == "dismiss" else ""
    desk.send(command, someone("ben"), reason_code=reason)
    assert desk.event["refusal"] == Refusal.NOT_OWNER


def test_anybody_releases_a_task_with_a_reason() -> None:
    desk = in_status("in-progress")
    desk.send("release", someone("ben"), reason_code="owner_off_duty")
    assert (desk.task["status"], desk.task["owner"], desk.event["notify"]) == ("requested", "", ["nurse@ICU"])


def test_a_released_task_waits_for_acknowledgement_again() -> None:
    desk = in_status("accepted")
    desk.later(5)
    desk.send("release", someone())
    assert (desk.task["acknowledged_at"], desk.task["acknowledge_by"]) == (0, desk.now + 15 * MINUTE)


def test_a_task_that_nobody_owns_is_completed_by_whoever_did_it() -> None:
    desk = in_status("requested")
    desk.send("complete", someone("ben"))
    assert (desk.task["owner"], desk.task["sla_state"]) == ("ben", "met")


def test_anybody_overrides_and_the_owner_is_told() -> None:
    desk = in_status("in-progress")
    desk.send("override", someone("eve", "senior_physician"), reason_code="comfort_care")
    assert (desk.task["status"], desk.event["notify"]) == ("cancelled", ["user:ada"])


def test_completing_late_stays_a_breach() -> None:
    desk = in_status("accepted")
    desk.later(61, fire=False)
    desk.send("complete", someone())
    assert (desk.task["sla_state"], desk.task["business_status"]) == ("breached", "done, late")


def test_a_retract_of_an_untouched_task_cancels_it_quietly() -> None:
    desk = in_status("requested")
    desk.send("retract", effect="retract")
    assert (desk.task["status"], desk.task["sla_state"], desk.event["notify"]) == ("cancelled", "stopped", [])


@pytest.mark.parametrize("status", ["accepted", "in-progress", "on-hold"])
def test_a_retract_of_a_touched_task_tells_who_acknowledged(status: str) -> None:
    desk = in_status(status)
    desk.send("retract", effect="retract")
    assert (desk.task["status"], desk.event["notify"]) == ("cancelled", ["user:ada"])


def test_a_retract_tells_also_who_gave_the_task_back() -> None:
    desk = in_status("accepted")
    desk.send("release", someone())
    desk.send("retract", effect="retract")
    assert desk.event["notify"] == ["user:ada"]


def test_a_retract_after_completion_leaves_the_work_done_and_tells_the_owner() -> None:
    desk = in_status("completed")
    desk.send("retract", effect="retract", reason_code="corrected")
    assert (desk.task["status"], desk.event["accepted"], desk.event["notify"]) == ("completed", True, ["user:ada"])


def test_a_wrong_patient_tells_everybody_who_was_told() -> None:
    desk = in_status("accepted")
    desk.send("retract", effect="retract_wrong_patient")
    assert (desk.task["status"], desk.event["notify"]) == ("entered-in-error", ["nurse@ICU", "user:ada"])


def test_an_amendment_shows_the_new_value() -> None:
    desk = in_status("accepted")
    desk.send("amend", spec=make_spec(reason="Potassium 7.1"), effect="amend")
    assert (desk.task["spec"]["reason"], desk.task["status"], desk.event["notify"]) == ("Potassium 7.1", "accepted", [])


def test_an_amendment_that_matters_tells_everybody_again() -> None:
    desk = in_status("accepted")
    desk.send("amend", spec=make_spec(), effect="amend_renotify")
    assert desk.event["notify"] == ["nurse@ICU", "user:ada"]


def test_an_amendment_after_completion_tells_the_owner() -> None:
    desk = in_status("completed")
    desk.send("amend", spec=make_spec(), effect="amend_renotify")
    assert (desk.task["status"], desk.event["notify"]) == ("completed", ["nurse@ICU", "user:ada"])


def test_an_amendment_does_not_turn_the_clock_back() -> None:
    desk = in_status("requested")
    desk.later(10)
    desk.send("amend", spec=make_spec(sla={"acknowledge_s": 9, "due_s": 9, "ladder": []}), effect="amend")
    assert (desk.task["due_at"], desk.task["spec"]["sla"]["due_s"]) == (NINE + 60 * MINUTE, 3600)


def test_an_amendment_moves_the_task_with_the_patient() -> None:
    desk = in_status("requested")
    desk.send("amend", spec=make_spec(route={"role": "nurse", "unit": "W7", "acuity": "U"}), effect="amend")
    assert (desk.task["queue"], desk.event["notify"]) == ("nurse@W7", ["nurse@W7"])


def test_an_amendment_does_not_lower_a_climbed_ladder() -> None:
    desk = in_status("requested")
    desk.later(16)
    desk.send("amend", spec=make_spec(route={"role": "nurse", "unit": "ICU", "acuity": "U"}), effect="amend")
    assert (desk.task["queue"], desk.task["spec"]["route"]["acuity"]) == ("charge_nurse@ICU", "E")


def test_a_preliminary_result_makes_the_task_provisional_until_confirmed() -> None:
    desk = Desk()
    desk.send("create", spec=make_spec(evidence=[make_evidence(status="P")]), effect="escalate_provisional")
    before = desk.task["provisional"]
    desk.send("amend", spec=make_spec(), effect="confirm")
    assert (before, desk.task["provisional"]) == (True, False)


def test_a_relink_changes_the_patient_shown_and_not_the_partition_key() -> None:
    desk = in_status("accepted")
    desk.send("relink", spec=make_spec(subject=make_subject(name="Survivor")), patient_key="6" * 32)
    shown = desk.task["spec"]["subject"]["name"], desk.task["patient_key"], desk.task["route_key"]
    assert shown == ("Survivor", "6" * 32, ROUTE_KEY)
