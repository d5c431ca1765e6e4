"""The clock of a task: ladder, acknowledgement, due time, restart."""

from task_world import KEYRING, LADDER, MINUTE, NINE, RULE, Desk, in_status, make_spec, make_subject, someone

from processors import topics
from processors.records.memory import MemoryStage
from processors.records.task import make_step, refused
from processors.tasks.ladder import KEPT_CLOSED_S


def test_the_ladder_climbs_one_step_at_a_time() -> None:
    desk = in_status("requested")
    steps = []
    for _ in range(4):
        desk.later(10)
        steps.append((desk.task["step"], desk.task["queue"]))
    assert steps == [(0, "nurse@ICU"), (1, "charge_nurse@ICU"), (2, "charge_nurse@ICU"), (2, "charge_nurse@ICU")]


def test_a_step_that_escalates_raises_tier_and_priority() -> None:
    desk = in_status("requested")
    desk.later(15)
    assert (desk.task["spec"]["route"]["acuity"], desk.task["spec"]["priority"]) == ("E", "asap")


def test_a_step_that_notifies_leaves_the_task_where_it_is() -> None:
    desk = in_status("requested")
    desk.later(15)
    desk.later(15)
    assert (desk.event["notify"], desk.task["queue"]) == (["senior_physician@ICU"], "charge_nurse@ICU")


def test_a_due_record_does_not_fire_when_an_acknowledgement_was_already_in_the_backlog() -> None:
    desk = in_status("requested")
    claim = desk.record("claim", someone(), reason_code="treating")
    desk.later(16, fire=False)
    due = desk.fired()
    desk.take(claim)
    assert [desk.take(value) for value in due] == [[]]


def test_a_due_record_fires_when_nobody_acknowledged() -> None:
    desk = in_status("requested")
    desk.later(16, fire=False)
    assert [emit.topic for value in desk.fired() for emit in desk.take(value)] == [topics.TASK_EVENT, topics.TASK]


def test_a_due_record_written_twice_climbs_once() -> None:
    desk = in_status("requested")
    desk.later(16, fire=False)
    (due,) = desk.fired()
    assert [len(desk.take(due)), len(desk.take(due))] == [2, 0]


def test_a_due_record_finds_nothing_to_do_at_a_closed_task() -> None:
    desk = in_status("cancelled")
    assert desk.later(61) == []


def test_a_claim_with_an_action_stops_the_ladder() -> None:
    desk = in_status("accepted")
    desk.later(59)
    assert (desk.task["step"], desk.task["sla_state"]) == (0, "acknowledged")


def test_a_claim_without_an_action_goes_on_after_half_the_interval() -> None:
    desk = in_status("requested")
    desk.later(10)
    desk.send("claim", someone())
    desk.later(7)
    before = desk.task["step"]
    desk.later(1)
    assert (before, desk.task["step"], desk.event["notify"]) == (0, 1, ["charge_nurse@ICU", "user:ada"])


def test_the_action_may_follow_the_claim() -> None:
    desk = in_status("requested")
    desk.send("claim", someone())
    desk.send("claim", someone(), reason_code="at_bedside")
    desk.later(59)
    assert (desk.task["step"], desk.heard) == (0, ["acknowledged"])


def test_claiming_again_without_an_action_does_not_put_the_ladder_off() -> None:
    desk = in_status("requested")
    desk.send("claim", someone())
    desk.send("claim", someone())
    assert desk.event["refusal"] == "owned"


def test_a_released_task_climbs_after_a_whole_interval() -> None:
    desk = in_status("accepted")
    desk.later(5)
    desk.send("release", someone())
    desk.later(14)
    before = desk.task["step"]
    desk.later(1)
    assert (before, desk.task["step"]) == (0, 1)


def test_after_a_standstill_each_step_leaves_time_to_act() -> None:
    desk = in_status("requested")
    desk.now += 45 * MINUTE
    due = [value for value in desk.fired() if value["due"]["name"] == "step"]
    for value in due:
        desk.take({**value, "fired_at": desk.now})
    first = desk.task["step"], desk.fired()
    desk.later(8)
    assert (first, desk.task["step"]) == ((1, []), 2)


def test_a_missed_due_time_is_noticed_once() -> None:
    desk = in_status("accepted")
    desk.later(61)
    breached = desk.task["sla_state"], desk.event["notify"], desk.heard[-1]
    assert (breached, desk.later(600)) == (("breached", ["nurse@ICU", "user:ada"], "breached"), [])


def test_a_task_without_a_clock_asks_for_no_timer() -> None:
    desk = Desk()
    desk.create(sla={"acknowledge_s": 0, "due_s": 0, "ladder": []})
    assert (desk.stage.rows.timers, desk.task["due_at"], desk.task["acknowledge_by"]) == ([], 0, 0)


def test_ladder_survives_a_restart() -> None:
    desk = in_status("requested")
    desk.later(16)
    restarted = MemoryStage(topics.COMMAND, make_step(KEYRING), refused)
    restarted.rows.now = desk.stage.rows.now
    restarted.rows.rows = dict(desk.stage.rows.rows)
    restarted.rows.timers = list(desk.stage.rows.timers)
    desk.stage = restarted
    desk.later(15)
    assert (desk.task["step"], desk.task["told"]) == (2, ["nurse@ICU", "charge_nurse@ICU", "senior_physician@ICU"])


