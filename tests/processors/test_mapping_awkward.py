"""What awkward senders send: units with names, long notes, orders told backwards or twice, numbers that are none."""

import hashlib

import pytest
from conversion_world import OBR, OBX, ORC, PID, converted, hl7, only, oru, resources, warned
from test_canonical import records

from processors import topics

LONG = "A long note. " * 25_000
NOTE = "urn:wardline:nte-3"
VXU = "VXU^V04^VXU_V04"
RXA = "RXA|0|1|20260304||08^Hep B^CVX|0.5|mL"
TXA = "TXA|1|DS^Discharge summary^HL70270|TX|||||||||D1^DOC"


def measured(value: str, unit: str, kind: str = "NM") -> bytes:
    return oru(f"OBX|1|{kind}|K^Potassium^L||{value}|{unit}|||||F")


def extensions(resource: dict) -> dict[str, object]:
    return {one["url"]: next(v for k, v in one.items() if k != "url") for one in resource.get("extension", ())}


def test_the_name_of_a_coded_unit_is_shown_and_the_unit_as_sent_is_kept():
    message = measured("4", "mmol/L^millimole per liter^UCUM")
    one = only(message, "Observation")
    assert one["valueQuantity"]["unit"] == "millimole per liter"
    assert one["valueQuantity"]["code"] == "mmol/L"
    assert extensions(one)["urn:wardline:obx-6"] == "mmol/L"
    assert records(message, topics.OBSERVATION)[0]["unit"] == "mmol/L"


def test_the_name_of_a_unit_without_code_is_counted_each_time():
    message = measured("4", "blob^blobs")
    assert only(message, "Observation")["valueQuantity"]["unit"] == "blob"
    assert [converted(message).unmapped for _ in range(2)] == [{"OBX-6.2": 1}] * 2


@pytest.mark.parametrize("sent", ["10^3/uL", "x10^3/uL", "*10^9"])
def test_a_power_with_a_bare_caret_is_one_unit(sent):
    assert only(measured("4", sent), "Observation")["valueQuantity"]["unit"] == sent


def test_several_values_have_the_unit_of_the_result():
    (record,) = records(measured("4.10~4.30", "mmol/L"), topics.OBSERVATION)
    assert (record["value_text"], record["unit"]) == ("4.10; 4.30", "mmol/L")


def test_several_texts_keep_the_unit_beside():
    assert extensions(only(measured("none~nil", "mg/dL"), "Observation"))["urn:wardline:obx-6"] == "mg/dL"


def test_samples_hold_their_unit_once_and_show_their_numbers():
    message = measured("0.10^0.25", "mV", "NA")
    one = only(message, "Observation")
    assert one["valueSampledData"]["origin"]["unit"] == "mV"
    assert "urn:wardline:obx-6" not in extensions(one)
    (record,) = records(message, topics.OBSERVATION)
    assert (record["value_text"], record["unit"]) == ("0.10 0.25", "mV")


def test_a_long_note_is_referred_to_by_digest_and_size():
    message = hl7(PID, ORC, OBR, OBX, f"NTE|1||{LONG}", "NTE|2||end")
    (note,) = only(message, "Observation")["note"]
    held = extensions(note)[NOTE]
    sent = f"{LONG}\nend".encode()
    assert held["url"] == "urn:wardline:content:" + hashlib.sha256(sent).hexdigest()
    assert (held["contentType"], held["size"]) == ("text/plain", len(sent))
    assert "text" not in note
    assert converted(message).bundles[0].large
    assert ("content_large", "NTE[1]-3") in warned(message)


def test_a_long_note_keeps_its_author_and_leaves_the_others_as_they_are():
    message = hl7(PID, ORC, OBR, OBX, "NTE|1||short", f"NTE|2||{LONG}||9^Author^Ann")
    first, second = only(message, "Observation")["note"]
    assert first == {"text": "short"}
    assert second["authorReference"]
    assert NOTE in extensions(second)


def test_a_long_note_of_an_appointment_is_no_comment():
    sch = "SCH|A1^S|||||R^R|||||^^^20260312093000+0100^20260312100000+0100"
    one = only(hl7(sch, f"NTE|1||{LONG}", PID, kind="SIU^S12^SIU_S12"), "Appointment")
    assert "comment" not in one
    assert any("valueAnnotation" in e and NOTE in extensions(e["valueAnnotation"]) for e in one["extension"])


