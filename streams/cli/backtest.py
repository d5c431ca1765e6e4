"""`wardline rules backtest`: what the rules would have decided on recorded messages, beside another rule set."""

import gc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from confluent_kafka import KafkaException

from processors.config import nearest
from processors.envelope import Row
from processors.errors import ConfigError, Reason, Rejection
from processors.identity import Keyring
from processors.records.backtest import Backtest, Difference, InForce
from processors.records.backtest_report import Period, opened, report
from processors.rules.compiled import RuleSet
from processors.sites import Site
from streams.cli.audit import audited
from streams.cli.backtest_text import text
from streams.cli.diff import named_set
from streams.cli.hl7_input import Problems, as_of_us, keyring, messages, site_of
from streams.cli.output import CONFIGURATION, FAILED, UNREACHABLE, USAGE, fail, say, say_json, warn
from streams.cli.recorded import Timed, named_site, of_files, of_topic
from streams.codec import CodecError
from streams.parts import connect
from streams.registry import RegistryError
from streams.settings import Settings
from streams.sites import load_sites

PATTERN = "*.hl7"


@dataclass(frozen=True, slots=True)
class _Recording:
    """The messages, and how they are read. `kept` is the settings of a running platform, None for files."""

    raws: list[Timed]
    sites: Mapping[str, Site]
    keyring: Keyring
    kept: Settings | None


