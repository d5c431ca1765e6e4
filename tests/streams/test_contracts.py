"""The rules that every schema keeps, and what counts as a change of its past."""

import copy

import pytest
from contract_examples import SCHEMAS

from processors import topics
from processors.envelope import Record
from streams.baseline import broken, extended, load_baseline, unrecorded
from streams.contracts import ENVELOPE, canonical_text, conflicts, faults, filled, paths
from streams.settings import HOME


def changed(topic: str, at: int, **changes: object) -> dict[str, Record]:
    """All schemas, one field of one of them changed."""
    schema = copy.deepcopy(SCHEMAS[topic])
    schema["fields"][at] |= changes
    return {**SCHEMAS, topic: schema}


def without(topic: str, at: int, key: str) -> dict[str, Record]:
    """All schemas, one key of one field removed."""
    schemas = changed(topic, at)
    del schemas[topic]["fields"][at][key]
    return schemas


def test_our_schemas_keep_the_rules() -> None:
    assert faults(SCHEMAS) == []


@pytest.mark.parametrize(
    ("schemas", "said"),
    [
        (without(topics.TASK, 12, "default"), "workflow.task.v1.business_status: default is missing"),
        (without(topics.TASK, 12, "doc"), "workflow.task.v1.business_status: doc is missing"),
        (changed(topics.TASK, 12, type=["string", "null"]), "a union must begin with null"),
        (changed(topics.TASK, 12, type={"type": "enum", "name": "S", "symbols": ["A"]}), "enum is not used"),
        (changed(topics.TASK, 12, type={"type": "long", "logicalType": "date"}), "logicalType is not used"),
        (changed(topics.TASK, 0, name="id"), "the first fields must be the envelope"),
        (changed(topics.TASK, 5, doc="another"), "envelope differs"),
        ({**SCHEMAS, "again.v1": SCHEMAS[topics.TASK]}, "record name wardline.Task is used by two schemas"),
    ],
    ids=lambda case: case.rpartition(": ")[2] if isinstance(case, str) else "",
)
def test_a_schema_that_breaks_a_rule_is_found(schemas: dict[str, Record], said: str) -> None:
    assert [line for line in faults(schemas) if said in line]


def test_the_byte_form_does_not_depend_on_spaces_or_the_order_of_keys() -> None:
    assert canonical_text({"b": 1, "a": [{"d": 2, "c": 3}]}) == '{"a":[{"c":3,"d":2}],"b":1}'


def test_defaults_are_written_out_whole() -> None:
    schema = filled(SCHEMAS[topics.RAW])
    assert isinstance(schema, dict)
    assert schema["fields"][ENVELOPE.index("produced_by")]["default"] == {"component": "", "version": ""}


def test_paths_lead_into_records_arrays_maps_and_unions() -> None:
    found = paths(SCHEMAS[topics.DECISION])
    assert found["clauses[].holds"] == "boolean"
    assert found["score"] == "null or record Score"
    assert found["score.inputs[].points"] == "int"
    assert paths(SCHEMAS[topics.TIMELINE])["sources{}"] == "string"


def test_another_type_at_a_known_place_is_a_conflict() -> None:
    before = paths(SCHEMAS[topics.TASK])
    schema = changed(topics.TASK, 12, type="long", default=0)[topics.TASK]
    assert conflicts(before, schema) == ["business_status: was string, is long"]


def test_a_new_place_is_no_conflict() -> None:
    before = paths(SCHEMAS[topics.TASK])
    schema = changed(topics.TASK, 12, name="new_name")[topics.TASK]
    assert conflicts(before, schema) == []


def test_the_baseline_in_the_repository_covers_our_schemas() -> None:
    baseline = load_baseline(HOME / "schemas")
    assert broken(baseline, SCHEMAS) == []
    assert unrecorded(baseline, SCHEMAS) == []


def test_a_field_that_has_gone_may_not_come_back_with_another_type() -> None:
    gone = copy.deepcopy(SCHEMAS)
    removed = gone[topics.TASK]["fields"].pop(12)
    baseline = extended(extended({}, SCHEMAS), gone)
    back = copy.deepcopy(gone)
    back[topics.TASK]["fields"].append({**removed, "type": "long", "default": 0})
    assert broken(baseline, gone) == []
    assert broken(baseline, back) == ["workflow.task.v1: business_status: was string, is long"]


def test_a_schema_that_has_gone_is_an_incompatible_change() -> None:
    rest = {topic: schema for topic, schema in SCHEMAS.items() if topic != topics.TASK}
    assert broken(extended({}, SCHEMAS), rest) == ["workflow.task.v1: the schema has gone"]
