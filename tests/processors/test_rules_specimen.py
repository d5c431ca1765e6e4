"""What counts as a haemolysed specimen."""

import orjson
import pytest

from processors.rules.specimen import Message

RESULT = {"resourceType": "Observation", "id": "o", "specimen": {"reference": "urn:uuid:s"}}
REPORT = {"resourceType": "DiagnosticReport", "id": "r", "result": [{"reference": "urn:uuid:o"}]}
HEM = [{"coding": [{"code": "HEM"}]}]


def haemolysed(*around: dict[str, object], **own: object) -> bool:
    resource = {**RESULT, **own}
    bundle = {"entry": [{"resource": r} for r in (resource, *around)]}
    return Message(orjson.dumps(bundle).decode()).is_haemolysed({"resource": orjson.dumps(resource).decode()})


@pytest.mark.parametrize(
    "text",
    [
        "Haemolysed",
        "Specimen hemolyzed",
        "moderate HEMOLYSIS present",
        "Grossly haemolysed; interpret with care",
        "Specimen haemolysed. Not suitable for LDH",
        "Hemolysis index: 3+",
        "Result may be falsely elevated due to hemolysis",
    ],
)
def test_a_note_says_so(text: str) -> None:
    assert haemolysed(note=[{"text": text}])


@pytest.mark.parametrize(
    "text",
    [
        "not haemolysed",
        "No hemolysis seen",
        "non-hemolyzed",
        "Hemolysis: none",
        "without any haemolysis",
        "lipaemic",
        "Hemolysis index: 0",
        "Hemolysis index 12",
        "HEMOLYSIS: NORMAL",
        "Haemolysis not detected",
        "Previous sample haemolysed",
        "If haemolysed, send another",
    ],
)
def test_a_note_that_denies_it_does_not(text: str) -> None:
    assert not haemolysed(note=[{"text": text}])


def test_the_condition_of_its_specimen_says_so() -> None:
    assert haemolysed({"resourceType": "Specimen", "id": "s", "condition": HEM})


def test_another_specimen_says_nothing() -> None:
    assert not haemolysed({"resourceType": "Specimen", "id": "other", "condition": HEM})


def test_the_specimen_of_its_report_counts() -> None:
    report = {**REPORT, "specimen": [{"reference": "urn:uuid:t"}]}
    assert haemolysed(report, {"resourceType": "Specimen", "id": "t", "condition": HEM})


def test_the_conclusion_of_its_report_counts_and_that_of_another_does_not() -> None:
    assert haemolysed({**REPORT, "conclusion": "Haemolysed sample"})
    assert not haemolysed({**REPORT, "result": [], "conclusion": "Haemolysed sample"})


def test_a_record_without_bundle_is_not_haemolysed() -> None:
    assert not Message("").is_haemolysed({"resource": ""})


def test_the_mapped_unit_is_the_code_of_the_quantity() -> None:
    resource = orjson.dumps({"valueQuantity": {"unit": "mmol per L", "code": "mmol/L"}}).decode()
    assert Message("").ucum({"resource": resource}) == "mmol/L"
