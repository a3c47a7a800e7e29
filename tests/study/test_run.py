"""Runs of small studies: what is shared by arms, what is followed, and statistics that follow from each other."""

import numpy as np
import pytest

from speciosa.engine import Endpoint
from speciosa.regimen import Dose, Regimen
from speciosa.study.arm_model import COURSES
from speciosa.study.endpoints import STOPS, read_outcomes
from speciosa.study.question.read import parse_study
from speciosa.study.question.schema import Population
from speciosa.study.result import StudyRun
from speciosa.study.run import RTOL, run_study
from speciosa.study.simulation import ArmSimulation, blocks_of

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
    assert seen[0] == ("patients", 0, 8) and seen[-1] == ("patients", 8, 8)
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


def simulation(text: str = STUDY, arm: int = 0, **size: object) -> ArmSimulation:
    """An arm of a study, ready to be solved."""
    study = parse_study(text)
    population = Population(**{**study.population.model_dump(), **size})
    study = study.model_copy(update={"population": population})
    read = read_outcomes(study.follow_up.outcomes, study.indication)
    return ArmSimulation(study, study.arms[arm], read, 1, RTOL)


@pytest.mark.parametrize(
    ("patients", "chunk", "spans"),
    [
        (3, 6, [(0, 2), (2, 4), (4, 6), (6, 7)]),
        (3, 8, [(0, 2), (2, 4), (4, 6), (6, 7)]),
        (3, 1, [(n, n + 1) for n in range(7)]),
        (3, 100, [(0, 7)]),
        (3, None, [(0, 7)]),
        (4096, None, [(0, 2), (2, 4), (4, 6), (6, 7)]),
    ],
)
def test_blocks_are_of_whole_draws_and_of_about_as_many_patients_as_are_asked_for(
    patients: int, chunk: int | None, spans: list[tuple[int, int]]
) -> None:
    study = parse_study(STUDY)
    size = study.population.model_copy(update={"patients": patients, "draws": 7})
    found = blocks_of(study.model_copy(update={"population": size}), chunk)
    assert [(span.start, span.stop) for span in found] == spans


def test_every_draw_meets_the_same_people() -> None:
    drawn = simulation(covariates="").population.draw(5, range(3)).values
    for name in ("age", "egfr", "weight"):
        assert drawn[name].shape == (3, 5) and np.ptp(drawn[name][0]) > 0
        np.testing.assert_array_equal(drawn[name][1:], drawn[name][:1].repeat(2, axis=0))


@pytest.mark.parametrize(
    ("arm", "until", "span"),
    [(0, "3 d", (0, 24)), (3, "3 d", (24, 48)), (2, "44 h", (20, 44)), (3, "44 h", (20, 44))],
)
def test_the_last_day_of_an_arm_is_its_own_and_without_doses_that_of_the_longest(
    arm: int, until: str, span: tuple[int, int]
) -> None:
    text = STUDY.replace('"3 d"', f'"{until}"').replace("x 4", "x 8").replace("x 8", "x 4", 1)
    (found,) = (e for e in simulation(text, arm).endpoints if e.label == "pain_relief")
    assert (found.start_h, found.end_h) == span
    alone = text[: text.index("[[arms]]")] + text[text.rindex("[[arms]]") :]
    (found,) = (e for e in simulation(alone).endpoints if e.label == "pain_relief")
    until_h = parse_study(alone).until_h
    assert (found.start_h, found.end_h) == (until_h - 24, until_h)


def test_courses_are_of_the_first_people_of_the_first_draws() -> None:
    """Of 25 and 16, however many there are; of two people the quantiles are weighted means."""
    shown = simulation(patients=25, draws=16).courses()
    assert shown.equals(simulation(patients=40, draws=20).courses())
    few = simulation(patients=2, draws=1)
    course = few.courses()
    read = few.read(range(1), [Endpoint("morphine", "at", 10.0, name="it")]).endpoints["it"]
    (row,) = course.filter((course["output"] == "morphine") & (course["time_h"] == 10.0)).to_dicts()
    for name, share in (("low", 0.05), ("median", 0.5), ("high", 0.95)):
        assert row[name] == pytest.approx(read.min() + share * np.ptp(read), rel=1e-3)


