"""What arrived on a listener becomes a record for the log, and the answer for the time when it is stored."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from processors import topics
from processors.envelope import NO_SOURCE, VERSION, Record
from processors.errors import Reason, Rejection
from processors.hl7.acknowledge import STORED, Outcome, Stamp
from processors.hl7.batch import Batch
from processors.hl7.message import Message, parse
from processors.hl7.mllp import TooLarge
from processors.hl7.patients import no_patient_key, patients
from processors.identity import Keyring, content_digest
from processors.sites import Site
from streams.gateway.log import Entry
from streams.headers import record_headers

COMPONENT = "gateway"
_DTM = re.compile(r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(\d\d)(?:(\d\d)(\.\d{1,4})?)?)?)?)?([+-]\d{4})?")


class Encoder(Protocol):
    """What the gateway needs of the codec."""

    def encode(self, topic: str, value: Record) -> bytes:
        """The wire form of one record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One arrival: its log entry, and what is needed to answer once that is stored."""

    message: Message | None
    """The MSH segment alone; None when there is none."""
    entry: Entry
    outcome: Outcome
    stamp: Stamp
    is_envelope: bool = False
    """The envelope of a batch that is not whole: stored, and no message that could be answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What all connections share to take messages in."""

    keyring: Keyring
    encoder: Encoder
    now_us: Callable[[], int]
    limit_bytes: int
    instance: str = field(default_factory=lambda: secrets.token_hex(8))
    """Tells the arrivals of this process from those of any other."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where something came in: `peer` is gateway instance and connection or file, `number` counts there."""

    site: Site
    peer: str
    number: int
    transport: str = "mllp"


def take(payload: bytes, arrival: Arrival, desk: Desk) -> Receipt:
    """The receipt for one whole frame. Bytes that are no HL7 become a dead letter, all else a raw record."""
    try:
        message = parse(payload, arrival.site.charset)
    except Rejection as why:
        return _refuse(payload, why, arrival, desk)
    try:
        return _keep(message, payload, arrival, desk)
    except Exception as why:
        what = f"the gateway failed on it ({type(why).__name__}); kept as a dead letter: redrive it after an update"
        defect = Rejection(Reason.DEFECT, "message", what)
        return _refuse(payload, defect, arrival, desk)


def take_head(oversize: TooLarge, arrival: Arrival, desk: Desk) -> Receipt:
    """The receipt for a frame above the limit: a dead letter with head, size and digest."""
    what = f"{oversize.size} bytes are above the limit of {desk.limit_bytes}; send content by reference"
    why = Rejection(Reason.TOO_LARGE, "message", what)
    letter = _DeadLetter(oversize.head, oversize.size, oversize.sha256, is_head=True)
    return _dead_letter(letter, why, arrival, desk)


def take_envelope(batch: Batch, content: bytes, arrival: Arrival, desk: Desk) -> Receipt | None:
    """The receipt for the envelope of a batch whose counts do not hold or that holds no message; None for a good one.

    A dead letter with the envelope's lines, and size and digest of the whole: the messages are records of their own.
    """
    if batch.messages and not batch.problems:
        return None
    place, what = "BHS", "the batch holds no message"
    if batch.problems:
        place, what = batch.problems[0].path, "; ".join(f"{one.path}: {one.detail}" for one in batch.problems)
    letter = _DeadLetter(b"\r".join(batch.envelope), len(content), content_digest(content), is_head=True)
    receipt = _dead_letter(letter, Rejection(Reason.BATCH_COUNT, place, what), arrival, desk)
    return replace(receipt, is_envelope=True)


def _keep(message: Message, payload: bytes, arrival: Arrival, desk: Desk) -> Receipt:
    site = arrival.site
    digest = content_digest(payload)
    key = patients(message, site, desk.keyring)[0].key
    envelope = _envelope(digest, key, arrival, desk) | {
        "occurred_at": occurred_at(message),
        "source": _source(message, site.feed),
    }
    value: Record = envelope | {
        "payload": payload,
        "digest": digest,
        "size": len(payload),
        "charset": message.header.text(18),
        "peer": arrival.peer,
        "transport": arrival.transport,
        "redrive_of": "",
        "received_as": "complete",
    }
    entry = _entry(topics.RAW, key, value, site, desk)
    header = Message(message.delimiters, message.segments[:1], message.charset)
    return Receipt(message=header, entry=entry, outcome=_outcome(message, site), stamp=_stamp(value))


