"""The two AKI scores of a patient's newest creatinine: stage, inputs, facts in words, and where the two differ."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from processors.rules.aki import ALERT_RATIO, NEWBORN_DAYS, Series, kdigo_stage, nhse_stage, series_of, state_of
from processors.rules.facts import Found
from processors.rules.readings import CREATININE, Reading
from processors.rules.score import Chart, Input, InputState, Score
from processors.rules.times import age_days, iso

NHSE, KDIGO = "AKI-NHSE", "AKI-KDIGO"
VERSION = "1"
NOT_APPLICABLE = "not applicable"
NO_BASELINE = "no baseline"
FACTS = (
    "aki_stage",
    "aki_kdigo_stage",
    "aki_kdigo_higher",
    "aki_divergence",
    "aki_baseline",
    "aki_finding",
    "aki_interval",
    "creatinine",
)


def aki_nhse(chart: Chart) -> Score:
    """The stage of the NHS England algorithm for the newest creatinine."""
    return _score(NHSE, chart)


def aki_kdigo(chart: Chart) -> Score:
    """The KDIGO creatinine stage of the newest creatinine."""
    return _score(KDIGO, chart)


def _score(name: str, chart: Chart) -> Score:
    days = age_days(chart.birth_date, iso(chart.at)) if chart.at else None
    if days is not None and days < NEWBORN_DAYS:
        return Score(name=name, version=VERSION, at=chart.at, band=NOT_APPLICABLE, facts=_no_facts())
    series = series_of(chart)
    if series is None:
        return _not_scored(name, chart)
    stages = {NHSE: nhse_stage(series), KDIGO: kdigo_stage(series)}
    stage = stages[name]
    needs_limit = series.is_child and series.upper_limit is None and name == NHSE
    text = "" if stage is None else str(stage)
    return Score(
        name=name,
        version=VERSION,
        at=chart.at,
        value=text,
        band=_band(stage, series),
        complete=stage is not None and not needs_limit and not series.unusable,
        lower=text,
        upper=text,
        rank=stage or 0,
        level=stage or 0,
        inputs=tuple(_inputs(series)),
        rests_on=_rests_on(series),
        facts=_facts(series, stages),
    )


def _band(stage: int | None, series: Series) -> str:
    if stage is None:
        return f"{NO_BASELINE}, {_place(series)}"
    return f"stage {stage}" if stage else "no alert"


def _not_scored(name: str, chart: Chart) -> Score:
    readings = chart.readings.get(CREATININE, ())
    newest = readings[0] if readings and readings[0].at == chart.at else None
    shown = _input(CREATININE, "creatinine", newest, state_of(newest) if newest else InputState.MISSING)
    return Score(name=name, version=VERSION, at=chart.at, inputs=(shown,), facts=_no_facts())


def _no_facts() -> dict[str, Found]:
    no = dict.fromkeys(FACTS, Found(None))
    return no | {"aki_kdigo_higher": Found("no"), "aki_interval": Found("unknown")}


def _rests_on(series: Series) -> tuple[str, ...]:
    parts = (series.newest, series.lowest_recent, series.lowest_48h, *series.middle)
    return tuple(dict.fromkeys(one.reading.id for one in parts if one is not None))


def _input(name: str, words: str, reading: Reading | None, state: InputState) -> Input:
    if reading is None:
        return Input(name=name, words=words, state=state)
    return Input(name=name, words=words, state=state, value=reading.value, unit=reading.unit, reading=reading)


def _inputs(series: Series) -> Iterable[Input]:
    used, missing = InputState.USED, InputState.MISSING
    recent, rise = series.lowest_recent, series.lowest_48h
    yield _input(CREATININE, "creatinine", series.newest.reading, used)
    yield _input("lowest_7_days", "lowest of 7 days", recent.reading if recent else None, used if recent else missing)
    words = f"median of 8 to 365 days ({_results(series.long_count)})"
    middle = series.middle[0].reading if len(series.middle) == 1 else None
    if series.median_long is None:
        yield Input(name="median_8_365_days", words="median of 8 to 365 days", state=missing)
    else:
        value, unit = (middle.value, middle.unit) if middle else (_plain(series.median_long), "umol/L")
        yield Input(name="median_8_365_days", words=words, state=used, value=value, unit=unit, reading=middle)
    yield _input("lowest_48_hours", "lowest of 48 hours", rise.reading if rise else None, used if rise else missing)
    if series.is_child:
        limit = series.newest.reading.range
        state = missing if series.upper_limit is None else used
        yield Input(name="interval", words="laboratory interval", state=state, value=limit)
    for one in series.unusable:
        yield _input("earlier", "earlier creatinine", one, state_of(one))


def _results(count: int) -> str:
    return f"{count} result{'' if count == 1 else 's'}"


def _plain(amount: Decimal) -> str:
    """For people: at most one decimal place."""
    rounded = amount.quantize(Decimal("0.1"), ROUND_HALF_UP)
    return str(rounded.to_integral_value() if rounded == rounded.to_integral_value() else rounded)


def _facts(series: Series, stages: dict[str, int | None]) -> dict[str, Found]:
    reading = series.newest.reading
    nhse, kdigo = stages[NHSE], stages[KDIGO]
    return {
        "aki_stage": Found(None if nhse is None else Decimal(nhse), "", reading.path),
        "aki_kdigo_stage": Found(None if kdigo is None else Decimal(kdigo), "", reading.path),
        "aki_kdigo_higher": Found("yes" if (kdigo or 0) > (nhse or 0) else "no"),
        "aki_divergence": Found(_divergence(series, nhse, kdigo)),
        "aki_baseline": Found(_baseline_words(series)),
        "aki_finding": Found(_finding(series)),
        "aki_interval": Found(_place(series)),
        "creatinine": Found(f"{reading.value} {reading.unit}", "", reading.path),
    }


def _place(series: Series) -> str:
    """Where the result lies in the laboratory's interval."""
    if series.upper_limit is None:
        return "unknown"
    if series.newest.amount > series.upper_limit:
        return "high"
    return "low" if series.lower_limit is not None and series.newest.amount < series.lower_limit else "normal"


