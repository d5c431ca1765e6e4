"""Tables of columns against schemas, DDL and catalogue, and the writes that are more than a row."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from read_side import KEYRING, SCHEMAS, T0, Log, blank

from processors import topics
from streams.catalog import load_catalog
from streams.settings import HOME
from streams.sinks.columns import SINK_TOPICS, TABLES, columns
from streams.sinks.lookup import Kind, key_of_mrn, lookup_hash
from streams.sinks.rows import Writes, cells, gather
from streams.sinks.statements import STATEMENTS
from streams.sinks.store import SQL

#: In the record but not in its table: the envelope's parts that other tables hold, and what stays in Kafka.
LEFT_OUT = {"source", "produced_by", "key_id", "payload", "resource", "route", "actor", "spec"}


@pytest.fixture
def schema() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript((SQL / "schema.sql").read_text() + (SQL / "views.sql").read_text())
        yield connection


@pytest.mark.parametrize("topic", TABLES)
def test_the_columns_written_are_those_of_the_table(topic: str, schema: sqlite3.Connection) -> None:
    found = schema.execute("SELECT name FROM pragma_table_info(?)", (TABLES[topic][0],)).fetchall()
    assert tuple(name for (name,) in found) == columns(topic)


@pytest.mark.parametrize("topic", TABLES)
def test_every_field_of_the_schema_is_kept_or_left_out_on_purpose(topic: str) -> None:
    kept = {path.removeprefix("json:").split(".")[0] for path in TABLES[topic][1].values()}
    fields = {field["name"] for field in SCHEMAS[topic]["fields"]}
    envelope = {"event_id", "correlation_id", "causation_id", "patient_key", "occurred_at", "received_at"}
    assert fields - kept - envelope - LEFT_OUT == set()


@pytest.mark.parametrize("topic", TABLES)
def test_a_record_of_defaults_becomes_a_full_row(topic: str) -> None:
    row = cells(Log().add(topic))
    assert len(row) == len(columns(topic))


def test_the_payload_is_never_written() -> None:
    record = Log().add(topics.RAW, payload=b"MSH|secret")
    writes = Writes()
    gather(record, KEYRING, writes)
    assert "secret" not in str(writes)


def test_the_sink_reads_what_the_catalogue_says() -> None:
    catalogue = load_catalog(HOME / "topics.yaml").topics
    consumed = {name for name, topic in catalogue.items() if "sink" in topic.consumers}
    assert consumed <= set(SINK_TOPICS)


def test_every_statement_fits_the_schema(schema: sqlite3.Connection) -> None:
    for sql in STATEMENTS.values():
        schema.execute("EXPLAIN " + sql, [None] * (6 if "?6" in sql else sql.count("?")))


def test_no_identifier_stands_in_the_lookup() -> None:
    writes = Writes()
    gather(Log().add(topics.PATIENT, identifier="MRN-7", patient_key="pk"), KEYRING, writes)
    assert writes.rows["lookup"] == [(lookup_hash(KEYRING, Kind.MRN, "MRN-7"), "pk")]
    assert "MRN-7" not in writes.rows["lookup"][0]


def test_white_space_around_an_identifier_does_not_count() -> None:
    assert lookup_hash(KEYRING, Kind.VISIT, " V1 ") == lookup_hash(KEYRING, Kind.VISIT, "V1")


def test_the_same_number_as_visit_and_as_accession_is_looked_up_apart() -> None:
    assert lookup_hash(KEYRING, Kind.VISIT, "1") != lookup_hash(KEYRING, Kind.ACCESSION, "1")


def test_authority_and_identifier_give_the_patient_key() -> None:
    assert key_of_mrn(KEYRING, "7", "HOSP") != key_of_mrn(KEYRING, "7", "CLINIC")


def test_an_evaluation_is_counted_and_only_what_happened_is_kept() -> None:
    entry = {"rule_id": "k", "rule_version": "1", "status": "active", "focus": "o", "decision_id": "", "score": None}
    record = Log().add(
        topics.EVALUATION,
        received_at=T0,
        rules=[
            {**entry, "outcome": "no_action", "failed_clause": "value ≥ 6.2"},
            {**entry, "outcome": "failed", "failed_clause": ""},
        ],
    )
    writes = Writes()
    gather(record, KEYRING, writes)
    assert [row[9] for row in writes.rows["rule_evaluation"]] == ["o"]
    assert sum(writes.counts.values()) == 2


def test_the_builder_refuses_fields_that_no_schema_has() -> None:
    with pytest.raises(AssertionError):
        blank(topics.RAW, nonsense=1)
