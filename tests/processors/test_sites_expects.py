"""The verdict on a message by what its site expects, and the filters: paths and codes, never values."""

import pytest
from conversion_world import KEYRING, OBR, OBX, ORC, PID, PV1, hl7, oru

from processors import topics
from processors.envelope import Position, Record
from processors.expectations import Departs, Verdict, judge, unwanted
from processors.hl7.message import parse
from processors.records.memory import MemoryRows
from processors.records.normalize import make_step
from processors.records.path import raw_record
from processors.sites import Expectations, Filter, Site


def verdict(message: bytes, **expects: object) -> Verdict:
    return judge(parse(message), Site(feed="x", expects=Expectations(**expects)))


def found(message: bytes, **expects: object) -> list[tuple[str, str, int]]:
    return [(one.code.value, one.path, one.count) for one in verdict(message, **expects).departures]


def test_a_site_that_expects_nothing_gives_no_verdict():
    assert verdict(oru(OBX)) == Verdict("")


def test_a_message_as_expected_is_ok():
    asked = {"triggers": ("ORU^R01",), "segments": {"ORU^R01": ("PID", "OBR")}, "fields": {"any": ("PID-3",)}}
    assert verdict(oru(OBX), **asked, codes={"PV1-2": ("I", "O")}) == Verdict("ok")


@pytest.mark.parametrize("triggers", [("ORU",), ("ORU^R01",), ("ADT", "any")])
def test_a_trigger_is_named_with_or_without_its_event(triggers):
    assert verdict(oru(OBX), triggers=triggers).state == "ok"


def test_another_trigger_departs():
    assert found(oru(OBX), triggers=("ADT^A01",)) == [("trigger_unexpected", "MSH[1]-9", 1)]


def test_a_segment_that_is_not_there_departs():
    assert found(hl7(PID, ORC, OBR, OBX), segments={"ORU": ("PV1", "OBX")}) == [("segment_missing", "PV1", 1)]


def test_what_is_asked_of_another_message_type_is_not_asked():
    assert found(oru(OBX), segments={"ADT": ("EVN",)}, fields={"ADT^A01": ("EVN-2",)}) == []


def test_a_field_is_asked_for_in_each_segment_of_that_name():
    message = oru(OBX, OBX.replace("|HH|||F", ""), OBX.replace("|HH|||F", ""))
    assert found(message, fields={"any": ("OBX-11",)}) == [("field_missing", "OBX[2]-11", 2)]


@pytest.mark.parametrize(("name", "missing"), [("PID-3.4", 0), ("PID-3.1", 0), ("PID-3.2", 1), ("PID-5.2", 0)])
def test_a_component_may_be_asked_for(name, missing):
    assert len(found(oru(OBX), fields={"any": (name,)})) == missing


def test_a_subcomponent_may_be_asked_for():
    message = hl7("PID|1||1^^^GENERAL&2.999&ISO^MR")
    assert found(message, fields={"any": ("PID-3.4.2",)}) == []
    assert found(message, fields={"any": ("PID-3.4.4",)}) == [("field_missing", "PID[1]-3.4.4", 1)]


def test_the_deletion_mark_is_no_value():
    assert found(hl7('PID|1||""'), fields={"any": ("PID-3",)}) == [("field_missing", "PID[1]-3", 1)]


def test_a_code_outside_the_list_departs_and_is_not_told():
    departs = verdict(oru(OBX), codes={"OBX-3": ("2951-2",)})
    assert [(one.code, one.path, one.field) for one in departs.departures] == [
        (Departs.CODE_UNEXPECTED, "OBX[1]-3", "OBX-3")
    ]
    assert "2823" not in repr(departs)


def test_an_empty_coded_field_is_no_unexpected_code():
    assert found(oru("OBX|1|NM|||4"), codes={"OBX-3": ("2951-2",)}) == []


def test_every_repetition_of_a_coded_field_is_looked_at():
    assert len(found(hl7("PID|1||1" + "|" * 23 + "A~Q"), codes={"PID-26": ("A",)})) == 1


def test_the_field_of_a_departure_has_no_number_so_that_it_can_be_a_label():
    departs = verdict(hl7("PID|1||1^^^G&1"), fields={"any": ("PID-3.4.3", "PID-5")})
    assert [one.field for one in departs.departures] == ["PID-3.4.3", "PID-5"]


@pytest.mark.parametrize(
    ("given", "is_unwanted"),
    [
        ({"types": ("ORU",)}, True),
        ({"types": ("ORU^R01",)}, True),
        ({"types": ("ADT",)}, False),
        ({"processing_ids": ("P",)}, True),
        ({"processing_ids": ("T",)}, False),
        ({"fields": {"PV1-2": ("I",)}}, True),
        ({"fields": {"PV1-2": ("O", "E")}}, False),
        ({"fields": {"PV1-3.4": ("GENERAL",)}}, True),
        ({"fields": {"OBX-3": ("2951-2",)}}, True),
        ({"fields": {"ZZZ-1": ("1",)}}, False),
        ({"fields": {"PV1-2": ("I",)}, "types": ("ADT",)}, False),
        ({"fields": {"PV1-2": ("I",), "PID-8": ("M",)}}, False),
    ],
)
def test_filters_by_type_processing_id_and_field(given, is_unwanted):
    message = parse(oru(OBX, OBX.replace("2823-3", "2951-2")))
    site = Site(feed="x", filters=(Filter(reason="not for us", **given),))
    assert (unwanted(message, site) is not None) == is_unwanted


def test_a_filter_says_its_place_and_reason():
    site = Site(feed="x", filters=(Filter(reason="training patients", fields={"PV1-2": ("I",)}),))
    assert unwanted(parse(oru(OBX)), site) == ("PV1-2", "training patients")


def outcome(message: bytes, site: Site) -> Record:
    raw = raw_record(message, site, KEYRING, 1_772_618_400_000_000, 1)
    out = make_step({site.feed: site}, KEYRING)(raw, Position(topics.RAW, 0, 0), MemoryRows())
    return next(emit.value for emit in out if emit.topic == topics.MESSAGE)


def test_the_verdict_is_recorded_with_the_end_state():
    site = Site(feed="x", expects=Expectations(segments={"any": ("NTE",)}))
    record = outcome(hl7(PID, PV1, ORC, OBR, OBX), site)
    assert (record["state"], record["verdict"]) == ("converted", "departs")
    assert record["departures"] == [{"code": "segment_missing", "field": "NTE", "path": "NTE", "count": 1}]


def test_a_message_filtered_by_a_field_ends_as_filtered():
    site = Site(feed="x", filters=(Filter(reason="training patients", fields={"PV1-2": ("I",)}),))
    record = outcome(oru(OBX), site)
    assert (record["state"], record["path"], record["detail"]) == ("filtered", "PV1-2", "training patients")
    assert record["verdict"] == ""