def _baseline_words(series: Series) -> str:
    if series.baseline is None:
        return "no earlier result within a year"
    recent = series.lowest_recent
    if recent is not None and recent.amount == series.baseline:
        return f"{recent.reading.value} {recent.reading.unit} (lowest of 7 days)"
    return f"{_plain(series.baseline)} umol/L (median of 8 to 365 days)"


def _finding(series: Series) -> str:
    """Completes 'creatinine 200 umol/L is ...'."""
    if series.baseline is None:
        return f"{_place(series)} for the laboratory, with no earlier result within a year"
    ratio = (series.newest.amount / series.baseline).quantize(Decimal("0.01"), ROUND_HALF_UP)
    told = f"{ratio} times the baseline {_baseline_words(series)}"
    if series.rise is None or series.rise <= 0:
        return told
    return f"{told}, up by {_plain(series.rise)} umol/L within 48 hours"


def _divergence(series: Series, nhse: int | None, kdigo: int | None) -> str:
    """Where the two algorithms differ on this result, and by which of their texts."""
    if nhse == kdigo:
        return "KDIGO gives the same stage" if nhse is not None else "KDIGO gives no stage either"
    told = f"KDIGO gives {f'stage {kdigo}' if kdigo else 'no AKI'}"
    return f"{told}, because {_why(series, nhse, kdigo)}"


def _why(series: Series, nhse: int | None, kdigo: int | None) -> str:
    if kdigo == 3 and not series.is_ratio(ALERT_RATIO):
        return (
            "it counts 4.0 mg/dL and more as stage 3 after any rise, the NHS algorithm only from 1.5 times the baseline"
        )
    if kdigo == 3 and series.is_child:
        return "it stages a child by 4.0 mg/dL, the NHS algorithm by three times the upper limit of the age"
    if kdigo == 3:
        return "it counts 4.0 mg/dL (353.6 umol/L) and more as stage 3, the NHS algorithm only above 354 umol/L"
    if nhse == 3:
        return "it has no limit by the laboratory's interval for the age"
    return "it asks for a rise of 26.5 umol/L (0.3 mg/dL), the NHS algorithm for more than 26"
