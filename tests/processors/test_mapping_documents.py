"""Documents (MDM): contents, status, parents, orders, provenance."""

import base64

import pytest
from conversion_world import PID, PV1, bundles, converted, entries, hl7, only, resources, warned

TX = "OBX|1|TX|18842-5^Discharge summary^LN||{}||||||F"
ORDER = ("ORC|RE|P1^EHR", "OBR|1|P1^EHR||24627-2^CT^LN")


def txa(**fields: str) -> str:
    parts = ["TXA", "1", "DS", *[""] * 26]
    for name, text in fields.items():
        parts[int(name[1:])] = text
    return "|".join(parts)


def mdm(*segments: str, kind: str = "MDM^T02") -> bytes:
    return hl7(PID, PV1, *segments, kind=kind)


def document(*segments: str, kind: str = "MDM^T02") -> dict:
    return only(mdm(*segments, kind=kind), "DocumentReference")


def read(content: dict) -> str:
    return base64.b64decode(content["attachment"]["data"]).decode()


def test_lines_of_text_are_one_content_with_escapes_decoded():
    (content,) = document(txa(), TX.format(r"One\.br\two \T\ more~three"), TX.format("four"))["content"]
    assert read(content) == "One\ntwo & more\nthree\nfour"
    assert content["attachment"]["contentType"] == "text/plain"
    assert content["attachment"]["title"] == "Discharge summary"


def test_texts_of_different_names_are_contents_of_their_own():
    other = TX.replace("18842-5", "10184-0")
    assert [read(one) for one in document(txa(), TX.format("One"), other.format("Two"))["content"]] == ["One", "Two"]


@pytest.mark.parametrize(
    ("sent", "mime"),
    [
        ("^AP^PDF^Base64^JVBERi0xLjQ=", "application/pdf"),
        ("^application^pdf^Base64^JVBERi0xLjQ=", "application/pdf"),
        ("^^application/pdf^Base64^JVBERi0xLjQ=", "application/pdf"),
        ("^IM^JPEG^Base64^/9j/4AAQ", "image/jpeg"),
        ("^text^xml^Base64^PGEvPg==", "text/xml"),
        ("^AP^x-thing^Base64^AAAA", "application/x-thing"),
        ("^AP^^Base64^JVBERi0xLjQ=", "application/pdf"),
        ("^AU^^Base64^AAAA", "application/octet-stream"),
        ("^TX^^A^plain words", "text/plain"),
    ],
)
def test_data_has_the_type_that_was_named_or_that_it_shows(sent, mime):
    (content,) = document(txa(), f"OBX|1|ED|R^Report^L||{sent}||||||F")["content"]
    assert content["attachment"]["contentType"] == mime


def test_data_that_names_no_subtype_keeps_its_type_of_data():
    (content,) = document(txa(), "OBX|1|ED|R^Report^L||^AU^^Base64^AAAA||||||F")["content"]
    (extension,) = content["attachment"]["extension"]
    assert extension["valueCodeableConcept"]["coding"][0]["code"] == "AU"


@pytest.mark.parametrize(
    "sent", ["^AP^RTF^Hex^48656C6C6F", "^AP^RTF^Base64^SGVs bG8=", "^AP^RTF^A^Hello", "^AP^RTF^Base64^SGVsbG8"]
)
def test_data_is_base64_whatever_it_came_in(sent):
    (content,) = document(txa(), f"OBX|1|ED|R^Report^L||{sent}||||||F")["content"]
    assert read(content) == "Hello"


def test_data_in_another_encoding_than_named_is_kept_as_text_with_a_warning():
    message = mdm(txa(), "OBX|1|ED|R^Report^L||^AP^PDF^Base64^no base 64!||||||F")
    (content,) = only(message, "DocumentReference")["content"]
    assert read(content) == "no base 64!"
    assert ("content_unreadable", "OBX[1]-5") in warned(message)


def test_repeated_data_and_pointers_are_contents_each():
    pdf = "^AP^PDF^Base64^JVBERi0xLjQ="
    images = "https://a.example/1.jpg^PACS^IM^JPEG~https://a.example/2.jpg^PACS^IM^JPEG"
    found = document(txa(), f"OBX|1|ED|R||{pdf}~{pdf}||||||F", f"OBX|2|RP|I||{images}||||||F")["content"]
    assert [one["attachment"].get("url", "data") for one in found][:2] == ["data", "data"]
    assert [one["attachment"]["contentType"] for one in found][2:] == ["image/jpeg", "image/jpeg"]
    assert found[3]["attachment"]["url"] == "https://a.example/2.jpg"


def test_large_data_stays_outside_and_is_named_by_digest_and_size():
    message = mdm(txa(), f"OBX|1|ED|R||^AP^PDF^Base64^{'A' * 300_000}||||||F")
    (content,) = only(message, "DocumentReference")["content"]
    assert content["attachment"]["url"].startswith("urn:wardline:content:")
    assert content["attachment"]["size"] == 225_000
    assert converted(message).bundles[0].large


def test_notes_under_a_content_are_a_text_of_their_own():
    found = document(txa(), TX.format("One"), "NTE|1||A note", TX.format("Two"))["content"]
    assert [read(one) for one in found] == ["One", "A note", "Two"]


def test_a_coded_note_is_written_as_text():
    (_, note) = document(txa(), TX.format("One"), "NTE|1||||||||C1^Coded^99C^^^^^^As said")["content"]
    assert read(note) == "As said\nC1-Coded-99C"


