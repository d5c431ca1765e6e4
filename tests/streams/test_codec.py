"""The codec takes what fits a schema, refuses everything else by field name, and reads what older versions wrote."""

import copy
import json
from pathlib import Path

import pytest
from contract_examples import SCHEMAS, examples, name, read

from processors import topics
from processors.envelope import Record
from streams.codec import Codec, CodecError, SchemaMissing, Seal
from streams.contracts import canonical_text, load_schemas
from streams.registry import Registry
from streams.settings import HOME

CODEC = Codec.offline(HOME / "schemas")
EXAMPLE = HOME / "schemas/examples/canonical.observation.v1/accepted/number.json"


def observation(**changes: object) -> Record:
    return {**read(topics.OBSERVATION, EXAMPLE), **changes}


class OlderVersions(Registry):
    """A registry that knows schemas by id only."""

    def __init__(self, texts: dict[int, str]) -> None:
        super().__init__("http://127.0.0.1:1")
        self.texts = texts
        self.asked = 0

    def schema(self, number: int) -> str | None:
        self.asked += 1
        return self.texts.get(number)


@pytest.mark.parametrize(("topic", "path"), examples("accepted"), ids=name)
def test_an_accepted_example_comes_back_as_it_went_in(topic: str, path: Path) -> None:
    value = read(topic, path)
    assert CODEC.decode(CODEC.encode(topic, value)) == value


@pytest.mark.parametrize(("topic", "path"), examples("rejected"), ids=name)
def test_a_rejected_example_is_refused(topic: str, path: Path) -> None:
    with pytest.raises(CodecError, match=topic):
        CODEC.encode(topic, read(topic, path))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"value_number": "SECRET"}, "value_number: double is needed, got str"),
        ({"received_at": 1.5}, "received_at: long is needed, got float"),
        ({"received_at": True}, "received_at: long is needed, got bool"),
        ({"received_at": 2**63}, "received_at: out of range for long"),
        ({"interpretation": "HH"}, "interpretation: a list is needed, got str"),
        ({"interpretation": ["HH", 5]}, r"interpretation\[1\]: string is needed, got int"),
        ({"source": None}, "source: a record is needed, got NoneType"),
        ({"colour": "SECRET"}, "colour: is not in the schema"),
    ],
)
def test_a_refusal_names_the_field(changes: Record, said: str) -> None:
    with pytest.raises(CodecError, match=f"{topics.OBSERVATION}: {said}"):
        CODEC.encode(topics.OBSERVATION, observation(**changes))


def test_a_refusal_shows_no_value_not_even_in_its_causes() -> None:
    with pytest.raises(CodecError) as caught:
        CODEC.encode(topics.OBSERVATION, observation(value_number="SECRET"))
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_fraction_inside_a_list_of_records_is_refused() -> None:
    value = read(topics.TASK, HOME / "schemas/examples/workflow.task.v1/accepted/requested.json")
    value["spec"]["sla"]["ladder"][0]["after_s"] = 0.5
    with pytest.raises(CodecError, match=r"spec.sla.ladder\[0\].after_s: int is needed, got float"):
        CODEC.encode(topics.TASK, value)


def test_the_header_is_a_zero_and_the_schema_id() -> None:
    number = CODEC.topic_ids()[topics.OBSERVATION]
    assert CODEC.encode(topics.OBSERVATION, observation())[:5] == b"\x00" + number.to_bytes(4, "big")


def test_the_body_is_the_record_without_its_header() -> None:
    value = observation()
    assert CODEC.encode(topics.OBSERVATION, value)[5:] == CODEC.body(topics.OBSERVATION, value)


def test_an_unknown_topic_is_refused() -> None:
    with pytest.raises(CodecError, match="no schema for topic 'nope'"):
        CODEC.encode("nope", {})


@pytest.mark.parametrize("data", [b"", b"\x00\x00\x00\x00", b"\x01\x00\x00\x00\x06abc", b"{}      "])
def test_bytes_in_another_format_are_refused(data: bytes) -> None:
    with pytest.raises(CodecError, match="wire format"):
        CODEC.decode(data)


def test_a_shortened_record_is_refused() -> None:
    data = CODEC.encode(topics.OBSERVATION, observation())
    with pytest.raises(CodecError, match="does not follow schema"):
        CODEC.decode(data[:-1])


def test_bytes_behind_a_record_are_refused() -> None:
    with pytest.raises(CodecError, match="does not follow schema"):
        CODEC.decode(CODEC.encode(topics.OBSERVATION, observation()) + b"\x00")


def test_an_unknown_schema_id_is_refused() -> None:
    with pytest.raises(SchemaMissing, match="schema id 4242 is unknown"):
        CODEC.decode(b"\x00" + (4242).to_bytes(4, "big") + b"\x00")


def test_a_record_of_an_older_version_gets_the_defaults_of_the_newer_fields() -> None:
    older = copy.deepcopy(SCHEMAS[topics.OBSERVATION])
    older["fields"] = [field for field in older["fields"] if field["name"] not in ("specimen", "source")]
    value = observation()
    gone = ("specimen", "source")
    data = Codec({topics.OBSERVATION: older}, {topics.OBSERVATION: 77}).encode(
        topics.OBSERVATION, {key: given for key, given in value.items() if key not in gone}
    )
    registry = OlderVersions({77: canonical_text(older)})
    codec = Codec(SCHEMAS, CODEC.topic_ids(), registry)
    empty_source = {**dict.fromkeys(value["source"], "")}
    assert codec.decode(data) == {**value, "specimen": "", "source": empty_source}
    codec.decode(data)
    assert registry.asked == 1


def test_a_schema_that_is_not_ours_is_refused() -> None:
    foreign = {"type": "record", "name": "Other", "fields": []}
    codec = Codec(SCHEMAS, CODEC.topic_ids(), OlderVersions({77: json.dumps(foreign)}))
    with pytest.raises(SchemaMissing, match="is a Other"):
        codec.decode(b"\x00" + (77).to_bytes(4, "big"))


def test_offline_ids_follow_the_sorted_topics() -> None:
    assert list(CODEC.topic_ids().values()) == list(range(1, len(load_schemas(HOME / "schemas")) + 1))
    assert list(CODEC.topic_ids()) == sorted(CODEC.topic_ids())


def test_only_the_payload_is_sealed_on_the_way_out_and_opened_on_the_way_in() -> None:
    schemas = load_schemas(HOME / "schemas")
    turned = Seal(lambda data: data[::-1], lambda data: data[::-1])
    codec = Codec(schemas, {topic: n for n, topic in enumerate(schemas, 1)}, seal=turned)
    raw = json.loads((HOME / "schemas/examples/raw.hl7v2.v1/accepted").glob("*.json").__next__().read_text())
    raw["payload"] = b"MSH|synthetic"
    sent = codec.encode(topics.RAW, raw)
    assert b"MSH|synthetic"[::-1] in sent
    assert codec.decode(sent) == raw
    assert codec.body(topics.RAW, raw) == CODEC.body(topics.RAW, raw)
