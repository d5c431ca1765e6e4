"""Dead letters sent again on a real broker: to the place they came from, once, and with an audit record."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from confluent_kafka import Message, Producer
from typer.testing import CliRunner, Result

from processors import topics
from processors.envelope import Position, Record
from processors.errors import Reason, Rejection
from processors.identity import Keyring
from processors.records.dead_letter import dead_letter
from streams.cli.dlq import app
from streams.cli.output import REFUSED
from streams.clock import now_us
from streams.codec import Codec
from streams.commands import Request, make_command
from streams.reader import read_topic
from streams.registry import Registry
from streams.settings import Settings

pytestmark = pytest.mark.integration
KEYS = Keyring.of(b"redrive")
#: Where murmur2 of the patient's key and of the route key would not put it.
PLACE = Position(topics.COMMAND, 3, 17)


class Running(Protocol):
    """What the fixture gives."""

    def settings(self, data_dir: Path) -> Settings: ...


class Desk:
    """A broker with one dead command in it, and the `dlq` commands."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.settings = settings
        self.codec = Codec.connect(Registry(settings.registry_url), settings.schemas_dir)
        task = {"task_id": "f" * 32, "route_key": "0b" * 16, "patient_key": "e" * 32, "correlation_id": "a" * 32}
        request = Request(command="claim", user="ada", role="nurse", idempotency_key=name)
        self.command = make_command(request, task, KEYS, now_us())
        why = Rejection(Reason.DEFECT, "step", "test")
        self.letter = dead_letter("tasks", why, self.command, PLACE).value

    def put(self, value: Record) -> str:
        producer = Producer({"bootstrap.servers": self.settings.bootstrap})
        producer.produce(topics.DEAD_LETTER, value=self.codec.encode(topics.DEAD_LETTER, value), partition=3)
        assert producer.flush(20) == 0
        return str(value["event_id"])

    def call(self, *arguments: str) -> Result:
        environment = {
            "WARDLINE_BOOTSTRAP": self.settings.bootstrap,
            "WARDLINE_REGISTRY_URL": self.settings.registry_url,
        }
        given = [*arguments, "--data", str(self.settings.data_dir)]
        return CliRunner().invoke(app, given, env=environment, catch_exceptions=False)

    def sent(self) -> list[Message]:
        """Commands of this desk that were sent again."""
        found = read_topic(self.settings.bootstrap, topics.COMMAND)
        return [m for m in found if self.codec.decode(m.value() or b"")["event_id"] == self.command["event_id"]]

    def records(self, topic: str) -> Iterator[Record]:
        return (self.codec.decode(m.value() or b"") for m in read_topic(self.settings.bootstrap, topic))


@pytest.fixture
def desk(platform: Running, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    return Desk(platform.settings(tmp_path), request.node.name)


def test_a_command_goes_back_to_its_own_partition_under_its_route_key(desk: Desk) -> None:
    desk.call("redrive", desk.put(desk.letter))
    [message] = desk.sent()
    assert (message.partition(), message.key()) == (PLACE.partition, desk.command["route_key"].encode())
    value = desk.codec.decode(message.value() or b"")
    assert value == desk.command | {"produced_by": value["produced_by"]}


def test_a_letter_is_sent_once_and_then_refused(desk: Desk) -> None:
    letter = desk.put(desk.letter)
    desk.call("redrive", letter)
    assert desk.call("redrive", letter).exit_code == REFUSED
    assert len(desk.sent()) == 1


def test_what_was_written_for_a_redrive_is_not_taken_for_the_stages_own(desk: Desk) -> None:
    desk.call("redrive", desk.put(desk.letter))
    marked = [one for one in desk.records(topics.DEAD_LETTER) if one["event_id"] == desk.letter["event_id"]]
    assert [(one["state"], one["produced_by"]["component"]) for one in marked] == [
        ("open", "tasks"),
        ("redriven", "dlq"),
    ]


def test_a_redrive_leaves_an_audit_record(desk: Desk) -> None:
    letter = desk.put(desk.letter)
    desk.call("redrive", letter)
    [record] = [one for one in desk.records(topics.AUDIT) if one["target"] == f"dead-letter/{letter}"]
    assert (record["action"], record["actor"]["kind"], record["outcome"]) == ("redrive", "person", "done")


def test_bytes_that_are_no_record_cannot_be_sent_again(desk: Desk) -> None:
    letter = desk.put(desk.letter | {"payload": b"\x00nonsense"})
    assert desk.call("redrive", letter).exit_code == REFUSED


def test_looking_at_a_payload_leaves_an_audit_record(desk: Desk) -> None:
    letter = desk.put(desk.letter)
    desk.call("show", letter, "--payload")
    [record] = [one for one in desk.records(topics.AUDIT) if one["target"] == f"dead-letter/{letter}"]
    assert record["action"] == "read"
