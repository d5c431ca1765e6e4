"""Makes the dead letter of a record that could not go on: the record kept whole, with the reason and the place."""

import hashlib

import orjson

from processors.envelope import Emit, Position, Record, caused_by
from processors.errors import Reason, Rejection
from processors.lineage import derived_id
from processors.topics import DEAD_LETTER

#: A payload above this is kept as its head, with the size and digest of the whole (the topic's limit is 12 MiB).
MAX_PAYLOAD_BYTES = 11 * 1024 * 1024
HEAD_BYTES = 64 * 1024

#: Reasons that end with the message itself: sending the same bytes again through the same code changes nothing.
FINAL = frozenset({Reason.FILTERED, Reason.DUPLICATE})


def dead_letter(stage: str, rejection: Rejection, value: Record, at: Position, payload: bytes = b"") -> Emit:
    """The record for `ops.dead-letter.v1`, in the partition of its source. `payload` empty: the value itself as JSON.

    The key is the patient's, else the message's; the id is derived from the source record and its place.
    """
    whole = payload or orjson.dumps(value, default=bytes.hex)
    truncated = len(whole) > MAX_PAYLOAD_BYTES
    key = value["patient_key"] or value["correlation_id"] or value["event_id"]
    letter = caused_by(value, stage, _letter_id(stage, value["event_id"], at)) | {
        "stage": stage,
        "topic": at.topic,
        "partition": at.partition,
        "offset": at.offset,
        "reason": rejection.reason.value,
        "path": rejection.path,
        "detail": rejection.detail,
        "error_class": _error_class(rejection),
        "retryable": rejection.reason not in FINAL,
        "payload": whole[:HEAD_BYTES] if truncated else whole,
        "truncated": truncated,
        "size": len(whole),
        "sha256": hashlib.sha256(whole).hexdigest(),
        "state": "open",
    }
    return Emit(DEAD_LETTER, key, letter)


def _letter_id(stage: str, event_id: str, at: Position) -> str:
    parts = ("dead-letter", stage, at.topic, str(at.partition), str(at.offset))
    return derived_id(event_id, *parts)


def _error_class(rejection: Rejection) -> str:
    return type(rejection.__cause__).__name__ if rejection.reason is Reason.DEFECT and rejection.__cause__ else ""
