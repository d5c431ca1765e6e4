"""A worker with awkward records: one that kills it, one that makes a huge row, and timers at which it freezes.

usage: awkward.py BOOTSTRAP DATA_DIR INSTANCE
The `bundle` of a record is `kill`, `huge`, or the time (microseconds) at which its timer is to fire. Instance `a`
freezes itself (SIGSTOP) once, when it has found timers due and begins to write them.
"""

import os
import signal
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from chained import INBOX, KEYS, OUT, ROWS, SHAPE, codec
from confluent_kafka import Producer

import streams.stage as engine
from processors.envelope import Emit, Position, Record, Rows, caused_by
from processors.errors import Rejection
from processors.lineage import derived_id
from processors.records.dead_letter import dead_letter
from streams.agents import control_log
from streams.app import create_app, run_host
from streams.catalog import Changelog, load_catalog
from streams.clock import now_us
from streams.parts import Parts
from streams.settings import HOME, Settings
from streams.stage import StageDefinition


def step(value: Record, at: Position, rows: Rows) -> Iterable[Emit]:
    """One output for each record; a record that is no timer's and not awkward arms one."""
    if value["bundle"] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif value["bundle"] == "huge":
        rows.put("huge", {"v": 1, "text": "x" * 2_000_000})
    elif value["kind"] == "bundle":
        FreezingProducer.freezes_at = int(value["bundle"])
        rows.due(int(value["bundle"]), value["patient_key"], value["event_id"], value | {"kind": "due"})
    made = value | caused_by(value, "awkward", derived_id(value["event_id"], value["kind"]))
    yield Emit(OUT, value["patient_key"], made)


def refused(rejection: Rejection, value: Record, at: Position) -> list[Emit]:
    return [dead_letter("chained", rejection, value, at)]


class FreezingProducer(Producer):
    """Stops its process once, before the first transaction after a certain time."""

    freezes_at = 0

    def begin_transaction(self) -> None:
        if sys.argv[3] == "a" and 0 < self.freezes_at < now_us():
            FreezingProducer.freezes_at = 0
            os.kill(os.getpid(), signal.SIGSTOP)
        super().begin_transaction()


def main() -> None:
    bootstrap, folder, instance = sys.argv[1:4]
    engine.Producer = FreezingProducer
    catalog = load_catalog(HOME / "topics.yaml")
    catalog = replace(
        catalog,
        topics=catalog.topics | dict.fromkeys((INBOX, OUT), catalog.topics[SHAPE]),
        changelogs=catalog.changelogs
        | {ROWS: Changelog(description="", inbox=INBOX, max_bytes=1_048_576, phi="identified")},
    )
    settings = Settings(data_dir=Path(folder), bootstrap=bootstrap, instance=instance, session_timeout_s=6.0)
    host = create_app("chained", Parts(settings=settings, catalog=catalog, codec=codec(), keyring=KEYS))
    control_log.register(host)
    host.stage(StageDefinition(name="chained", inbox=INBOX, make=lambda _: step, refused=refused))
    run_host(host, "chained")


if __name__ == "__main__":
    main()
