"""Who saw or did what, as records of ops.audit.v1: one form for the board and the commands."""

from collections.abc import Sequence
from dataclasses import dataclass

from processors import topics
from processors.envelope import NO_SOURCE, VERSION, Record
from processors.identity import Keyring
from streams.confirmed import ConfirmedWriter, NotConfirmed
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
    entries = [(topics.AUDIT, act.user, audit_record(act, n, parts.keyring)) for n, act in enumerate(acts)]
    try:
        ConfirmedWriter(parts.settings.bootstrap, parts.codec, DELIVERY_TIMEOUT_S).write(entries)
    except NotConfirmed as why:
        raise NotAudited(str(why)) from why