def test_other_doses_and_some_of_the_people_can_be_read() -> None:
    arm = simulation(patients=3, draws=2)
    peak = [Endpoint("morphine", "peak", 0.0, 24.0, name="it")]
    whole = arm.read(range(2), peak)
    some = np.array([True, False, False, True, True, False])
    part = arm.read(range(2), peak, some=some)
    np.testing.assert_allclose(part.endpoints["it"], whole.endpoints["it"][some], rtol=1e-6)
    (dose,) = arm.regimen.doses
    half = Regimen(
        (Dose(dose.amount / 2, dose.unit, dose.product, None, 0.0, dose.every_h, dose.count),)
    )
    less = arm.read(range(2), peak, regimen=half).endpoints["it"]
    np.testing.assert_allclose(less, whole.endpoints["it"] / 2, rtol=0.01)


def test_what_nobody_has_is_not_solved_and_what_somebody_has_is() -> None:
    """Habitual use of opioids moves nothing in people without it."""
    never, user = (
        simulation(STUDY.replace("weight=70 kg", f"weight=70 kg{more}"))
        for more in ("", "; opioid_history=tolerant 100 MME")
    )
    assert never.equations.state_names == user.equations.state_names
    assert set(never.solved.state_names) < set(user.solved.state_names)
    assert never.method == user.method == "robust"


FENTANYL = """
title = "t"
question = "q"
[population]
patients = 12
draws = 2
covariates = "weight=70 kg"
[follow_up]
until = "6 h"
outcomes = ["breathing_fall"]
[[arms]]
name = "a"
regimen = "{regimen}"
"""


@pytest.mark.parametrize("regimen", ["0.35 mg fentanyl iv", "none"])
def test_free_breathing_is_followed_in_whoever_may_stop(regimen: str) -> None:
    """Of others it is noted as at rest; whom it spares, breathes on when followed too."""
    arm = simulation(FENTANYL.format(regimen=regimen))
    found = arm.block(range(2)).endpoints
    asked = [each for each in arm.endpoints if each.label == STOPS]
    followed = arm.read(range(2), asked).endpoints[STOPS]
    noted = found[STOPS] == 1.0
    np.testing.assert_allclose(found[STOPS][~noted], followed[~noted], rtol=1e-3)
    assert noted.any() and (followed[noted] > 0.1).all()
    assert noted.all() == (regimen == "none") != (found[STOPS] < 0.1).any()
    others = [each for each in arm.endpoints if each.label != STOPS]
    plain = arm.read(range(2), others).endpoints
    assert found.keys() == {*plain, STOPS}
    np.testing.assert_allclose(
        found["breathing_fall"], plain["breathing_fall"], rtol=1e-3, atol=1e-6
    )


def test_values_alone_leave_out_courses_and_parameters_and_uncertain_ones_are_kept() -> None:
    text = STUDY.replace("patients = 9", "patients = 2").replace("draws = 3", "draws = 2")
    text = text[: text.index('[[arms]]\nname = "More"')]
    whole = run_study(parse_study(text), threads=1).arms[0]
    plain = run_study(parse_study(text), threads=1, values_only=True).arms[0]
    assert plain.typical == {} and plain.courses.is_empty() and not whole.courses.is_empty()
    assert plain.courses.columns == whole.courses.columns
    for name, values in whole.values.items():
        np.testing.assert_array_equal(values, plain.values[name])
    drawn = simulation(text).population.typical_values(2)
    assert set(whole.typical) == {name for name, values in drawn.items() if values[0] != values[1]}


def test_finished_arms_are_taken_from_their_folder_unless_all_is_to_be_done_anew(tmp_path) -> None:
    text = STUDY.replace("patients = 9", "patients = 2").replace("draws = 3", "draws = 2")
    study = parse_study(text[: text.index('[[arms]]\nname = "Heavy"')])

    def told(**more: bool) -> tuple[list[int], dict[str, int]]:
        seen: list[int] = []
        run_study(
            study,
            folder=tmp_path,
            threads=1,
            progress=lambda _, done, of: seen.append(done if of == 8 else -1),
            **more,
        )
        return seen, {path.name: path.stat().st_ino for path in tmp_path.glob("*.npz")}

    first, kept = told()
    assert len(kept) == 2 and first[0] == 0 and first[-1] == 8 and -1 not in first
    assert told() == ([4, 8], kept)
    again, anew = told(fresh=True)
    assert again == first and all(anew[name] != kept[name] for name in kept)


class Enough(Exception):
    pass


def test_what_goes_wrong_in_an_arm_ends_the_run_with_its_reason() -> None:
    def progress(stage: str, done: int, of: int) -> None:
        if done:
            raise Enough

    with pytest.raises(Enough):
        run_study(parse_study(STUDY), threads=1, progress=progress)