def test_other_results_under_a_document_are_observations_that_it_relates_to():
    message = mdm(txa(), TX.format("One"), "OBX|2|NM|8302-2^Height^LN||170|cm|||||F")
    reference = "urn:uuid:" + only(message, "Observation")["id"]
    found = only(message, "DocumentReference")
    assert {"reference": reference} in found["context"]["related"]
    assert len(found["content"]) == 1


def test_a_notification_without_content_says_that_it_is_absent():
    (content,) = document(txa(), kind="MDM^T01")["content"]
    assert content["attachment"]["extension"][0]["valueCode"] == "unknown"


def test_the_presentation_is_the_type_of_a_content_that_names_none():
    (content,) = document(txa(_3="TX"), kind="MDM^T01")["content"]
    assert content == {"attachment": {"contentType": "text/plain"}}


@pytest.mark.parametrize(
    ("completion", "expected"),
    [("AU", "final"), ("LA", "final"), ("DI", "preliminary"), ("IP", "preliminary"), ("PA", "preliminary")],
)
def test_the_completion_status_keeps_what_was_sent(completion, expected):
    found = document(txa(_17=completion))
    assert found["docStatus"] == expected
    assert found["_docStatus"]["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] == completion


@pytest.mark.parametrize(
    ("availability", "status"),
    [("", "current"), ("AV", "current"), ("OB", "superseded"), ("CA", "entered-in-error"), ("UN", "current")],
)
def test_the_availability_is_the_status(availability, status):
    found = document(txa(_19=availability))
    assert found["status"] == status
    assert ("_status" in found) == (availability in ("OB", "CA", "UN"))


def test_a_cancelled_document_was_entered_in_error():
    found = document(txa(_17="AU", _19="AV"), kind="MDM^T11")
    assert (found["status"], found["docStatus"]) == ("entered-in-error", "entered-in-error")


@pytest.mark.parametrize(("kind", "relation"), [("T06", "appends"), ("T09", "replaces"), ("T10", "replaces")])
def test_the_parent_is_added_to_or_replaced_by_event(kind, relation):
    (found,) = document(txa(_12="D2^TRANS", _13="D1^TRANS"), kind=f"MDM^{kind}")["relatesTo"]
    parent = document(txa(_12="D1^TRANS"))["masterIdentifier"]
    assert found["code"] == relation
    assert found["target"]["identifier"] == {k: parent[k] for k in ("system", "value")}


def test_a_document_is_the_same_one_in_each_message_about_it():
    first, second = document(txa(_12="D1^TRANS", _17="IP")), document(txa(_12="D1^TRANS", _17="AU"), kind="MDM^T04")
    assert first["id"] == second["id"]


def test_a_document_relates_to_the_orders_of_its_message_and_to_others_by_number():
    message = mdm(*ORDER, txa(_14="P1^EHR~P9^EHR", _15="F9^RIS"))
    first, *others = only(message, "DocumentReference")["context"]["related"]
    assert first == {"reference": "urn:uuid:" + only(message, "ServiceRequest")["id"]}
    assert [one["identifier"]["value"] for one in others] == ["P9", "F9"]


def test_the_message_is_about_the_document_first():
    header, *others = entries(bundles(mdm(*ORDER, txa(), TX.format("x")))[0])
    (found,) = [one for one in others if one["resourceType"] == "DocumentReference"]
    assert header["focus"][0] == {"reference": "urn:uuid:" + found["id"]}


def test_each_edit_is_a_provenance_with_originator_recipients_and_reason():
    edits = txa(_8="20260306110000+0000~20260306113000+0000", _9="1^Doc", _21="Typo", _23="2^Copy")
    first, second = resources(mdm(edits), "Provenance")
    assert (first["recorded"], second["recorded"]) == ("2026-03-06T11:00:00+00:00", "2026-03-06T11:30:00+00:00")
    assert [one["role"][0]["coding"][0]["code"] for one in first["agent"]] == ["AUT", "IRCP"]
    assert first["reason"] == [{"text": "Typo"}]


def test_a_change_without_time_and_person_says_that_they_are_absent():
    (found,) = resources(mdm(txa(_21="Typo")), "Provenance")
    assert found["_recorded"]["extension"][0]["valueCode"] == "unknown"
    assert found["agent"][0]["who"]["extension"][0]["valueCode"] == "unknown"


def test_transcription_and_signature_are_provenances():
    signed = "3^Signer^Sue^^^^^^GENERAL^^^^^^20260306114000+0000"
    message = mdm(txa(_7="20260306103000+0000", _11="2^Typist", _22=signed))
    typed, signature = resources(message, "Provenance")
    assert typed["agent"][0]["role"][0]["coding"][0]["code"] == "TRANS"
    assert signature["recorded"] == "2026-03-06T11:40:00+00:00"
    assert only(message, "DocumentReference")["authenticator"] == signature["agent"][0]["who"]


def test_a_day_of_origination_is_when_the_content_was_made():
    found = document(txa(_6="20260306"), TX.format("x"))
    assert "date" not in found
    assert found["content"][0]["attachment"]["creation"] == "2026-03-06"


def test_what_a_content_has_no_place_for_is_counted():
    assert converted(mdm(txa(_5="7^Doer"), TX.format("x"))).unmapped == {"OBX-11": 1, "TXA-5": 1}


def test_a_presentation_that_says_nothing_is_none():
    (content,) = document(txa(_3='""'), kind="MDM^T01")["content"]
    assert content["attachment"]["extension"][0]["valueCode"] == "unknown"
