"""What stands beside the patient in a message: sender, event (EVN), software (SFT) and answers (MSA, ERR)."""

import pytest
from conversion_world import PID, converted, hl7, only, resources, warned

from processors.envelope import Record
from processors.hl7.message import parse
from processors.identity import Keyring
from processors.mapping.convert import lineage
from processors.sites import Site

EVN = "EVN|A01|20260304081400+0100"
PV1 = "PV1||I|||||||||||||||||V1"
HEADER = "MSH|^~\\&|LIS|GENERAL|EHR|NORTH|20260304103000+0100||{kind}|C1|P|2.5.1"


def adt(trigger: str, *segments: str, msh: str = HEADER) -> bytes:
    return hl7(*segments, kind=f"ADT^{trigger}", msh=msh)


def named(reference: Record, found: list[Record]) -> Record:
    return next(r for r in found if "urn:uuid:" + r["id"] == reference["reference"])


def test_an_event_is_told_by_whoever_recorded_it():
    message = adt("A01", EVN + "||01|77^Clerk^Kim|20260304080000+0100|NORTH^1.2.3^ISO", PID, PV1)
    found = resources(message)
    told = next(r for r in found if r["resourceType"] == "Provenance")
    assert (told["recorded"], told["occurredDateTime"]) == ("2026-03-04T08:14:00+01:00", "2026-03-04T08:00:00+01:00")
    assert named(told["agent"][0]["who"], found)["name"][0]["family"] == "Clerk"
    assert told["reason"][0]["coding"][0]["code"] == "PATRQT"
    assert named(told["location"], found)["name"] == "NORTH"
    assert [named(t, found)["resourceType"] for t in told["target"]] == ["MessageHeader", "Encounter"]
    assert told["activity"]["coding"] == [{"display": "event - ADT^A01"}]


def test_the_sender_answers_for_an_event_without_operator():
    found = resources(adt("A01", EVN, PID))
    told = next(r for r in found if r["resourceType"] == "Provenance")
    assert named(told["agent"][0]["who"], found)["name"] == "GENERAL"


