"""PID -> Patient."""

from processors.envelope import Record
from processors.fhir.systems import (
    BCP_47,
    CDCREC,
    NULL_FLAVOR,
    SENT_ETHNICITY,
    SENT_RACE,
    STRUCTURE,
    TERMINOLOGY,
    US_CORE,
)
from processors.hl7.message import Segment
from processors.mapping.codes import code_in, concept, concept_in, warn_unmapped, yes_no
from processors.mapping.extensions import extension, nested_extension, text, within
from processors.mapping.identifiers import cx, licence, ssn
from processors.mapping.names import address, alias_name, contact_point, district_only, human_names, maiden_name
from processors.mapping.rows import Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope, component
from processors.mapping.times import date, date_time, instant
from processors.mapping.vocabularies import ADMINISTRATIVE_SEX, MARITAL_STATUS
from processors.mapping.vocabularies_people import LANGUAGE_SHORT, LANGUAGES, OMB_ETHNICITY, OMB_RACE, RELIGION

ANIMAL = STRUCTURE + "patient-animal"
RACE = US_CORE + "us-core-race"
ETHNICITY = US_CORE + "us-core-ethnicity"
_NO_SPECIES = {"coding": [{"system": NULL_FLAVOR, "code": "UNK", "display": "Unknown"}]}


def _county_apart(pid: Segment) -> bool:
    """The county belongs to the only address when that names none."""
    addresses = pid.repetitions(11)
    if len(addresses) != 1:
        return True
    district = component(pid.components(addresses[0]), 9)
    return bool(district) and pid.unescape(district) != pid.text(12)


def _death_time_absent(pid: Segment) -> bool:
    return pid.text(29) in ("", '""')


def _birth_order(pid: Segment) -> int:
    """PID-25 where it says which of several: not the 1 that senders write beside a PID-24 of N. 0 = nothing."""
    sent = pid.text(25).strip()
    order = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 3 else 0
    return 0 if order == 1 and pid.text(24).strip().upper() == "N" else order


def _birth_order_absent(pid: Segment) -> bool:
    return not _birth_order(pid)


def birth_order(raw: str, scope: Scope) -> int | None:
    """PID-25; one that is none is counted, as it says nothing of a multiple birth."""
    order = _birth_order(scope.segment)
    if not order and scope.texts(raw)[0] not in ("", "0", "1"):
        scope.count_unmapped("PID-25")
    return order or None


def _birth_place(raw: str, scope: Scope) -> Record | None:
    place = text(raw, scope)
    return {"text": place} if place else None


def home(raw: str, scope: Scope) -> Record | None:
    """PID-11, with the county of PID-12 where it is the only address and has none."""
    value = address(raw, scope)
    pid = scope.segment
    if len(pid.fields) > 12 and pid.fields[12] and (value is None or "district" not in value):
        county = "" if _county_apart(pid) else scope.texts(pid.fields[12])[0]
        if county:
            return {**(value or {}), "district": county}
    return value


def language(raw: str, scope: Scope) -> Record | None:
    """CWE as a language of BCP 47, the only code system that R4 allows here, with what was sent as its text."""
    value = concept(raw, scope)
    if value is None or "coding" not in value:
        return value
    codings = value["coding"]
    words = value.get("text") or next((one["display"] for one in codings if "display" in one), "")
    for sent in codings:
        known = _bcp_47(sent["code"])
        if known:
            found: Record = {"coding": [{"system": BCP_47, "code": known}]}
            return found | {"text": words} if words else found
    warn_unmapped(scope)
    return {"text": words or codings[0]["code"]}


def _bcp_47(sent: str) -> str:
    """A language code of ISO 639, with or without region, as BCP 47 writes it; "" when it is none."""
    name, _, region = sent.replace("_", "-").partition("-")
    name = name.lower()
    known = LANGUAGE_SHORT.get(name) or (name if name in LANGUAGES else "")
    if known and len(region) == 2 and region.isalpha() and region.isascii():
        return f"{known}-{region.upper()}"
    return known


def _population(url: str, categories: dict[str, tuple[str, str]], sent_url: str) -> Datatype:
    """CWE as one of the US Core extensions: OMB categories, detailed codes of CDCREC, text; other codes as sent."""

    def read(raw: str, scope: Scope) -> Record | list[Record] | None:
        value = concept(raw, scope)
        if value is None:
            return None
        codings = value.get("coding", ())
        inner: list[Record] = []
        for one in codings:
            known = categories.get(one["code"])
            if known is not None:
                said = {"system": CDCREC, "code": known[0], "display": known[1]}
                found = {"url": "ombCategory", "valueCoding": said}
            elif one.get("system") == CDCREC:
                found = {"url": "detailed", "valueCoding": one}
            else:
                continue
            if found not in inner:
                inner.append(found)
        words = value.get("text") or next((one["display"] for one in codings if "display" in one), "")
        words = words or (inner[0]["valueCoding"].get("display") if inner else "") or codings[0]["code"]
        made: Record = {"url": url, "extension": [*inner, {"url": "text", "valueString": words}]}
        return made if inner else [made, {"url": sent_url, "valueCodeableConcept": value}]

    return read