def _outcome(message: Message, site: Site) -> Outcome:
    """Told no although stored: a processing id that this feed does not take, or a header without MSH-9 or MSH-10."""
    for n, name in ((9, "message type"), (10, "message control id")):
        if not message.header.text(n).strip():
            what = f"the {name} is missing; send it in MSH-{n}"
            return Outcome(refusal=Rejection(Reason.REQUIRED_FIELD_MISSING, f"MSH-{n}", what))
    if site.processing_ids and message.header.text(11) not in site.processing_ids:
        taken = ", ".join(site.processing_ids)
        what = f"this feed takes {taken} only; correct MSH-11 or send to the feed that it is for"
        return Outcome(refusal=Rejection(Reason.PROCESSING_ID, "MSH-11", what))
    return STORED


@dataclass(frozen=True, slots=True)
class _DeadLetter:
    payload: bytes
    size: int
    sha256: str
    is_head: bool = False


def _refuse(payload: bytes, why: Rejection, arrival: Arrival, desk: Desk) -> Receipt:
    letter = _DeadLetter(payload, len(payload), content_digest(payload))
    return _dead_letter(letter, why, arrival, desk)


def _dead_letter(letter: _DeadLetter, why: Rejection, arrival: Arrival, desk: Desk) -> Receipt:
    site = arrival.site
    message = _header_of(letter.payload, site)
    key = no_patient_key(site.feed, letter.sha256, desk.keyring)
    value: Record = _envelope(letter.sha256, "", arrival, desk) | {
        "source": _source(message, site.feed) if message else NO_SOURCE | {"feed": site.feed},
        "stage": COMPONENT,
        "topic": "",
        "partition": -1,
        "offset": -1,
        "reason": why.reason.value,
        "path": why.path,
        "detail": why.detail,
        "error_class": "",
        "retryable": False,
        "payload": letter.payload,
        "truncated": letter.is_head,
        "size": letter.size,
        "sha256": letter.sha256,
        "state": "open",
    }
    entry = _entry(topics.DEAD_LETTER, key, value, site, desk)
    return Receipt(message=message, entry=entry, outcome=Outcome(refusal=why), stamp=_stamp(value))


def _header_of(payload: bytes, site: Site) -> Message | None:
    """The MSH segment alone, so that the answer can name the message; None when there is none."""
    try:
        return parse(payload.lstrip().split(b"\r", 1)[0].split(b"\n", 1)[0], site.charset)
    except Rejection:
        return None


def _envelope(digest: str, patient_key: str, arrival: Arrival, desk: Desk) -> Record:
    received_at = desk.now_us()
    parts = ("raw", arrival.site.feed, arrival.peer, str(arrival.number), str(received_at), digest)
    event_id = desk.keyring.event_id(*parts)
    return {
        "event_id": event_id,
        "correlation_id": event_id,
        "causation_id": "",
        "patient_key": patient_key,
        "occurred_at": "",
        "received_at": received_at,
        "source": NO_SOURCE,
        "produced_by": {"component": COMPONENT, "version": VERSION},
        "key_id": desk.keyring.key_id,
    }


def _source(message: Message, feed: str) -> Record:
    header = message.header
    return {
        "feed": feed,
        "facility": header.text(4),
        "application": header.text(3),
        "message_type": message.type,
        "trigger": message.trigger,
        "control_id": message.control_id,
    }


def _entry(topic: str, key: str, value: Record, site: Site, desk: Desk) -> Entry:
    usual = (h for h in record_headers(topic, value) if h[0] != "ce_source")
    headers = (*usual, ("ce_source", f"/wardline/{COMPONENT}/{site.feed}".encode()))
    return Entry(topic=topic, key=key, value=desk.encoder.encode(topic, value), headers=headers)


def _stamp(value: Record) -> Stamp:
    time = datetime.fromtimestamp(value["received_at"] / 1e6, UTC)
    return Stamp(value["event_id"], time.strftime("%Y%m%d%H%M%S+0000"))


def occurred_at(message: Message) -> str:
    """EVN-6, else EVN-2, else MSH-7 as FHIR dateTime; "" where it has a time without an offset: no zone is invented."""
    event = message.first("EVN")
    sent = [event.text(6), event.text(2)] if event else []
    first = next((text for text in (*sent, message.header.text(7)) if text), "")
    found = _DTM.fullmatch(first)
    if found is None or not _exists(found):
        return ""
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    date = "-".join(part for part in (year, month, day) if part)
    if hour is None:
        return date
    if offset is None:
        return ""
    return f"{date}T{hour}:{minute}:{second or '00'}{fraction or ''}{offset[:3]}:{offset[3:]}"


def _exists(found: re.Match[str]) -> bool:
    year, month, day, hour, minute, second = (int(part) if part else 0 for part in found.groups()[:6])
    try:
        datetime(year, month or 1, day or 1, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return False
    return True
