"""What senders really write: parents of panels and cultures, notes in odd places, birth order, repeated numbers."""

import pytest
from conversion_world import OBR, OBX, ORC, PID, PV1, converted, hl7, only, resources

from processors.errors import Reason, Rejection
from processors.hl7.message import parse

CULTURE = "OBR|1|P1^EHR|F1^LIS|600-7^Culture^LN|||20260304091500+0100|||||||||||||||20260304102500+0100|||F"
GROWTH = "OBX|1|CWE|600-7^Culture^LN|1|112283007^E. coli^SCT||||||F"
SUSCEPTIBLE = "OBX|1|SN|18906-8^Ciprofloxacin^LN|1.1|<=^0.5|ug/mL||S|||F"


def child(parent_result: str = "", parent: str = "P1&EHR^F1&LIS", kind: str = "600-7^Culture^LN") -> str:
    """An OBR with OBR-26, OBR-29 and OBR-50."""
    fields = ["OBR", "2", "P1^EHR", "F1^LIS", "29576-6^Susceptibility^LN", *[""] * 46]
    fields[25], fields[26], fields[29], fields[50] = "F", parent_result, parent, kind
    return "|".join(fields)


def parent_of(message: bytes) -> dict[str, object]:
    """The first ServiceRequest.basedOn of the second order."""
    (parent,) = resources(message, "ServiceRequest")[1]["basedOn"]
    return dict(parent)


def test_a_part_of_a_panel_names_the_order_of_that_kind_above_it():
    message = hl7(PID, ORC, CULTURE, GROWTH, ORC, child(), SUSCEPTIBLE)
    above = resources(message, "ServiceRequest")[0]
    assert parent_of(message) == {
        "reference": "urn:uuid:" + above["id"],
        "type": "ServiceRequest",
        "display": "Culture",
    }
    assert converted(message).unmapped == {}


def test_a_parent_that_is_not_in_the_message_is_named_by_its_numbers():
    message = hl7(PID, ORC, CULTURE, GROWTH, ORC, child(parent="^F9&LIS"), SUSCEPTIBLE)
    parent = parent_of(message)
    assert (parent["display"], parent["type"], "reference" in parent) == ("Culture", "ServiceRequest", False)
    assert parent["identifier"]["value"] == "F9"  # type: ignore[index]


def test_an_order_that_names_itself_has_no_parent():
    message = hl7(PID, ORC, child(kind="29576-6^Susceptibility^LN"), SUSCEPTIBLE)
    assert "basedOn" not in only(message, "ServiceRequest")


def test_a_kind_of_parent_without_its_number_is_counted():
    orc = ORC + "|" * 28 + "600-7^Culture^LN"
    assert converted(hl7(PID, orc, child(parent=""), SUSCEPTIBLE)).unmapped == {"OBR-50": 1}
    assert converted(hl7(PID, orc, CULTURE, GROWTH)).unmapped == {"ORC-31": 1}


def test_susceptibilities_are_members_of_the_culture_they_belong_to():
    message = hl7(PID, ORC, CULTURE, GROWTH, ORC, child("600-7&Culture&LN^1^E. coli"), SUSCEPTIBLE)
    growth, susceptible = resources(message, "Observation")
    assert growth["hasMember"] == [{"reference": "urn:uuid:" + susceptible["id"]}]
    assert converted(message).unmapped == {}


@pytest.mark.parametrize("named", ["600-7&Culture&LN^2", "999-9&Other&LN^1"])
def test_a_parent_result_that_is_not_there_is_counted(named: str):
    message = hl7(PID, ORC, CULTURE, GROWTH, ORC, child(named), SUSCEPTIBLE)
    assert converted(message).unmapped == {"OBR-26": 1}


def test_notes_behind_the_patient_and_the_visit_are_kept_beside():
    message = hl7(PID, "NTE|1|L|Sample came frozen", PV1, "NTE|1||Isolation", ORC, OBR, OBX)
    notes = [only(message, kind)["extension"][-1] for kind in ("Patient", "Encounter")]
    assert [one["valueAnnotation"]["text"] for one in notes] == ["Sample came frozen", "Isolation"]
    assert {one["url"] for one in notes} == {"urn:wardline:note"}
    assert converted(message).unmapped == {}


def test_notes_of_a_patient_or_visit_that_says_nothing_are_counted():
    assert converted(hl7("PID|1", "NTE|1||Lost", ORC, OBR, OBX)).unmapped == {"NTE-1": 1, "NTE-3": 1}
    assert converted(hl7(PID, "PV1|1", "NTE|1||Lost", ORC, OBR, OBX)).unmapped == {"NTE-1": 1, "NTE-3": 1}


def test_lines_of_another_source_are_another_note():
    message = hl7(PID, ORC, OBR, OBX, "NTE|1|L|Haemolysed", "NTE|2||slightly", "NTE|3|P|Drawn at home")
    first, second = only(message, "Observation")["note"]
    assert (first["text"], first["extension"][0]["valueCode"]) == ("Haemolysed\nslightly", "L")
    assert (second["text"], second["extension"][0]["valueCode"]) == ("Drawn at home", "P")


@pytest.mark.parametrize(
    ("multiple", "order", "expected", "counted"),
    [
        ("N", "1", {"multipleBirthBoolean": False}, {}),
        ("Y", "1", {"multipleBirthInteger": 1}, {}),
        ("", "2", {"multipleBirthInteger": 2}, {}),
        ("N", "2", {"multipleBirthInteger": 2}, {}),
        ("Y", "0", {"multipleBirthBoolean": True}, {}),
        ("", "A", {}, {"PID-25": 1}),
    ],
)
def test_a_birth_order_of_one_beside_no_is_no_multiple_birth(
    multiple: str, order: str, expected: dict[str, object], counted: dict[str, int]
):
    message = hl7(PID + "|" * 16 + multiple + "|" + order, kind="ADT^A08")
    patient = only(message, "Patient")
    assert {name: value for name, value in patient.items() if name.startswith("multiple")} == expected
    assert converted(message).unmapped == counted


