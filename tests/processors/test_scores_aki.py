"""AKI against the NHS England flowchart and KDIGO: every boundary, windows, median, units, children, corrections."""

from dataclasses import replace

import pytest
from decide_world import Ward, commands, decisions, values
from hypothesis import given, settings
from hypothesis import strategies as st

from processors import topics
from processors.envelope import Record
from processors.rules.aki_score import aki_kdigo, aki_nhse
from processors.rules.cases import Result
from processors.rules.readings import CREATININE, Reading
from processors.rules.score import Chart, InputState, Score
from processors.rules.times import DAY, MINUTE, instant, iso

AT = "2026-03-02T08:00:00Z"
NOW = instant(AT) or 0
HOUR = 60 * MINUTE
UMOL, MG = ("14682-9", "umol/L"), ("2160-0", "mg/dL")


def reading(value: str, ago: int = 0, how: tuple[str, str] = UMOL, **more: object) -> Reading:
    """A creatinine so many microseconds before the newest."""
    made = Reading(
        id=f"{value}-{ago}", ver=NOW - ago, rank=3, eff=iso(NOW - ago), value=value, unit=how[1], code=how[0]
    )
    return replace(made, **more)  # type: ignore[arg-type]


def chart(*readings: Reading, born: str = "1960-05-01") -> Chart:
    newest_first = tuple(sorted(readings, key=lambda one: one.at, reverse=True))
    return Chart(readings={CREATININE: newest_first}, at=NOW, birth_date=born, now=NOW)


def both(*readings: Reading, born: str = "1960-05-01") -> tuple[str, str]:
    made = chart(*readings, born=born)
    return aki_nhse(made).value, aki_kdigo(made).value


@pytest.mark.parametrize(
    ("newest", "baseline", "nhse", "kdigo"),
    [
        # ratios: 1.5, 2, 3 times, never rounded (40 is risen by less than 26 at each)
        ("59.9", "40", "0", "0"),
        ("60", "40", "1", "1"),
        ("79.9", "40", "1", "1"),
        ("80", "40", "2", "2"),
        ("119.9", "40", "2", "2"),
        ("120", "40", "3", "3"),
        # rise within 48 hours, ratio below 1.5: more than 26, at least 26.5
        ("126", "100", "0", "0"),
        ("126.1", "100", "1", "0"),
        ("126.4", "100", "1", "0"),
        ("126.5", "100", "1", "1"),
        # 354 for the NHS only above and only from 1.5 times; 353.6 for KDIGO once there is AKI
        ("353.5", "200", "1", "1"),
        ("353.6", "200", "1", "3"),
        ("354", "200", "1", "3"),
        ("354.1", "200", "3", "3"),
        ("354.1", "237", "1", "3"),
        ("370", "340", "1", "3"),
        ("360", "340", "0", "0"),
    ],
)
def test_the_boundaries_in_umol(newest: str, baseline: str, nhse: str, kdigo: str) -> None:
    assert both(reading(newest), reading(baseline, 24 * HOUR)) == (nhse, kdigo)


@pytest.mark.parametrize(
    ("newest", "baseline", "nhse", "kdigo"),
    [
        ("1.2", "0.8", "1", "1"),
        ("1.19", "0.8", "1", "1"),
        ("1.09", "0.8", "0", "0"),
        ("1.1", "0.8", "1", "1"),
        ("1.6", "0.8", "2", "2"),
        ("2.4", "0.8", "3", "3"),
        ("4.0", "2.6", "1", "3"),
        ("4.01", "2.6", "3", "3"),
        ("3.99", "2.6", "1", "1"),
    ],
)
def test_the_boundaries_in_mg(newest: str, baseline: str, nhse: str, kdigo: str) -> None:
    assert both(reading(newest, how=MG), reading(baseline, 24 * HOUR, MG)) == (nhse, kdigo)


