"""NEWS2 (Royal College of Physicians, December 2017): both oxygen scales, in exact decimals, never on half a set.

Units, rounding, refused ranges, staleness and bounds are project policy. Where an input is missing there is no total
but a lower and an upper bound; the lower bound alone may raise an alarm, and a partial set is never called low.
"""

from processors.rules.facts import Found
from processors.rules.news2_answers import ACVPU, AIR, consciousness, on_oxygen
from processors.rules.news2_facts import FACTS, Told, facts
from processors.rules.news2_points import MEASURES, SCALE_1, SCALE_2_AIR, SCALE_2_OXYGEN, Bands, amount_of, points
from processors.rules.readings import Reading
from processors.rules.score import Chart, Input, InputState, Score
from processors.rules.times import MINUTE, age_years, iso

NAME = "NEWS2"
VERSION = "1"
CODES = {
    "9279-1": "respirations",
    "59408-5": "spo2",
    "2708-6": "spo2",
    "3151-8": "oxygen_flow",
    "3150-6": "oxygen_fraction",
    "8480-6": "systolic",
    "8867-4": "pulse",
    "67775-7": "consciousness",
    "8310-5": "temperature",
    "SPO2SCALE": "spo2_scale",
}
#: One set: readings of this time before its newest one.
SET_US = 60 * MINUTE
UNDER_AGE = 16
#: Most points of an input that is not known.
_MOST = {"air_or_oxygen": 2}
_USUAL_MOST = 3
_ORDER = ("respirations", "spo2", "air_or_oxygen", "systolic", "pulse", "consciousness", "temperature")
#: Band -> rank, minutes until the next set, in words. The chart's bands; 0 points are watched less often than 1 to 4.
BANDS = {"low": (0, 360), "low-medium": (1, 60), "medium": (2, 60), "high": (3, 30)}
_ZERO_MIN = 720
NOT_APPLICABLE = "not applicable"


def news2(chart: Chart) -> Score:
    """The score of the set whose newest reading is at `chart.at`."""
    years = age_years(chart.birth_date, iso(chart.at))
    if chart.at and years is not None and years < UNDER_AGE:
        return _not_applicable(chart)
    oxygen = _oxygen(chart)
    spo2, possible = _saturation(chart, oxygen)
    found = {"air_or_oxygen": oxygen, "spo2": spo2, "consciousness": _consciousness(chart)}
    found |= {name: _measured(chart, name) for name in ("respirations", "systolic", "pulse", "temperature")}
    inputs = tuple(found[name] for name in _ORDER)
    unknown = [one for one in inputs if one.state is not InputState.USED]
    uncertain = possible[1] - possible[0]
    lower = sum(one.points for one in inputs)
    upper = lower + uncertain + sum(_MOST.get(one.name, _USUAL_MOST) for one in unknown)
    complete = not unknown and not uncertain
    return _score(chart, (*inputs, _scale_input(chart)), (lower, upper), complete=complete)


def _score(chart: Chart, inputs: tuple[Input, ...], bounds: tuple[int, int], *, complete: bool) -> Score:
    lower, upper = bounds
    band = _band(lower, inputs, complete=complete)
    rank, minutes = BANDS.get(band, (0, 0))
    if band == "low" and not lower:
        minutes = _ZERO_MIN
    expires = chart.at + minutes * MINUTE if band and chart.at else None
    return Score(
        name=NAME,
        version=VERSION,
        at=chart.at,
        value=str(lower) if complete else "",
        band=band,
        complete=complete,
        lower=str(lower),
        upper=str(upper),
        rank=rank,
        level=lower,
        expires=expires,
        inputs=inputs,
        rests_on=tuple(one.reading.id for one in inputs if one.reading and one.state is InputState.USED),
        facts=facts(
            chart,
            inputs,
            Told(lower=lower, upper=upper, band=band, complete=complete, minutes=minutes, expires=expires),
        ),
    )


def _band(lower: int, inputs: tuple[Input, ...], *, complete: bool) -> str:
    if lower >= 7:
        return "high"
    if lower >= 5:
        return "medium"
    if any(one.points == 3 for one in inputs):
        return "low-medium"
    return "low" if complete else ""


def _not_applicable(chart: Chart) -> Score:
    """NEWS2 is not for children under 16 years. (Nor for pregnancy, of which we are not told.)"""
    unknown = dict.fromkeys(FACTS, Found(None)) | {
        "news2_band": Found(NOT_APPLICABLE, "", "PID-7"),
        "news2_complete": Found(NOT_APPLICABLE),
        "news2_overdue": Found("no"),
    }
    return Score(name=NAME, version=VERSION, at=chart.at, band=NOT_APPLICABLE, facts=unknown)


