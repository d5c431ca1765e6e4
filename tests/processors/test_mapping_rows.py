"""The row machinery itself, and that the tables obey it."""

import pytest
from conversion_world import KEYRING, SITE, hl7

from processors.hl7.message import parse
from processors.mapping.coverage import TABLES
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Memo, Scope
from processors.mapping.zones import Zone


def run(segment: str, *rows: FieldRow) -> tuple[dict, Scope]:
    message = parse(hl7(segment))
    scope = Scope(message, SITE, KEYRING, Memo(), Zone("UTC"))
    resource: dict = {}
    CompiledMap(SegmentMap(segment="ZZZ", resource="Basic", rows=rows))(message.segments[1], resource, scope)
    return resource, scope


def sent(raw: str, scope: Scope) -> str | None:
    return scope.texts(raw)[0] or None


def test_a_single_target_takes_the_first_repetition_and_counts_the_others():
    resource, scope = run("ZZZ|a~b", FieldRow(1, "x", sent))
    assert (resource, scope.unmapped) == ({"x": "a"}, {"ZZZ-1[2]": 1})


def test_a_list_target_takes_all_repetitions_of_all_rows():
    resource, _ = run("ZZZ|a~b|c", FieldRow(1, "x[]", sent), FieldRow(2, "x[]", sent))
    assert resource == {"x": ["a", "b", "c"]}


def test_the_first_row_with_a_value_wins():
    resource, _ = run("ZZZ||b|c", FieldRow(1, "x", sent), FieldRow(2, "x", sent), FieldRow(3, "x", sent))
    assert resource == {"x": "b"}


def test_a_dotted_target_makes_no_empty_parents():
    resource, _ = run('ZZZ|a|""', FieldRow(1, "p.q.x", sent), FieldRow(2, "r.s", sent))
    assert resource == {"p": {"q": {"x": "a"}}}


def test_a_condition_that_does_not_hold_leaves_the_row_out():
    resource, _ = run("ZZZ|a", FieldRow(1, "x", sent, lambda segment: segment.raw(1) == "b"))
    assert resource == {}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.segment}-{table.resource}")
def test_every_table_compiles_and_names_its_fields(table):
    assert CompiledMap(table).mapped >= {row.field for row in table.rows}
    assert all(row.field > 0 for row in table.rows)


def test_a_zone_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="Mars/Olympus"):
        Zone("Mars/Olympus")
