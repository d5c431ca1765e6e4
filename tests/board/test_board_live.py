"""Live pushes and the audit thread."""

import threading
import time
from pathlib import Path

from read_side import KEYRING, SCHEMAS, T0, Log, hospital_story, store_of

from board.audit import QueuedAudit, Sight, audit_record
from board.identity import LOCAL
from board.live import Watcher
from processors import topics
from processors.envelope import Record
from streams.codec import Codec


def test_the_watcher_sees_a_new_task(tmp_path: Path) -> None:
    log, store = Log(), tmp_path / "wardline.db"
    hospital_story(log, 1)
    store_of(store, log.records)
    watcher = Watcher(store, lambda: False)
    before = watcher.look()
    hospital_story(log, 2)
    store_of(store, log.records)
    assert watcher.look() > before


def test_the_watcher_sees_no_change_where_nothing_was_written(tmp_path: Path) -> None:
    log, store = Log(), tmp_path / "wardline.db"
    hospital_story(log, 1)
    store_of(store, log.records)
    watcher = Watcher(store, lambda: False)
    assert watcher.look() == watcher.look()


def test_the_watcher_waits_for_a_store_that_is_not_there_yet(tmp_path: Path) -> None:
    assert Watcher(tmp_path / "absent.db", lambda: False).look() == 0


async def test_pushes_end_when_the_server_stops(tmp_path: Path) -> None:
    store = store_of(tmp_path / "wardline.db", [])
    stopping = [False]
    pushed = []
    async for text in Watcher(store, lambda: stopping[0]).pushes():
        pushed.append(text)
        stopping[0] = True
    assert pushed == ["retry: 2000\n\n"]


def test_an_audit_record_fits_its_schema_and_names_no_patient() -> None:
    record = audit_record(Sight(LOCAL, "task/abc", "why", T0), 1, KEYRING)
    codec = Codec(SCHEMAS, {topic: number for number, topic in enumerate(SCHEMAS, 1)})
    assert codec.decode(codec.encode(topics.AUDIT, record)) == record
    assert record["patient_key"] == ""


def test_sights_are_sent_in_order() -> None:
    sent: list[str] = []

    def send(key: str, record: Record) -> None:
        sent.append(record["target"])

    audit = QueuedAudit(KEYRING, lambda: send, lambda outcome: None)
    for number in range(3):
        audit.saw(Sight(LOCAL, f"task/{number}", "why", T0))
    audit.close()
    assert sent == ["task/0", "task/1", "task/2"]


def test_a_broker_that_is_away_never_holds_up_the_page() -> None:
    outcomes: list[str] = []
    tried = threading.Event()

    def connect() -> None:
        tried.set()
        raise OSError("no broker")

    audit = QueuedAudit(KEYRING, connect, outcomes.append)  # type: ignore[arg-type]
    begun = time.monotonic()
    audit.saw(Sight(LOCAL, "task/1", "why", T0))
    assert time.monotonic() - begun < 0.1
    assert tried.wait(5)
    audit.close()
    assert outcomes == ["delayed"]
