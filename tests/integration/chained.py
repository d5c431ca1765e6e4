"""A worker for the fault tests: the real stage in a real Faust host, with a step whose output depends on all before it.

usage: chained.py BOOTSTRAP DATA_DIR INSTANCE [DEATH_SHARE LIFE]
With a DEATH_SHARE above 0 it kills itself (-9) at one of its first 1 / DEATH_SHARE commits: with the transaction still
open in even lives, just after the commit in odd ones. LIFE counts its starts from 0; the fourth life goes on.
"""

import hashlib
import os
import random
import signal
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from confluent_kafka import Producer

import streams.stage as engine
from processors.envelope import Emit, Position, Record, Rows, caused_by
from processors.errors import Reason, Rejection
from processors.identity import Keyring
from processors.lineage import derived_id
from processors.records.dead_letter import dead_letter
from streams.agents import control_log
from streams.app import create_app, run_host
from streams.catalog import Changelog, load_catalog
from streams.codec import Codec
from streams.contracts import load_schemas
from streams.parts import Parts
from streams.settings import HOME, Settings
from streams.stage import StageDefinition

INBOX, OUT, MOVED, ROWS = "test.chained.in.v1", "test.chained.out.v1", "test.chained.moved.v1", "rows.chained.v1"
SHAPE = "patient.timeline.v1"
ROW_BYTES = 6 * 1024
POISON = "poison"
DEATHS = 3
"""A worker that dies at commits does so this often."""
KEYS = Keyring(b"fault test", "test")


def codec() -> Codec:
    """The project's schemas, and the timeline's for the three test topics."""
    schemas = load_schemas(HOME / "schemas")
    schemas |= {topic: schemas[SHAPE] for topic in (INBOX, OUT, MOVED)}
    return Codec(schemas, {topic: number for number, topic in enumerate(sorted(schemas), 1)})


def step(value: Record, at: Position, rows: Rows) -> Iterable[Emit]:
    """Counter and SHA-256 chain per key in a row of 6 KB; two outputs, one under another key; 1 % rejections."""
    if value["version_time"] == "reject" and value["bundle"].endswith("07"):
        raise Rejection(Reason.FILTERED, "bundle", "asked for by the test")
    if value["bundle"] == POISON:
        raise ZeroDivisionError("a defect of the step")
    key = value["patient_key"]
    row = rows.get(f"chain/{key}") or {"v": 1, "count": 0, "chain": "", "padding": "x" * ROW_BYTES}
    chain = hashlib.sha256((row["chain"] + value["event_id"]).encode()).hexdigest()
    rows.put(f"chain/{key}", row | {"count": row["count"] + 1, "chain": chain})
    made = value | caused_by(value, "chained", derived_id(value["event_id"], "out"))
    yield Emit(OUT, key, made | {"bundle": f"{row['count'] + 1} {chain}"})
    moved = caused_by(value, "chained", derived_id(value["event_id"], "moved"), patient_key=f"other-{key}")
    yield Emit(MOVED, f"other-{key}", value | moved | {"bundle": chain}, elsewhere=True)


def refused(rejection: Rejection, value: Record, at: Position) -> list[Emit]:
    return [dead_letter("chained", rejection, value, at)]


class DyingProducer(Producer):
    """Kills its own process at one commit: with the transaction open and flushed, or just after it committed."""

    commits_left = 0
    is_open_at_death = False

    def commit_transaction(self, *args: float) -> None:
        DyingProducer.commits_left -= 1
        if self.commits_left == 0 and self.is_open_at_death:
            os.kill(os.getpid(), signal.SIGKILL)
        super().commit_transaction(*args)
        if self.commits_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    bootstrap, folder, instance = sys.argv[1:4]
    share, life = (float(sys.argv[4]), int(sys.argv[5])) if len(sys.argv) > 5 else (0.0, 0)
    DyingProducer.commits_left = random.randint(1, round(1 / share)) if share and life < DEATHS else 0
    DyingProducer.is_open_at_death = life % 2 == 0
    engine.Producer = DyingProducer
    catalog = load_catalog(HOME / "topics.yaml")
    timeline = catalog.topics[SHAPE]
    catalog = replace(
        catalog,
        topics=catalog.topics | dict.fromkeys((INBOX, OUT, MOVED), timeline),
        changelogs=catalog.changelogs
        | {ROWS: Changelog(description="", inbox=INBOX, max_bytes=1_048_576, phi="identified")},
    )
    settings = Settings(data_dir=Path(folder), bootstrap=bootstrap, instance=instance)
    host = create_app("chained", Parts(settings=settings, catalog=catalog, codec=codec(), keyring=KEYS))
    control_log.register(host)
    host.stage(StageDefinition(name="chained", inbox=INBOX, make=lambda _: step, refused=refused))
    run_host(host, "chained")


if __name__ == "__main__":
    main()