def test_both_units_in_one_series_are_compared_exactly() -> None:
    assert both(reading("1.5", how=MG), reading("88.4", 24 * HOUR)) == ("1", "1")
    assert both(reading("132.5", how=UMOL), reading("1.0", 3 * DAY, MG)) == ("0", "0")


@pytest.mark.parametrize(
    ("ago", "nhse"),
    [(48 * HOUR, "1"), (48 * HOUR + 1_000_000, "0")],
)
def test_the_rise_is_of_48_hours_inclusive(ago: int, nhse: str) -> None:
    assert both(reading("130"), reading("100", ago))[0] == nhse


@pytest.mark.parametrize(
    ("ago", "recent", "long"),
    [
        (0, "used", "missing"),
        (8 * DAY - 1_000_000, "used", "missing"),
        (8 * DAY, "missing", "used"),
        (366 * DAY - 1_000_000, "missing", "used"),
        (366 * DAY, "missing", "missing"),
    ],
)
def test_the_windows_are_whole_elapsed_days(ago: int, recent: str, long: str) -> None:
    found = aki_nhse(chart(reading("100"), reading("90", ago)))
    states = {one.name: one.state.value for one in found.inputs}
    assert (states["lowest_7_days"], states["median_8_365_days"]) == (recent, long)


@pytest.mark.parametrize(
    ("older", "median"),
    [(("50",), "50"), (("50", "80"), "65"), (("50", "60", "200"), "60"), (("50", "60", "71", "200"), "65.5")],
)
def test_the_median_of_an_even_number_is_the_mean_of_the_middle_two(older: tuple[str, ...], median: str) -> None:
    readings = [reading(value, (10 + n) * DAY) for n, value in enumerate(older)]
    found = aki_nhse(chart(reading("100"), *readings))
    assert [one.value for one in found.inputs if one.name == "median_8_365_days"] == [median]


def test_the_lower_of_the_two_baselines_counts() -> None:
    assert both(reading("120"), reading("100", 3 * DAY), reading("60", 100 * DAY))[0] == "2"
    assert both(reading("120"), reading("60", 3 * DAY), reading("100", 100 * DAY))[0] == "2"


def test_the_lowest_of_seven_days_not_the_newest() -> None:
    assert both(reading("120"), reading("110", DAY), reading("60", 5 * DAY))[0] == "2"


@pytest.mark.parametrize(
    ("interval", "band"),
    [
        ("59-104", "high"),
        ("59-105", "normal"),
        ("106-200", "low"),
        ("< 104", "high"),
        ("", "unknown"),
        ("n/a", "unknown"),
    ],
)
def test_without_a_result_in_a_year_the_laboratory_interval_speaks(interval: str, band: str) -> None:
    found = aki_nhse(chart(reading("105", range=interval)))
    assert (found.value, found.band, found.complete) == ("", f"no baseline, {band}", False)


# children


@pytest.mark.parametrize(("value", "nhse", "kdigo"), [("120", "2", "2"), ("121", "3", "2")])
def test_a_child_is_stage_3_above_three_times_the_upper_limit(value: str, nhse: str, kdigo: str) -> None:
    newest = reading(value, range="20-40")
    assert both(newest, reading("60", DAY), born="2020-05-01") == (nhse, kdigo)


def test_a_child_is_not_judged_by_354() -> None:
    newest = reading("355", range="20-120")
    assert both(newest, reading("200", DAY), born="2010-05-01") == ("1", "3")


def test_a_child_without_a_known_limit_is_not_complete() -> None:
    found = aki_nhse(chart(reading("100"), reading("60", DAY), born="2020-05-01"))
    assert (found.value, found.complete) == ("1", False)


@pytest.mark.parametrize(("born", "band"), [("2026-02-03", "not applicable"), ("2026-02-02", "stage 1")])
def test_not_for_the_newborn(born: str, band: str) -> None:
    assert aki_nhse(chart(reading("60", range="20-40"), reading("40", DAY), born=born)).band == band


# what cannot be compared


