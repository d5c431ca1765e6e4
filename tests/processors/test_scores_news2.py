"""NEWS2 against the chart of the Royal College of Physicians: every boundary, both scales, units, what is missing."""

from dataclasses import replace

import pytest

from processors.rules.news2 import news2
from processors.rules.news2_answers import ACVPU
from processors.rules.readings import Reading
from processors.rules.score import Chart, InputState, Score
from processors.rules.times import MINUTE, instant

AT = "2026-03-02T08:00:00Z"
NOW = instant(AT) or 0
USUAL = {
    "respirations": ("16", "/min"),
    "spo2": ("98", "%"),
    "oxygen_flow": ("0", "L/min"),
    "systolic": ("120", "mm[Hg]"),
    "pulse": ("70", "/min"),
    "consciousness": ("A", ""),
    "temperature": ("37.0", "Cel"),
}
#: Parameter -> value -> points, on both sides of every limit of the chart (scale 1, air).
CHART = {
    "respirations": {"1": 3, "8": 3, "9": 1, "11": 1, "12": 0, "20": 0, "21": 2, "24": 2, "25": 3, "80": 3},
    "spo2": {"30": 3, "91": 3, "92": 2, "93": 2, "94": 1, "95": 1, "96": 0, "100": 0},
    "systolic": {
        **{"20": 3, "90": 3, "91": 2, "100": 2, "101": 1, "110": 1, "111": 0, "219": 0, "220": 3, "300": 3},
    },
    "pulse": {
        **{"10": 3, "40": 3, "41": 1, "50": 1, "51": 0, "90": 0, "91": 1, "110": 1, "111": 2, "130": 2, "131": 3},
        "300": 3,
    },
    "temperature": {
        **{"25": 3, "35.0": 3, "35.1": 1, "36.0": 1, "36.1": 0, "38.0": 0, "38.1": 1, "39.0": 1, "39.1": 2, "45": 2},
    },
    "consciousness": {"A": 0, "C": 3, "V": 3, "P": 3, "U": 3},
    "oxygen_flow": {"0": 0, "0.5": 2, "15": 2},
}
SCALE_2_AIR = {"83": 3, "84": 2, "85": 2, "86": 1, "87": 1, "88": 0, "92": 0, "93": 0, "96": 0, "97": 0, "100": 0}
SCALE_2_OXYGEN = {**SCALE_2_AIR, "93": 1, "94": 1, "95": 2, "96": 2, "97": 3, "100": 3}
BOUNDARIES = [(name, value, given) for name, row in CHART.items() for value, given in row.items()]


def reading(name: str, value: str, unit: str, at: str = AT, **more: object) -> Reading:
    made = Reading(id=name, ver=1, rank=3, eff=at, value=value, unit=unit, path=f"{name}-5", rec=f"rec-{name}")
    return replace(made, **more)  # type: ignore[arg-type]


def chart(born: str = "1960-05-01", now: int = NOW, **changes: tuple[str, str] | Reading | None) -> Chart:
    """A usual set with changes; None = not measured."""
    stated = {**USUAL, **changes}
    made = {
        name: (one,) if isinstance(one, Reading) else (reading(name, *one),)
        for name, one in stated.items()
        if one is not None
    }
    return Chart(readings=made, at=NOW, birth_date=born, now=now)


def score(**changes: tuple[str, str] | Reading | None) -> Score:
    return news2(chart(**changes))


def given_to(found: Score, name: str) -> tuple[int, InputState]:
    name = "air_or_oxygen" if name.startswith("oxygen") else name
    return next((one.points, one.state) for one in found.inputs if one.name == name)


@pytest.mark.parametrize(("name", "value", "points"), BOUNDARIES)
def test_the_chart(name: str, value: str, points: int) -> None:
    found = score(**{name: (value, USUAL[name][1])})
    assert given_to(found, name) == (points, InputState.USED)
    assert (found.value, found.complete) == (str(points), True)


