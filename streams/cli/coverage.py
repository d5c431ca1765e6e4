"""`wardline coverage`: which rows of HL7's v2-to-FHIR guide the mapping covers, and what real messages carry."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from processors.errors import Rejection
from processors.hl7.batch import split
from processors.hl7.message import parse
from processors.identity import Keyring
from processors.mapping.convert import convert, lineage
from processors.mapping.guide import (
    VERDICTS,
    Evidence,
    GuideRow,
    Judged,
    Reason,
    Reasons,
    Shown,
    judge_datatypes,
    judge_segments,
    shown,
)
from processors.sites import Site
from streams.cli import output
from streams.cli.mapping_pages import coverage_page, mappings_page, summary
from streams.settings import HOME

GUIDE = HOME / "guide"
DOCS = HOME / "docs"
_SITE = Site(feed="probe", zone="UTC")
_KEYRING = Keyring.of(b"probe")


def coverage(
    *,
    check: Annotated[bool, typer.Option("--check", help="exit 10 when a generated page is out of date")] = False,
    write: Annotated[bool, typer.Option("--write", help="write docs/coverage.md and docs/mappings.md")] = False,
    missing: Annotated[str, typer.Option(help="list the rows of this segment that are not mapped")] = "",
    seen: Annotated[Path | None, typer.Option(help="what a file or folder of messages carries, mapped or not")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON line per row")] = False,
) -> None:
    """Rows of the guide: mapped, deviating, not mappable, not mapped; per segment and datatype, shown by probes."""
    if seen is not None:
        _show_seen(seen, as_json=as_json)
        return
    segments, datatypes = judged()
    if as_json:
        for one in (*segments, *datatypes):
            output.say_json({**_row(one.row), "verdict": one.verdict, "reason": one.reason})
    elif missing:
        for one in (*segments, *datatypes):
            if one.verdict == "not mapped" and re.fullmatch(rf"{re.escape(missing)}[-.].*", one.row.field):
                row = one.row
                output.say("\t".join((row.table, row.field, row.target, row.datatype, row.condition)))
    else:
        _keep(pages(segments, datatypes), write=write, check=check)
        output.say(summary(segments, datatypes))


def _keep(found: dict[str, str], *, write: bool, check: bool) -> None:
    for name, page in found.items():
        if write:
            (DOCS / name).write_text(page)
        elif check and (not (DOCS / name).is_file() or (DOCS / name).read_text() != page):
            output.fail(10, f"docs/{name} is out of date", fix="run `wardline coverage --write`")


def _show_seen(source: Path, *, as_json: bool) -> None:
    """Fields with data in real messages, the most frequent first: how often seen, and how often no row mapped them."""
    carried: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    refused = total = 0
    for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
        for payload in split(file.read_bytes()).messages if file.is_file() else ():
            total += 1
            try:
                message = parse(payload)
                conversion = convert(message, _SITE, _KEYRING, 0)
            except Rejection:
                refused += 1
                continue
            dropped.update({path.partition("[")[0]: n for path, n in conversion.unmapped.items()})
            carried.update(
                f"{one.name}-{n}" for one in message.segments for n, raw in enumerate(one.fields) if n and raw
            )
    if not as_json:
        output.say(f"{total} messages, {refused} not converted, {len(carried)} fields with data")
        output.say("| field | seen | not mapped |\n| --- | ---: | ---: |")
    for name, count in carried.most_common():
        lost = dropped.get(name, 0)
        row = {"field": name, "seen": count, "unmapped": lost}
        output.say_json(row) if as_json else output.say(f"| {name} | {count} | {lost or ''} |")


def pages(segments: list[Judged], datatypes: list[Judged]) -> dict[str, str]:
    """File in docs/ -> what it should say."""
    return {"coverage.md": coverage_page(segments, datatypes), "mappings.md": mappings_page()}


def judged() -> tuple[list[Judged], list[Judged]]:
    """Verdicts on all rows: of segments, of datatypes."""
    evidence = Evidence([one for file in sorted(GUIDE.glob("probes/*.hl7")) for one in probed(file)])
    known = reasons()
    segments, more = rows("segments.tsv"), rows("uses.tsv")
    return (
        judge_segments(segments, evidence, known),
        judge_datatypes(rows("datatypes.tsv"), [*segments, *more], evidence, known),
    )


def probed(file: Path) -> Iterator[Shown]:
    """What every message of a file shows."""
    for payload in split(file.read_bytes()).messages:
        try:
            message = parse(payload)
            yield from shown(lineage(message, _SITE, _KEYRING), message)
        except Rejection as refused:
            output.fail(1, f"a probe in {file.name} does not convert", refused.path, refused.detail)


def rows(name: str) -> list[GuideRow]:
    """The rows of guide/<name>."""
    with (GUIDE / name).open(newline="") as lines:
        table = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(table)
        return [GuideRow(*row) for row in table]


def reasons(folder: Path = GUIDE / "reasons") -> Reasons:
    """The reasons of guide/reasons: verdict and text, or `spelled`, text and the path of R4."""
    found: dict[tuple[str, str, str], Reason] = {}
    for file in sorted(folder.glob("*.tsv")):
        for line in file.read_text().splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            table, field, target, verdict, text, *path = line.split("\t")
            known = next((v for v in VERDICTS if v == verdict.replace("_", " ")), None)
            if verdict == "spelled" and path:
                known = "not mapped"
            elif known is None or path:
                fix = "write deviates or not_mappable, or spelled with the path at the end of the line"
                output.fail(3, f"'{verdict}' is no verdict", file.name, fix=fix)
            found[table, field, target] = Reason(known, text, *path)
    return found


def _row(row: GuideRow) -> dict[str, str]:
    return {"table": row.table, "field": row.field, "target": row.target, "condition": row.condition}