@pytest.mark.parametrize(
    ("newest", "state"),
    [
        (reading("180", how=("2160-0", "umol/L")), InputState.UNIT),
        (reading("2.0", how=("14682-9", "mg/dL")), InputState.UNIT),
        (reading("180", how=("14682-9", "")), InputState.UNIT),
        (reading(">1500"), InputState.REJECTED),
        (reading("haemolysed"), InputState.REJECTED),
        (reading("0"), InputState.REJECTED),
    ],
)
def test_a_newest_result_that_cannot_be_compared_gives_no_stage(newest: Reading, state: InputState) -> None:
    found = aki_nhse(chart(newest, reading("60", DAY)))
    assert (found.value, found.rank, [one.state for one in found.inputs]) == ("", 0, [state])


def test_an_earlier_result_that_cannot_be_compared_is_no_baseline_and_is_shown() -> None:
    found = aki_nhse(chart(reading("120"), reading("60", DAY), reading("0.5", 2 * DAY, ("14682-9", "mg/dL"))))
    assert (found.value, found.complete) == ("2", False)
    assert (found.inputs[-1].name, found.inputs[-1].state) == ("earlier", InputState.UNIT)


# where the two differ


def told(*readings: Reading, born: str = "1960-05-01") -> str:
    return aki_nhse(chart(*readings, born=born)).facts["aki_divergence"].text


@pytest.mark.parametrize(
    ("readings", "says"),
    [
        (
            (reading("370"), reading("340", DAY)),
            "because it counts 4.0 mg/dL and more as stage 3 after any rise",
        ),
        ((reading("4.0", how=MG), reading("2.6", DAY, MG)), "the NHS algorithm only above 354"),
        ((reading("126.3"), reading("100", DAY)), "KDIGO gives no AKI, because it asks for a rise of 26.5"),
        ((reading("200"), reading("100", DAY)), "KDIGO gives the same stage"),
        ((reading("100"),), "KDIGO gives no stage either"),
    ],
)
def test_divergences_are_named(readings: tuple[Reading, ...], says: str) -> None:
    assert says in told(*readings)


def test_divergences_of_children_are_named() -> None:
    child = "2015-05-01"
    assert "three times the upper limit" in told(reading("355", range="20-120"), reading("200", DAY), born=child)
    assert "no limit by the laboratory" in told(reading("121", range="20-40"), reading("60", DAY), born=child)


def test_the_ukrr_code_stages_by_the_rise_above_354_we_do_not() -> None:
    assert both(reading("360"), reading("120", DAY))[0] == "3"
    assert both(reading("360"), reading("230", DAY))[0] == "3"


# in the stage


def creatinine(value: str, at: str, name: str, status: str = "F", **more: str) -> Result:
    more = {"unit": "umol/L", "version": at, **more}
    return Result(code="14682-9", value=value, id=name, status=status, taken=at, **more)


SERIES = (
    creatinine("70", "2026-02-01T08:00:00Z", "a"),
    creatinine("90", "2026-02-26T08:00:00Z", "b"),
    creatinine("140", "2026-02-28T08:00:00Z", "c"),
    creatinine("75", "2026-02-26T08:00:00Z", "b", status="C", version="2026-03-01T08:00:00Z"),
    creatinine("", "2026-02-28T08:00:00Z", "c", status="D", version="2026-03-01T09:00:00Z"),
    creatinine("150", "2026-03-01T10:00:00Z", "d"),
)


def scores(ward: Ward) -> dict[str, Record]:
    """The last score of each name."""
    lines = [line for e in ward.said if e.topic == topics.EVALUATION for line in e.value["rules"] if line["score"]]
    return {line["score"]["name"]: line["score"] for line in lines}


