"""A site's own rows and overrides: Z-segments and Z-fields mapped, standard rows replaced or switched off."""

import json

import pytest
from conversion_world import KEYRING, OBR, OBX, ORC, PID, PV1, converted, hl7, only, oru, resources, warned

from processors.errors import ConfigError
from processors.hl7.message import parse
from processors.identity import Keyring
from processors.mapping.convert import Converter, lineage
from processors.mapping.site_check import read_site
from processors.sites import Site

ADT = "ADT^A01^ADT_A01"
URL = "urn:example:own"


def site(*lines: str) -> Site:
    """A site with these lines of YAML."""
    return read_site("\n".join(("feed: own", "zone: Europe/Berlin", *lines)), "own.yaml")


def own(source: str, to: str, kind: str = "string", **more: str) -> Site:
    """A site with one row."""
    url = f", url: '{URL}'" if to.endswith("extension") else ""
    rest = "".join(f", {name}: {value}" for name, value in more.items())
    return site("rows:", f"  - {{from: {source}, to: {to}, type: {kind}{url}{rest}}}")


def adt(*segments: str) -> bytes:
    return hl7(PID, *segments, kind=ADT)


def unmapped(message: bytes, where: Site) -> dict[str, int]:
    return converted(message, where).unmapped


def test_a_z_field_of_the_patient_becomes_an_extension():
    where = own("ZPI-3", "Patient.extension")
    assert only(adt("ZPI|1|x|GOLD", PV1), "Patient", where)["extension"] == [{"url": URL, "valueString": "GOLD"}]


def test_a_mapped_z_field_is_not_counted_and_its_neighbours_are():
    message = adt("ZPI|1|x|GOLD", PV1)
    assert unmapped(message, Site(feed="own")) == {"ZPI-1": 1, "ZPI-2": 1, "ZPI-3": 1}
    assert unmapped(message, own("ZPI-3", "Patient.extension")) == {"ZPI-1": 1, "ZPI-2": 1}


def test_a_field_that_is_rightly_ignored_is_not_counted():
    assert unmapped(adt("ZPI|1|x"), site("ignored: [ZPI-1]")) == {"ZPI-2": 1}


@pytest.mark.parametrize(
    ("kind", "sent", "name", "value"),
    [
        ("string", "a \\T\\ b", "valueString", "a & b"),
        ("code", "A1", "valueCode", "A1"),
        ("boolean", "Y", "valueBoolean", True),
        ("integer", "12", "valueInteger", 12),
        ("decimal", "1.20", "valueDecimal", 1.2),
        ("date", "20260304", "valueDate", "2026-03-04"),
        ("dateTime", "202603041015+0100", "valueDateTime", "2026-03-04T10:15:00+01:00"),
        ("time", "1015", "valueTime", "10:15:00"),
        ("uri", "urn:example:a", "valueUri", "urn:example:a"),
        ("Quantity", "81.5^kgs", "valueQuantity", {"value": 81.5, "unit": "kgs", "code": "kg"}),
        ("CodeableConcept", "A^B^LN", "valueCodeableConcept", {"coding": [{"code": "A", "display": "B"}]}),
        ("Coding", "A^B^LN", "valueCoding", {"code": "A", "display": "B"}),
        ("Identifier", "17^^^GENERAL", "valueIdentifier", {"value": "17"}),
        ("HumanName", "Sample^Jane", "valueHumanName", {"family": "Sample", "given": ["Jane"]}),
        ("Address", "1 High St^^Town", "valueAddress", {"line": ["1 High St"], "city": "Town"}),
        ("ContactPoint", "555-1", "valueContactPoint", {"value": "555-1"}),
        ("Annotation", "note", "valueAnnotation", {"text": "note"}),
        ("Period", "2026^2027", "valuePeriod", {"start": "2026", "end": "2027"}),
    ],
)
def test_every_type_can_be_read(kind, sent, name, value):
    (extension,) = only(adt(f"ZPI|{sent}"), "Patient", own("ZPI-1", "Patient.extension", kind))["extension"]
    assert contains(extension[name], value)


