"""Sends a constant load through the whole platform: is all in SQL, how late, at what price in CPU and memory.

`python bench/path.py [--rate 200] [--seconds 60] [--json]` starts `wardline up` in a folder of its own, sends reports
of five values on one connection, and stops it. Exit code 1 when something is lost or doubled; README.md says the rest.
"""

import argparse
import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

from streams.platform.roles import ROLES
from streams.simulate import load
from streams.simulate.hospital import Outgoing, Plan
from streams.simulate.report import Report
from streams.simulate.sender import Sending, send
from streams.simulate.targets import listening_ports

VALUES = 5
WINDOW = 32
PATIENTS = 500
LATENCY_LIMIT_S = 2.0
MEMORY_LIMIT_MIB = 1536
START_S = 180.0
#: After the last answer the rest must have come through within this.
DRAIN_S = 60.0
QUIET_S = 3.0
LOOK_S = 0.02
MEMORY_LOOK_S = 5.0
#: What a message leaves in SQL: its end state (normalize), results (project), decisions (decide), tasks (tasks).
WATCHED = {"end state": "message", "result": "observation_record", "decision": "decision", "task": "task_revision"}


@dataclass(slots=True)
class Watcher(threading.Thread):
    """Looks for new rows of the watched tables; how late each was seen, counted from when the gateway received it."""

    database: Path
    halt: threading.Event = field(default_factory=threading.Event)
    late_s: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: {name: [] for name in WATCHED})
    """Per table: when received, seconds until seen."""
    first_seen: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        threading.Thread.__init__(self, daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        last = dict.fromkeys(WATCHED, 0)
        with closing(reader(self.database)) as store:
            while not self.halt.wait(LOOK_S):
                for name, table in WATCHED.items():
                    sql = f"SELECT rowid, received_at FROM {table} WHERE rowid > ? ORDER BY rowid"
                    rows = store.execute(sql, (last[name],)).fetchall()
                    now = time.time()
                    for rowid, received_at in rows:
                        last[name] = rowid
                        self.late_s[name].append((received_at / 1e6, now - received_at / 1e6))
                    if rows:
                        self.first_seen.setdefault(name, now)

    def figures(self, began: float) -> dict[str, Any]:
        """Quantiles per table, over all and by 10 s; when the first task was seen."""
        first = self.first_seen.get("task")
        return {
            "socket_to_sql_s": {name: quantiles([late for _, late in rows]) for name, rows in self.late_s.items()},
            "p95_s_by_10_s": {name: slices(rows, began) for name, rows in self.late_s.items()},
            "first_task_after_first_message_s": round(first - began, 2) if first else None,
        }


@dataclass(slots=True)
class Processes:
    """The platform's processes: CPU seconds since `begin`, and the most memory that all of them held together."""

    root: psutil.Process
    begun: dict[int, float] = field(default_factory=dict)
    most_mib: dict[str, float] = field(default_factory=dict)

    def all(self) -> Iterator[tuple[str, psutil.Process]]:
        for process in (self.root, *self.root.children(recursive=True)):
            try:
                yield name_of(process.cmdline()), process
            except psutil.NoSuchProcess:
                continue

    def begin(self) -> None:
        self.begun = {process.pid: cpu_s(process) for _, process in self.all()}

    def cpu_s(self) -> dict[str, float]:
        return {name: round(cpu_s(one) - self.begun.get(one.pid, 0.0), 2) for name, one in self.all()}

    def memory_mib(self) -> dict[str, float]:
        """Proportional set size: shared pages count once over all processes."""
        return {name: one.memory_full_info().pss / 2**20 for name, one in self.all()}

    def look(self) -> None:
        now = self.memory_mib()
        if sum(now.values()) > sum(self.most_mib.values()):
            self.most_mib = now


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def machine_cpu_s() -> float:
    """CPU seconds that anything on this machine has used."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def name_of(argv: list[str]) -> str:
    """The role, `kafka`, `registry`, or `up` for the supervisor."""
    known = ("kafka.Kafka", *ROLES, "up")
    found = next((name for name in known if name in argv), "registry")
    return "kafka" if found == "kafka.Kafka" else found


def reader(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10.0)


def one_row(database: Path, sql: str) -> tuple[int, ...]:
    with closing(reader(database)) as store:
        return tuple(store.execute(sql).fetchone())


@contextmanager
def platform(folder: Path) -> Iterator[tuple[psutil.Process, float]]:
    """`wardline up` until the end of the block; its process and the seconds until all was ready."""
    began = time.monotonic()
    wardline = Path(sys.executable).with_name("wardline")
    argv = [str(wardline), "up", "--data", str(folder), "--listen", "*=0"]
    log = folder.with_name("up.log").open("wb")
    with log, subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True) as running:
        try:
            until(lambda: is_ready(folder) or running.poll() is not None, START_S)
            if running.poll() is not None:
                raise SystemExit(f"the platform did not start:\n{folder.with_name('up.log').read_text()[-2000:]}")
            yield psutil.Process(running.pid), time.monotonic() - began
        finally:
            running.send_signal(signal.SIGTERM)


def is_ready(folder: Path) -> bool:
    run = folder / "run.json"
    return run.is_file() and bool(json.loads(run.read_text())["ready"])


def until(done: Callable[[], bool], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_S)
    return True


def measure(folder: Path, messages: list[Outgoing], rate: float) -> dict[str, Any]:
    """Send all; wait until all is in SQL; the figures."""
    with platform(folder) as (up, ready_s):
        run = Run(up, Watcher(folder / "wardline.db"))
        run.begin()
        began = time.time()
        sending = Sending(ports=listening_ports(folder), window=WINDOW)
        asyncio.run(send(messages, sending, run.report, asyncio.Event()))
        sent_s = time.time() - began
        complete = drained(run.watcher.database, len(messages))
        drained_s = time.time() - began - sent_s - QUIET_S
        price = run.end(len(messages))
        kept = counts(run.watcher.database)
    losses = lost(messages, run.report, kept) | ({} if complete else {"not drained within s": DRAIN_S})
    figures = run.watcher.figures(began)
    slowest = max(one.get("p95", 0.0) for one in figures["socket_to_sql_s"].values())
    return {
        "messages": len(messages),
        "rate_asked": rate,
        "rate_sent": round(len(messages) / sent_s, 1),
        "sender": run.report.as_json(),
        "in_sql": kept,
        "lost_or_doubled": losses,
        **figures,
        "drained_after_s": round(drained_s, 2),
        "ready_after_s": round(ready_s, 1),
        **price,
        "within": {
            "nothing lost or doubled": not losses,
            f"p95 below {LATENCY_LIMIT_S:g} s": slowest < LATENCY_LIMIT_S,
            f"at most {MEMORY_LIMIT_MIB} MiB": price["pss_mib_total"] <= MEMORY_LIMIT_MIB,
        },
    }


@dataclass(slots=True)
class Run:
    """What is watched while the messages are sent."""

    up: psutil.Process
    watcher: Watcher
    report: Report = field(default_factory=Report)
    processes: Processes = field(init=False)
    memory: threading.Thread = field(init=False)
    load_before: float = 0.0
    idle_mib: float = 0.0
    machine_s: float = 0.0
    bench_s: float = 0.0

    def begin(self) -> None:
        self.processes = Processes(self.up)
        self.idle_mib = sum(self.processes.memory_mib().values())
        self.memory = threading.Thread(target=look_at_memory, args=(self.processes, self.watcher.halt), daemon=True)
        self.load_before = os.getloadavg()[0]
        self.machine_s, self.bench_s = machine_cpu_s(), cpu_s(psutil.Process())
        self.processes.begin()
        self.watcher.start()
        self.memory.start()

    def end(self, messages: int) -> dict[str, Any]:
        """What it took in CPU and memory."""
        used, all_s = self.processes.cpu_s(), machine_cpu_s() - self.machine_s
        bench_s = cpu_s(psutil.Process()) - self.bench_s
        self.watcher.halt.set()
        self.memory.join()
        total_s = sum(used.values())
        return {
            "load_before": round(self.load_before, 2),
            "cpu_s": used,
            "cpu_s_total": round(total_s, 1),
            "cpu_s_bench": round(bench_s, 1),
            "cpu_s_others": round(all_s - bench_s - total_s, 1),
            "cpu_ms_per_message": round(total_s * 1000 / messages, 2),
            "pss_mib": {name: round(mib) for name, mib in self.processes.most_mib.items()},
            "pss_mib_total": round(sum(self.processes.most_mib.values())),
            "pss_mib_idle": round(self.idle_mib),
        }


def look_at_memory(processes: Processes, halt: threading.Event) -> None:
    while not halt.wait(MEMORY_LOOK_S):
        processes.look()
    processes.look()


def drained(database: Path, messages: int) -> bool:
    """All messages are in SQL with an end state, and no topic has brought anything new to the store for a while."""
    sql = "SELECT (SELECT count(*) FROM raw), (SELECT count(*) FROM in_flight), (SELECT sum(next_offset) FROM position)"
    before: tuple[int, ...] = ()
    stands_since, deadline = time.monotonic(), time.monotonic() + DRAIN_S
    while time.monotonic() - stands_since < QUIET_S:
        now = one_row(database, sql)
        if now != before or now[:2] != (messages, 0):
            stands_since, before = time.monotonic(), now
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def counts(database: Path) -> dict[str, int]:
    tables = {
        "raw": "raw",
        "converted": "message WHERE state = 'converted'",
        "other end states": "message WHERE state <> 'converted'",
        "results": "observation_record",
        "dead letters": "dead_letter",
        "decisions": "decision",
        "tasks": "task",
    }
    found = {name: one_row(database, f"SELECT count(*) FROM {table}")[0] for name, table in tables.items()}
    sql = "SELECT count(DISTINCT correlation_id || source_path) FROM observation_record"
    return found | {"different results": one_row(database, sql)[0]}


def lost(messages: list[Outgoing], report: Report, kept: dict[str, int]) -> dict[str, object]:
    """Every count that is not what was sent: wanted and found."""
    sent = len(messages)
    wanted = {"raw": sent, "converted": sent, "results": VALUES * sent, "different results": VALUES * sent}
    wanted |= {"other end states": 0, "dead letters": 0}
    wrong: dict[str, object] = {name: [number, kept[name]] for name, number in wanted.items() if kept[name] != number}
    good = sum(count for code, count in report.answers.items() if code in ("AA", "CA"))
    return wrong | ({} if good == sent else {"acknowledged": [sent, good]})


def quantiles(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    if not ordered:
        return {}
    picks = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    found = {name: round(ordered[min(int(len(ordered) * q), len(ordered) - 1)], 3) for name, q in picks.items()}
    return {"rows": len(ordered), **found}


def slices(late_s: list[tuple[float, float]], began: float) -> list[float]:
    """The 95th percentile of each 10 s: shows a cold start, and when somebody else used the machine."""
    parts: dict[int, list[float]] = {}
    for received, late in late_s:
        parts.setdefault(int((received - began) // 10), []).append(late)
    return [quantiles(parts[number])["p95"] for number in sorted(parts)]


def table(found: dict[str, Any]) -> str:
    """The figures for people."""
    lines = [f"{found['messages']} messages at {found['rate_sent']}/s, machine load before {found['load_before']}"]
    lines += ["", f"{'socket to SQL, s':<18}{'rows':>8}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>8}"]
    for name, one in found["socket_to_sql_s"].items():
        lines.append(f"{name:<18}" + "".join(f"{value:>8}" for value in one.values()))
    lines += ["", *(f"{name:<18}p95 by 10 s {one}" for name, one in found["p95_s_by_10_s"].items())]
    lines += ["", f"{'process':<18}{'CPU s':>8}{'PSS MiB':>9}"]
    memory = found["pss_mib"]
    for name, seconds in found["cpu_s"].items():
        lines.append(f"{name:<18}{seconds:>8}{memory.get(name, 0):>9}")
    lines.append(f"{'together':<18}{found['cpu_s_total']:>8}{found['pss_mib_total']:>9}")
    lines.append(f"beside it: the sender {found['cpu_s_bench']} s, others on this machine {found['cpu_s_others']} s")
    lines += ["", *(f"{'yes' if met else 'NO ':<4}{what}" for what, met in found["within"].items())]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rate", type=float, default=200.0)
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--json", action="store_true", help="JSON only")
    asked = options.parse_args()
    plan = Plan(seed=11, start=datetime.now(UTC), interval_s=1 / asked.rate, patients=PATIENTS)
    messages = list(islice(load.messages(plan), int(asked.rate * asked.seconds)))
    with tempfile.TemporaryDirectory(prefix="wardline-bench-") as folder:
        found = measure(Path(folder) / "data", messages, asked.rate)
    print(json.dumps(found))
    if not asked.json:
        print(table(found))
    raise SystemExit(1 if found["lost_or_doubled"] else 0)


if __name__ == "__main__":
    main()
