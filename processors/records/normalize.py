"""The step of the stage normalize: one raw message in; one end state out, and one timeline bundle per patient."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from processors import topics
from processors.envelope import Emit, Position, Record, Rows, Step, caused_by
from processors.errors import Reason, Rejection, Warn, Warning
from processors.expectations import judge, unwanted
from processors.hl7.message import Message, parse
from processors.identity import Keyring, content_digest
from processors.lineage import derived_id
from processors.mapping.convert import Conversion, PatientBundle, convert
from processors.records.dead_letter import dead_letter
from processors.records.seen import Seen
from processors.sites import Site

STAGE = "normalize"
DEFAULT_FEED = "default"
#: The timeline's record limit is 2 MiB; envelope and sources need some of it.
MOST_BUNDLE_BYTES = 1_900_000
_MSH_LINE = re.compile(rb"[^\r\n]*")
#: Fields of MSH that differ between copies of one message: time, security, sequence number.
_VOLATILE = (7, 8, 13)
_REUSED_TEXT = "control id seen before with other content; taken as a new message: let the sender count up MSH-10"


def make_step(sites: Mapping[str, Site], keyring: Keyring) -> Step:
    """The step over `raw.hl7v2.v1`. Feeds without a site of their own are read as site `default`.

    Exactly one `ops.message.v1` per raw record: here, or by `refused` when the step raises Rejection.
    """
    default = sites.get(DEFAULT_FEED) or Site(feed=DEFAULT_FEED)

    def step(value: Record, at: Position, rows: Rows) -> Iterable[Emit]:
        site = sites.get(value["source"]["feed"], default)
        return _Raw(value, at, site, keyring, Seen(rows)).normalize()

    return step


def refused(rejection: Rejection, value: Record, at: Position) -> list[Emit]:
    """The dead letter of a raw record, and its end state."""
    letter = dead_letter(STAGE, rejection, value, at, value["payload"])
    state = {"state": "dead-lettered", "reason": rejection.reason.value}
    state |= {"path": rejection.path, "detail": rejection.detail}
    return [letter, _outcome(value, at, state)]


@dataclass(frozen=True, slots=True)
class _Raw:
    """One raw record and what is needed to decide on it."""

    value: Record
    at: Position
    site: Site
    keyring: Keyring
    seen: Seen

    def normalize(self) -> list[Emit]:
        if self.value["received_as"] == "truncated":
            raise Rejection(Reason.TOO_LARGE, "message", "only the head was stored; raise the limit and send it again")
        message = parse(self.value["payload"], self.site.charset)
        memory = self._memory_key(message)
        digest = _content(self.value["payload"])
        before = self.seen.contents(memory, self.value["received_at"]) if memory else []
        first = next((one for one in before if one["digest"] == digest), None)
        if first is not None and not self._redriven():
            return [self._end({"state": "duplicate", "reason": "duplicate", "duplicate_of": first["event_id"]})]
        reason = _unwanted(message, self.site)
        if reason is None:
            out = self._converted(message, reused=bool(before) and first is None)
        else:
            out = [self._end({"state": "filtered", "reason": "filtered", **reason})]
        if memory:
            self.seen.remember(memory, digest, self.value["received_at"], self.value["event_id"])
        return out

    def _memory_key(self, message: Message) -> str:
        """Row key of a message's control id; "" without one, because then nothing can be called a repeat."""
        header = message.header
        if not message.control_id:
            return ""
        return "seen/" + self.keyring.event_id(
            "seen", self.value["source"]["feed"], header.text(3), header.text(4), message.control_id
        )

    def _redriven(self) -> bool:
        """A dead letter sent again passes once, even where the same message came through since."""
        dead = self.value["redrive_of"]
        if not dead or self.seen.contents("redriven/" + dead, self.value["received_at"]):
            return False
        self.seen.remember("redriven/" + dead, "", self.value["received_at"], self.value["event_id"])
        return True

    def _converted(self, message: Message, *, reused: bool) -> list[Emit]:
        _check_processing_id(message, self.site)
        conversion = convert(message, self.site, self.keyring, self.value["received_at"])
        warnings = list(conversion.warnings)
        if reused:
            warnings.append(Warning(Warn.CONTROL_ID_REUSED, "MSH-10", _REUSED_TEXT))
        out = [self._bundle(one, number, conversion) for number, one in enumerate(conversion.bundles)]
        state = {
            "state": "converted",
            "bundles": len(conversion.bundles),
            "resources": conversion.resources,
            "unmapped": conversion.unmapped,
            "warnings": [{"code": w.code.value, "path": w.path, "text": w.text} for w in warnings],
            **_verdict(message, self.site),
        }
        return [self._end(state), *out]

    def _bundle(self, one: PatientBundle, number: int, conversion: Conversion) -> Emit:
        if len(one.bundle) > MOST_BUNDLE_BYTES:
            raise Rejection(Reason.TOO_LARGE, "message", "its bundle is above 1.9 MB; send fewer results per message")
        value = self.value
        event_id = derived_id(value["event_id"], "bundle", str(number), one.patient_key)
        timeline = caused_by(value, STAGE, event_id, patient_key=one.patient_key) | {
            "kind": "bundle",
            "fired_at": 0,
            "bundle": one.bundle.decode(),
            "sources": one.sources,
            "version_time": one.version_time,
            "content_ref": self._content_ref() if one.large else None,
            "task_outcome": None,
            "due": None,
            "merge": {"role": one.merge.role, "other_key": one.merge.other_key, "row": ""} if one.merge else None,
        }
        timeline["occurred_at"] = conversion.occurred_at or value["occurred_at"]
        return Emit(topics.TIMELINE, one.patient_key, timeline, elsewhere=one.patient_key != value["patient_key"])

    def _content_ref(self) -> Record:
        """Where the large content is: the raw record, its size and digest."""
        size, digest = self.value["size"], self.value["digest"]
        return {"partition": self.at.partition, "offset": self.at.offset, "size": size, "sha256": digest}

    def _end(self, state: Record) -> Emit:
        return _outcome(self.value, self.at, state)