def test_the_same_number_in_two_fields_is_one_identifier():
    message = hl7("PID|1|55^^^GENERAL^MR|55^^^GENERAL^MR|55^^^GENERAL^PI|Sample^Jane", kind="ADT^A08")
    assert [one["value"] for one in only(message, "Patient")["identifier"]] == ["55", "55"]


def test_a_group_number_without_a_value_leaves_no_empty_list():
    report = only(hl7(PID, ORC + "|^LIS", OBR, OBX), "DiagnosticReport")
    assert [one["value"] for one in report["identifier"]] == ["P1", "F1"]
    (bare,) = resources(hl7(PID, "ORC|RE|||^LIS", "OBR|1|||24320-4^Panel^LN", OBX), "DiagnosticReport")
    assert "identifier" not in bare


def test_when_a_change_of_an_order_takes_effect_is_kept():
    request = only(hl7(PID, ORC + "|" * 12 + "20260305080000+0100", OBR, OBX), "ServiceRequest")
    assert {"url": "urn:wardline:orc-15", "valueDateTime": "2026-03-05T08:00:00+01:00"} in request["extension"]


def test_a_scheduled_time_is_when_it_should_be_done():
    obr = "|".join(["OBR", "1", "P1", "", "24320-4^Panel^LN", *[""] * 31, "20260306090000+0100"])
    request = only(hl7(PID, "ORC|NW|P1", obr, kind="ORM^O01"), "ServiceRequest")
    assert request["occurrenceDateTime"] == "2026-03-06T09:00:00+01:00"
    asked = obr.replace("Panel^LN||", "Panel^LN||20260305")
    message = hl7(PID, "ORC|NW|P1", asked, kind="ORM^O01")
    assert only(message, "ServiceRequest")["occurrenceDateTime"] == "2026-03-05"
    assert converted(message).unmapped == {"OBR-36": 1}


def test_an_insured_who_is_the_patient_repeats_the_patient():
    in1 = ["IN1", "1", "P1", "I1", "Insurer", *[""] * 11, "Sample^Jane", "SEL", "19700102", "", *[""] * 23, "F"]
    assert converted(hl7(PID, "|".join(in1), kind="ADT^A08")).unmapped == {}
    in1[18], in1[43] = "19700103", "M"
    assert converted(hl7(PID, "|".join(in1), kind="ADT^A08")).unmapped == {"IN1-18": 1, "IN1-43": 1}


KIM = "7^Kim^Anna^^^^^^{}^L^^^{}"


def people(*sent: str) -> bytes:
    """An order with these in ORC-10 and ORC-12."""
    return hl7(PID, f"ORC|NW|P1||||||||{'~'.join(sent)}||{'~'.join(sent)}", "OBR|1|P1||1^Panel^L", kind="ORM^O01")


def test_a_person_repeated_for_each_number_is_one_person():
    message = people(
        KIM.format("GENERAL", "EI"), "123" + KIM[1:].format("NPI", "NPI"), "9" + KIM[1:].format("DEA", "DEA")
    )
    kim = only(message, "Practitioner")
    assert [one["value"] for one in kim["identifier"]] == ["7", "123", "9"]
    named = {"reference": "urn:uuid:" + kim["id"]}
    agents = only(message, "Provenance")["agent"]
    assert [one["who"] for one in agents] == [named, named]
    assert (only(message, "ServiceRequest")["requester"], converted(message).unmapped) == (named, {})


def test_two_people_of_one_name_stay_two():
    message = people(KIM.format("GENERAL", "EI"), "8" + KIM[1:].format("GENERAL", "EI"))
    assert len(resources(message, "Practitioner")) == 2
    assert converted(message).unmapped == {"ORC-12[2]": 1}


def test_an_empty_message_is_called_empty():
    for nothing in (b"", b"\r\n"):
        with pytest.raises(Rejection) as refused:
            parse(nothing)
        assert refused.value.reason is Reason.NOT_HL7
    assert "empty" in refused.value.detail


def test_a_laboratory_is_one_whether_its_clia_number_stands_in_obx_15_or_obx_23():
    lab = OBX + "||||05D0000001^Laboratory^CLIA||||||||Laboratory^L^^^^CLIA&2.16.840.1.113883.4.7&ISO^XX^^^05D0000001"
    named = [one for one in resources(hl7(PID, ORC, OBR, lab), "Organization") if one.get("name") == "Laboratory"]
    assert [one["identifier"][0]["value"] for one in named] == ["05D0000001"]


def test_icd_10_is_known_with_its_hyphen():
    (condition,) = resources(hl7(PID, "DG1|1||R07.4^Chest pain^ICD-10|||A", kind="ADT^A08"), "Condition")
    assert condition["code"]["coding"][0]["system"] == "http://hl7.org/fhir/sid/icd-10"


def test_people_behind_a_result_of_a_document_or_specimen_are_counted():
    who = "PRT||AD||RO^Observer^HL70912|55^Keen^Kim"
    counted = {"PRT-2", "PRT-4", "PRT-5"}
    assert set(converted(hl7(PID, "TXA|1|CN|TX||||||||||D1", OBX, who, kind="MDM^T02")).unmapped) == counted
    assert set(converted(hl7(PID, ORC, OBR, "SPM|1|S1||SER", OBX, who)).unmapped) == counted
