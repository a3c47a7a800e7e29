"""The summary of findings by hand: differences draw by draw, which figure comes first, and when two disagree."""

import numpy as np
import polars as pl
import pytest

from speciosa.comparison.findings import FAR, Cell, Finding, Simulated, disagree, findings
from speciosa.comparison.trial_figures import TrialFigure
from speciosa.outcomes import Outcomes
from speciosa.study.endpoints import TOLD, definitions
from speciosa.study.question.read import parse_study
from speciosa.study.result import ArmRun, StudyRun

DRAWS = 101
KEYS = ("pain_relief", "responders", "breathing_fall", "breathing_stops", "tolerance")
STUDY = """
title = "t"
question = "q"
[population]
patients = 2
draws = 101
[follow_up]
until = "2 d"
outcomes = ["tolerance"]
[[arms]]
name = "Codeine"
regimen = "60 mg codeine oral every 6 h x 8"
[[arms]]
name = "Ketoconazole"
regimen = "200 mg ketoconazole oral"
[[arms]]
name = "Nothing"
regimen = "none"
"""
STEP = np.linspace(-1.0, 1.0, DRAWS)


def found(
    levels: dict[tuple[str, str], object], failed: dict[str, int] | None = None
) -> dict[str, Finding]:
    """The findings of a run whose levels by arm and outcome are these."""
    known = {key: definitions()[key] for key in KEYS}
    outcomes = Outcomes.concat(
        Outcomes.of(
            arm, known[key].title, np.broadcast_to(np.asarray(values, dtype=float), DRAWS),
            known[key].unit, known[key].direction, "simulated", ["m"],
        )
        for (arm, key), values in levels.items()
    )  # fmt: skip
    study = parse_study(STUDY)
    values = dict.fromkeys(KEYS, np.zeros((1, 1), dtype=np.float32)) if failed else {}
    arms = tuple(
        ArmRun(arm.name, values, pl.DataFrame(), (), (), {}, failed or {}) for arm in study.arms
    )
    return {row.key: row for row in findings(StudyRun(study, known, arms, outcomes))}


def trial(estimate: float, low: float | None, high: float | None, **changed: object) -> TrialFigure:
    entries = {"kind": "difference", "certainty": "high", **changed}
    return TrialFigure(
        "x", entries["kind"], estimate, low, high, "no drug", None, entries["certainty"],
        False, "", "", "row", "ref",
    )  # fmt: skip


def test_a_difference_is_taken_draw_by_draw_with_its_central_ninety_percent() -> None:
    levels = {("Codeine", "pain_relief"): 3 + 2 * STEP, ("Nothing", "pain_relief"): 1 + STEP}
    row = found(levels)["pain_relief"]
    cell = row.cells["Codeine"]
    assert cell.simulated == Simulated(*map(pytest.approx, (2.0, 1.1, 2.9)))
    assert cell.level == pytest.approx(3.0) and row.reference == pytest.approx(1.0)
    assert cell.simulated.sure and row.benefit and not row.serious and row.unit == "points"
    assert "Nothing" not in row.cells


@pytest.mark.parametrize(
    ("ends", "sure"), [((0.1, 0.2), True), ((-0.2, -0.1), True), ((-0.1, 0.2), False), ((0.0, 0.2), False)]
)  # fmt: skip
def test_a_difference_is_sure_where_its_interval_leaves_out_none(ends, sure) -> None:
    assert Simulated(sum(ends) / 2, *ends).sure is sure


def test_what_is_rounding_is_no_difference() -> None:
    levels = {("Codeine", "pain_relief"): 7 + 1e-12 * STEP, ("Nothing", "pain_relief"): 7.0}
    assert found(levels)["pain_relief"].cells["Codeine"].simulated == Simulated(0.0, 0.0, 0.0)
    levels["Codeine", "pain_relief"] = 7 + 1e-6
    assert found(levels)["pain_relief"].cells["Codeine"].simulated.median == pytest.approx(1e-6)


def test_a_fall_of_breathing_is_of_a_hundred_and_a_share_of_people_a_share() -> None:
    levels = {
        ("Codeine", "breathing_fall"): 0.30, ("Nothing", "breathing_fall"): 0.05,
        ("Codeine", "responders"): 0.30, ("Nothing", "responders"): 0.05,
    }  # fmt: skip
    rows = found(levels)
    fall, share = rows["breathing_fall"], rows["responders"]
    assert (fall.unit, fall.serious, fall.benefit) == ("of 100", True, False)
    assert fall.cells["Codeine"].simulated.median == pytest.approx(25)
    assert fall.cells["Codeine"].level == pytest.approx(30) and fall.reference == pytest.approx(5)
    assert (share.unit, share.serious, share.benefit) == ("share", False, True)
    assert share.cells["Codeine"].simulated.median == pytest.approx(0.25)


def test_shares_of_people_are_apart_from_a_hundred_of_a_thousand_on() -> None:
    """Of one estimate: less than twice of it, and an interval that holds it, so that only the distance can part them."""
    nothing = {("Nothing", "responders"): 0.05}
    studies = (
        found({("Codeine", "responders"): 0.2, **nothing})["responders"].cells["Codeine"].trial
    )
    assert studies is not None and 0.11 < studies.estimate < 0.125
    for distance, apart in ((0.9 * FAR, False), (1.1 * FAR, True)):
        level = 0.05 + studies.estimate + distance + 0.2 * STEP
        cell = found({("Codeine", "responders"): level, **nothing})["responders"].cells["Codeine"]
        assert cell.disagrees is apart, distance


