"""`wardline coverage`: shown by probes, kept up to date, and able to say no."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from processors.mapping.guide import Evidence, GuideRow, Judged, Reason, judge_datatypes, judge_segments
from streams.cli.coverage import DOCS, coverage, judged, pages, reasons, rows

SAMPLE = b"MSH|^~\\&|A|B|C|D|20260304||ADT^A31|1|P|2.5\rPID|1||1^^^A^MR||Sample\rZAB|x||y\r"
MINIMUM = 95


@pytest.fixture(scope="module")
def found() -> tuple[list[Judged], list[Judged]]:
    return judged()


def test_the_generated_pages_are_up_to_date(found):
    for name, page in pages(*found).items():
        assert (DOCS / name).read_text() == page, f"docs/{name}: run `wardline coverage --write`"


@pytest.mark.parametrize("which", [0, 1], ids=["segments", "datatypes"])
def test_at_least_95_of_100_mappable_rows_are_mapped(found, which):
    counted = [one for one in found[which] if one.row.counts and one.verdict != "not mappable"]
    mapped = [one for one in counted if one.verdict == "mapped"]
    assert 100 * len(mapped) >= MINIMUM * len(counted)


def test_what_is_not_plainly_mapped_has_its_reason(found):
    assert [one.row for one in (*found[0], *found[1]) if one.row.counts and one.verdict == "not mapped"] == []
    assert all(one.reason for one in (*found[0], *found[1]) if one.verdict in ("deviates", "not mappable"))


def test_every_reason_is_about_a_row_of_the_guide(found):
    known = {(one.row.table, one.row.field, one.row.target) for one in (*found[0], *found[1])}
    assert sorted(reason for reason in reasons() if reason not in known) == []


def test_without_probes_no_row_is_mapped():
    segments, users = rows("segments.tsv"), rows("uses.tsv")
    judged_rows = (
        *judge_segments(segments, Evidence([]), reasons()),
        *judge_datatypes(rows("datatypes.tsv"), [*segments, *users], Evidence([]), reasons()),
    )
    assert [one.row for one in judged_rows if one.verdict == "mapped"] == []


def test_a_correction_without_a_path_is_refused(tmp_path: Path):
    (tmp_path / "PID.tsv").write_text("PID[Patient]\tPID-8\tgneder\tspelled\tMisspelt.\n")
    with pytest.raises(SystemExit):
        reasons(tmp_path)


def test_a_reason_counts_only_where_no_probe_shows_the_value(found):
    row = GuideRow("PID[Patient]", "PID-8", "gender")
    evidence = Evidence([])
    known = {(row.table, row.field, row.target): Reason("deviates", "because")}
    assert judge_segments([row], evidence, known)[0].verdict == "deviates"
    assert (
        next(one for one in found[0] if (one.row.table, one.row.field) == ("PID[Patient]", "PID-8")).verdict == "mapped"
    )


def test_seen_counts_the_fields_that_messages_carry_and_those_that_no_row_maps(tmp_path: Path):
    (tmp_path / "one.hl7").write_bytes(SAMPLE)
    app = typer.Typer()
    app.command()(coverage)
    done = CliRunner().invoke(app, ["--seen", str(tmp_path), "--json"])
    lines = {line["field"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert (lines["PID-5"]["seen"], lines["PID-5"]["unmapped"]) == (1, 0)
    assert (lines["ZAB-3"]["seen"], lines["ZAB-3"]["unmapped"]) == (1, 1)