def backtest(
    *,
    files: Annotated[list[Path] | None, typer.Argument(help=f"messages: files, folders of {PATTERN}")] = None,
    since: Annotated[str, typer.Option("--from", help="report from then on; what comes before only warms up")] = "",
    to: Annotated[str, typer.Option(help="leave out what came at that time or later")] = "",
    against: Annotated[str, typer.Option(help="folder of rules, or a git version of the project's rules")] = "",
    without: Annotated[list[str] | None, typer.Option(help="the other set does without this rule")] = None,
    rules: Annotated[Path | None, typer.Option(help="folder of the present rules; else the project's")] = None,
    site: Annotated[str, typer.Option(help="feed of all files; else each file's folder or name says it")] = "",
    data: Annotated[Path | None, typer.Option(help="data folder: its recorded raw topic instead of files")] = None,
    show: Annotated[int, typer.Option(min=0, help="open the difference of this number")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON value with every difference opened")] = False,
) -> None:
    """Decide recorded messages by the present rules and by another set; report what is added, removed or retimed.

    Nothing is written. Without --against and --without everything counts as added.
    """
    period = as_of_us(since, "--from"), as_of_us(to, "--to")
    if bool(files) == (data is not None):
        fail(USAGE, "files or --data is needed, and not both", fix="wardline rules backtest FOLDER")
    settings, problems = Settings.load(data), Problems()
    folder = rules or settings.rules_dir
    sets = _sets(folder, against, frozenset(without or ()))
    recording = _of_platform(settings) if files is None else _of_folder(files, site, problems)
    run = Backtest(recording.sites, recording.keyring, sets, period[0])
    read = _run(run, recording.raws, period, problems)
    found = run.differences()
    heads = _heads((str(folder), against or ("the same" if without else "nothing")), sets)
    answer = {**heads, **report(run, read, found)}
    _show(answer, found, show, recording, as_json=as_json)
    if problems.count:
        raise SystemExit(FAILED)


def _sets(folder: Path, against: str, without: frozenset[str]) -> tuple[InForce, InForce | None]:
    present = named_set(str(folder), folder)
    other = named_set(against, folder) if against else present
    for rule_id in without - set(other.by_id):
        fail(FAILED, f"there is no rule '{rule_id}'{nearest(rule_id, other.by_id)}", fix="wardline rules list")
    return InForce(present), InForce(other, without) if against or without else None


def _heads(names: tuple[str, str], sets: tuple[InForce, InForce | None]) -> Row:
    pairs = zip(("present", "against"), names, sets, strict=True)
    return {side: _head(name, one) if one else None for side, name, one in pairs}


def _head(name: str, one: InForce) -> Row:
    known: RuleSet = one.rules
    return {"name": name, "rules": len(known.rules), "digest": known.digest, "without": sorted(one.disabled)}


def _of_folder(files: list[Path], site: str, problems: Problems) -> _Recording:
    listed = [path for file in files for path in _expanded(file)]
    ring = keyring()
    if site:
        chosen = site_of(site)
        raws = of_files(messages(listed, problems), lambda _: chosen, ring)
        return _Recording(raws, {chosen.feed: chosen}, ring, None)
    sites = _sites(Settings.load())
    raws = of_files(messages(listed, problems), lambda path: named_site(path, sites), ring)
    return _Recording(raws, sites, ring, None)


def _expanded(file: Path) -> Iterator[Path]:
    if not file.is_dir():
        yield file
        return
    inside = sorted(file.rglob(PATTERN))
    if not inside:
        fail(FAILED, "there are no messages here", str(file), f"no file in it is named {PATTERN}", "name the files")
    yield from inside


def _sites(settings: Settings) -> dict[str, Site]:
    try:
        return load_sites(settings.sites_dir)
    except ConfigError as why:
        fail(CONFIGURATION, "the sites are not valid", f"{why.file}:{why.line}", why.what, "wardline sites check")


def _of_platform(settings: Settings) -> _Recording:
    if not settings.bootstrap:
        fail(UNREACHABLE, "no broker is known", str(settings.data_dir), "run.json is missing", "start `wardline up`")
    sites = _sites(settings)
    try:
        parts = connect(settings)
        raws, unreadable = of_topic(parts)
    except (RegistryError, CodecError, KafkaException, TimeoutError) as why:
        fail(UNREACHABLE, "the recorded messages cannot be read", settings.bootstrap, str(why), "wardline doctor")
    if unreadable:
        warn(f"warning: {unreadable} records of the raw topic are not in our format and were passed over")
    return _Recording(raws, sites, parts.keyring, settings)


def _run(run: Backtest, raws: list[Timed], period: tuple[int, int], problems: Problems) -> Period:
    since, to = period
    chosen = [one for one in raws if not to or one.at < to]
    if not any(one.at >= since for one in chosen):
        why = f"{len(raws)} messages were read, none of them in the period"
        fail(FAILED, "there is nothing to decide", why=why, fix="correct --from and --to, or name other files")
    gc.freeze()  # the recording stays to the end: no use in looking through it for garbage
    for number, one in enumerate(chosen, 1):
        try:
            run.take(one.make())
        except Exception as why:
            run.forget()
            detail = f"a step failed on it ({type(why).__name__}); please report it with the message's structure"
            problems.say("recording", number, Rejection(Reason.DEFECT, "message", detail))
    run.advance(to or chosen[-1].at)
    before = sum(one.at < since for one in chosen)
    return Period(
        first=chosen[0].at,
        last=chosen[-1].at,
        since=since,
        messages=len(chosen) - before,
        warm_up_messages=before,
    )


def _show(answer: Row, found: list[Difference], number: int, recording: _Recording, *, as_json: bool) -> None:
    if number > len(found):
        fail(FAILED, f"there is no difference {number}", why=f"there are {len(found)}", fix="wardline rules backtest")
    asked = found[number - 1 : number] if number else found
    if as_json or number:
        _leave_word(recording.kept, asked)
    if number:
        for record in opened(asked[0]):
            say_json(record)
    elif as_json:
        lines = [{**line, "records": opened(one)} for line, one in zip(answer["differences"], found, strict=True)]
        say_json({**answer, "differences": lines})
    else:
        say(text(answer))


def _leave_word(kept: Settings | None, asked: list[Difference]) -> None:
    """Whoever opens decisions about a running platform's patients has read them."""
    if kept is not None:
        read = {f"message/{one.shown.decision.value['correlation_id']}" for one in asked}
        audited(kept, "rules backtest", sorted(read))
