"""Names, addresses, identifiers, people, places, times and codes, seen in the resources that they end in."""

import pytest
from conversion_world import PID, PV1, hl7, only, resources, warned
from hypothesis import given
from hypothesis import strategies as st

from processors.identity import IdentityPolicy
from processors.sites import Site

ADT = "ADT^A08"


def patient(fields: dict[int, str], site: Site | None = None) -> dict:
    parts = (PID + "|" * 40).split("|")
    for n, value in fields.items():
        parts[n] = value
    message = hl7("|".join(parts).rstrip("|"), kind=ADT)
    return only(message, "Patient", site) if site else only(message, "Patient")


def visit(fields: dict[int, str]) -> bytes:
    parts = (PV1 + "|" * 50).split("|")
    for n, value in fields.items():
        parts[n] = value
    return hl7(PID, "|".join(parts).rstrip("|"), kind=ADT)


def test_a_name_has_family_given_prefix_suffix_and_use():
    (name,) = patient({5: "Sample^Jane^Q^III^Dr^PhD^L"})["name"]
    assert name == {
        "family": "Sample",
        "given": ["Jane", "Q"],
        "prefix": ["Dr"],
        "suffix": ["III", "PhD"],
        "use": "official",
    }


def test_an_alias_is_a_nickname():
    assert patient({9: "Jan"})["name"][1] == {"use": "nickname", "family": "Jan"}


def test_an_address_has_all_its_lines():
    (address,) = patient({11: "1 Elm St&Elm St&1^Flat 2^Springfield^IL^62701^USA^H^^Sangamon"})["address"]
    assert address["line"] == ["1 Elm St", "Elm St", "1", "Flat 2"]
    assert (address["use"], address["district"]) == ("home", "Sangamon")


def test_the_county_field_is_an_address_of_its_own_when_the_address_names_none():
    assert patient({12: "Sangamon"})["address"] == [{"district": "Sangamon"}]


@pytest.mark.parametrize(
    ("sent", "point"),
    [
        ("555-0100", {"system": "phone", "value": "555-0100", "use": "home"}),
        ("^PRN^PH^^1^217^5550100^9", {"system": "phone", "value": "+1 217 5550100 X9", "use": "home"}),
        ("^PRS^CP^^^217^5550100", {"system": "phone", "value": "217 5550100", "use": "mobile"}),
        ("^NET^Internet^jane@example.org", {"system": "email", "value": "jane@example.org", "use": "home"}),
        ("^WPN^FX^^^^^^^^^+49 30 1", {"system": "fax", "value": "+49 30 1", "use": "work"}),
    ],
)
def test_contact_points(sent, point):
    (found,) = patient({13: sent})["telecom"]
    assert {name: value for name, value in found.items() if name != "extension"} == point


def test_an_identifier_names_type_system_and_assigner():
    (identifier,) = patient({3: "1^^^HOSP&1.2.3&ISO^MR"})["identifier"]
    assert identifier["system"] == "urn:oid:1.2.3"
    assert identifier["assigner"]["display"] == "HOSP"
    assert identifier["type"]["coding"][0]["code"] == "MR"


def test_an_authority_alias_gives_one_system_for_two_names():
    site = Site(feed="lab", identity=IdentityPolicy(authorities={"1.2.3": "HOSP"}))
    (by_oid,) = patient({3: "1^^^&1.2.3&ISO^MR"}, site)["identifier"]
    (by_name,) = patient({3: "1^^^HOSP^MR"})["identifier"]
    assert by_oid["system"] == by_name["system"]


def test_identifier_types_from_their_own_fields():
    types = [i["type"]["coding"][0]["code"] for i in patient({19: "999", 20: "D1^IL"})["identifier"]]
    assert types == ["MR", "SS", "DL"]


@pytest.mark.parametrize(
    ("sent", "value"),
    [("19700102", "1970-01-02"), ("197001", "1970-01"), ("1970", "1970"), ("19700102083000+0100", "1970-01-02")],
)
def test_birth_dates_keep_their_precision(sent, value):
    assert patient({7: sent})["birthDate"] == value


