"""Sends dead letters through their stage again: once each, and to the place they came from."""

from collections.abc import Callable, Iterable

import orjson
from confluent_kafka import KafkaException, Producer

from processors import topics
from processors.envelope import VERSION, Record
from processors.identity import content_digest
from streams.clock import now_us
from streams.headers import record_headers
from streams.parts import Parts

CONFIRM_S = 30.0
_WRITER = {"component": "dlq", "version": VERSION}
_Put = Callable[[str, Record, int], None]


class NotRedriven(Exception):
    """The broker did not confirm; what was not confirmed has not counted."""


def why_not(letter: Record) -> str:
    """Why a letter cannot be redriven; "" when it can."""
    if letter["state"] != "open":
        return "was sent again before"
    if letter["truncated"]:
        return "holds only the head of the message; ask the sender to send it again"
    if destination(letter) != topics.RAW and not letter["payload"].startswith(b"{"):
        return "holds bytes that are no record of ours"
    return ""


def destination(letter: Record) -> str:
    """The inbox it came from; what the gateway itself refused came from none and goes in as a raw message."""
    return letter["topic"] or topics.RAW


def redrive(parts: Parts, letters: Iterable[Record]) -> None:
    """Send each and mark its letter. Raises NotRedriven.

    A raw message repeated after a failure is known by its id and becomes a duplicate. Other records have no such fence,
    so they go in one transaction with their letters. The raw topic takes no transactions: Faust agents read it.
    """
    chosen = list(letters)
    raw = [letter for letter in chosen if destination(letter) == topics.RAW]
    others = [letter for letter in chosen if destination(letter) != topics.RAW]
    try:
        if raw:
            _send(_producer(parts, {}), parts, raw)
        if others:
            producer = _producer(parts, {"transactional.id": "wardline-dlq"})
            producer.init_transactions(CONFIRM_S)
            producer.begin_transaction()
            _send(producer, parts, others)
            producer.commit_transaction(CONFIRM_S)
    except KafkaException as why:
        raise NotRedriven(str(why.args[0].str())) from why


def _producer(parts: Parts, more: dict[str, object]) -> Producer:
    return Producer(
        {
            "bootstrap.servers": parts.settings.bootstrap,
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "message.max.bytes": parts.settings.max_record_bytes,
            "log_level": 0,
            **more,
        }
    )


def _send(producer: Producer, parts: Parts, letters: Iterable[Record]) -> None:
    failures: list[str] = []

    def put(topic: str, value: Record, partition: int) -> None:
        key = value.get("route_key") or value["patient_key"] or value["correlation_id"]
        producer.produce(
            topic,
            key=key.encode(),
            value=parts.codec.encode(topic, value),
            partition=partition,
            headers=_headers(topic, value),
            on_delivery=lambda error, _message: failures.append(str(error)) if error else None,
        )

    for letter in letters:
        put(destination(letter), _again(letter, parts), letter["partition"])
        put(topics.DEAD_LETTER, letter | {"state": "redriven", "produced_by": _WRITER}, letter["partition"])
    if producer.flush(CONFIRM_S) > 0 or failures:
        raise NotRedriven(next(iter(failures), "no confirmation in time"))


def _headers(topic: str, value: Record) -> list[tuple[str, str | bytes | None]]:
    """With the feed of a raw message in its source, as the gateway writes it."""
    headers = record_headers(topic, value)
    if topic != topics.RAW:
        return headers
    source = f"/wardline/gateway/{value['source']['feed']}".encode()
    return [(name, source if name == "ce_source" else told) for name, told in headers]


def _again(letter: Record, parts: Parts) -> Record:
    """The record to send: for a raw message a new raw record that names the dead one, else the record itself."""
    payload: bytes = letter["payload"]
    if destination(letter) != topics.RAW:
        value: Record = orjson.loads(payload)
        return value | {"produced_by": _WRITER}
    original = letter["causation_id"] or letter["correlation_id"]
    event_id = parts.keyring.event_id("redrive", original, letter["event_id"])
    envelope = {name: letter[name] for name in ("patient_key", "occurred_at", "source", "key_id")}
    return envelope | {
        "event_id": event_id,
        "correlation_id": event_id,
        "causation_id": letter["event_id"],
        "received_at": now_us(),
        "produced_by": _WRITER,
        "payload": payload,
        "digest": content_digest(payload),
        "size": len(payload),
        "charset": "",
        "peer": "dlq",
        "transport": "redrive",
        "redrive_of": original,
        "received_as": "complete",
    }
