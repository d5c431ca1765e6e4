"""A person's command on its way through a real broker."""

from pathlib import Path
from typing import Protocol

import pytest
from confluent_kafka import Consumer

from processors.envelope import Row
from processors.identity import Keyring
from processors.topics import COMMAND
from streams.codec import Codec
from streams.commands import BrokerAway, KafkaOutlet, Request, make_command
from streams.registry import Registry
from streams.settings import HOME, Settings

pytestmark = pytest.mark.integration

TASK: Row = {"task_id": "f" * 32, "route_key": "0b" * 16, "patient_key": "e" * 32, "correlation_id": "a" * 32}
REQUEST = Request(command="claim", user="ada", role="nurse", idempotency_key="k1")
COMMAND_VALUE = make_command(REQUEST, TASK, Keyring.of(b"test"), 1_800_000_000_000_000)


class Running(Protocol):
    """What the fixture gives."""

    def settings(self, data_dir: Path) -> Settings: ...


def test_a_command_arrives_whole_under_the_key_of_the_task(platform: Running, tmp_path: Path) -> None:
    settings = platform.settings(tmp_path)
    codec = Codec.connect(Registry(settings.registry_url), settings.schemas_dir)
    KafkaOutlet(settings.bootstrap, codec).send(TASK["route_key"], COMMAND_VALUE)
    consumer = Consumer(
        {
            "bootstrap.servers": settings.bootstrap,
            "group.id": "test-commands",
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
        }
    )
    consumer.subscribe([COMMAND])
    arrived = {}
    try:
        while COMMAND_VALUE["event_id"] not in arrived:
            message = consumer.poll(30.0)
            assert message is not None, "nothing arrived"
            value = codec.decode(message.value() or b"")
            arrived[value["event_id"]] = message.key(), value
    finally:
        consumer.close()
    assert arrived[COMMAND_VALUE["event_id"]] == (TASK["route_key"].encode(), COMMAND_VALUE)


def test_a_broker_that_is_away_is_said_in_time() -> None:
    outlet = KafkaOutlet("127.0.0.1:1", Codec.offline(HOME / "schemas"), delivery_timeout_s=1.0)
    with pytest.raises(BrokerAway):
        outlet.send(TASK["route_key"], COMMAND_VALUE)
