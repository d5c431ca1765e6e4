"""The catalogue on a real broker: created, put right after drift, and never made smaller."""

from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from streams.catalog import (
    ApplyOptions,
    ApplyRefused,
    BrokerUnreachable,
    Catalog,
    NotApplied,
    apply,
    check,
    load_catalog,
)
from streams.platform.kafka import admin_client
from streams.settings import HOME

pytestmark = pytest.mark.integration

TEXT = (HOME / "topics.yaml").read_text("utf-8")


@pytest.fixture
def admin(platform: object) -> AdminClient:
    return admin_client(platform.bootstrap)


def catalog_named(folder: Path, prefix: str, *edits: tuple[str, str]) -> Catalog:
    """The catalogue with every name prefixed, so that the shared broker's own topics stay as they are."""
    text = TEXT
    for before, after in edits:
        text = text.replace(before, after)
    for name in (*load_catalog(HOME / "topics.yaml").topics, "rows.", "wardline-feeds"):
        text = text.replace(name, f"{prefix}.{name}")
    path = folder / "topics.yaml"
    path.write_text(text, "utf-8")
    return load_catalog(path)


def test_a_new_cluster_gets_everything_and_then_needs_nothing(admin: AdminClient, tmp_path: Path) -> None:
    catalog = catalog_named(tmp_path, "fresh")
    made = apply(admin, catalog)
    assert [change.topic for change in made] == [*catalog.topics, *catalog.changelogs]
    assert check(admin, catalog) == []
    assert apply(admin, catalog) == []


def test_drift_is_seen_and_put_right(admin: AdminClient, tmp_path: Path) -> None:
    other = catalog_named(tmp_path, "drift", ("retention_hours: 8760", "retention_hours: 1"))
    apply(admin, other)
    catalog = catalog_named(tmp_path, "drift")
    assert {(change.kind, change.what) for change in check(admin, catalog)} == {("set", "retention.ms")}
    apply(admin, catalog)
    assert check(admin, catalog) == []


def test_partitions_grow_only_when_allowed_and_never_shrink(admin: AdminClient, tmp_path: Path) -> None:
    small = catalog_named(tmp_path, "grow", ("partitions: 4", "partitions: 2"))
    apply(admin, small)
    large = catalog_named(tmp_path, "grow")
    with pytest.raises(ApplyRefused, match="2 to 4 partitions"):
        apply(admin, large)
    apply(admin, large, ApplyOptions(grow=True))
    assert check(admin, large) == []
    with pytest.raises(ApplyRefused, match="Kafka only adds"):
        apply(admin, small, ApplyOptions(grow=True))


def test_what_the_broker_refuses_is_said_with_the_topic(admin: AdminClient, tmp_path: Path) -> None:
    catalog = catalog_named(tmp_path, "copies")
    with pytest.raises(NotApplied, match=r"copies.raw.hl7v2.v1: .*[Rr]eplication"):
        apply(admin, catalog, ApplyOptions(replication=5))


def test_a_broker_that_is_away_is_unreachable() -> None:
    with pytest.raises(BrokerUnreachable):
        check(admin_client("127.0.0.1:1"), load_catalog(HOME / "topics.yaml"), timeout_s=0.5)


def test_the_platform_is_as_the_catalogue_says(admin: AdminClient) -> None:
    assert check(admin, load_catalog(HOME / "topics.yaml")) == []
