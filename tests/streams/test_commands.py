"""A person's command: how it is made, sent and answered."""

from dataclasses import replace
from pathlib import Path

import pytest
from read_side import KEYRING, T0
from task_desk import Desk

from processors import topics
from processors.envelope import Record, Row
from streams.codec import Codec
from streams.commands import BrokerAway, Request, make_command, send_and_wait
from streams.settings import HOME
from streams.task_view import TaskView

TASK: Row = {"task_id": "f" * 32, "route_key": "b" * 32, "patient_key": "e" * 32, "correlation_id": "a" * 32}


def make_request(**changes: object) -> Request:
    return replace(Request(command="claim", user="ada", role="nurse", idempotency_key="k1"), **changes)


def made(**changes: object) -> Record:
    return make_command(make_request(**changes), TASK, KEYRING, T0)


def test_a_command_fits_its_schema() -> None:
    codec = Codec.offline(HOME / "schemas")
    assert codec.decode(codec.encode(topics.COMMAND, made())) == made()


def test_a_command_is_traced_to_the_message_behind_the_task() -> None:
    assert (made()["correlation_id"], made()["patient_key"]) == ("a" * 32, "e" * 32)


def test_the_same_key_of_the_same_person_is_the_same_command() -> None:
    assert made()["event_id"] == made(comment="again")["event_id"]


@pytest.mark.parametrize("changes", [{"user": "ben"}, {"idempotency_key": "k2"}])
def test_another_person_or_key_is_another_command(changes: dict[str, str]) -> None:
    assert made()["event_id"] != made(**changes)["event_id"]


def test_without_a_key_every_command_is_new() -> None:
    assert made(idempotency_key="")["event_id"] != made(idempotency_key="")["event_id"]


def test_no_id_shows_the_key_that_a_person_chose() -> None:
    assert "doe-john" not in made(idempotency_key="doe-john")["event_id"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.create(TASK["task_id"])
    return desk


def test_an_accepted_command_is_answered_with_the_new_revision(desk: Desk) -> None:
    answer = send_and_wait(made(), desk, TaskView(desk.database))
    assert (answer.state, answer.revision, answer.status) == ("accepted", 2, "accepted")


def test_a_refused_command_is_answered_with_the_present_state(desk: Desk) -> None:
    answer = send_and_wait(made(expected_revision=7), desk, TaskView(desk.database))
    assert (answer.state, answer.refusal, answer.revision, answer.status) == (
        "refused",
        "stale_revision",
        1,
        "requested",
    )


def test_a_command_sent_twice_is_answered_as_the_first_time(desk: Desk) -> None:
    send_and_wait(made(), desk, TaskView(desk.database))
    assert send_and_wait(made(), desk, TaskView(desk.database)).state == "accepted"


def test_a_command_goes_to_the_partition_of_the_task(desk: Desk) -> None:
    send_and_wait(made(), desk, TaskView(desk.database))
    assert desk.keys[-1] == "b" * 32


class Silent:
    """An outlet behind which no stage runs."""

    def send(self, key: str, value: Record) -> None:
        """Stored, and that is all."""


def test_an_outcome_that_does_not_come_within_two_seconds_is_pending(desk: Desk) -> None:
    waited: list[float] = []
    answer = send_and_wait(made(), Silent(), TaskView(desk.database), waited.append)
    assert (answer.state, round(sum(waited), 3)) == ("pending", 2.0)


class Away:
    """An outlet without a broker."""

    def send(self, key: str, value: Record) -> None:
        raise BrokerAway("timed out")


def test_without_a_broker_nothing_is_waited_for(desk: Desk) -> None:
    with pytest.raises(BrokerAway):
        send_and_wait(made(), Away(), TaskView(desk.database), _never)


def _never(_seconds: float) -> None:
    raise AssertionError("waited")