# inputs


def _newest(chart: Chart, parameter: str) -> tuple[Reading | None, InputState]:
    """The newest reading of the set; one that is too old is shown, and not used."""
    for reading in chart.readings.get(parameter, ()):
        return reading, InputState.USED if chart.at - reading.at <= SET_US else InputState.STALE
    return None, InputState.MISSING


def _input(name: str, words: str, reading: Reading | None, state: InputState, given: int = 0) -> Input:
    if reading is None:
        return Input(name=name, words=words, state=state)
    used = given if state is InputState.USED else 0
    return Input(
        name=name, words=words, state=state, points=used, value=reading.value, unit=reading.unit, reading=reading
    )


def _measured(chart: Chart, name: str) -> Input:
    measure = MEASURES[name]
    reading, state = _newest(chart, name)
    if reading is None or state is not InputState.USED:
        return _input(name, measure.words, reading, state)
    amount = amount_of(reading, measure)
    if isinstance(amount, InputState):
        return _input(name, measure.words, reading, amount)
    return _input(name, measure.words, reading, state, points(amount, measure.bands))


def _consciousness(chart: Chart) -> Input:
    reading, state = _newest(chart, "consciousness")
    if reading is None or state is not InputState.USED:
        return _input("consciousness", "alertness", reading, state)
    answer = consciousness(reading)
    if not answer:
        return _input("consciousness", "alertness", reading, InputState.REJECTED)
    return _input("consciousness", "alertness", reading, state, ACVPU[answer])


def _oxygen(chart: Chart) -> Input:
    """Any reading that says oxygen; else one that cannot be used; else one that says air. Silence is not air."""
    read: list[tuple[int, Input]] = []
    for parameter in ("oxygen_flow", "oxygen_fraction"):
        reading, state = _newest(chart, parameter)
        if reading is not None:
            read.append(_breathing(parameter, reading, state))
    if not read:
        return _input("air_or_oxygen", "air or oxygen", None, InputState.MISSING)
    return min(read, key=_first)[1]


def _first(pair: tuple[int, Input]) -> int:
    return pair[0]


def _breathing(parameter: str, reading: Reading, state: InputState) -> tuple[int, Input]:
    """With its place among the answers: oxygen, unusable, air, stale."""
    if state is InputState.STALE:
        return 3, _input("air_or_oxygen", "air or oxygen", reading, state)
    said = on_oxygen(reading)
    if said is None:
        amount = amount_of(reading, MEASURES[parameter])
        if isinstance(amount, InputState):
            return 1, _input("air_or_oxygen", "air or oxygen", reading, amount)
        said = amount > AIR[parameter]
    return (0 if said else 2), _input("air_or_oxygen", "air or oxygen", reading, state, 2 if said else 0)


def _saturation(chart: Chart, oxygen: Input) -> tuple[Input, tuple[int, int]]:
    """The input with its least points, and the least and most that they can be.

    On scale 2 a saturation of 93 and more counts only on oxygen: with air or oxygen unknown, or a scale that cannot be
    read, the points are not certain.
    """
    reading, state = _newest(chart, "spo2")
    words = MEASURES["spo2"].words
    if reading is None or state is not InputState.USED:
        return _input("spo2", words, reading, state), (0, 0)
    amount = amount_of(reading, MEASURES["spo2"])
    if isinstance(amount, InputState):
        return _input("spo2", words, reading, amount), (0, 0)
    given = [points(amount, bands) for bands in _scales(scale(chart), oxygen)]
    return _input("spo2", words, reading, state, min(given)), (min(given), max(given))


def _scales(prescribed: str, oxygen: Input) -> list[Bands]:
    if oxygen.state is not InputState.USED:
        second = [SCALE_2_AIR, SCALE_2_OXYGEN]
    else:
        second = [SCALE_2_OXYGEN if oxygen.points else SCALE_2_AIR]
    return {"1": [SCALE_1], "2": second}.get(prescribed, [SCALE_1, *second])


def scale(chart: Chart) -> str:
    """The prescribed saturation scale at the time of the set: 1 unless told; '' where what was told cannot be read."""
    told = chart.readings.get("spo2_scale", ())
    if not told:
        return "1"
    number = told[0].number()
    return str(number) if number in (1, 2) else ""


def _scale_input(chart: Chart) -> Input:
    told = chart.readings.get("spo2_scale", ())
    reading = told[0] if told else None
    state = InputState.USED if scale(chart) else InputState.REJECTED
    if reading is None:
        return Input(name="spo2_scale", words="saturation scale", state=state, value="1")
    return _input("spo2_scale", "saturation scale", reading, state)
