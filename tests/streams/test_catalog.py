"""The catalogue refuses what it does not know, and the plan is exactly the difference to a cluster."""

from dataclasses import replace
from pathlib import Path

import pytest

from processors import topics
from processors.errors import ConfigError
from streams.catalog import (
    BATCH_MARGIN_BYTES,
    ApplyOptions,
    ApplyRefused,
    Catalog,
    Change,
    TopicState,
    load_catalog,
    plan,
    refuse_unsafe,
)
from streams.settings import HOME

TEXT = (HOME / "topics.yaml").read_text("utf-8")
CATALOG = load_catalog(HOME / "topics.yaml")


def edited(folder: Path, before: str, after: str) -> Catalog:
    """The catalogue of a file in which the first `before` was replaced."""
    assert before in TEXT
    path = folder / "topics.yaml"
    path.write_text(TEXT.replace(before, after, 1), "utf-8")
    return load_catalog(path)


def cluster(**changes: TopicState) -> dict[str, TopicState]:
    """A cluster as the catalogue wants it, with changes by topic (dots and dashes as underscores)."""
    states = CATALOG.wanted()
    names = {name.replace(".", "_").replace("-", "_"): name for name in states}
    return {**states, **{names[key]: state for key, state in changes.items()}}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "    cleanup: delete",
            "    clean_up: delete",
            r"topics.yaml:\d+: .*unknown key 'clean_up' \(did you mean 'cleanup'",
        ),
        ("retention_hours: 8760", "retention_hours: a year", "neither whole hours nor 'forever'"),
        ("dead_letter: ops.dead-letter.v1", "dead_letter: ops.dead-leter.v1", r"did you mean 'ops.dead-letter.v1'"),
        ("inbox: raw.hl7v2.v1", "inbox: raw.v1", "unknown inbox 'raw.v1'"),
        ("partitions: 4\n    cleanup", "partitions: 3\n    cleanup", "per-patient topics have 4, others 1"),
        ("max_bytes: 12582912", "max_bytes: 22582912", "above that of its dead letter"),
        ("phi: identified", "phi: secret", "'secret' is not one of the valid values"),
        ("    producers: [gateway, dlq]\n", "", "key 'producers' is missing"),
    ],
    ids=["unknown key", "retention", "dead letter", "inbox", "partitions", "dead letter size", "phi", "missing key"],
)
def test_a_wrong_catalogue_is_refused_with_the_place(tmp_path: Path, before: str, after: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        edited(tmp_path, before, after)


def test_a_contradiction_is_reported_at_the_line_of_its_topic(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        edited(tmp_path, "max_bytes: 12582912", "max_bytes: 22582912")
    assert TEXT.splitlines()[caught.value.line - 1] == "  raw.hl7v2.v1:"


def test_defaults_fill_what_a_topic_leaves_out(tmp_path: Path) -> None:
    topic = edited(tmp_path, "    partitions: 4\n    cleanup", "    cleanup").topics[topics.RAW]
    assert (topic.partitions, topic.owner) == (4, "integration")


def test_an_empty_cluster_lacks_every_topic_and_changelog() -> None:
    assert [change.topic for change in plan(CATALOG, {})] == [*CATALOG.topics, *CATALOG.changelogs]


def test_a_cluster_as_wanted_needs_nothing() -> None:
    assert plan(CATALOG, cluster()) == []


def test_a_topic_that_the_catalogue_does_not_name_is_left_alone() -> None:
    assert plan(CATALOG, {**cluster(), "somebody.elses": TopicState(1, 1, {"retention.ms": "1"})}) == []


def test_settings_that_differ_lack_or_are_too_many_are_each_a_change() -> None:
    state = CATALOG.wanted()[topics.TASK]
    kept = {key: value for key, value in state.settings.items() if key != "cleanup.policy"}
    found = replace(state, settings={**kept, "retention.ms": "5", "segment.ms": "9"})
    assert plan(CATALOG, cluster(workflow_task_v1=found)) == [
        Change("set", topics.TASK, "cleanup.policy", "", "compact"),
        Change("set", topics.TASK, "retention.ms", "5", "-1"),
        Change("unset", topics.TASK, "segment.ms", "9", ""),
    ]


def test_another_number_of_copies_is_no_difference() -> None:
    states = {name: replace(state, replication=3) for name, state in cluster().items()}
    assert plan(CATALOG, states) == []


@pytest.mark.parametrize(("partitions", "grow"), [(1, False), (8, True), (8, False)])
def test_a_change_of_partitions_is_refused_unless_growth_is_allowed(partitions: int, grow: bool) -> None:
    found = replace(CATALOG.wanted()[topics.RAW], partitions=partitions)
    changes = plan(CATALOG, cluster(raw_hl7v2_v1=found))
    with pytest.raises(ApplyRefused, match=topics.RAW):
        refuse_unsafe(changes, ApplyOptions(grow=grow))


def test_growth_is_taken_where_it_is_allowed() -> None:
    changes = plan(CATALOG, cluster(raw_hl7v2_v1=replace(CATALOG.wanted()[topics.RAW], partitions=1)))
    refuse_unsafe(changes, ApplyOptions(grow=True))
    assert changes == [Change("grow", topics.RAW, "partitions", "1", "4")]


def test_a_changelog_is_compacted_and_split_like_its_inbox() -> None:
    state = CATALOG.wanted()["rows.decide.v1"]
    assert state.partitions == CATALOG.topics[topics.TIMELINE].partitions
    assert state.settings == {
        "cleanup.policy": "compact",
        "segment.bytes": "16777216",
        "segment.ms": "600000",
        "min.cleanable.dirty.ratio": "0.1",
        "delete.retention.ms": "86400000",
        "max.message.bytes": str(1048576 + BATCH_MARGIN_BYTES),
    }


def test_retention_is_given_in_milliseconds_and_forever_as_minus_one() -> None:
    assert CATALOG.topics[topics.RAW].retention_ms == 365 * 24 * 3600 * 1000
    assert CATALOG.topics[topics.TASK].retention_ms == -1


def test_per_patient_topics_have_equal_partition_counts() -> None:
    counts = {topic.partitions for topic in CATALOG.topics.values() if "patient_key" in topic.key}
    assert counts == {CATALOG.defaults.partitions}
