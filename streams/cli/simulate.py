"""`wardline simulate`: a made-up hospital sends HL7 v2 over MLLP, or writes it to stdout or files."""

import asyncio
import itertools
import re
import signal
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import typer

from streams.cli.output import FAILED, UNREACHABLE, USAGE, fail, say, say_json, warn
from streams.clock import now_us
from streams.settings import Settings
from streams.simulate import hospital, load
from streams.simulate.hospital import Outgoing, Plan
from streams.simulate.plain import as_json_line, as_text, save
from streams.simulate.report import Report
from streams.simulate.sender import Sending, Unreachable, send
from streams.simulate.targets import USUAL_PORTS, listening_ports

_PROGRESS_S = 5.0
#: Without --for, --dry-run and --save of an endless profile stop here.
_ENDLESS_LIMIT = 1000
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|)")
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


class Profile(StrEnum):
    """What is sent."""

    HOSPITAL = "hospital"
    ORU5 = "oru5"


class Form(StrEnum):
    """How a dry run prints."""

    NDJSON = "ndjson"
    ER7 = "er7"


def simulate(
    *,
    rate: float = typer.Option(5.0, min=0.01, help="messages per second over all feeds"),
    seed: int = typer.Option(1, min=0, help="the same seed, --start and rate give the same bytes"),
    patients: int = typer.Option(50, min=1, help="how many patients are about at a time"),
    duration: str = typer.Option("", "--for", help="how long, e.g. 60s, 5m; newcomers come until then"),
    to: str = typer.Option("127.0.0.1", help="host of the gateway"),
    feed_port: list[str] = typer.Option([], help="FEED=PORT; else gateway.json of the data folder, else sites/"),
    data: Path = typer.Option(Path(".wardline"), "--data", envvar="WARDLINE_DATA", help="data folder"),
    start: str = typer.Option("", help="time of the first message, ISO 8601 with offset; else now"),
    profile: Profile = typer.Option(Profile.HOSPITAL, help="oru5: only reports of five values, for measurements"),
    faults: float = typer.Option(0.05, min=0.0, max=1.0, help="broken and repeated messages for each good one"),
    window: int = typer.Option(1, min=1, max=1000, help="messages of a feed that may wait for their ack"),
    dry_run: bool = typer.Option(False, "--dry-run", help="print the messages instead of sending"),
    form: Form = typer.Option(Form.NDJSON, help="how --dry-run prints"),
    save_to: Path | None = typer.Option(None, "--save", help="write each message to a file here instead of sending"),
    as_json: bool = typer.Option(False, "--json", help="the report as JSON"),
) -> None:
    """Send the traffic of a simulated hospital: admissions, orders, results, corrections, discharges, no-shows."""
    span_s = parse_duration(duration) if duration else None
    plan = Plan(
        seed=seed,
        start=_start(start),
        interval_s=1 / rate,
        patients=patients,
        newcomers=span_s is not None,
        fault_share=faults,
    )
    stream = _stream(plan, profile, span_s)
    if dry_run or save_to is not None:
        bounded = itertools.islice(stream, _ENDLESS_LIMIT) if profile is Profile.ORU5 and span_s is None else stream
        _write(bounded, save_to, form)
        return
    sending = Sending(host=to, ports=_ports(feed_port, data), window=window)
    _report(_run(stream, sending), as_json)


def _stream(plan: Plan, profile: Profile, span_s: float | None) -> Iterator[Outgoing]:
    stream = load.messages(plan) if profile is Profile.ORU5 else hospital.messages(plan)
    return stream if span_s is None else itertools.takewhile(lambda message: message.at_s < span_s, stream)


def parse_duration(text: str) -> float:
    """Seconds of `90`, `90s`, `5m` or `1h`; ends the program (usage) for anything else."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        fail(USAGE, f"'{text}' is no duration", "--for", fix="write 60s, 5m or 1h")
    return float(match[1]) * _SECONDS[match[2]]


def _start(text: str) -> datetime:
    if not text:
        return datetime.fromtimestamp(now_us() // 1_000_000, UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(USAGE, f"'{text}' is no point in time", "--start", fix="write 2026-03-02T09:00:00-05:00")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _ports(given: list[str], data: Path) -> Mapping[str, int]:
    ports = {**USUAL_PORTS, **listening_ports(Settings.load(data).data_dir)}
    for item in given:
        feed, _, number = item.partition("=")
        if feed not in USUAL_PORTS or not number.isdecimal() or not 0 < int(number) < 65536:
            fail(USAGE, f"'{item}' is not FEED=PORT", "--feed-port", fix=f"feeds are {', '.join(USUAL_PORTS)}")
        ports[feed] = int(number)
    return ports


def _write(stream: Iterator[Outgoing], folder: Path | None, form: Form) -> None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        count = 0
        for count, message in enumerate(stream, 1):  # noqa: B007
            save(message, folder)
        say(f"{count} messages in {folder}")
        return
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    for message in stream:
        sys.stdout.write(as_text(message) if form is Form.ER7 else as_json_line(message) + "\n")


def _run(stream: Iterator[Outgoing], sending: Sending) -> Report:
    report = Report()
    try:
        asyncio.run(_send(stream, sending, report))
    except Unreachable as why:
        fail(UNREACHABLE, str(why), fix="start `wardline up` or `wardline gateway`, or give --to and --feed-port")
    return report


async def _send(stream: Iterator[Outgoing], sending: Sending, report: Report) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    telling = asyncio.create_task(_tell(report))
    try:
        await send(stream, sending, report, stop)
    finally:
        telling.cancel()


async def _tell(report: Report) -> None:
    while True:
        await asyncio.sleep(_PROGRESS_S)
        warn(progress_line(report))


def progress_line(report: Report) -> str:
    """One line on how it goes."""
    codes = " ".join(f"{code} {count}" for code, count in sorted(report.answers.items()))
    return f"sent {sum(report.sent.values())}, acknowledged {codes or 'none yet'}, sent again {report.resent}"


def _report(report: Report, as_json: bool) -> None:
    told = report.as_json()
    if as_json:
        say_json(told)
    else:
        say("\n".join(f"{name:<17}{value}" for name, value in told.items()))
    if report.given_up:
        raise SystemExit(FAILED)
