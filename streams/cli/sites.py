"""`wardline sites`: check the sites, show one with its defaults, write its code maps as FHIR ConceptMaps."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from processors.mapping.code_maps import concept_maps, field_codes
from processors.mapping.coverage import MAPPED
from processors.mapping.units import ucum
from processors.sites import Site, place
from streams.cli.hl7_input import site_of
from streams.cli.output import CONFIGURATION, say, say_json, warn
from streams.settings import Settings
from streams.sites import check_sites

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, help=__doc__)

Folder = Annotated[Path | None, typer.Argument(help="folder of sites; else the project's", metavar="[DIR]")]
Feed = Annotated[str, typer.Argument(help="sending feed (a name in sites/) or a site file", metavar="FEED")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, one value per line")]


@app.command("check")
def check(folder: Folder = None, as_json: AsJson = False) -> None:
    """Read every site of a folder: all that is wrong, with file, line and nearest valid name; exit code 3 then.

    What is only superfluous is said as a hint and is no error.
    """
    read, wrong = check_sites(folder or Settings.load().sites_dir)
    found = [{"level": "error", "file": why.file, "line": why.line, "what": why.what} for why in wrong]
    found += [
        {"level": "hint", "file": name, "line": 0, "what": what}
        for name, site in read.items()
        for what in _hints(name, site)
    ]
    for one in found:
        if as_json:
            say_json(one)
        elif one["level"] == "error":
            warn(f"error: {one['file']}:{one['line']}: {one['what']}")
        else:
            say(f"hint:  {one['file']}: {one['what']}")
    if not as_json:
        say(f"{len(read)} sites can be read, {len(wrong)} errors")
    if wrong:
        raise SystemExit(CONFIGURATION)


@app.command("show")
def show(feed: Feed) -> None:
    """One site as JSON with all defaults filled in."""
    say_json(dataclasses.asdict(site_of(feed)))


@app.command("maps")
def maps(feed: Feed) -> None:
    """The code maps of one site as FHIR R4 ConceptMaps (NDJSON), by the names that its Codings carry."""
    for one in concept_maps(site_of(feed)):
        say_json(one)


def _hints(name: str, site: Site) -> list[str]:
    """What has no effect, for certain."""
    hints = []
    if Path(name).stem != site.feed:
        hints.append(f"the file is named otherwise than its feed '{site.feed}'; commands know it by the file's name")
    same = [sent for sent, code in site.units.items() if ucum(sent) == code]
    if same:
        hints.append(f"units: our own table says the same of {', '.join(same)}")
    off = {one.source for one in site.overrides if one.off}
    mapped = [n for n in site.ignored if n not in off and place(n).field in MAPPED.get(place(n).segment, ())]
    if mapped:
        hints.append(f"ignored: a row maps {', '.join(mapped)}, which are never counted as unmapped")
    for field, codes in field_codes(site).items():
        itself = [sent for sent, one in codes.table.items() if sent == one.code]
        if itself:
            hints.append(f"codes: {field}: {', '.join(itself)} are mapped to the same code; only the system changes")
    return hints
