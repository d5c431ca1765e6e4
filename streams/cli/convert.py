"""`wardline convert`: HL7 v2 in, one FHIR Bundle per message and patient out; what cannot go on: a line on stderr."""

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer

from processors.errors import Reason, Rejection
from processors.expectations import judge, unwanted
from processors.hl7.message import parse
from processors.identity import Keyring
from processors.mapping.convert import Conversion
from processors.mapping.convert import convert as convert_message
from processors.mapping.convert import lineage as origins
from processors.sites import Site
from streams.cli.hl7_input import Numbered, Problems, as_of_us, keyring, messages, sent_at_us, site_of, write_error
from streams.cli.output import FAILED


def convert(
    files: Annotated[list[Path], typer.Argument(help="files of HL7 v2 messages; - is standard input")],
    site: Annotated[str, typer.Option(help="sending feed (a name in sites/) or a site file")] = "",
    as_of: Annotated[str, typer.Option(help="when the messages were received; else MSH-7")] = "",
    lineage: Annotated[bool, typer.Option(help="where each value came from (NDJSON), in place of the bundles")] = False,
    report: Annotated[bool, typer.Option(help="say warnings and unmapped fields of each message on stderr")] = False,
) -> None:
    """HL7 v2 in, one FHIR R4 Bundle per message and patient out (NDJSON).

    A message that cannot be converted is one JSON line on stderr (error, location, detail, message, file); the exit
    code is then 1, and the others are converted all the same.
    """
    problems = Problems()
    chosen, ring, received_at = site_of(site), keyring(), as_of_us(as_of)
    try:
        for one in messages(files, problems):
            if lineage:
                _trace(one, chosen, ring, problems)
                continue
            conversion = _converted(one, chosen, ring, received_at, problems)
            if conversion is not None:
                sys.stdout.buffer.writelines(bundle.bundle + b"\n" for bundle in conversion.bundles)
                if report:
                    _report(one, conversion, chosen)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        sys.stderr.close()
    raise SystemExit(FAILED if problems.count else 0)


def _converted(one: Numbered, site: Site, ring: Keyring, received_at: int, problems: Problems) -> Conversion | None:
    try:
        message = parse(one.payload, site.charset)
        why_not = unwanted(message, site)
        if why_not is not None:
            _filtered(one, *why_not)
            return None
        return convert_message(message, site, ring, received_at or sent_at_us(message, site, ring))
    except Rejection as why:
        problems.say(one.file, one.number, why)
    except Exception as why:
        detail = f"the converter failed on it ({type(why).__name__}); please report it with the message's structure"
        problems.say(one.file, one.number, Rejection(Reason.DEFECT, "message", detail))
    return None


def _trace(one: Numbered, site: Site, ring: Keyring, problems: Problems) -> None:
    """One line per value: {"file","message","resource","path","source","value"}."""
    try:
        found = origins(parse(one.payload, site.charset), site, ring)
    except Rejection as why:
        problems.say(one.file, one.number, why)
        return
    for origin in found:
        line = {"file": one.file, "message": one.number, "resource": origin.resource, "path": origin.path}
        written = orjson.dumps({**line, "source": origin.source, "value": origin.value})
        sys.stdout.buffer.write(written + b"\n")


def _filtered(one: Numbered, path: str, reason: str) -> None:
    """The site does not want this message: said, and no failure."""
    write_error({"filtered": reason, "location": path, "message": one.number, "file": one.file})


def _report(one: Numbered, conversion: Conversion, site: Site) -> None:
    warnings = [{"code": w.code.value, "path": w.path, "text": w.text} for w in conversion.warnings]
    line = {"file": one.file, "message": one.number, "warnings": warnings, "unmapped": conversion.unmapped}
    verdict = judge(parse(one.payload, site.charset), site)
    if verdict.state:
        departures = [{"code": d.code.value, "path": d.path, "count": d.count} for d in verdict.departures]
        line |= {"verdict": verdict.state, "departures": departures}
    write_error(line)