@settings(max_examples=40, deadline=None)
@given(st.permutations(SERIES))
def test_the_stage_does_not_depend_on_the_order_of_arrival(results: list[Result]) -> None:
    ward = Ward()
    for result in results:
        ward.sends(result)
    found = scores(ward)
    assert {name: one["value"] for name, one in found.items()} == {"AKI-NHSE": "2", "AKI-KDIGO": "2"}
    kept = [(values_[4], values_[2]) for values_ in ward.row()["readings"][CREATININE] if values_[4]]
    assert kept == [("150", 3), ("75", 4), ("70", 3)]


def live_rules(ward: Ward) -> set[str]:
    items = ward.row()["items"].values()
    return {i["rule"] for i in items if i["state"] == "open" and i["rule"].startswith("aki-stage")}


@settings(max_examples=40, deadline=None)
@given(st.permutations(SERIES))
def test_what_is_open_at_the_end_does_not_depend_on_it_either(results: list[Result]) -> None:
    ward = Ward()
    for result in results:
        ward.sends(result)
    assert live_rules(ward) == {"aki-stage-2"}


@pytest.mark.parametrize(
    ("value", "unit", "rule"),
    [("6.1", "mmol/L", "aki-stage-1-potassium"), ("6.1", "", "aki-stage-1"), (">6.0", "mEq/L", "aki-stage-1")],
)
def test_a_potassium_counts_only_in_its_unit_and_as_a_number(value: str, unit: str, rule: str) -> None:
    ward = Ward()
    ward.sends(creatinine("80", "2026-03-01T08:00:00Z", "a"))
    potassium = Result(code="2823-3", value=value, unit=unit)
    out = ward.sends(creatinine("130", "2026-03-02T08:00:00Z", "b"), potassium)
    assert rule in [name for name, _ in decisions(out)]


def test_a_wrong_patient_result_takes_the_stage_back() -> None:
    ward = Ward()
    ward.sends(creatinine("70", "2026-03-01T08:00:00Z", "a"))
    ward.sends(creatinine("150", "2026-03-02T07:00:00Z", "b"))
    out = ward.sends(creatinine("", "2026-03-02T07:00:00Z", "b", status="W", version="2026-03-02T09:00:00Z"))
    assert ("aki-stage-2", "retract_wrong_patient") in decisions(out)


def test_a_creatinine_of_a_merged_patient_is_a_baseline() -> None:
    ward = Ward()
    ward.sends(creatinine("70", "2026-03-01T08:00:00Z", "a"), patient="b" * 32)
    ward.sends(creatinine("150", "2026-03-02T07:00:00Z", "b"))
    kept, lost = ward.merges("b" * 32, "a" * 32)
    ward.takes(kept)
    out = ward.takes(lost)
    assert ("aki-stage-2", "escalate") in decisions(out)
    assert "create" in commands(out)


def test_a_year_of_creatinine_is_kept_and_not_more() -> None:
    ward = Ward()
    for day in range(60):
        at = iso(NOW - (60 - day) * DAY)
        ward.sends(creatinine("80", at, f"c{day}"))
    assert len(ward.row()["readings"][CREATININE]) == 40
    ward.at = iso(NOW + 367 * DAY)
    ward.sends(creatinine("80", ward.at, "last"))
    assert [one[4] for one in ward.row()["readings"][CREATININE]] == ["80"]


def test_the_two_scores_stand_side_by_side_in_the_evaluation() -> None:
    ward = Ward()
    ward.sends(creatinine("340", "2026-03-01T08:00:00Z", "a"))
    out = ward.sends(creatinine("370", "2026-03-02T07:00:00Z", "b"))
    found = scores(ward)
    assert (found["AKI-NHSE"]["value"], found["AKI-KDIGO"]["value"]) == ("1", "3")
    reasons = [d["reason"] for d in values(out, topics.DECISION) if d["rule_id"] == "aki-stage-1"]
    assert "KDIGO gives stage 3" in reasons[0]


def test_a_score_without_any_reading_left_has_no_stage() -> None:
    found: Score = aki_nhse(Chart(readings={}, at=0, birth_date="", now=NOW))
    assert (found.value, [one.state for one in found.inputs]) == ("", [InputState.MISSING])
