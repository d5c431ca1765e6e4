"""The gateway against a real broker that is stopped, frozen and killed: an ACK means stored (P1), and order is kept."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from conftest import Broker, Platform

from processors import topics
from streams.gateway.kafka_log import KafkaLog, LogSettings
from streams.gateway.log import Entry, NotStored
from streams.gateway.run import DRAIN_S
from streams.platform import launcher

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "streams"))
import raw_log_suite
from gateway_desk import CODEC, Sender, condition, message, payload_of, result, running

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

DELIVERY_S = 2.0
ACK_TIMEOUT_S = DELIVERY_S + 2.0


@asynccontextmanager
async def kafka_log(bootstrap: str, topic: str = topics.RAW, delivery_s: float = DELIVERY_S) -> AsyncIterator[KafkaLog]:
    settings = LogSettings(
        bootstrap=bootstrap, topic=topic, delivery_timeout_s=delivery_s, max_record_bytes=12 * 1024 * 1024
    )
    log = KafkaLog(settings)
    try:
        assert await log.open(30.0)
        yield log
    finally:
        await log.close()


async def reopened(log: KafkaLog, timeout_s: float = 60.0) -> None:
    async with asyncio.timeout(timeout_s):
        while True:
            if log.is_open:
                return
            await asyncio.sleep(0.1)


def stored(bootstrap: str, topic: str = topics.RAW) -> list[str]:
    """Control ids in the topic, in order per partition."""
    return [CODEC.decode(value)["source"]["control_id"] for value in values(bootstrap, topic)]


def values(bootstrap: str, topic: str) -> list[bytes]:
    reader = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader", "fetch.max.bytes": 20_000_000})
    found = []
    for partition in reader.list_topics(topic, 10).topics[topic].partitions:
        low, high = reader.get_watermark_offsets(TopicPartition(topic, partition), 10)
        reader.assign([TopicPartition(topic, partition, low)])
        for _ in range(low, high):
            record = reader.poll(10)
            assert record is not None
            assert record.error() is None
            found.append(record.value())
    reader.close()
    return found


def make_topics(broker: Broker, partitions: int = 1) -> None:
    for name in (topics.RAW, topics.DEAD_LETTER):
        broker.create_topic(name, partitions, {"max.message.bytes": str(12 * 1024 * 1024)})


async def exchange(sender: Sender, *control_ids: str) -> list[tuple[str, str]]:
    sender.send(*(message(control_id) for control_id in control_ids))
    return await sender.codes(len(control_ids))


async def test_the_log_on_kafka_keeps_to_the_contract_of_logs(own_kafka: Broker) -> None:
    make_topics(own_kafka)
    async with kafka_log(own_kafka.bootstrap) as log:
        await raw_log_suite.confirms_and_keeps_in_order(log, lambda: values(own_kafka.bootstrap, topics.RAW))
        own_kafka.freeze()
        await raw_log_suite.confirms_nothing_while_away(log, ACK_TIMEOUT_S)
        own_kafka.thaw()


async def test_acknowledged_messages_are_in_the_topic_byte_for_byte_and_in_order(platform: Platform) -> None:
    platform.create_topic("gateway-order", 4)
    names = [f"C{n}" for n in range(200)]
    async with kafka_log(platform.bootstrap, "gateway-order") as log, running(_to("gateway-order", log)) as gateway:
        sender = await gateway.connect()
        assert await exchange(sender, *names) == [("AA", name) for name in names]
    assert stored(platform.bootstrap, "gateway-order") == names


async def test_a_message_just_below_the_limit_is_stored(platform: Platform) -> None:
    platform.create_topic("gateway-large", 1, {"max.message.bytes": str(12 * 1024 * 1024)})
    sent = message("BIG") + b"OBX|2|ED|||" + b"0123456789" * 990_000
    async with (
        kafka_log(platform.bootstrap, "gateway-large", 20.0) as log,
        running(_to("gateway-large", log)) as gateway,
    ):
        sender = await gateway.connect()
        sender.send(sent)
        assert result(await sender.answer(20.0)) == ("AA", "BIG")
    value = values(platform.bootstrap, "gateway-large")[0]
    assert payload_of(Entry(topic="", key="", value=value)) == sent


async def test_frozen_broker_gives_ar_207_within_the_ack_timeout(own_kafka: Broker) -> None:
    make_topics(own_kafka)
    async with kafka_log(own_kafka.bootstrap) as log, running(log) as gateway:
        sender = await gateway.connect()
        assert await exchange(sender, "C1") == [("AA", "C1")]
        own_kafka.freeze()
        began_s = time.monotonic()
        sender.send(message("C2"))
        answer = await sender.answer(10.0)
        assert time.monotonic() - began_s < ACK_TIMEOUT_S
        assert (result(answer), condition(answer)) == (("AR", "C2"), "207")
        assert await sender.is_closed()
        own_kafka.thaw()


async def test_what_a_frozen_broker_kept_stands_before_what_is_sent_after_it_woke(own_kafka: Broker) -> None:
    make_topics(own_kafka)
    early = [f"A{n}" for n in range(20)]
    async with kafka_log(own_kafka.bootstrap) as log, running(log) as gateway:
        first = await gateway.connect()
        assert await exchange(first, "C1") == [("AA", "C1")]
        own_kafka.freeze()
        for name in early:
            first.send(message(name))
            await asyncio.sleep(0.02)
        assert await first.codes(20) == [("AR", name) for name in early]
        own_kafka.thaw()
        await reopened(log)
        second = await gateway.connect()
        assert await exchange(second, "B1", "B2") == [("AA", "B1"), ("AA", "B2")]
    await asyncio.sleep(1.0)
    kept = stored(own_kafka.bootstrap)
    late = kept[1:-2]
    assert [kept[0], *kept[-2:]] == ["C1", "B1", "B2"]
    assert late == early[: len(late)]


async def test_a_killed_broker_loses_nothing_that_was_acknowledged(own_kafka: Broker) -> None:
    make_topics(own_kafka, partitions=4)
    acknowledged: list[str] = []
    async with kafka_log(own_kafka.bootstrap) as log, running(log) as gateway:
        for turn in range(2):
            sender = await gateway.connect()
            names = [f"{turn}-{n}" for n in range(60)]
            sender.send(*(message(name, mrn=name) for name in names[:30]))
            acknowledged += [name for code, name in await sender.codes(10) if code == "AA"]
            own_kafka.kill()
            sender.send(*(message(name, mrn=name) for name in names[30:]))
            await own_answers(sender, acknowledged)
            own_kafka.start()
            await reopened(log)
        last = await gateway.connect()
        assert await exchange(last, "END") == [("AA", "END")]
    assert len(acknowledged) >= 20
    assert set(acknowledged) <= set(stored(own_kafka.bootstrap))


async def own_answers(sender: Sender, acknowledged: list[str]) -> None:
    """All answers until the gateway closes; the messages with a yes are noted."""
    try:
        while True:
            code, name = result(await sender.answer(ACK_TIMEOUT_S + 2.0))
            acknowledged += [name] if code == "AA" else []
    except EOFError:
        return


async def test_a_broker_that_is_away_is_refused_at_once(own_kafka: Broker) -> None:
    make_topics(own_kafka)
    async with kafka_log(own_kafka.bootstrap) as log, running(log) as gateway:
        own_kafka.kill()
        first = await gateway.connect()
        assert await exchange(first, "C1") == [("AR", "C1")]
        began_s = time.monotonic()
        second = await gateway.connect()
        assert await exchange(second, "C2") == [("AR", "C2")]
        assert time.monotonic() - began_s < 1.0


async def test_a_record_above_the_producers_limit_fails_alone(platform: Platform) -> None:
    platform.create_topic("gateway-limit", 1)
    async with kafka_log(platform.bootstrap, "gateway-limit") as log:
        with pytest.raises(NotStored):
            await log.append(Entry(topic="gateway-limit", key="k", value=b"x" * 13_000_000))
        await log.append(Entry(topic="gateway-limit", key="k", value=b"small"))
    assert values(platform.bootstrap, "gateway-limit") == [b"small"]


class _Redirected:
    """A log that writes all to one topic of the test."""

    def __init__(self, topic: str, log: KafkaLog) -> None:
        self._topic = topic
        self._log = log

    def append(self, entry: Entry) -> asyncio.Future[None]:
        return self._log.append(Entry(topic=self._topic, key=entry.key, value=entry.value, headers=entry.headers))


def _to(topic: str, log: KafkaLog) -> _Redirected:
    return _Redirected(topic, log)


async def test_a_stop_under_a_frozen_broker_says_no_before_the_launcher_would_kill(own_kafka: Broker) -> None:
    make_topics(own_kafka)
    async with kafka_log(own_kafka.bootstrap, delivery_s=8.0) as log, running(log) as gateway:
        sender = await gateway.connect()
        own_kafka.freeze()
        sender.send(message("C1"))
        assert await sender.is_silent()
        begun = time.monotonic()
        assert await gateway.gateway.stop(DRAIN_S) == 1
        await log.close()
        took_s = time.monotonic() - begun
        assert await sender.codes(1) == [("AR", "C1")]
        own_kafka.thaw()
    assert took_s < launcher.GATEWAY_STOP_S - 0.3