@pytest.mark.parametrize(("value", "points"), SCALE_2_AIR.items())
def test_scale_2_on_air(value: str, points: int) -> None:
    assert score(spo2=(value, "%"), spo2_scale=("2", "")).value == str(points)


@pytest.mark.parametrize(("value", "points"), SCALE_2_OXYGEN.items())
def test_scale_2_on_oxygen(value: str, points: int) -> None:
    found = score(spo2=(value, "%"), spo2_scale=("2", ""), oxygen_flow=("2", "L/min"))
    assert found.value == str(points + 2)


@pytest.mark.parametrize("prescribed", [None, ("1", "")])
def test_scale_1_unless_the_other_is_prescribed(prescribed: tuple[str, str] | None) -> None:
    assert score(spo2=("88", "%"), spo2_scale=prescribed).value == "3"


def test_a_scale_that_cannot_be_read_leaves_both_possible() -> None:
    found = score(spo2=("88", "%"), spo2_scale=("3", ""))
    assert (found.value, found.lower, found.upper, found.complete) == ("", "0", "3", False)


def test_on_scale_2_with_air_or_oxygen_unknown_a_high_saturation_is_not_certain() -> None:
    found = score(spo2=("97", "%"), spo2_scale=("2", ""), oxygen_flow=None)
    assert (found.lower, found.upper) == ("0", "5")


@pytest.mark.parametrize(
    ("total", "band", "minutes"),
    [(0, "low", 720), (1, "low", 360), (4, "low", 360), (5, "medium", 60), (6, "medium", 60), (7, "high", 30)],
)
def test_bands_and_the_time_of_the_next_set(total: int, band: str, minutes: int) -> None:
    parts = {1: ("91", "95"), 4: ("111", "93"), 5: ("111", "93"), 6: ("111", "93"), 7: ("111", "93")}
    pulse, spo2 = parts.get(total, ("70", "98"))
    more = {5: {"temperature": ("38.1", "Cel")}, 6: {"oxygen_flow": ("2", "L/min")}}.get(total, {})
    if total == 1:
        spo2 = "98"
    if total == 7:
        more = {"oxygen_flow": ("2", "L/min"), "temperature": ("38.1", "Cel")}
    found = score(pulse=(pulse, "/min"), spo2=(spo2, "%"), **more)
    assert (found.value, found.band, found.expires) == (str(total), band, NOW + minutes * MINUTE)


def test_a_three_in_one_parameter_is_a_band_of_its_own_below_five() -> None:
    assert score(respirations=("8", "/min")).band == "low-medium"
    assert score(respirations=("8", "/min"), pulse=("111", "/min")).band == "medium"


def test_the_greatest_total_is_twenty() -> None:
    worst = {"respirations": ("30", "/min"), "spo2": ("80", "%"), "oxygen_flow": ("15", "L/min")}
    worst |= {"systolic": ("80", "mm[Hg]"), "pulse": ("140", "/min"), "consciousness": ("U", "")}
    assert score(**worst, temperature=("34", "Cel")).value == "20"


# units


@pytest.mark.parametrize(
    ("name", "value", "unit", "points"),
    [
        ("temperature", "95.0", "[degF]", 3),
        ("temperature", "95.1", "[degF]", 1),
        ("temperature", "100.4", "[degF]", 0),
        ("temperature", "100.5", "[degF]", 1),
        ("temperature", "308.15", "K", 3),
        ("temperature", "308.20", "K", 1),
        ("temperature", "39.05", "Cel", 2),
        ("temperature", "39.04", "Cel", 1),
        ("systolic", "12.0", "kPa", 3),
        ("systolic", "12.1", "kPa", 2),
        ("systolic", "90.5", "mmHg", 2),
        ("systolic", "90.4", "mmHg", 3),
        ("spo2", "0.91", "1", 3),
        ("spo2", "0.96", "1", 0),
        ("spo2", "95.5", "%", 0),
        ("respirations", "20.5", "{breaths}/min", 2),
        ("pulse", "90.4", "bpm", 0),
    ],
)
def test_units_are_converted_exactly_and_rounded_half_up(name: str, value: str, unit: str, points: int) -> None:
    assert given_to(score(**{name: (value, unit)}), name) == (points, InputState.USED)


