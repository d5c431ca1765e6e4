"""The judge of the guide's rows: what a probe must show for a row to count, and what does not count."""

import pytest

from processors.hl7.message import Message, parse
from processors.mapping.convert import Origin
from processors.mapping.guide import (
    Evidence,
    GuideRow,
    Judged,
    Reason,
    Shown,
    judge_datatypes,
    judge_segments,
    shown,
)

PID_3 = GuideRow("PID[Patient]", "PID-3", "identifier", "CX[Identifier]")
PID_5 = GuideRow("PID[Patient]", "PID-5", "name", "XPN[HumanName]")
PID_11 = GuideRow("PID[Patient]", "PID-11", "address", "XAD[Address]")
OBX_5 = [
    GuideRow("OBX[Observation]", "OBX-5", "valueCodeableConcept", f"{kind}[CodeableConcept]") for kind in ("CE", "CWE")
]


def value(field: str, component: str, path: str, *, sub: str = "1", kind: str = "Patient", of: str = "") -> Shown:
    return Shown(field, component, sub, (kind, path), of)


def verdict(
    row: GuideRow,
    segments: list[GuideRow],
    *values: Shown,
    reason: Reason | None = None,
    others: tuple[GuideRow, ...] = (),
) -> Judged:
    reasons = {(row.table, row.field, row.target): reason} if reason else {}
    return judge_datatypes([row, *others], segments, Evidence(list(values)), reasons)[0]


def test_a_component_counts_at_its_path_below_that_of_its_field():
    row = GuideRow("CX[Identifier]", "CX.1", "value")
    assert verdict(row, [PID_3], value("PID-3", "1", "identifier.value")).verdict == "mapped"


@pytest.mark.parametrize(
    ("field", "component", "path"),
    [
        ("PID-3", "4", "identifier.value"),
        ("PID-3", "", "identifier.value"),
        ("PID-3", "1", "identifier.system"),
        ("PID-3", "1", "contact.value"),
        ("PID-3", "1", "identifier.values"),
        ("PID-9", "1", "identifier.value"),
    ],
    ids=["other component", "field only", "other element", "other field's path", "longer name", "no use"],
)
def test_nothing_of_that_component_at_that_path_does_not_count(field, component, path):
    row = GuideRow("CX[Identifier]", "CX.1", "value")
    assert verdict(row, [PID_3], value(field, component, path)).verdict == "not mapped"


def test_the_same_path_in_another_resource_does_not_count():
    row = GuideRow("CX[Identifier]", "CX.1", "value")
    assert verdict(row, [PID_3], value("PID-3", "1", "identifier.value", kind="Account")).verdict == "not mapped"


def test_the_value_itself_is_the_path_of_the_field():
    row = GuideRow("CWE[code]", "CWE.4", "$value")
    user = GuideRow("PID[Patient]", "PID-8", "gender", "CWE[Code]")
    assert verdict(row, [user], value("PID-8", "4", "gender")).verdict == "mapped"
    assert verdict(row, [user], value("PID-8", "4", "maritalStatus")).verdict == "not mapped"


def test_a_table_that_no_field_uses_shows_nothing():
    row = GuideRow("CX[string]", "CX.1", "$value")
    assert verdict(row, [PID_3], value("PID-3", "1", "identifier.value")).verdict == "not mapped"


def test_a_nested_datatype_is_read_by_its_subcomponents():
    row = GuideRow("FN[HumanName]", "FN.1", "family")
    inside = GuideRow("XPN[HumanName]", "XPN.1", ".family", "FN[HumanName]")
    assert verdict(row, [PID_5], value("PID-5", "1", "name.family"), others=(inside,)).verdict == "mapped"
    for wrong in (value("PID-5", "1", "name.family", sub="2"), value("PID-5", "2", "name.family")):
        assert verdict(row, [PID_5], wrong, others=(inside,)).verdict == "not mapped"


def test_a_table_that_fills_a_resource_starts_there():
    row = GuideRow("XON[Organization]", "XON.1", "name")
    user = GuideRow("IN1[Coverage]", "IN1-4", "payor(Organization)", "XON[organization]")
    assert verdict(row, [user], value("IN1-4", "1", "name", kind="Organization")).verdict == "mapped"
    assert verdict(row, [user], value("IN1-4", "1", "name", kind="Practitioner")).verdict == "not mapped"


def test_a_reference_counts_where_it_stands_and_not_by_any_value_of_what_it_is_to():
    row = GuideRow("XON[Organization]", "XON.6", "identifier.assigner(Organization)")
    user = GuideRow("PD1[Patient]", "PD1-3", "generalPractitioner(Organization)", "XON[Organization]")
    there = value("PD1-3", "6", "identifier.assigner.display", kind="Organization")
    assert verdict(row, [user], there).verdict == "mapped"
    assert verdict(row, [user], value("PD1-3", "6", "name", kind="Organization")).verdict == "not mapped"