def test_the_time_of_birth_is_kept_beside_the_date():
    (extension,) = patient({7: "19700102083000+0100"})["_birthDate"]["extension"]
    assert extension["valueDateTime"] == "1970-01-02T08:30:00+01:00"


@pytest.mark.parametrize("sent", ["DOB", "19701301", "19700230", "70", "1970-01-02", "197001021"])
def test_impossible_dates_are_left_out_and_said(sent):
    assert "birthDate" not in patient({7: sent})
    assert ("date_unreadable", "PID[1]-7") in warned(hl7(PID.replace("19700102", sent), kind=ADT))


def test_an_unknown_sex_code_is_left_out_and_said():
    assert "gender" not in patient({8: "SEX"})
    assert ("code_unmapped", "PID[1]-8") in warned(hl7(PID[:-1] + "SEX", kind=ADT))


def test_extra_repetitions_of_a_single_field_are_counted():
    from conversion_world import converted

    assert converted(hl7(PID + "~M", kind=ADT)).unmapped == {"PID-8[2]": 1}


def test_death_by_time_or_by_flag():
    assert patient({29: "20260301", 30: "Y"})["deceasedDateTime"] == "2026-03-01"
    assert patient({30: "Y"})["deceasedBoolean"] is True


def test_language_and_birth_order():
    found = patient({15: "en^English^ISO639", 24: "Y", 25: "2"})
    assert found["communication"][0]["language"]["coding"][0]["code"] == "en"
    assert (found["multipleBirthInteger"], "multipleBirthBoolean" in found) == (2, False)


def test_a_place_is_a_chain_of_locations():
    message = visit({3: "4E^401^1^GENERAL^O^^BLD^3"})
    levels = [r["physicalType"]["coding"][0]["code"] for r in resources(message, "Location")]
    assert levels == ["si", "bu", "lvl", "wa", "ro", "bd"]


def test_the_same_place_in_another_message_has_the_same_id():
    first, second = visit({3: "4E^401^1^GENERAL"}), visit({3: "4E^401^2^GENERAL"})
    ids = [{r["name"]: r["id"] for r in resources(one, "Location")} for one in (first, second)]
    assert ids[0]["401"] == ids[1]["401"]
    assert "1" not in ids[1]


def test_visit_roles_hospitalization_and_class():
    found = only(visit({2: "E", 7: "7^Rivera", 17: "8^Sample", 36: "01", 14: "7"}), "Encounter")
    assert found["class"]["code"] == "EMER"
    assert [p["type"][0]["coding"][0]["code"] for p in found["participant"]] == ["ATND", "ADM"]
    assert found["hospitalization"]["dischargeDisposition"]["coding"][0]["code"] == "01"


def test_a_visit_without_class_says_so():
    assert only(visit({2: ""}), "Encounter")["class"]["code"] == "UNK"


def test_another_delimiter_set_reads_the_same():
    msh = "MSH#!?*@#LIS#GENERAL#EHR#GENERAL#20260304103000+0100##{kind}#C1#P#2.5.1"
    message = hl7(PID.replace("|", "#").replace("^", "!"), kind="ADT!A08", msh=msh)
    assert only(message, "Patient") == only(hl7(PID, kind=ADT), "Patient")


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("C",)), min_size=1, max_size=12))
def test_any_text_in_a_name_arrives_as_sent(text):
    from processors.hl7.message import Delimiters

    escaped = text
    for mark, code in zip("\\|^&~", "EFSTR", strict=True):
        escaped = escaped.replace(mark, f"\0{code}\0")
    escaped = escaped.replace("\0", Delimiters().escape)
    expected = text.strip()
    names = patient({5: f"{escaped}^Given"})["name"]
    if expected and expected != '""':
        assert names[0]["given"] == ["Given"]
        assert names[0].get("family", "") in (expected, expected.split("&")[0].strip() or expected)
