"""Lineage: each value of a bundle with the field that it came from, and nothing else changed by asking for it."""

import json
from pathlib import Path

import orjson
import pytest
from conversion_world import KEYRING, MSH, OBX, ORC, PID, SITE, hl7, oru

from processors.hl7.batch import split
from processors.hl7.message import parse
from processors.mapping.convert import Converter, convert, lineage
from processors.mapping.tracing import Trace, traced

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*/message.hl7"))


def sources(message: bytes) -> dict[str, str]:
    """Type and path -> source; of several resources of a type the last."""
    found = lineage(parse(message), SITE, KEYRING)
    return {f"{one.resource.partition('/')[0]}.{one.path}": one.source for one in found}


def test_a_name_is_traced_to_its_repetition_and_component():
    found = sources(hl7("PID|1||1^^^A^MR||Sample^Jane~Maiden^Jane^^^^^M", kind="ADT^A31"))
    assert found["Patient.name[0].family"].startswith("PID[1]-5[1].1")
    assert found["Patient.name[1].given[0]"] == "PID[1]-5[2].2"


def test_a_number_a_unit_a_code_and_a_status_are_traced():
    found = sources(oru(OBX, OBX.replace("2823-3", "2951-2").replace("OBX|1", "OBX|2")))
    assert found["Observation.valueQuantity.value"] == "OBX[2]-5"
    assert found["Observation.valueQuantity.unit"].startswith("OBX[2]-6")
    assert found["Observation.code.coding[0].code"] == "OBX[2]-3.1"
    assert found["Observation.status"] == "OBX[2]-11"


def test_a_date_and_a_mapped_code_are_traced_to_their_field():
    found = sources(hl7(PID, kind="ADT^A31"))
    assert (found["Patient.birthDate"], found["Patient.gender"]) == ("PID[1]-7", "PID[1]-8.1")


def test_a_doctor_named_twice_is_traced_for_each_message_alone():
    doctor = "|||||||||1234^Rivera^Ana"
    found = sources(hl7(PID, ORC + doctor, "OBR|1|P1^EHR|F1^LIS|1^X", kind="ORM^O01"))
    assert found["Practitioner.name[0].family"].startswith("ORC[1]-12")


def test_custom_delimiters_are_traced_too():
    header = MSH.format(kind="ADT$A31").replace("^~\\&", "$~\\&")
    found = sources("\r".join((header, "PID|1||1$$$A$MR||Sample$Jane")).encode())
    assert found["Patient.name[0].given[0]"] == "PID[1]-5.2"


@pytest.mark.parametrize("file", GOLDEN, ids=lambda path: path.parent.name)
def test_a_traced_conversion_writes_the_same_resources(file):
    for payload in split(file.read_bytes()).messages:
        converter = Converter(SITE, KEYRING, Trace())
        converter.convert(traced(parse(payload)), 0)
        kept = [
            [one for one in draft.resources.values() if one["resourceType"] != "Bundle"] for draft in converter.drafts
        ]
        found = [[plain(one) for one in resources] for resources in kept]
        said = [json.loads(one.bundle)["entry"] for one in convert(parse(payload), SITE, KEYRING, 0).bundles]
        assert found == [[entry["resource"] for entry in entries] for entries in said]


def plain(resource: object) -> object:
    """As it would be written."""
    return json.loads(orjson.dumps(resource))


@pytest.mark.parametrize("file", GOLDEN, ids=lambda path: path.parent.name)
def test_every_source_is_a_field_with_data(file):
    for payload in split(file.read_bytes()).messages:
        message = parse(payload)
        fields = {f"{s.path()}-{n}" for s in message.segments for n, raw in enumerate(s.fields) if n and raw}
        for one in lineage(message, SITE, KEYRING):
            segment, _, place = one.source.partition("]-")
            number = place.partition("[")[0].partition(".")[0]
            assert f"{segment}]-{number}" in fields
