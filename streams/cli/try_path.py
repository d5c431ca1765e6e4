"""`wardline try`: messages through every stage in memory, nothing written; one line per record that would be."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import orjson
import typer

from processors import topics
from processors.envelope import Emit, Record
from processors.errors import ConfigError, Reason, Rejection
from processors.hl7.message import parse
from processors.identity import Keyring
from processors.records import decide, normalize, project, task
from processors.records.memory import MemoryStage
from processors.records.path import Path as WholePath
from processors.records.path import raw_record
from processors.sites import Site
from streams.cli.hl7_input import Numbered, Problems, as_of_us, keyring, messages, sent_at_us, site_of
from streams.cli.output import CONFIGURATION, FAILED, fail
from streams.rules import load_rules
from streams.settings import Settings


def try_path(
    files: Annotated[list[Path], typer.Argument(help="files of HL7 v2 messages; - is standard input")],
    site: Annotated[str, typer.Option(help="sending feed (a name in sites/) or a site file")] = "",
    rules: Annotated[Path | None, typer.Option(help="folder of rules; else the project's")] = None,
    as_of: Annotated[str, typer.Option(help="until when timers fire; else the last message's time")] = "",
) -> None:
    """The whole path in memory: {"topic", "key", "value"} lines for every record that the stages would write, in order.

    Messages are received at MSH-7. What ends as a dead letter is shown as one; exit code 1 then.
    """
    problems = Problems()
    chosen, ring, until = site_of(site), keyring(), as_of_us(as_of)
    path = _path(chosen, ring, rules or Settings.load().rules_dir)
    out = sys.stdout.buffer
    dead = 0
    try:
        for emit in _run(path, messages(files, problems), (chosen, ring, until), problems):
            dead += emit.topic == topics.DEAD_LETTER
            if emit.topic != topics.RAW:
                out.write(orjson.dumps(_line(emit), default=_shown) + b"\n")
        out.flush()
    except BrokenPipeError:
        sys.stderr.close()
    raise SystemExit(FAILED if problems.count or dead else 0)


def _path(site: Site, ring: Keyring, rules: Path) -> WholePath:
    try:
        rule_set = load_rules(rules)
    except ConfigError as why:
        fail(CONFIGURATION, "the rules are not valid", f"{why.file}:{why.line}", why.what, "correct the file")
    sites = {site.feed: site}
    return WholePath(
        MemoryStage(topics.RAW, normalize.make_step(sites, ring), normalize.refused),
        MemoryStage(topics.TIMELINE, project.make_step(), project.refused),
        MemoryStage(topics.TIMELINE, decide.make_step(rule_set, ring), decide.refused),
        MemoryStage(topics.COMMAND, task.make_step(ring), task.refused),
    )


def _run(
    path: WholePath, numbered: Iterator[Numbered], how: tuple[Site, Keyring, int], problems: Problems
) -> Iterator[Emit]:
    site, ring, until = how
    last = 0
    for count, one in enumerate(numbered, 1):
        last = max(last, _sent_at(one, site, ring) or last or until)
        raw = raw_record(one.payload, site, ring, last, count)
        try:
            yield from path.run([raw], last)
        except Exception as why:
            detail = f"a stage failed on it ({type(why).__name__}); please report it with the message's structure"
            problems.say(one.file, one.number, Rejection(Reason.DEFECT, "message", detail))
    yield from path.run([], max(until, last))


def _sent_at(one: Numbered, site: Site, ring: Keyring) -> int:
    try:
        return sent_at_us(parse(one.payload, site.charset), site, ring)
    except Rejection:
        return 0


def _line(emit: Emit) -> Record:
    return {"topic": emit.topic, "key": emit.key, "value": emit.value}


def _shown(value: object) -> str:
    """Bytes (the payload of a dead letter) are shown by their number."""
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    raise TypeError(type(value).__name__)
