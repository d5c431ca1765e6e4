"""Made-up people: patients and clinicians whose names, addresses and numbers no real person bears."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

GIVEN_F = ("Testina", "Samplia", "Mockella", "Dummetta", "Exempla", "Fictiana", "Placebelle", "Zoë-Fauxine")
GIVEN_M = ("Testopher", "Sampleton", "Mockward", "Dummas", "Exemplar", "Fictor", "Pretendon", "Jürg-Fauxan")
FAMILY = (
    "Testfeather",
    "Mockingham",
    "Samplewood",
    "Fauxley",
    "Dummerstein",
    "Exampleton",
    "Placeholt",
    "Fictavia",
    "Müsterli",
    "Specimann",
    "O'Pretend",
    "Größnix",
    "Façonné",
    "Peña-Ficta",
    "Trialby",
    "Sandboxer",
)
STREETS = ("Imaginary Lane", "Nowhere Road", "Fixture Street", "Stub Avenue", "Seed & Salt Row")
TOWNS = ("Testville", "Mockton", "Fauxbridge", "Sampleford")
CLINICIANS = ("Fauxworth", "Mockler", "Testerman", "Sampson-Stub", "Dummett", "Fabrizio-Fict", "Proxen", "Placebo")
BORN_FROM = date(1932, 1, 1)
BORN_DAYS = 26_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinician:
    """A member of staff."""

    number: str
    family: str
    given: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A patient. `record_number` is the hospital's, `clinic_number` the clinic's own for the same person."""

    record_number: str
    clinic_number: str
    family: str
    given: str
    born: date
    sex: str
    street: str
    town: str
    postcode: str
    phone: str
    physician: Clinician


def dice(seed: int, *parts: object) -> random.Random:
    """A repeatable source of chance: the same seed and parts give the same numbers on every machine."""
    return random.Random("/".join(str(part) for part in (seed, *parts)))  # noqa: S311 - made-up patients, no secret


def person(seed: int, number: int) -> Person:
    """The `number`th patient of this seed, always the same."""
    chance = dice(seed, "person", number)
    sex = chance.choice("FM")
    return Person(
        record_number=f"{10 + seed % 89}{number * 7 % 90_000:05d}",
        clinic_number=f"C{10 + seed % 89}{number:05d}",
        family=chance.choice(FAMILY),
        given=chance.choice(GIVEN_F if sex == "F" else GIVEN_M),
        born=BORN_FROM + timedelta(days=chance.randrange(BORN_DAYS)),
        sex=sex,
        street=f"{chance.randrange(1, 200)} {chance.choice(STREETS)}",
        town=chance.choice(TOWNS),
        postcode=f"00{chance.randrange(100, 999)}",
        phone=f"(555)555-01{chance.randrange(100):02d}",
        physician=clinician(chance),
    )


def clinician(chance: random.Random) -> Clinician:
    """One of a small staff."""
    place = chance.randrange(len(CLINICIANS))
    return Clinician(number=f"D{100 + place}", family=CLINICIANS[place], given="Doc")