@pytest.mark.parametrize(
    ("name", "value", "unit", "state"),
    [
        ("temperature", "98.6", "Cel", InputState.REJECTED),
        ("temperature", "98.6", "", InputState.UNIT),
        ("temperature", "37", "mm[Hg]", InputState.UNIT),
        ("temperature", "24.9", "Cel", InputState.REJECTED),
        ("temperature", "45.1", "Cel", InputState.REJECTED),
        ("spo2", "29", "%", InputState.REJECTED),
        ("spo2", "101", "%", InputState.REJECTED),
        ("spo2", "0.97", "%", InputState.REJECTED),
        ("respirations", "0", "/min", InputState.REJECTED),
        ("respirations", "81", "/min", InputState.REJECTED),
        ("pulse", "9", "/min", InputState.REJECTED),
        ("pulse", "301", "/min", InputState.REJECTED),
        ("systolic", "19", "mm[Hg]", InputState.REJECTED),
        ("systolic", "301", "mm[Hg]", InputState.REJECTED),
        ("systolic", "<70", "mm[Hg]", InputState.REJECTED),
        ("pulse", "7,0", "/min", InputState.REJECTED),
        ("consciousness", "15", "", InputState.REJECTED),
        ("oxygen_flow", "-1", "L/min", InputState.REJECTED),
    ],
)
def test_what_cannot_be_is_refused_and_never_clamped(name: str, value: str, unit: str, state: InputState) -> None:
    found = score(**{name: (value, unit)})
    assert given_to(found, name) == (0, state)
    assert (found.value, found.complete, found.band) == ("", False, "")


def test_the_unit_as_the_site_maps_it_counts_where_the_sent_one_says_nothing() -> None:
    mapped = reading("temperature", "98.6", "Fahrenheit", ucum="[degF]")
    assert score(temperature=mapped).value == "0"


# air and oxygen


@pytest.mark.parametrize(
    ("changes", "points"),
    [
        ({"oxygen_fraction": ("21", "%"), "oxygen_flow": None}, 0),
        ({"oxygen_fraction": ("0.21", "1"), "oxygen_flow": None}, 0),
        ({"oxygen_fraction": ("22", "%"), "oxygen_flow": None}, 2),
        ({"oxygen_fraction": ("28", "%"), "oxygen_flow": ("0", "L/min")}, 2),
        ({"oxygen_flow": ("nasal cannula", "")}, 2),
        ({"oxygen_flow": ("Room air", "")}, 0),
    ],
)
def test_oxygen_by_flow_fraction_or_device(changes: dict[str, tuple[str, str] | None], points: int) -> None:
    assert score(**changes).value == str(points)


def test_silence_is_not_air() -> None:
    found = score(oxygen_flow=None)
    assert (found.value, found.lower, found.upper) == ("", "0", "2")


def test_oxygen_of_more_than_an_hour_ago_is_stale() -> None:
    found = score(oxygen_flow=reading("oxygen_flow", "2", "L/min", "2026-03-02T06:59:00Z"))
    assert given_to(found, "oxygen_flow") == (0, InputState.STALE)


# consciousness


@pytest.mark.parametrize(
    ("coding", "letter"),
    [
        ("http://loinc.org|LA9340-6", "A"),
        ("http://loinc.org|LA17108-4", "V"),
        ("http://loinc.org|LA17107-6", "P"),
        ("http://loinc.org|LA9343-0", "U"),
        ("http://snomed.info/sct|248234008", "A"),
        ("http://snomed.info/sct|450847001", "P"),
        ("urn:wardline:feed:ward:99ACVPU|C", "C"),
        ("urn:wardline:feed:ward:99ACVPU|c", "C"),
    ],
)
def test_answers_by_their_codes(coding: str, letter: str) -> None:
    found = score(consciousness=reading("consciousness", "as charted", "", codes=(coding,)))
    assert found.value == str(ACVPU[letter])


