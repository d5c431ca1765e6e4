"""The whole path in memory, one partition: raw records in, every record of every stage out, in order."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from processors import topics
from processors.envelope import NO_SOURCE, VERSION, Emit, Record
from processors.errors import Rejection
from processors.hl7.message import parse
from processors.hl7.patients import no_patient_key, patients
from processors.identity import Keyring, content_digest
from processors.records.memory import MemoryStage
from processors.sites import Site


@dataclass(slots=True)
class Chain:
    """Stages that read what each other write; a stage is asked about every record of its inbox."""

    stages: tuple[MemoryStage, ...]

    def follow(self, emits: Iterable[Emit]) -> Iterator[Emit]:
        """The records, each with all that follows."""
        waiting = deque(emits)
        while waiting:
            emit = waiting.popleft()
            yield emit
            for stage in self.stages:
                if stage.inbox == emit.topic:
                    waiting.extend(stage.take(emit.value))

    def fire(self, until: int) -> Iterator[Emit]:
        """One timer after the other, the earliest first, because what it causes may arm or void the next."""
        while True:
            waiting = [s for s in self.stages if s.rows.timers and s.rows.timers[0][0] <= until]
            if not waiting:
                return
            earliest = min(waiting, key=lambda s: s.rows.timers[0][0])
            yield from self.follow(earliest.fire(earliest.rows.timers[0][0]))


@dataclass(slots=True)
class Path:
    """The four stages, chained. `run` may be called again and goes on where it stopped."""

    normalize: MemoryStage
    project: MemoryStage
    decide: MemoryStage
    tasks: MemoryStage

    def run(self, raws: Iterable[Record], until: int) -> Iterator[Emit]:
        """Each raw record with all that follows; timers fire when their time has come, at the end up to `until`."""
        chain = Chain((self.project, self.decide, self.tasks))
        for raw in raws:
            yield from chain.fire(raw["received_at"])
            yield Emit(topics.RAW, raw["patient_key"], raw)
            yield from chain.follow(self.normalize.take(raw))
        yield from chain.fire(until)


def raw_record(payload: bytes, site: Site, keyring: Keyring, received_at: int, number: int) -> Record:
    """A raw record as a gateway would store it, but with an id that repeats: made of feed, number, time and content."""
    digest = content_digest(payload)
    event_id = keyring.event_id("raw", site.feed, str(number), str(received_at), digest)
    source = {**NO_SOURCE, "feed": site.feed}
    charset = ""
    try:
        message = parse(payload, site.charset)
        key = patients(message, site, keyring)[0].key
        charset = message.header.text(18)
        source |= {
            "facility": message.header.text(4),
            "application": message.header.text(3),
            "message_type": message.type,
            "trigger": message.trigger,
            "control_id": message.control_id,
        }
    except Rejection:
        key = no_patient_key(site.feed, digest, keyring)
    return {
        "event_id": event_id,
        "correlation_id": event_id,
        "causation_id": "",
        "patient_key": key,
        "occurred_at": "",
        "received_at": received_at,
        "source": source,
        "produced_by": {"component": "path", "version": VERSION},
        "key_id": keyring.key_id,
        "payload": payload,
        "digest": digest,
        "size": len(payload),
        "charset": charset,
        "peer": "",
        "transport": "file",
        "redrive_of": "",
        "received_as": "complete",
    }
