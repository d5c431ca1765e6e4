"""Laboratory and bedside values that a body in a given condition plausibly has, from one measurement to the next."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyte:
    """What is measured, in SI units: reference and alarm limits, and how a healthy body varies."""

    name: str
    usual: float
    spread: float
    low: float
    high: float
    alarm_low: float = 0.0
    alarm_high: float = 1e9
    least: float = 0.0
    most: float = 1e9


#: Limits that the simulated laboratory flags as HH or LL are its own; they need not be those of any rule.
ANALYTES: Mapping[str, Analyte] = MappingProxyType(
    {
        "sodium": Analyte(name="Sodium", usual=140, spread=2, low=136, high=145, alarm_low=120, alarm_high=158),
        "potassium": Analyte(name="Potassium", usual=4.2, spread=0.3, low=3.5, high=5.1, alarm_low=2.8, alarm_high=6.2),
        "chloride": Analyte(name="Chloride", usual=103, spread=2, low=98, high=107, alarm_low=75, alarm_high=126),
        "co2": Analyte(name="Carbon dioxide", usual=25, spread=1.5, low=22, high=29, alarm_low=11, alarm_high=40),
        "urea": Analyte(name="Urea nitrogen", usual=5.5, spread=0.8, low=2.5, high=7.1, alarm_high=37.1),
        "creatinine": Analyte(name="Creatinine", usual=82, spread=8, low=60, high=110, alarm_high=654),
        "glucose": Analyte(name="Glucose", usual=5.9, spread=0.8, low=3.9, high=5.8, alarm_low=2.6, alarm_high=26.9),
        "calcium": Analyte(
            name="Calcium", usual=2.35, spread=0.06, low=2.15, high=2.55, alarm_low=1.65, alarm_high=3.22
        ),
        "leukocytes": Analyte(name="Leukocytes", usual=7.4, spread=1.0, low=4, high=11, alarm_low=2, alarm_high=37),
        "haemoglobin": Analyte(name="Hemoglobin", usual=136, spread=5, low=120, high=160, alarm_low=66, alarm_high=199),
        "haematocrit": Analyte(name="Hematocrit", usual=41, spread=1.5, low=36, high=48, alarm_low=18, alarm_high=61),
        "platelets": Analyte(name="Platelets", usual=245, spread=20, low=150, high=400, alarm_low=37, alarm_high=910),
        "lactate": Analyte(name="Lactate", usual=1.2, spread=0.2, low=0.5, high=2.2, alarm_high=3.4, most=30),
        "ph": Analyte(
            name="pH of arterial blood", usual=7.4, spread=0.015, low=7.35, high=7.45, alarm_low=7.21, alarm_high=7.59
        ),
        "pco2": Analyte(
            name="Carbon dioxide, arterial", usual=40, spread=2, low=35, high=45, alarm_low=19, alarm_high=67
        ),
        "po2": Analyte(name="Oxygen, arterial", usual=90, spread=4, low=80, high=100, alarm_low=43),
        "respirations": Analyte(name="Respiratory rate", usual=16, spread=1.2, low=12, high=20, least=4, most=60),
        "saturation": Analyte(name="Oxygen saturation", usual=97, spread=0.8, low=96, high=100, least=60, most=100),
        "oxygen_flow": Analyte(name="Inhaled oxygen flow rate", usual=0, spread=0, low=0, high=0, most=15),
        "systolic": Analyte(name="Systolic blood pressure", usual=126, spread=6, low=111, high=219, least=50),
        "diastolic": Analyte(name="Diastolic blood pressure", usual=76, spread=4, low=60, high=90, least=30),
        "pulse": Analyte(name="Heart rate", usual=74, spread=5, low=51, high=90, least=25),
        "temperature": Analyte(
            name="Body temperature", usual=36.9, spread=0.2, low=36.1, high=38.0, least=33, most=41.5
        ),
        "responsiveness": Analyte(name="Level of responsiveness", usual=0, spread=0, low=0, high=0, most=4),
    }
)

#: What each condition drives the body towards when it is at its worst.
CONDITIONS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "well": {},
        "renal": {"potassium": 6.5, "creatinine": 560, "urea": 33, "co2": 15, "calcium": 1.98, "ph": 7.26},
        "sepsis": {
            "lactate": 5.6, "leukocytes": 23, "respirations": 28, "temperature": 39.3, "systolic": 86, "diastolic": 48,
            "pulse": 128, "saturation": 91, "oxygen_flow": 6, "responsiveness": 1, "creatinine": 190, "platelets": 96,
        },
        "bleed": {"haemoglobin": 61, "haematocrit": 18.5, "systolic": 92, "pulse": 122, "lactate": 3.1},
        "ketoacidosis": {"glucose": 34, "co2": 9, "ph": 7.14, "potassium": 5.7, "sodium": 129, "pulse": 112},
        "hypoglycaemia": {"glucose": 2.1, "pulse": 104, "responsiveness": 2},
        "hyponatraemia": {"sodium": 117, "chloride": 84, "responsiveness": 1},
        "respiratory": {"pco2": 69, "ph": 7.24, "po2": 51, "saturation": 86, "respirations": 27, "oxygen_flow": 4},
    }
)  # fmt: skip


class Body:
    """One patient's inside: a personal baseline, a condition and how far it has gone (0 none, 1 at its worst)."""

    def __init__(self, chance: random.Random, condition: str = "well") -> None:
        self._chance = chance
        self._worst = CONDITIONS[condition]
        self._base = {key: chance.gauss(item.usual, item.spread) for key, item in ANALYTES.items()}
        self.severity = 0.0

    def measure(self, key: str) -> float:
        """The value now, with the variation from one measurement to the next; within what an instrument can show."""
        item = ANALYTES[key]
        base = self._base[key]
        value = base + (self._worst.get(key, base) - base) * self.severity
        return min(max(value + self._chance.gauss(0, item.spread / 3), item.least), item.most)

    def worsen(self, step: float = 0.5) -> None:
        """Let the condition go on."""
        self.severity = min(1.0, self.severity + step)

    def recover(self, step: float = 0.4) -> None:
        """Treatment works."""
        self.severity = max(0.0, self.severity - step)