def test_an_event_of_nobody_at_no_time_says_what_is_absent():
    told = only(adt("A01", "EVN|A01|20260304||U", PID, msh="MSH|^~\\&|||||20260304||{kind}|C1|P|2.5.1"), "Provenance")
    absent = [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
    assert told["agent"] == [{"who": {"extension": absent}}]
    assert told["_recorded"] == {"extension": absent}
    assert told["reason"] == [{"extension": absent}]


def test_a_message_names_where_it_goes():
    found = resources(adt("A01", PID))
    (there,) = found[0]["destination"]
    assert (there["name"], there["_endpoint"]["extension"][0]["valueCode"]) == ("EHR", "unknown")
    assert named(there["target"], found)["identifier"] == [{"value": "EHR"}]
    assert named(there["receiver"], found)["name"] == "NORTH"


@pytest.mark.parametrize(
    ("sent", "name", "endpoint"),
    [
        ("LIS^1.2.3^ISO", "LIS", "urn:oid:1.2.3"),
        ("LIS^lis.example.org^DNS", "LIS", "urn:dns:lis.example.org"),
        ("LIS^https://lis.example.org/in^URL", "LIS", "https://lis.example.org/in"),
        ("^1.2.3^ISO", "1.2.3", "urn:oid:1.2.3"),
        ("LIS^77^L", "LIS - L:77", None),
        ("LIS^77", "LIS - 77", None),
    ],
)
def test_an_application_has_a_name_and_may_have_an_address(sent, name, endpoint):
    source = only(hl7(PID, kind="ADT^A08", msh=HEADER.replace("|LIS|", f"|{sent}|")), "MessageHeader")["source"]
    assert (source["name"], source.get("endpoint")) == (name, endpoint)
    assert ("_endpoint" in source) == (endpoint is None)


def header(**fields: str) -> str:
    """An MSH with these fields, named f8, f17 ..."""
    known = HEADER.split("|") + [""] * 20
    for name, text in fields.items():
        known[int(name[1:]) - 1] = text
    return "|".join(known).rstrip("|")


def test_the_network_address_wins_and_brings_a_provenance_of_the_source():
    message = hl7(PID, kind="ADT^A08", msh=header(f24="NET^https://x.example.org^URL", f22="TRUST^^^^^^^^^T1"))
    found = resources(message)
    assert found[0]["source"]["endpoint"] == "https://x.example.org"
    told = next(r for r in found if r["resourceType"] == "Provenance")
    assert told["activity"]["coding"] == [{"display": "message - ADT^A08"}]
    assert named(told["agent"][0]["who"], found)["name"] == "TRUST"
    assert named(told["entity"][0]["what"], found)["identifier"] == [{"value": "LIS"}]


def test_a_network_address_in_words_is_counted_where_the_application_is_named():
    assert "MSH-24" in converted(hl7(PID, kind="ADT^A08", msh=header(f24="NET"))).unmapped


def test_security_country_and_language_of_a_message():
    found = resources(hl7(PID, kind="ADT^A08", msh=header(f8="SECRET", f17="DEU", f19="ger", f26="R", f27="X^No^L")))
    assert [label.get("code") for label in found[0]["meta"]["security"]] == [None, "R", "X"]
    assert found[0]["language"] == "de"
    assert found[1]["address"] == [{"country": "DEU"}]


def test_a_country_without_sender_and_an_unknown_language_are_said():
    message = hl7(PID, kind="ADT^A08", msh=header(f4="", f17="DEU", f19="#?"))
    for _ in range(2):
        assert ("code_unmapped", "MSH[1]-19") in warned(message)
        assert "MSH-17" in converted(message).unmapped


def test_the_first_software_is_the_source_and_the_next_passed_it_on():
    message = adt("A08", "SFT|ACME|7.3|Gate|B1|Note|20250101", "SFT|Hub^^^^^^^^^H1|1.0|Hub|H1", PID)
    found = resources(message)
    assert (found[0]["source"]["software"], found[0]["source"]["version"]) == ("Gate", "7.3")
    told = next(r for r in found if r["resourceType"] == "Provenance")
    assert [e["role"] for e in told["entity"]] == ["source", "derivation"]
    first = named(told["entity"][0]["what"], found)
    assert (first["manufacturer"], first["modelNumber"], first["note"]) == ("ACME", "B1", [{"text": "Note"}])
    assert first["version"][0]["extension"][0]["valueDateTime"] == "2025-01-01"
    assert first["deviceName"] == [{"name": "Gate", "type": "manufacturer-name"}]


def test_software_of_one_message_leaves_the_next_alone():
    only(adt("A08", "SFT|ACME|7.3|Gate|B1", PID), "MessageHeader")
    assert "software" not in only(adt("A08", PID), "MessageHeader")["source"]


ACK = "MSH|^~\\&|EHR|NORTH|LIS|GENERAL|20260304081501+0100||{kind}|K1|P|2.5.1"


def ack(*segments: str, kind: str = "ACK^A01^ACK") -> bytes:
    return hl7(*segments, kind=kind, msh=ACK)


def test_an_acknowledgement_that_all_is_well_is_a_header_alone():
    message = ack("MSA|AA|C1")
    assert only(message, "MessageHeader")["response"] == {"code": "ok", "identifier": "C1"}
    assert not resources(message, "OperationOutcome")
    assert (warned(message), converted(message).unmapped) == ([], {})


@pytest.mark.parametrize(
    ("sent", "condition", "code"),
    [
        ("AA", "", "ok"),
        ("CA", "", "ok"),
        ("AE", "103", "fatal-error"),
        ("AE", "206", "transient-error"),
        ("AR", "", "fatal-error"),
        ("AR", "207", "transient-error"),
        ("CE", "", "transient-error"),
        ("CR", "200", "fatal-error"),
    ],
)
def test_the_code_of_an_answer_says_whether_to_send_again(sent, condition, code):
    err = f"ERR|||{condition}^^HL70357|E" if condition else "ERR"
    assert only(ack(f"MSA|{sent}|C1", err), "MessageHeader")["response"]["code"] == code


def test_errors_are_issues_of_an_outcome():
    errors = (
        "ERR||PID^1^5^2^1^1~PV1^1|103^No^HL70357|W|X1^Own^L||At line 3|Correct it",
        "ERR|PV1^1^2^101&Missing&HL70357",
    )
    message = ack("MSA|AE|C1|Refused", *errors)
    found = only(message, "OperationOutcome")
    first, second, third = found["issue"]
    assert (first["severity"], first["code"], first["diagnostics"]) == ("error", "processing", "Refused")
    assert (second["severity"], second["code"]) == ("warning", "code-invalid")
    assert second["location"] == ["PID[1]-5[2].1.1", "PV1[1]"]
    assert [c["code"] for c in second["details"]["coding"]] == ["103", "X1"]
    assert (second["details"]["text"], second["diagnostics"]) == ("Correct it", "At line 3")
    assert (third["code"], third["location"]) == ("required", ["PV1[1]-2"])
    assert only(message, "MessageHeader")["response"]["details"] == {"reference": "urn:uuid:" + found["id"]}


def test_errors_said_twice_are_the_same_twice():
    message = ack("MSA|AE|C1", "ERR|||103^No^HL70357|E|X1^Own^L|||Correct it")
    assert only(message, "OperationOutcome") == only(message, "OperationOutcome")


def test_a_control_id_that_is_no_fhir_id_is_kept_as_sent():
    found = only(ack("MSA|AA|C 1/2"), "MessageHeader")["response"]
    assert found["identifier"] == "C-1-2"
    assert found["_identifier"]["extension"][0]["valueString"] == "C 1/2"


def test_an_answer_without_an_event_is_of_its_type():
    assert only(ack("MSA|AA|C1", kind="ACK"), "MessageHeader")["eventCoding"]["system"].endswith("v2-0076")


def test_errors_without_an_answer_are_counted():
    assert "ERR-3" in converted(hl7(PID, "ERR|||103")).unmapped


def test_the_bundles_own_fields_have_their_source():
    found = lineage(parse(adt("A03", PID, PV1 + "|" * 26 + "20260304")), Site(feed="lab"), Keyring.of(b"x"))
    at = {(o.resource.partition("/")[0], o.path): o.source for o in found}
    assert at["Bundle", "identifier.value"] == "MSH[1]-10"
    assert at["Bundle", "timestamp"] == "MSH[1]-7"
    assert at["Encounter", "status"] == "PV1[1]-45"
