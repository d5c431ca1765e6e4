"""Who saw or did what, as records of ops.audit.v1: one form for the board and the commands."""

from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaException, Producer

from processors import topics
from processors.envelope import NO_SOURCE, VERSION, Record
from processors.identity import Keyring
from streams.headers import record_headers
from streams.parts import Parts

DELIVERY_TIMEOUT_S = 5.0


class NotAudited(Exception):
    """The broker did not confirm the audit records in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Somebody saw or did something; `target` is an id (`task/<id>`, `message/<id>`), `at` in microseconds."""

    component: str
    user: str
    target: str
    purpose: str
    at: int
    role: str = ""
    action: str = "read"


def audit_record(act: Act, number: int, keyring: Keyring) -> Record:
    """The Avro record; `number` tells apart what happened in the same microsecond."""
    parts = ("audit", act.component, act.user, act.target, str(act.at), str(number))
    return {
        "event_id": keyring.event_id(*parts),
        "correlation_id": "",
        "causation_id": "",
        "patient_key": "",
        "occurred_at": "",
        "received_at": act.at,
        "source": NO_SOURCE,
        "produced_by": {"component": act.component, "version": VERSION},
        "key_id": keyring.key_id,
        "actor": {"kind": "person", "id": act.user, "role": act.role},
        "action": act.action,
        "target": act.target,
        "purpose": act.purpose,
        "outcome": "done",
        "at": act.at,
    }


def write_acts(parts: Parts, acts: Sequence[Act]) -> None:
    """Return when all are stored. Raises NotAudited."""
    failures: list[str] = []
    producer = Producer(
        {
            "bootstrap.servers": parts.settings.bootstrap,
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "delivery.timeout.ms": int(DELIVERY_TIMEOUT_S * 1000),
            "linger.ms": 0,
            "log_level": 0,
        }
    )
    try:
        for number, act in enumerate(acts):
            value = audit_record(act, number, parts.keyring)
            producer.produce(
                topics.AUDIT,
                key=act.user.encode(),
                value=parts.codec.encode(topics.AUDIT, value),
                headers=record_headers(topics.AUDIT, value),
                on_delivery=lambda error, _message: failures.append(str(error or "")),
            )
    except (KafkaException, BufferError) as why:
        raise NotAudited(str(why)) from why
    producer.flush(DELIVERY_TIMEOUT_S + 1.0)
    if failures != [""] * len(acts):
        raise NotAudited(next(filter(None, failures), "no confirmation in time"))
