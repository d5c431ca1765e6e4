"""The senders of the simulated hospital: each has its own version, identifiers, codes, units, charset and acks."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one sender writes."""

    feed: str
    port: int
    version: str
    application: str
    facility: str
    scale: Literal["ward", "lab", "clinic"]
    """Which codes and units of `SCALES` it uses."""
    with_offset: bool = False
    """Times carry the zone's offset."""
    charset: str = ""
    """MSH-18 (table 0211)."""
    codec: str = "ascii"
    accept_ack: str = ""
    """MSH-15; empty = original acknowledgement mode."""
    application_ack: str = ""
    """MSH-16."""
    with_structure: bool = False
    """MSH-9.3 is sent."""
    record_authority: str = ""
    """PID-3.4 as sent; empty = the identifier names none."""
    record_type: str = ""
    """PID-3.5."""
    record_width: int = 0
    """Zeros on the left up to this width."""
    clinic_authority: str = ""
    """When given, the clinic's own number stands first in PID-3."""
    orders: str = "ORM^O01"
    alarm_flags: bool = False
    """HH and LL are told, not only H and L."""


ZONE = ZoneInfo("America/New_York")
DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "adt": Dialect(
            feed="adt",
            port=2576,
            version="2.3.1",
            application="WESTHIS",
            facility="WESTMERE",
            scale="ward",
            record_authority="WESTMERE",
            record_type="MR",
        ),
        "lab": Dialect(
            feed="lab",
            port=2577,
            version="2.5.1",
            application="LABSYS",
            facility="WESTLAB",
            scale="lab",
            with_offset=True,
            charset="UNICODE UTF-8",
            codec="utf-8",
            accept_ack="AL",
            application_ack="NE",
            with_structure=True,
            record_width=10,
            orders="OML^O21",
            alarm_flags=True,
        ),
        "clinic": Dialect(
            feed="clinic",
            port=2578,
            version="2.4",
            application="CLINICO",
            facility="WMCLINIC",
            scale="clinic",
            charset="8859/1",
            codec="iso8859-1",
            record_authority="WMH&2.999.10&ISO",
            record_type="MR",
            clinic_authority="WMCLINIC",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Scale:
    """One analyte in one sender's terms: value as sent = SI value * factor + shift, with so many digits."""

    code: str
    unit: str
    digits: int
    factor: float = 1.0
    shift: float = 0.0


#: The laboratory's local code, then what each sender writes. Codes are LOINC, units as that sender spells them.
LOCAL_CODES: Mapping[str, str] = MappingProxyType(
    {
        "sodium": "NA",
        "potassium": "K",
        "chloride": "CL",
        "co2": "CO2",
        "urea": "UREA",
        "creatinine": "CREA",
        "glucose": "GLUC",
        "calcium": "CA",
        "leukocytes": "WBC",
        "haemoglobin": "HGB",
        "haematocrit": "HCT",
        "platelets": "PLT",
        "lactate": "LACT",
        "ph": "PHA",
        "pco2": "PCO2A",
        "po2": "PO2A",
    }
)
#: Codes that the laboratory sends without the LOINC alternate: a site must map them.
LOCAL_ONLY = frozenset({"lactate", "glucose"})

_LAB: Mapping[str, Scale] = {
    "sodium": Scale("2951-2", "meq/L", 0),
    "potassium": Scale("2823-3", "meq/L", 1),
    "chloride": Scale("2075-0", "meq/L", 0),
    "co2": Scale("2028-9", "meq/L", 0),
    "urea": Scale("22664-7", "mmol/L", 1),
    "creatinine": Scale("14682-9", "umol/L", 0),
    "glucose": Scale("14749-6", "mmol/L", 1),
    "calcium": Scale("2000-8", "mmol/L", 2),
    "leukocytes": Scale("6690-2", "10*3/uL", 1),
    "haemoglobin": Scale("718-7", "g/L", 0),
    "haematocrit": Scale("4544-3", "%", 1),
    "platelets": Scale("777-3", "10*3/uL", 0),
    "lactate": Scale("2524-7", "mmol/L", 1),
    "ph": Scale("2744-1", "[pH]", 2),
    "pco2": Scale("2019-8", "mm[Hg]", 0),
    "po2": Scale("2703-7", "mm[Hg]", 0),
}
_WARD: Mapping[str, Scale] = {
    "respirations": Scale("9279-1", "/min", 0),
    "saturation": Scale("59408-5", "%", 0),
    "oxygen_flow": Scale("3151-8", "L/min", 0),
    "systolic": Scale("8480-6", "mm[Hg]", 0),
    "diastolic": Scale("8462-4", "mm[Hg]", 0),
    "pulse": Scale("8867-4", "/min", 0),
    "temperature": Scale("8310-5", "Cel", 1),
    "responsiveness": Scale("67775-7", "", 0),
}
SCALES: Mapping[str, Mapping[str, Scale]] = MappingProxyType(
    {
        "ward": {**_LAB, **_WARD},
        "lab": {**_LAB, **_WARD},
        "clinic": {
            **_LAB,
            **_WARD,
            "sodium": Scale("2951-2", "mmol/l", 0),
            "potassium": Scale("2823-3", "mmol/l", 1),
            "chloride": Scale("2075-0", "mmol/l", 0),
            "co2": Scale("2028-9", "mmol/l", 0),
            "urea": Scale("3094-0", "mg/dl", 0, 2.801),
            "creatinine": Scale("2160-0", "mg/dl", 2, 0.01131),
            "glucose": Scale("2345-7", "mg/dl", 0, 18.016),
            "calcium": Scale("17861-6", "mg/dl", 1, 4.008),
            "haemoglobin": Scale("718-7", "g/dl", 1, 0.1),
            "temperature": Scale("8310-5", "degF", 1, 1.8, 32),
        },
    }
)
#: Panel -> local code, LOINC code, name.
PANEL_CODES: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "bmp": ("BMP", "51990-0", "Basic metabolic panel"),
        "cbc": ("CBC", "58410-2", "Complete blood count"),
        "lactate": ("LACT", "2524-7", "Lactate"),
        "gas": ("ABG", "24336-0", "Arterial blood gas"),
        "five": ("RENAL", "24362-6", "Renal function panel"),
        "vitals": ("VITALS", "85353-1", "Vital signs"),
    }
)
#: Level of responsiveness by how deep: LOINC answers; new confusion has none, so a local code.
RESPONSIVENESS = (
    ("LA9340-6", "Alert", "LN"),
    ("C", "New confusion", "L"),
    ("LA17108-4", "Verbal", "LN"),
    ("LA17107-6", "Painful", "LN"),
    ("LA9343-0", "Unresponsive", "LN"),
)


def stamp(dialect: Dialect, moment: datetime | None) -> str:
    """A point in time as the sender writes it; "" for none. `moment` is aware."""
    if moment is None:
        return ""
    return moment.astimezone(ZONE).strftime("%Y%m%d%H%M%S%z" if dialect.with_offset else "%Y%m%d%H%M%S")


def encode(dialect: Dialect, text: str) -> bytes:
    """Bytes in the sender's charset; letters that it lacks lose their marks."""
    if dialect.codec == "ascii":
        text = "".join(c for c in unicodedata.normalize("NFKD", text.replace("ß", "ss")) if ord(c) < 128)
    return text.encode(dialect.codec, "replace")