def test_the_letter_of_another_code_system_is_no_answer() -> None:
    found = score(consciousness=reading("consciousness", "?", "", codes=("urn:other|C",)))
    assert given_to(found, "consciousness") == (0, InputState.REJECTED)


@pytest.mark.parametrize("words", ["New confusion", " voice ", "Pain", "UNRESPONSIVE"])
def test_answers_in_words(words: str) -> None:
    assert score(consciousness=(words, "")).value == "3"


# missing, stale


@pytest.mark.parametrize("name", list(USUAL))
def test_one_missing_input_leaves_no_total_and_is_never_low(name: str) -> None:
    found = score(**{name: None})
    assert (found.value, found.complete, found.band) == ("", False, "")
    assert int(found.upper) - int(found.lower) == (2 if name == "oxygen_flow" else 3)


@pytest.mark.parametrize(
    ("changes", "band"),
    [
        ({"respirations": ("25", "/min"), "spo2": ("91", "%"), "pulse": ("91", "/min")}, "high"),
        ({"respirations": ("25", "/min"), "pulse": ("111", "/min")}, "medium"),
        ({"respirations": ("25", "/min")}, "low-medium"),
        ({"pulse": ("111", "/min")}, ""),
    ],
)
def test_half_a_set_is_acted_on_by_its_lower_bound(changes: dict[str, tuple[str, str]], band: str) -> None:
    assert score(temperature=None, **changes).band == band


@pytest.mark.parametrize(
    ("taken", "state"),
    [("2026-03-02T07:00:00Z", InputState.USED), ("2026-03-02T06:59:59Z", InputState.STALE)],
)
def test_a_set_is_an_hour(taken: str, state: InputState) -> None:
    found = score(pulse=reading("pulse", "140", "/min", taken))
    assert given_to(found, "pulse")[1] is state


@pytest.mark.parametrize(("born", "band"), [("2010-03-03", "not applicable"), ("2010-03-02", "low"), ("", "low")])
def test_not_for_children_under_sixteen(born: str, band: str) -> None:
    assert news2(chart(born)).band == band


@pytest.mark.parametrize(("seconds", "overdue"), [(-1, "no"), (0, "yes")])
def test_overdue_from_the_second_that_the_next_set_is_due(seconds: int, overdue: str) -> None:
    found = news2(chart(now=NOW + 720 * MINUTE + seconds * 1_000_000))
    assert found.facts["news2_overdue"].text == overdue


def test_qsofa_stands_beside_it() -> None:
    found = score(respirations=("22", "/min"), systolic=("100", "mm[Hg]"), consciousness=("V", ""))
    assert found.facts["qsofa"].text == "3 of 3 (breathing rate, systolic pressure, alertness)"
    assert score(respirations=("21", "/min"), systolic=("101", "mm[Hg]")).facts["qsofa"].text == "0 of 3 (none)"


# what public code gets wrong


@pytest.mark.parametrize(
    ("changes", "total"),
    [
        ({"respirations": ("22", "/min")}, "2"),
        ({"spo2": ("90", "%"), "spo2_scale": ("2", "")}, "0"),
        ({"temperature": ("35.0", "Cel")}, "3"),
        ({"temperature": ("36.0", "Cel")}, "1"),
        ({"systolic": ("95", "mm[Hg]")}, "2"),
        ({"pulse": None}, ""),
        ({"spo2": ("97", "%"), "spo2_scale": ("2", ""), "oxygen_flow": ("2", "L/min")}, "5"),
    ],
    ids=["21-24-is-2", "scale-2-on-air", "35.0-is-3", "36.0-is-1", "91-100-is-2", "no-usual-value", "scale-2-exists"],
)
def test_known_mistakes_of_public_code(changes: dict[str, tuple[str, str] | None], total: str) -> None:
    assert score(**changes).value == total