race = _population(RACE, {code: (code, display) for code, display in OMB_RACE.items()}, SENT_RACE)
ethnicity = _population(ETHNICITY, OMB_ETHNICITY, SENT_ETHNICITY)


def one_of_each(extensions: list[Record]) -> list[Record]:
    """Race, ethnicity and animal are one extension each, however many repetitions and fields they come from."""
    kept: dict[str, Record] = {}
    found: list[Record] = []
    for one in extensions:
        url = one["url"]
        if url not in (RACE, ETHNICITY, ANIMAL):
            found.append(one)
        elif url not in kept:
            kept[url] = {"url": url, "extension": list(one["extension"])}
            found.append(kept[url])
        else:
            _join(kept[url]["extension"], one["extension"])
    animal = kept.get(ANIMAL)
    if animal is not None and not any(one["url"] == "species" for one in animal["extension"]):
        animal["extension"].insert(0, {"url": "species", "valueCodeableConcept": _NO_SPECIES})
    return found


def _join(inner: list[Record], more: list[Record]) -> None:
    """Texts become one text, the last of the extensions; the rest stands in order, each once."""
    for one in more:
        at = next((n for n, known in enumerate(inner) if known["url"] == "text" == one["url"]), -1)
        if at >= 0:
            inner[at] = {"url": "text", "valueString": f"{inner[at]['valueString']}, {one['valueString']}"}
        elif one not in inner:
            inner.append(one)
    inner.sort(key=lambda one: one["url"] == "text")


PID = SegmentMap(
    segment="PID",
    resource="Patient",
    rows=(
        FieldRow(2, "identifier[]", cx),
        FieldRow(3, "identifier[]", cx),
        FieldRow(4, "identifier[]", cx),
        FieldRow(5, "name[]", human_names),
        FieldRow(6, "extension[]", maiden_name),
        FieldRow(7, "birthDate", date),
        FieldRow(7, "_birthDate.extension[]", extension(STRUCTURE + "patient-birthTime", "valueDateTime", instant)),
        FieldRow(8, "gender", code_in(ADMINISTRATIVE_SEX)),
        FieldRow(9, "name[]", alias_name),
        FieldRow(10, "extension[]", race),
        FieldRow(11, "address[]", home),
        FieldRow(12, "address[]", district_only, _county_apart),
        FieldRow(13, "telecom[]", contact_point("home")),
        FieldRow(14, "telecom[]", contact_point("work")),
        FieldRow(15, "communication[]", within("language", language)),
        FieldRow(
            16, "maritalStatus", concept_in(MARITAL_STATUS, TERMINOLOGY + "v3-MaritalStatus", TERMINOLOGY + "v2-0002")
        ),
        FieldRow(
            17,
            "extension[]",
            extension(
                STRUCTURE + "patient-religion",
                "valueCodeableConcept",
                concept_in(RELIGION, TERMINOLOGY + "v3-ReligiousAffiliation", TERMINOLOGY + "v2-0006"),
            ),
        ),
        FieldRow(19, "identifier[]", ssn),
        FieldRow(20, "identifier[]", licence),
        FieldRow(22, "extension[]", ethnicity),
        FieldRow(23, "extension[]", extension(STRUCTURE + "patient-birthPlace", "valueAddress", _birth_place)),
        FieldRow(24, "multipleBirthBoolean", yes_no, _birth_order_absent),
        FieldRow(25, "multipleBirthInteger", birth_order),
        FieldRow(
            26,
            "extension[]",
            nested_extension(STRUCTURE + "patient-citizenship", "code", "valueCodeableConcept", concept),
        ),
        FieldRow(
            28,
            "extension[]",
            nested_extension(STRUCTURE + "patient-nationality", "code", "valueCodeableConcept", concept),
        ),
        FieldRow(29, "deceasedDateTime", date_time),
        FieldRow(30, "deceasedBoolean", yes_no, _death_time_absent),
        FieldRow(35, "extension[]", nested_extension(ANIMAL, "species", "valueCodeableConcept", concept)),
        FieldRow(36, "extension[]", nested_extension(ANIMAL, "breed", "valueCodeableConcept", concept)),
        FieldRow(
            39,
            "extension[]",
            nested_extension(STRUCTURE + "patient-citizenship", "code", "valueCodeableConcept", concept),
        ),
        FieldRow(40, "telecom[]", contact_point()),
    ),
    understood=(1,),
)
