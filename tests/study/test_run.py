"""Runs of small studies: what is shared by arms, what is followed, and statistics that follow from each other."""

import numpy as np
import pytest

from speciosa.study.arm_model import COURSES
from speciosa.study.question.read import parse_study
from speciosa.study.result import StudyRun
from speciosa.study.run import run_study

STUDY = """
title = "Small"
question = "What do a single dose and nothing do?"
[population]
patients = 9
draws = 3
covariates = "weight=70 kg"
[follow_up]
until = "3 d"
outcomes = ["pain_relief", "breathing_fall", "breathing_below_half"]
[[arms]]
name = "Morphine"
regimen = "15 mg morphine oral every 6 h x 4"
[[arms]]
name = "More"
regimen = "60 mg morphine oral every 6 h x 4"
[[arms]]
name = "Heavy"
regimen = "15 mg morphine oral every 6 h x 4"
covariates = "weight=110 kg"
[[arms]]
name = "Nothing"
regimen = "none"
"""


@pytest.fixture(scope="module")
def run() -> StudyRun:
    return run_study(parse_study(STUDY), threads=1)


def test_exposure_is_in_proportion_to_the_dose_in_the_same_people(run: StudyRun) -> None:
    one, four = (run.arm(name).values for name in ("Morphine", "More"))
    for key in ("auc:morphine", "cmax:morphine"):
        assert one[key].shape == (3, 9)
        np.testing.assert_allclose(four[key], 4 * one[key], rtol=0.01)
        assert np.ptp(one[key]) > 0
    # a day of 6-hourly doses at most brings the highest concentration times its length
    assert (one["auc:morphine"] < 24 * one["cmax:morphine"]).all()


def test_an_arm_may_have_patients_of_its_own(run: StudyRun) -> None:
    """CL grows with weight to the power 0.75; the same people otherwise."""
    light, heavy = (run.arm(name).values["auc:morphine"] for name in ("Morphine", "Heavy"))
    np.testing.assert_allclose(light / heavy, (110 / 70) ** 0.75, rtol=0.05)


def test_more_relieves_more_and_depresses_more(run: StudyRun) -> None:
    assert run.better("pain_relief", "More", "Morphine") > 0.7
    assert run.better("breathing_fall", "More", "Morphine") < 0.1
    assert run.better("breathing_fall", "More", "Nothing") == pytest.approx(0.0)
    assert run.better("pain_relief", "Morphine", "Morphine") == 0.5


def test_courses_are_over_the_whole_time_with_their_quantiles_in_order(run: StudyRun) -> None:
    courses = run.arm("Morphine").courses
    shown = courses["output"].unique(maintain_order=True).to_list()
    assert shown[0] == "morphine" and set(shown) - set(run.arm("Morphine").substances) <= set(
        COURSES
    )
    for output in shown:
        rows = courses.filter(courses["output"] == output)
        assert rows["time_h"].to_list() == list(np.arange(0.0, 73.0, 2.0))
        low, median, high = (rows[name].to_numpy() for name in ("low", "median", "high"))
        assert (low <= median).all() and (median <= high).all()
    morphine = courses.filter(courses["output"] == "morphine")
    assert morphine["unit"].unique().to_list() == ["nmol/L"]
    assert (morphine["high"] > morphine["low"]).any()


def test_what_is_uncertain_varies_by_draw_and_what_is_fixed_is_left_out(run: StudyRun) -> None:
    typical = run.arm("Morphine").typical
    assert all(len(values) == 3 and np.ptp(values) > 0 for values in typical.values())
    assert "morphine.disposition.CL" in typical
    assert "morphine.disposition.weight_on_volume" not in typical
    same = run.arm("More").typical
    np.testing.assert_array_equal(
        typical["morphine.disposition.CL"], same["morphine.disposition.CL"]
    )


def test_one_draw_leaves_nothing_uncertain() -> None:
    text = STUDY.replace("draws = 3", "draws = 1").replace("patients = 9", "patients = 2")
    seen: list[tuple[str, int, int]] = []
    single = run_study(
        parse_study(text),
        threads=1,
        progress=lambda stage, done, of: seen.append((stage, done, of)),
    )
    assert single.arm("Morphine").typical == {}
    assert seen[-1] == ("patients", 8, 8)
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


def test_an_arm_without_doses_ends_with_the_longest_of_the_others() -> None:
    """Its last day is that of the others, so that its pain is read at the same time; of two people medians are means."""
    text = STUDY.replace('until = "3 d"', 'until = "4 d"').replace("x 4", "x 9", 1)
    text = text.replace("patients = 9", "patients = 2").replace("draws = 3", "draws = 1")
    long = run_study(parse_study(text), threads=1)
    ends = {e.name: e.stop_h for e in parse_study(text).arms}
    assert ends == {"Morphine": 54.0, "More": 24.0, "Heavy": 24.0, "Nothing": 0.0}
    course = long.arm("Nothing").courses
    pain = course.filter(course["output"] == "pain_nrs")
    start = pain["median"].to_numpy()[0]
    within = (pain["time_h"] >= 30.0) & (pain["time_h"] <= 54.0)
    relief = start - pain.filter(within)["median"].to_numpy().mean()
    assert np.median(long.arm("Nothing").values["pain_relief"]) == pytest.approx(relief, rel=0.15)


@pytest.mark.parametrize("chunk", [9, 13])
def test_nothing_depends_on_how_many_patients_are_solved_at_a_time(
    run: StudyRun, chunk: int
) -> None:
    """Chunks of one draw, and of a draw and a part of the next: values and followed courses are the same."""
    parts = run_study(parse_study(STUDY), threads=1, chunk=chunk)
    for one, other in zip(run.arms, parts.arms, strict=True):
        assert one.courses.equals(other.courses)
        assert one.values.keys() == other.values.keys()
        for name, values in one.values.items():
            np.testing.assert_array_equal(values, other.values[name])
    assert run.outcomes.table.equals(parts.outcomes.table)


def test_statistics_come_in_the_order_of_outcomes_and_substances(run: StudyRun) -> None:
    """Not in one that changes from process to process: a table written twice is the same to the byte."""
    arm = run.arms[0]
    exposures = [f"{kind}:{name}" for name in arm.substances for kind in ("auc", "cmax")]
    assert len(arm.substances) > 1
    assert list(arm.values)[-len(exposures) :] == exposures
    outcomes = list(arm.values)[: -len(exposures)]
    assert [key for key in outcomes if key in run.definitions] == list(run.definitions)