def _outcome(value: Record, at: Position, state: Record) -> Emit:
    record = caused_by(value, STAGE, derived_id(value["event_id"], "message")) | {
        "state": "",
        "reason": "",
        "path": "",
        "detail": "",
        "duplicate_of": "",
        "raw_partition": at.partition,
        "raw_offset": at.offset,
        "size": value["size"],
        "bundles": 0,
        "resources": 0,
        "unmapped": {},
        "warnings": [],
        "verdict": "",
        "departures": [],
    }
    return Emit(topics.MESSAGE, record["correlation_id"], record | state)


def _content(payload: bytes) -> str:
    """Digest of a message without what differs between copies of it."""
    start = max(payload.find(b"MSH"), 0)
    line = _MSH_LINE.match(payload, start)
    end = line.end() if line else len(payload)
    separator = payload[start + 3 : start + 4]
    fields = payload[start:end].split(separator) if separator else [payload[start:end]]
    for n in _VOLATILE:
        if n <= len(fields):
            fields[n - 1] = b""
    return content_digest(separator.join(fields) + payload[end:])


def _unwanted(message: Message, site: Site) -> Record | None:
    """Path and detail when the message is an acknowledgement or the site filters it out."""
    if message.type in ("ACK", "MCF") or message.first("MSA") is not None:
        return {"path": "MSH-9", "detail": "an acknowledgement: stored, nothing follows from it"}
    found = unwanted(message, site)
    return {"path": found[0], "detail": found[1]} if found else None


def _verdict(message: Message, site: Site) -> Record:
    """How far the message is as its site expects."""
    verdict = judge(message, site)
    departures = [
        {"code": one.code.value, "field": one.field, "path": one.path, "count": one.count} for one in verdict.departures
    ]
    return {"verdict": verdict.state, "departures": departures}


def _check_processing_id(message: Message, site: Site) -> None:
    if site.processing_ids and message.header.text(11) not in site.processing_ids:
        taken = ", ".join(site.processing_ids)
        raise Rejection(Reason.PROCESSING_ID, "MSH-11", f"this feed takes {taken} only; the message says otherwise")