def test_the_row_of_a_closed_task_is_dropped_after_its_time() -> None:
    desk = in_status("completed")
    desk.later(KEPT_CLOSED_S / 60)
    assert desk.stage.rows.rows == {}


def test_a_ladder_of_one_step_ends_there() -> None:
    desk = Desk()
    desk.create(sla={"acknowledge_s": 900, "due_s": 0, "ladder": [dict(LADDER[0])]})
    desk.later(600)
    assert (desk.task["step"], desk.task["acknowledge_by"]) == (1, NINE + 15 * MINUTE)


def test_words_say_what_the_ladder_did() -> None:
    desk = in_status("requested")
    desk.later(15)
    escalated = desk.task["business_status"]
    desk.later(15)
    assert [escalated, desk.task["business_status"]] == [
        "escalated to charge_nurse (step 1), waiting for somebody to acknowledge",
        "reminded senior_physician (step 2), waiting for somebody to acknowledge",
    ]


def test_an_unknown_tier_is_not_raised() -> None:
    desk = Desk()
    desk.send("create", spec=make_spec(route={"role": "nurse", "unit": "ICU", "acuity": ""}))
    desk.later(15)
    assert desk.task["spec"]["route"]["acuity"] == ""


def test_a_due_record_of_a_task_no_longer_kept_leaves_no_trace() -> None:
    desk = in_status("requested")
    desk.later(16, fire=False)
    due = desk.fired()
    desk.stage.rows.rows.clear()
    assert [desk.take(value) for value in due] == [[]]


def test_a_task_released_at_the_end_of_its_ladder_climbs_no_more() -> None:
    desk = in_status("requested")
    desk.later(45)
    desk.send("claim", someone(), reason_code="treating")
    desk.send("release", someone())
    desk.later(6000)
    assert (desk.task["step"], desk.task["status"]) == (2, "requested")


def reamend(desk: Desk, due_s: int, steps: tuple[int, ...], reason: str = "rescheduled") -> None:
    ladder = [{"after_s": after, "role": "charge_nurse", "action": "escalate"} for after in steps]
    spec = make_spec(sla={"acknowledge_s": 900, "due_s": due_s, "ladder": ladder})
    desk.send("amend", RULE, spec=spec, effect="amend", reason_code=reason)


def test_a_rescheduled_task_has_its_due_time_and_its_steps_set_anew_from_now() -> None:
    desk = in_status("requested")
    desk.later(10)
    reamend(desk, 7200, (3600, 5400))
    assert desk.task["due_at"] == desk.now + 120 * MINUTE
    desk.later(59)
    assert (desk.task["step"], desk.task["sla_state"]) == (0, "running")
    desk.later(1)
    assert (desk.task["step"], desk.task["queue"]) == (1, "charge_nurse@ICU")
    desk.later(60)
    assert (desk.task["step"], desk.task["sla_state"]) == (2, "breached")


def test_a_rescheduled_task_can_become_due_sooner() -> None:
    desk = in_status("requested")
    reamend(desk, 600, (300, 500))
    desk.later(10)
    assert (desk.task["step"], desk.task["sla_state"]) == (2, "breached")


def test_a_step_that_was_climbed_stays_climbed_when_the_task_is_rescheduled() -> None:
    desk = in_status("requested")
    desk.later(15)
    reamend(desk, 7200, (3600, 5400))
    assert (desk.task["step"], desk.task["queue"]) == (1, "charge_nurse@ICU")


def test_a_ladder_that_somebody_stopped_stays_stopped_when_the_task_is_rescheduled() -> None:
    desk = in_status("requested")
    desk.send("claim", someone(), reason_code="treating")
    reamend(desk, 7200, (60, 120))
    desk.later(100)
    assert desk.task["step"] == 0


def test_any_other_amendment_leaves_the_clock_alone() -> None:
    desk = in_status("requested")
    before = desk.task["due_at"]
    reamend(desk, 7200, (3600, 5400), reason="")
    assert desk.task["due_at"] == before


def test_a_task_follows_the_patient_to_the_new_unit_and_its_queue_is_told() -> None:
    desk = Desk()
    desk.send("create", RULE, spec=make_spec(subject=make_subject(unit="ICU")), effect="escalate")
    moved = make_spec(subject=make_subject(unit="W2", location="W2 1"))
    desk.send("relink", {"kind": "middleware", "id": "decide", "role": ""}, spec=moved)
    assert (desk.task["queue"], desk.event["notify"]) == ("nurse@W2", ["nurse@W2"])
    assert desk.task["spec"]["subject"]["location"] == "W2 1"


def test_a_task_of_another_unit_stays_there() -> None:
    desk = Desk()
    desk.send("create", RULE, spec=make_spec(subject=make_subject(unit="W1")), effect="escalate")
    desk.send("relink", RULE, spec=make_spec(subject=make_subject(unit="W2")))
    assert (desk.task["queue"], desk.event["notify"]) == ("nurse@ICU", [])


def test_who_has_acknowledged_sees_that_the_value_changed_until_they_look() -> None:
    desk = in_status("requested")
    desk.send("claim", someone(), reason_code="treating")
    desk.send("amend", RULE, spec=make_spec(), effect="amend_renotify")
    assert desk.task["business_status"] == "acknowledged, changed since: look again"
    desk.send("start", someone())
    assert desk.task["business_status"] == "being worked on"
