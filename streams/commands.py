"""Sends a person's command to a task and waits for what became of it."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from processors.envelope import NO_SOURCE, VERSION, Record, Row
from processors.identity import Keyring
from processors.topics import COMMAND
from streams.codec import Codec
from streams.confirmed import ConfirmedWriter, NotConfirmed

DELIVERY_TIMEOUT_S = 8.0
OUTCOME_TIMEOUT_S = 2.0
_POLL_S = 0.05


class BrokerAway(Exception):
    """The broker did not confirm the command in time; it may have been stored or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person asks for."""

    command: str
    user: str
    role: str
    reason_code: str = ""
    comment: str = ""
    expected_revision: int = -1
    """-1 = any."""
    idempotency_key: str = ""
    """The same key from the same person for the same task is the same command; empty = a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a command; pending where nothing was heard in time."""

    state: Literal["accepted", "refused", "pending"]
    command_id: str
    refusal: str = ""
    revision: int = 0
    status: str = ""
    business_status: str = ""


class Outlet(Protocol):
    """Where commands go."""

    def send(self, key: str, value: Record) -> None:
        """Return when the command is stored. Raises BrokerAway."""


class Outcomes(Protocol):
    """Where outcomes are read."""

    def outcome(self, command_id: str) -> Row | None:
        """The event of the command, or None."""


def make_command(request: Request, task: Row, keyring: Keyring, now_us: int) -> Record:
    """The command record; `task` gives task_id, route_key, patient_key and correlation_id."""
    key = request.idempotency_key or secrets.token_hex(16)
    return {
        "event_id": keyring.event_id("command", request.user, task["task_id"], key),
        "correlation_id": task["correlation_id"],
        "causation_id": "",
        "patient_key": task["patient_key"],
        "occurred_at": "",
        "received_at": now_us,
        "source": NO_SOURCE,
        "produced_by": {"component": "commands", "version": VERSION},
        "key_id": keyring.key_id,
        "command": request.command,
        "task_id": task["task_id"],
        "route_key": task["route_key"],
        "expected_revision": request.expected_revision,
        "actor": {"kind": "person", "id": request.user, "role": request.role},
        "reason_code": request.reason_code,
        "comment": request.comment,
        "effect": "",
        "fired_at": 0,
        "spec": None,
        "due": None,
    }


def send_and_wait(
    command: Record, outlet: Outlet, outcomes: Outcomes, pause: Callable[[float], None] = time.sleep
) -> Answer:
    """Send, then look for the outcome for up to `OUTCOME_TIMEOUT_S`. Raises BrokerAway."""
    outlet.send(command["route_key"], command)
    command_id = command["event_id"]
    for _ in range(int(OUTCOME_TIMEOUT_S / _POLL_S)):
        event = outcomes.outcome(command_id)
        if event is not None:
            return _answer(command_id, event)
        pause(_POLL_S)
    return Answer(state="pending", command_id=command_id)


def _answer(command_id: str, event: Row) -> Answer:
    return Answer(
        state="accepted" if event["accepted"] else "refused",
        command_id=command_id,
        refusal=event["refusal"],
        revision=event["revision"],
        status=event["to_status"],
        business_status=event["business_status"],
    )


class KafkaOutlet:
    """Commands into Kafka; the partition follows from the key as everywhere (murmur2)."""

    def __init__(self, bootstrap: str, codec: Codec, delivery_timeout_s: float = DELIVERY_TIMEOUT_S) -> None:
        self._writer = ConfirmedWriter(bootstrap, codec, delivery_timeout_s)

    def send(self, key: str, value: Record) -> None:
        """Return when all replicas in sync have it. Raises BrokerAway."""
        try:
            self._writer.write([(COMMAND, key, value)])
        except NotConfirmed as why:
            raise BrokerAway(str(why)) from why