def test_serious_is_what_its_definition_or_the_plan_calls_so() -> None:
    levels = {(arm, key): 0.1 for arm in ("Codeine", "Nothing") for key in KEYS}
    rows = found(levels)
    assert {key: rows[key].serious for key in KEYS} == {
        "pain_relief": False, "responders": False, "breathing_fall": True, "breathing_stops": True, "tolerance": False,
    }  # fmt: skip
    assert {key for key, row in rows.items() if row.serious} >= {"breathing_fall", "addiction"}


def test_benefits_come_first_and_serious_harms_last_with_what_was_asked_for_by_name() -> None:
    keys = ("breathing_fall", "pain_relief", "tolerance")
    levels = {(arm, key): 0.1 for arm in ("Codeine", "Nothing") for key in keys}
    order = [key for key in found(levels) if key in keys]
    assert order == ["pain_relief", "tolerance", "breathing_fall"]


@pytest.mark.parametrize(("share", "told"), [(0.99 * TOLD, False), (1.01 * TOLD, True)])
def test_breathing_that_stops_is_told_where_it_does_so_in_one_of_a_thousand(share, told) -> None:
    levels = {("Codeine", "breathing_stops"): share, ("Nothing", "breathing_stops"): 0.0}
    assert ("breathing_stops" in found(levels)) is told


def test_an_arm_without_a_figure_says_why() -> None:
    levels = {("Codeine", "pain_relief"): 2.0, ("Nothing", "pain_relief"): 1.0}
    lacking = found(levels)["pain_relief"].cells["Ketoconazole"]
    assert lacking.simulated is None and lacking.level is None
    assert lacking.reason == "no model of what ketoconazole does to it"
    assert found(levels)["pain_relief"].cells["Codeine"].reason == ""
    unsolved = found(levels, failed={"not finite": 2})["pain_relief"].cells["Ketoconazole"]
    assert unsolved.reason == "in some draw no patient could be solved"
    alone = found({("Codeine", "tolerance"): 0.2})
    assert "tolerance" not in alone


@pytest.mark.parametrize(
    ("simulated", "figure", "first"),
    [
        (None, None, False),
        (Simulated(1, 0, 2), None, False),
        (None, trial(1, 0, 2, certainty="very low"), True),
        (Simulated(1, 0, 2), trial(1, 0, 2, certainty="low"), False),
        (Simulated(1, 0, 2), trial(1, 0, 2, certainty=None), False),
        (Simulated(1, 0, 2), trial(1, 0, 2, certainty="moderate"), True),
        (Simulated(1, 0, 2), trial(1, 0, 2, certainty="high"), True),
    ],
)
def test_studies_come_first_where_they_are_sure_or_alone(simulated, figure, first) -> None:
    assert Cell("x", simulated, None, figure, False, "").trial_first is first


@pytest.mark.parametrize(
    ("simulated", "figure", "least", "share", "apart"),
    [
        (None, trial(1, 0, 2), 1.0, False, False),
        (Simulated(1, 0, 2), None, 1.0, False, False),
        (Simulated(9, 8, 10), trial(1, 0, 2, kind="ratio"), 1.0, False, False),
        (Simulated(9, 8, 10), trial(1, 0, 2, kind="level"), 1.0, False, False),
        # a share by more than 100 of 1,000, whatever people notice; anything else by more than people notice
        (Simulated(0.31, 0.1, 0.5), trial(0.2, 0.1, 0.4), 5.0, True, True),
        (Simulated(0.29, 0.1, 0.5), trial(0.2, 0.1, 0.4), 0.01, True, False),
        (Simulated(0.31, 0.1, 0.5), trial(0.2, 0.1, 0.4), 5.0, False, False),
        (Simulated(3.1, 0, 9), trial(2.0, 0, 4), 1.0, False, True),
        (Simulated(2.9, 0, 9), trial(2.0, 0, 4), 1.0, False, False),
        (Simulated(3.9, 0, 9), trial(2.0, 0, 4), None, False, False),
        # the same where the simulation is the smaller
        (Simulated(0.09, 0.0, 0.5), trial(0.2, 0.05, 0.4), 5.0, True, True),
        (Simulated(0.9, 0, 9), trial(2.0, 0, 4), 1.0, False, True),
        # intervals that have nothing in common
        (Simulated(2.5, 2.2, 2.8), trial(2.0, 1.9, 2.1), 1.0, False, True),
        (Simulated(2.5, 2.1, 2.8), trial(2.0, 1.9, 2.1), 1.0, False, False),
        (Simulated(1.5, 1.2, 1.8), trial(2.0, 1.9, 2.1), 1.0, False, True),
        # twice as much, and outside
        (Simulated(0.6, 0.1, 0.9), trial(0.3, 0.2, 0.5), 1.0, False, True),
        (Simulated(0.59, 0.1, 0.9), trial(0.3, 0.2, 0.5), 1.0, False, False),
        (Simulated(0.6, 0.1, 0.9), trial(0.3, 0.2, 0.7), 1.0, False, False),
        # each surely its own way
        (Simulated(-0.1, -0.2, -0.05), trial(0.05, 0.01, 0.3), 1.0, False, True),
        (Simulated(-0.1, -0.2, 0.05), trial(0.09, -0.11, 0.3), 1.0, False, False),
        # a source that prints no interval
        (Simulated(2.5, 1.9, 2.8), trial(2.0, None, None), 1.0, False, False),
        (Simulated(2.5, 2.1, 2.8), trial(2.0, None, None), 1.0, False, True),
    ],
)  # fmt: skip
def test_two_figures_disagree_by_size_by_interval_or_by_way(
    simulated, figure, least, share, apart
) -> None:
    assert FAR == 0.1
    assert disagree(simulated, figure, least, share=share) is apart