def test_what_an_extension_adds_is_not_the_element():
    row = GuideRow("XAD[Address]", "XAD.10", "line")
    assert verdict(row, [PID_11], value("PID-11", "10", "address.line.extension.valueString")).verdict == "not mapped"


def test_an_element_that_both_tables_name_stands_once():
    row = GuideRow("SAD[Address]", "SAD.2", "line")
    inside = GuideRow("XAD[Address]", "XAD.1", "line[1-3]", "SAD[Address]")
    found = value("PID-11", "1", "address.line", sub="2")
    assert verdict(row, [PID_11], found, others=(inside,)).verdict == "mapped"


def test_a_broken_index_is_no_part_of_the_path():
    row = GuideRow("CX[Identifier]", "CX.1", "value[3")
    assert verdict(row, [PID_3], value("PID-3", "1", "identifier.value")).verdict == "mapped"


def test_a_value_of_any_type_counts_for_its_own_type_only():
    row = GuideRow("CE[CodeableConcept]", "CE.1", "coding.code")
    one = value("OBX-5", "1", "valueCodeableConcept.coding.code", kind="Observation", of="CE")
    other = value("OBX-5", "1", "valueCodeableConcept.coding.code", kind="Observation", of="CWE")
    assert verdict(row, OBX_5, one).verdict == "mapped"
    assert verdict(row, OBX_5, other).verdict == "not mapped"


def test_a_misspelt_path_counts_at_the_right_one_and_keeps_its_reason():
    row = GuideRow("CX[Identifier]", "CX.1", "valeu")
    reason = Reason("not mapped", "The guide misspells it.", "value")
    found = verdict(row, [PID_3], value("PID-3", "1", "identifier.value"), reason=reason)
    assert (found.verdict, found.reason) == ("mapped", "The guide misspells it.")


def test_a_corrected_path_without_a_value_is_not_mapped():
    row = GuideRow("CX[Identifier]", "CX.1", "valeu")
    reason = Reason("not mapped", "The guide misspells it.", "value")
    for elsewhere in ("identifier.valeu", "identifier.system"):
        found = verdict(row, [PID_3], value("PID-3", "1", elsewhere), reason=reason)
        assert (found.verdict, found.reason) == ("not mapped", "")


def test_a_segment_row_counts_at_its_corrected_path_only():
    row = GuideRow("OBX[Observation]", "OBX-5", "valueSampedData")
    reasons = {(row.table, row.field, row.target): Reason("not mapped", "Misspelt.", "valueSampledData")}
    right, wrong = (value("OBX-5", "", at, kind="Observation") for at in ("valueSampledData.data", "valueString"))
    assert judge_segments([row], Evidence([right]), reasons)[0].verdict == "mapped"
    assert judge_segments([row], Evidence([wrong]), reasons)[0].verdict == "not mapped"
    assert judge_segments([row], Evidence([right]), {})[0].verdict == "not mapped"


def test_a_reason_without_a_path_makes_nothing_mapped():
    row = GuideRow("CX[Identifier]", "CX.2", "extension.url")
    found = verdict(row, [PID_3], reason=Reason("deviates", "Because."))
    assert (found.verdict, found.reason) == ("deviates", "Because.")


def message(*segments: str) -> Message:
    return parse("\r".join(("MSH|^~\\&|A|B|C|D|20260304||ORU^R01|1|P|2.5", *segments)).encode())


def places(source: str, *segments: str) -> tuple[str, str, str] | None:
    found = list(shown([Origin("Patient/1", "identifier[0].value", source)], message(*segments)))
    return (found[0].component, found[0].subcomponent, found[0].type) if found else None


@pytest.mark.parametrize(
    ("source", "pid_3", "expected"),
    [
        ("PID[1]-3", "7", ("1", "1", "")),
        ("PID[1]-3", "7^x", ("", "", "")),
        ("PID[1]-3", "7~8", ("", "", "")),
        ("PID[1]-3[2]", "7^x~8", ("1", "1", "")),
        ("PID[1]-3[2].4", "7~8^^^A&B", ("4", "", "")),
        ("PID[1]-3[1].4", "7^^^A~8^^^A&B", ("4", "1", "")),
        ("PID[1]-3.4.2", "7^^^A&B", ("4", "2", "")),
    ],
)
def test_what_has_one_part_only_is_its_first(source, pid_3, expected):
    assert places(source, f"PID|1||{pid_3}") == expected


def test_a_result_says_its_type():
    assert places("OBX[1]-5", "OBX|1|CE|A||B^C") == ("", "", "CE")
    assert places("OBX[1]-3", "OBX|1|CE|A||B^C") == ("1", "1", "")


def test_a_place_that_is_not_in_the_message_shows_nothing():
    assert places("PV1[1]-3", "PID|1||7") is None
    assert places("nowhere", "PID|1||7") is None
