"""OBX-5 by its type, its unit, its status and flags."""

import pytest
from conversion_world import SITE, converted, only, oru, warned

from processors.sites import CodeMap, Site


def obx(kind: str, value: str, unit: str = "", rest: str = "||||||F") -> bytes:
    tail = rest if not rest.startswith("||||||") else rest[1:]
    return oru(f"OBX|1|{kind}|X^Name^L||{value}|{unit}{tail}")


@pytest.mark.parametrize("digits", ["6.50", "1.20", "0.10", "1E3", "12345678901234567890.1", "-0.0", "100"])
def test_numbers_keep_their_digits(digits):
    assert f'"value":{digits}'.encode() in converted(obx("NM", digits)).bundles[0].bundle


@pytest.mark.parametrize(("sent", "digits"), [("+1.2", "1.2"), (".5", "0.5"), ("007", "7"), ("5.", "5")])
def test_numbers_that_json_cannot_write_are_mended_and_kept_as_sent(sent, digits):
    quantity = only(obx("NM", sent), "Observation")["valueQuantity"]
    assert (str(quantity["value"]), quantity["extension"][0]["valueString"]) == (digits, sent)


@pytest.mark.parametrize("sent", ["pending", "1,5", "5 - 6", "1..2", "--1", "."])
def test_text_in_a_number_field_stays_text_and_is_said(sent):
    message = obx("NM", sent)
    assert only(message, "Observation")["valueString"] == sent
    assert ("number_unreadable", "OBX[1]-5") in warned(message)


def test_a_comparator_in_a_number_field_is_read():
    quantity = only(obx("NM", "<0.01"), "Observation")["valueQuantity"]
    assert (quantity["comparator"], quantity["value"]) == ("<", 0.01)


@pytest.mark.parametrize(
    ("sent", "name", "value"),
    [
        (">^6.5", "valueQuantity", {"value": 6.5, "comparator": ">"}),
        ("^6.5", "valueQuantity", {"value": 6.5}),
        ("^1^:^128", "valueRatio", {"numerator": {"value": 1}, "denominator": {"value": 128}}),
        ("^10^-^20", "valueRange", {"low": {"value": 10}, "high": {"value": 20}}),
        ("^2^+", "valueString", "2 +"),
        ("<>^5", "valueString", "<> 5"),
    ],
)
def test_structured_numbers(sent, name, value):
    assert only(obx("SN", sent), "Observation")[name] == value


@pytest.mark.parametrize(
    ("kind", "sent", "name", "value"),
    [
        ("ST", "a \\T\\ b", "valueString", "a & b"),
        ("TX", "one\\.br\\two", "valueString", "one\ntwo"),
        ("DT", "20260304", "valueDateTime", "2026-03-04"),
        ("TS", "202603", "valueDateTime", "2026-03"),
        ("TM", "1015", "valueTime", "10:15:00"),
        ("XX", "a^b", "valueString", "a^b"),
    ],
)
def test_other_types(kind, sent, name, value):
    assert only(obx(kind, sent), "Observation")[name] == value


def test_a_coded_value_keeps_its_codings():
    value = only(obx("CWE", "260373001^Detected^SCT^D^det^L"), "Observation")["valueCodeableConcept"]
    assert [c["code"] for c in value["coding"]] == ["260373001", "D"]
    assert value["coding"][0]["system"] == "http://snomed.info/sct"


def test_repeated_values_become_components():
    parts = only(obx("ST", "one~two"), "Observation")["component"]
    assert [part["valueString"] for part in parts] == ["one", "two"]


def test_an_unreadable_date_value_stays_text():
    message = obx("DT", "20261399")
    assert only(message, "Observation")["valueString"] == "20261399"
    assert ("date_unreadable", "OBX[1]-5") in warned(message)


def test_a_document_becomes_an_attachment():
    (extension,) = [
        e
        for e in only(obx("ED", "^application^pdf^Base64^SGVsbG8="), "Observation")["extension"]
        if "valueAttachment" in e
    ]
    assert extension["valueAttachment"] == {"contentType": "application/pdf", "data": "SGVsbG8="}


def test_large_content_is_referred_to():
    message = obx("TX", "x" * 300_000)
    one = converted(message).bundles[0]
    assert one.large
    assert len(one.bundle) < 20_000
    assert ("content_large", "OBX[1]-5") in warned(message)


def test_a_unit_is_kept_as_sent_and_coded_where_it_is_known():
    quantity = only(obx("NM", "4", "mEq/L"), "Observation")["valueQuantity"]
    assert (quantity["unit"], quantity["code"]) == ("mEq/L", "meq/L")


def test_a_site_may_say_what_its_unit_means():
    site = Site(feed="lab", units={"giga": "10*9/L"})
    assert only(obx("NM", "4", "giga"), "Observation", site)["valueQuantity"]["code"] == "10*9/L"


def test_an_unknown_unit_is_text_only():
    assert only(obx("NM", "4", "blobs"), "Observation")["valueQuantity"] == {"value": 4, "unit": "blobs"}


@pytest.mark.parametrize(
    ("sent", "status"),
    [("F", "final"), ("P", "preliminary"), ("C", "corrected"), ("X", "cancelled"), ("W", "entered-in-error")],
)
def test_result_status(sent, status):
    assert only(obx("NM", "4", "", f"|||||{sent}"), "Observation")["status"] == status


def test_a_status_that_fhir_says_less_of_is_kept_as_sent():
    extension = only(obx("NM", "4", "", "|||||W"), "Observation")["extension"]
    assert {"url": "urn:wardline:obx-11", "valueCode": "W"} in extension


def test_a_flag_of_table_0078_is_coded():
    (flag,) = only(obx("NM", "4", "", "||HH|||F"), "Observation")["interpretation"]
    assert flag["coding"][0]["code"] == "HH"


def test_an_unknown_flag_is_kept_and_said():
    message = obx("NM", "4", "", "||??|||F")
    assert only(message, "Observation")["interpretation"][0]["coding"] == [{"code": "??"}]
    assert ("code_unmapped", "OBX[1]-8") in warned(message)


def test_a_local_code_stands_behind_what_the_site_maps_it_to():
    site = Site(feed="lab", observation_codes={"X": CodeMap(code="2823-3", system="http://loinc.org")})
    first, sent = only(obx("NM", "4"), "Observation", site)["code"]["coding"]
    assert (first["code"], sent["code"], sent["userSelected"]) == ("2823-3", "X", True)


def test_notes_of_a_result_become_one_annotation():
    message = oru("OBX|1|NM|X^Name^L||4", "NTE|1||one", "NTE|2||", "NTE|3||three")
    assert only(message, "Observation", SITE)["note"] == [{"text": "one\n\nthree"}]


@pytest.mark.parametrize("sent", ["10^9/L", "10^9/L^^UCUM", "10\\S\\9/L"])
def test_a_power_of_ten_is_one_unit_also_when_its_caret_was_not_escaped(sent):
    quantity = only(obx("NM", "1.9", sent), "Observation")["valueQuantity"]
    assert quantity["unit"] == "10^9/L"
    assert quantity["code"] == "10*9/L"