def contains(found: object, wanted: object) -> bool:
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(contains(found.get(name), one) for name, one in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and all(contains(f, w) for f, w in zip(found, wanted, strict=True))
    return found == wanted


@pytest.mark.parametrize("kind", ["Practitioner", "Organization", "Location"])
def test_people_and_places_become_resources_that_are_referred_to(kind):
    message = adt("ZPI|17^Doc^Tor")
    (extension,) = only(message, "Patient", own("ZPI-1", "Patient.extension", kind))["extension"]
    assert extension["valueReference"]["reference"] in {
        "urn:uuid:" + one["id"] for one in resources(message, kind, own("ZPI-1", "Patient.extension", kind))
    }


@pytest.mark.parametrize(("kind", "sent"), [("decimal", "many"), ("integer", "1.5"), ("Quantity", "some")])
def test_a_number_that_is_none_is_said(kind, sent):
    message, where = adt(f"ZPI|{sent}"), own("ZPI-1", "Patient.extension", kind)
    assert ("number_unreadable", "ZPI[1]-1") in warned(message, where)
    assert "extension" not in only(message, "Patient", where)


def test_a_component_and_a_subcomponent_may_be_named():
    message = adt("ZPI|a^b&c")
    assert only(message, "Patient", own("ZPI-1.2.2", "Patient.extension"))["extension"][0]["valueString"] == "c"


def test_the_deletion_mark_gives_no_value():
    assert "extension" not in only(adt('ZPI|""'), "Patient", own("ZPI-1", "Patient.extension"))


def test_an_extension_may_stand_on_a_plain_value():
    patient = only(adt("ZPI|Y"), "Patient", own("ZPI-1", "Patient._birthDate.extension", "boolean"))
    assert patient["_birthDate"]["extension"] == [{"url": URL, "valueBoolean": True}]


def test_a_list_takes_every_repetition_and_keeps_what_our_rows_put_there():
    names = only(adt("ZPI|Other^A~Third^B"), "Patient", own("ZPI-1", "Patient.name", "HumanName"))["name"]
    assert [one["family"] for one in names] == ["Sample", "Other", "Third"]


def test_a_single_element_that_our_rows_filled_stands():
    patient = only(adt("ZPI|19990101"), "Patient", own("ZPI-1", "Patient.birthDate", "date"))
    assert patient["birthDate"] == "1970-01-02"


def test_values_as_sent_become_codes_of_fhir():
    where = own("ZPI-1", "Patient.gender", "code", values="{X: other}")
    message = hl7("PID|1||1^^^G^MR||Sample", "ZPI|X", kind=ADT)
    assert only(message, "Patient", where)["gender"] == "other"
    assert ("code_unmapped", "ZPI[1]-1") in warned(hl7("PID|1||1^^^G^MR", "ZPI|Q", kind=ADT), where)


def test_a_row_may_hold_only_for_some_segments():
    where = own("ZPI-2", "Patient.extension", when="{ZPI-1: [LOYALTY]}")
    patient = only(adt("ZPI|OTHER|no", "ZPI|LOYALTY|yes"), "Patient", where)
    assert [one["valueString"] for one in patient["extension"]] == ["yes"]


def test_the_unit_may_come_from_the_row_or_from_another_field():
    fixed = own("ZPI-1", "Patient.extension", "Quantity", unit="kg")
    beside = own("ZPI-1", "Patient.extension", "Quantity", unit_from="ZPI-2")
    for where in (fixed, beside):
        assert only(adt("ZPI|80|kg"), "Patient", where)["extension"][0]["valueQuantity"]["code"] == "kg"


def test_the_unit_may_be_a_component_of_the_same_field():
    whole = own("ZPI-1", "Patient.extension", "Quantity")
    parts = own("ZPI-1.1", "Patient.extension", "Quantity", unit_from="ZPI-1.2")
    inner = own("ZPI-1.1", "Patient.extension", "Quantity", unit_from="ZPI-1.2.1")
    for where in (whole, parts, inner):
        weight = only(adt("ZPI|12.5^kg"), "Patient", where)["extension"][0]["valueQuantity"]
        assert (weight["unit"], weight["code"]) == ("kg", "kg")


def test_a_boolean_reads_y_and_n_or_the_values_of_the_site():
    plain = own("ZPI-1", "Patient.extension", "boolean")
    german = own("ZPI-1", "Patient.extension", "boolean", values="{J: true, N: false}")
    for where, yes in ((plain, "Y"), (german, "J")):
        assert only(adt(f"ZPI|{yes}"), "Patient", where)["extension"][0]["valueBoolean"] is True
        assert only(adt("ZPI|N"), "Patient", where)["extension"][0]["valueBoolean"] is False


def test_a_z_segment_belongs_to_the_visit_that_is_open():
    where = own("ZPV-1", "Encounter.hospitalization.dietPreference", "CodeableConcept")
    message = adt("PV1|1|I|||||||||||||||||V1", "ZPV|A", "PV1|2|I|||||||||||||||||V2", "ZPV|B")
    diets = [one["hospitalization"]["dietPreference"][0]["coding"][0]["code"] for one in encounters(message, where)]
    assert diets == ["A", "B"]


def encounters(message: bytes, where: Site) -> list[dict]:
    return sorted(resources(message, "Encounter", where), key=lambda one: one["identifier"][0]["value"])


def test_a_z_segment_belongs_to_the_result_before_it():
    where = own("ZRX-1", "Observation.note", "Annotation")
    message = oru(OBX, "NTE|1||sent", "ZRX|own", OBX.replace("2823-3", "2951-2"))
    first, second = resources(message, "Observation", where)
    assert [note["text"] for note in first["note"]] == ["sent", "own"]
    assert "note" not in second


def test_a_z_segment_never_goes_to_a_result_of_another_order():
    where = own("ZRX-1", "Observation.note", "Annotation")
    message = hl7(PID, ORC, OBR, OBX, ORC.replace("P1", "P2"), OBR.replace("P1", "P2"), "ZRX|own")
    assert "note" not in resources(message, "Observation", where)[0]
    assert unmapped(message, where) == {"ZRX-1": 1}


def test_a_z_segment_after_the_results_still_belongs_to_its_order():
    where = own("ZOR-1", "ServiceRequest.identifier", "Identifier")
    message = hl7(
        PID, "ORC|NW|P1", "OBR|1|P1||A", OBX, "ZOR|X1", "ORC|NW|P2", "OBR|2|P2||B", "ZOR|X2", kind="ORM^O01^ORM_O01"
    )
    numbers = [[i["value"] for i in one["identifier"]] for one in resources(message, "ServiceRequest", where)]
    assert numbers == [["P1", "X1"], ["P2", "X2"]]


def test_each_patient_of_a_message_gets_its_own_z_segment():
    where = own("ZPI-1", "Patient.extension")
    other = PID.replace("100001", "100002")
    message = hl7(PID, "ZPI|A", ORC, OBR, OBX, other, "ZPI|B", ORC, OBR, OBX)
    sent = {p["identifier"][0]["value"]: p["extension"][0]["valueString"] for p in resources(message, "Patient", where)}
    assert sent == {"100001": "A", "100002": "B"}


def test_a_z_segment_before_the_patient_is_the_patients():
    where = own("ZHD-1", "Patient.extension")
    assert only(hl7("ZHD|A", PID, kind=ADT), "Patient", where)["extension"][0]["valueString"] == "A"


def test_a_z_segment_without_its_resource_is_counted():
    assert unmapped(adt("ZPV|A"), own("ZPV-1", "Encounter.extension")) == {"ZPV-1": 1}


def test_a_field_beyond_the_standard_is_mapped():
    where = own("OBX-40", "Observation.extension", "boolean")
    message = oru("OBX|1|NM|2823-3||4" + "|" * 35 + "Y")
    assert only(message, "Observation", where)["extension"][-1] == {"url": URL, "valueBoolean": True}
    assert unmapped(message, where) == unmapped(oru("OBX|1|NM|2823-3||4"), where)


def test_a_row_may_fill_the_message_header():
    where = own("ZHD-1", "MessageHeader.extension")
    assert only(hl7("ZHD|A", PID, kind=ADT), "MessageHeader", where)["extension"][-1]["valueString"] == "A"


def test_what_a_row_adds_is_not_remembered_for_the_next_message():
    where = own("ZPI-1", "Patient.name", "HumanName")
    warm = Converter(where, KEYRING)
    for _ in range(3):
        for message in (adt("ZPI|Other^A", PV1), adt(PV1)):
            cold = Converter(where, KEYRING).convert(parse(message), 0)
            assert warm.convert(parse(message), 0) == cold


def test_a_code_map_of_a_z_field_is_applied():
    where = site(
        "rows:",
        "  - {from: ZPI-1, to: Patient.maritalStatus, type: CodeableConcept, system: 'urn:example:state'}",
        "codes:",
        "  ZPI-1: {V: {code: M, system: 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus'}}",
    )
    assert [one["code"] for one in only(adt("ZPI|V"), "Patient", where)["maritalStatus"]["coding"]] == ["M", "V"]


def test_lineage_names_the_z_field():
    where = own("ZPI-3", "Patient.extension")
    found = {(o.path, o.source) for o in lineage(parse(adt("ZPI|1|x|GOLD")), where, KEYRING)}
    assert ("extension[0].valueString", "ZPI[1]-3.1") in found or ("extension[0].valueString", "ZPI[1]-3") in found


def test_lineage_names_the_field_of_a_number_and_of_a_component():
    where = own("ZPI-2.2", "Patient.multipleBirthInteger", "integer")
    found = {o.path: o.source for o in lineage(parse(adt("ZPI||a^2")), where, KEYRING)}
    assert found["multipleBirthInteger"].startswith("ZPI[1]-2")


def test_a_standard_row_may_be_switched_off_and_its_field_is_then_counted():
    message = hl7("PID|1||1^^^G^MR||||||||||||||||123-45-6789", kind=ADT)
    where = site("overrides: [{field: PID-19, off: true}]")
    kinds = [one.get("type") for one in only(message, "Patient", where)["identifier"]]
    assert len(kinds) == 1
    assert "PID-19" in unmapped(message, where)


def test_a_row_may_be_switched_off_for_one_resource_only():
    where = site("overrides: [{field: OBR-4, off: true, resource: ServiceRequest}]")
    assert "code" not in only(oru(OBX), "ServiceRequest", where)
    assert only(oru(OBX), "DiagnosticReport", where)["code"]["coding"][0]["code"] == "24320-4"
    assert "OBR-4" not in unmapped(oru(OBX), where)


def test_a_standard_row_may_be_replaced():
    where = site("overrides: [{field: PV1-4, to: Encounter.type, type: CodeableConcept, system: 'urn:example:a'}]")
    (kind,) = only(adt("PV1|1|I||EL"), "Encounter", where)["type"]
    assert kind["coding"] == [{"system": "urn:example:a", "code": "EL"}]


def test_a_row_may_take_what_a_standard_row_no_longer_reads():
    message = adt("PV1|1|I||EL")
    for target in ("Encounter.extension", "Patient.extension"):
        where = site(
            "overrides: [{field: PV1-4, off: true}]",
            f"rows: [{{from: PV1-4, to: {target}, type: string, url: '{URL}'}}]",
        )
        found = only(message, target.partition(".")[0], where)
        assert ("type" in found, found["extension"]) == (False, [{"url": URL, "valueString": "EL"}])
        assert "PV1-4" not in unmapped(message, where)


def test_codes_of_a_replaced_row_are_mapped():
    where = site(
        "overrides: [{field: PV1-4, to: Encounter.type, type: CodeableConcept, system: 'urn:example:a'}]",
        "codes: {PV1-4: {EL: {code: planned, system: 'urn:example:b'}}}",
    )
    (kind,) = only(adt("PV1|1|I||EL"), "Encounter", where)["type"]
    assert [one["code"] for one in kind["coding"]] == ["planned", "EL"]


def test_the_code_as_sent_stands_once_beside_a_plain_code():
    where = site(
        "rows: [{from: ZPI-1, to: Patient.gender, type: code, values: {W: unknown}}]",
        "codes: {ZPI-1: {W: {code: female, system: 'http://hl7.org/fhir/administrative-gender'}}}",
    )
    found = only(hl7("PID|1||1^^^G^MR", "ZPI|W", kind=ADT), "Patient", where)
    assert (found["gender"], len(found["_gender"]["extension"])) == ("female", 2)


def test_the_time_of_a_result_may_be_switched_off():
    where = site("overrides: [{field: OBX-14, off: true}, {field: OBR-7, off: true}]")
    message = oru("OBX|1|NM|2823-3||4||||||F|||20260101")
    twice = message + b"\r" + message.split(b"\r")[-1].replace(b"2823-3", b"2951-2")
    assert all("2026-01-01" not in json.dumps(one) for one in resources(twice, "Observation", where))


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("rows: [{from: ZPI-1, to: Patient.birthdate, type: date}]", "did you mean 'birthDate'"),
        ("rows: [{from: ZPI-1, to: Pacient.name, type: HumanName}]", "did you mean 'Patient'"),
        ("rows: [{from: ZPI-1, to: Patient.name, type: string}]", "is of type HumanName, not string"),
        ("rows: [{from: ZPI-1, to: Patient.contact.name, type: HumanName}]", "contact is a list"),
        ("rows: [{from: ZPI-1, to: Practitioner.name, type: HumanName}]", "made from fields of many segments"),
        ("rows: [{from: ZPI-1, to: Patient.gender, type: code}]", "takes codes of FHIR only"),
        ("rows: [{from: ZPI-1, to: Patient.extension, type: string}]", "an extension needs its url"),
        ("rows: [{from: ZPI-1, to: Patient.extension, type: string, url: loyalty}]", "'loyalty' is none"),
        ("rows: [{from: ZPI-1, to: Patient.name, type: HumanNam}]", "did you mean 'HumanName'"),
        ("rows: [{from: ZPI_1, to: Patient.name, type: HumanName}]", "'ZPI_1' is not a field"),
        ("rows: [{from: ZPI-1, to: Patient.active, type: boolean, when: {ZPX-1: [A]}}]", "of another segment"),
        ("rows: [{from: ZPI-1, to: Patient.active, type: boolean, unit: kg}]", "only for type Quantity"),
        (
            "rows: [{from: ZPI-1, to: Patient.active, type: boolean, values: {Y: yes}}]",
            "a boolean is `true` or `false`",
        ),
        ("rows: [{from: ZPI-1, to: Patient.extnsion, type: string, url: 'urn:a:b'}]", "not for 'Patient.extnsion'"),
        ("rows: [{from: ZPI-1, to: 'Patient.name[]', type: HumanName}]", "write 'Patient.name', without brackets"),
        ("rows: [{from: ZPI-1, to: Patient.multipleBirth, type: integer}]", "Boolean, multipleBirthInteger"),
        ("rows: [{from: ZPI-1, to: 'Patient.deceased[x]', type: boolean}]", "with its type: deceasedBoolean"),
        (
            "rows: [{from: ZPI-1, to: Patient.maritalStatus, type: CodeableConcept, system: LN}]",
            "'LN' is not an absolute",
        ),
        ("overrides: [{field: PID-19}]", "either `off: true`, or `to` and `type`"),
        ("overrides: [{field: PID-99, off: true}]", "no row maps PID-99"),
        ("overrides: [{field: OBX-5, off: true}]", "our code reads it"),
        ("overrides: [{field: PID-5, off: true, resource: Encounter}]", "no row maps PID-5 to Encounter"),
        ("overrides: [{field: PID-19, off: true}, {field: PID-19, off: true}]", "overridden twice"),
        ("codes: {PID-99: {A: {code: B, system: 'urn:example:c'}}}", "no row maps this field"),
        ("codes: {OBX-3: {A: {code: B, system: LN}}}", "OBX-3.A: system: 'LN' is not an absolute URI"),
        ("codes: {PID-5: {A: {code: B, system: 'urn:example:c'}}}", "holds no code"),
        ("codes: {OBX-3.1: {A: {code: B, system: 'urn:example:c'}}}", "without component"),
        ("authority: [patients]", "did you mean 'patient'"),
        ("charset: 8859-1", "no character set"),
        ("identifier_systems: {A: general}", "not an absolute URI"),
        ("event_time: [OBR]", "'OBR' is not a field"),
        ("filters: [{reason: none}]", "needs types, processing_ids or fields"),
        ("zone: Europe/Berlinn", "did you mean 'Europe/Berlin'"),
    ],
)
def test_what_there_is_not_is_refused_with_its_line(line, what):
    with pytest.raises(ConfigError, match=what) as why:
        read_site(f"feed: own\n{line}\n", "own.yaml")
    assert (why.value.file, why.value.line) == ("own.yaml", 2)


def test_a_site_that_changes_nothing_costs_nothing():
    assert Converter(Site(feed="x"), Keyring.of(b"k"))._overlay is None