def test_long_texts_and_notes_of_a_document_stay_outside():
    message = hl7(PID, TXA, f"OBX|1|TX|A^Text^L||{LONG}", f"NTE|1||{LONG}", kind="MDM^T02^MDM_T02")
    held = [one["attachment"] for one in only(message, "DocumentReference")["content"]]
    assert [(one["contentType"], "data" in one, one["size"]) for one in held] == [("text/plain", False, len(LONG))] * 2


def test_an_order_told_backwards_is_one_order_with_its_results():
    message = hl7(PID, OBR, ORC, OBX, "SPM|1|S1||UR", kind="OUL^R24^OUL_R24")
    request, report = only(message, "ServiceRequest"), only(message, "DiagnosticReport")
    assert report["basedOn"] == [{"reference": "urn:uuid:" + request["id"]}]
    assert len(report["result"]) == 1
    assert request["status"] == "completed"


def test_a_specimen_told_twice_is_listed_once():
    order = ("ORC|NW|P1^EHR", "OBR|1|P1^EHR||A^Panel^L")
    message = hl7(PID, *order, "SPM|1|S1&EHR||SER", "SPM|2|S2&EHR||SER", "SPM|3|S1&EHR||SER", kind="OML^O21^OML_O21")
    assert len(only(message, "ServiceRequest")["specimen"]) == 2


def test_what_only_a_report_has_a_place_for_is_counted_in_an_order():
    order = ("ORC|NW|P1^EHR", "OBR|1|P1^EHR||A^Panel^L" + "|" * 20 + "RAD")
    assert converted(hl7(PID, *order, kind="ORM^O01^ORM_O01")).unmapped == {"OBR-24": 1}


def test_a_condition_for_a_service_is_counted():
    order = ("ORC|NW|P1^EHR", "TQ1|1|||||||||if fever", "OBR|1|P1^EHR||A^Panel^L")
    assert converted(hl7(PID, *order, kind="OML^O21^OML_O21")).unmapped == {"TQ1-10": 1}


def test_the_number_that_stands_for_none_is_no_identifier():
    message = hl7(PID, "ORC|RE||9999^IIS", RXA, kind=VXU)
    assert "identifier" not in only(message, "Immunization")
    assert converted(message).unmapped == {"ORC-3": 1}


def test_a_vaccination_told_twice_is_one_with_the_fields_of_both():
    message = hl7(PID, "ORC|RE||V1^IIS", RXA, "NTE|1||left arm", "ORC|RE||V1^IIS", RXA + "|" * 8 + "LOT1", kind=VXU)
    one = only(message, "Immunization")
    assert (one["note"], one["lotNumber"]) == ([{"text": "left arm"}], "LOT1")


def test_vaccinations_of_one_number_that_differ_are_all_there():
    doses = [RXA.replace("0.5", dose) for dose in ("0.5", "0.6", "0.7")]
    message = hl7(PID, *(s for dose in doses for s in ("ORC|RE||V1^IIS", dose, OBX)), kind=VXU)
    assert sorted(one["doseQuantity"]["value"] for one in resources(message, "Immunization")) == [0.5, 0.6, 0.7]
    assert len(resources(message, "Observation")) == 3


def test_an_unknown_completion_status_of_a_document_is_kept_beside():
    one = only(hl7(PID, TXA + "|||||XX", "OBX|1|TX|A^Text^L||x", kind="MDM^T02^MDM_T02"), "DocumentReference")
    assert "docStatus" not in one
    assert "_docStatus" not in one
    assert extensions(one)["urn:wardline:txa-17"]["coding"][0]["code"] == "XX"


def test_a_national_provider_number_has_its_system():
    prd = "PRD|RP|Family^Fred|||||55501^NPI"
    one = only(hl7("RF1|A|||||R1^PRACTICE", prd, PID, kind="REF^I12^REF_I12"), "Practitioner")
    (number,) = one["identifier"]
    assert (number["type"]["coding"][0]["code"], number["system"]) == ("NPI", "http://hl7.org/fhir/sid/us-npi")


@pytest.mark.parametrize(("system", "codes"), [("HL70488", ["129314006", "BIO"]), ("99LOCAL", ["BIO"])])
def test_a_way_of_collecting_has_its_snomed_code_where_the_table_is_hl7s(system, codes):
    spm = f"SPM|1|S1&EHR||TISS|||BIO^Biopsy^{system}"
    method = only(hl7(PID, ORC, OBR, OBX, spm), "Specimen")["collection"]["method"]
    assert [one["code"] for one in method["coding"]] == codes
