"""Weighing a study's outcomes: gaps stay gaps, and statements of weights are kept."""

from statistics import NormalDist

import numpy as np
import polars as pl
import pytest

from speciosa.comparison.run import question
from speciosa.comparison.trial_figures import TrialFigure, figures_of
from speciosa.comparison.weighing import counts, drawn, performance_of, weigh, weights_of
from speciosa.decision import Weights, acceptability
from speciosa.errors import StudyError
from speciosa.outcomes import Outcomes
from speciosa.population.streams import normals
from speciosa.study.endpoints import definitions
from speciosa.study.question.read import parse_study
from speciosa.study.question.schema import Study

TEXT = """
title = "t"
question = "q"
[population]
patients = 10
draws = 50
[[arms]]
name = "A"
regimen = "2 g kratom_leaf oral every 8 h x 6"
[[arms]]
name = "B"
regimen = "none"
[[benefit_risk.criteria]]
outcome = "pain_relief"
worst = 0
best = 4
[[benefit_risk.criteria]]
outcome = "breathing_fall"
worst = 0.5
best = 0
"""


def outcomes(*, gap: bool, relief: tuple[float, float] = (2, 1)) -> Outcomes:
    pain, breath = (definitions()[key] for key in ("pain_relief", "breathing_fall"))
    rng = np.random.default_rng(1)
    parts = [
        Outcomes.of(
            "A", pain.title, rng.normal(relief[0], 0.1, 50), "points", "benefit", "simulated", ["m"]
        ),
        Outcomes.of(
            "B", pain.title, rng.normal(relief[1], 0.1, 50), "points", "benefit", "simulated", ["m"]
        ),
        Outcomes.of("B", breath.title, np.zeros(50), "share", "risk", "simulated", ["m"]),
    ]
    if not gap:
        parts.append(
            Outcomes.of("A", breath.title, np.zeros(50), "share", "risk", "simulated", ["m"])
        )
    return Outcomes.concat(parts)


@pytest.fixture
def study() -> Study:
    return parse_study(TEXT)


def test_what_is_not_estimable_is_bounded_and_never_filled(study: Study) -> None:
    found = weigh(study, outcomes(gap=True))
    assert found is not None
    assert found.performance.not_estimable == [("A", "Largest fall of the drive to breathe")]
    assert found.scores.bounded.tolist() == [True, False]
    assert found.perfect_information is None
    assert found.ranks_at_best is not None
    assert found.ranks.rank_acceptability[0, 0] < found.ranks_at_best.rank_acceptability[0, 0] == 1


def test_a_better_arm_is_first_where_all_is_known(study: Study) -> None:
    found = weigh(study, outcomes(gap=False))
    assert found is not None
    assert found.ranks.rank_acceptability[0, 0] == pytest.approx(1)
    assert found.ranks_at_best is None
    assert found.perfect_information == pytest.approx(0, abs=1e-9)
    assert {swing.criterion for swing in found.swings["A"]} == set(
        criterion.name for criterion in found.performance.criteria
    )


def test_levels_are_those_of_the_draws(study: Study) -> None:
    table = performance_of(study, outcomes(gap=False))
    np.testing.assert_array_equal(table.levels[0, 0], outcomes(gap=False).draws("Pain relief", "A"))
    assert table.basis[("A", "Pain relief")] == "simulated"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("weight = 3", "weight = 1"), [0.75, 0.25]),
        (("weight = [0.5, 0.5]", "weight = [0.1, 0.9]"), [0.5, 0.5]),
        (("weight = 0.3", ""), [0.3, 0.7]),
        (("weight = 0.3", "weight = [0.1, 0.9]"), [0.3, 0.7]),
    ],
)
def test_weights_are_those_stated(lines: tuple[str, str], expected: list[float]) -> None:
    text = TEXT.replace("best = 4", f"best = 4\n{lines[0]}").replace(
        "best = 0\n", f"best = 0\n{lines[1]}\n"
    )
    plan = parse_study(text).benefit_risk
    names = [definitions()[entry.outcome].title for entry in plan.criteria]
    np.testing.assert_allclose(weights_of(plan, names).sample(5, 1)[0], expected, atol=1e-6)


def test_weights_of_an_order_fall_along_it_and_no_statement_leaves_them_open() -> None:
    names = [definitions()[key].title for key in ("pain_relief", "breathing_fall")]
    order = '[benefit_risk]\norder = ["breathing_fall", "pain_relief"]\n[[benefit_risk.criteria]]'
    text = TEXT.replace("[[benefit_risk.criteria]]", order, 1)
    ordered = weights_of(parse_study(text).benefit_risk, names).sample(200, 1)
    assert (ordered[:, 1] > ordered[:, 0]).all()
    unknown = weights_of(parse_study(TEXT).benefit_risk, names).sample(2000, 1)
    assert unknown.min() < 0.02 and unknown.mean() == pytest.approx(0.5, abs=0.03)
    np.testing.assert_array_equal(unknown, Weights(tuple(names)).sample(2000, 1))


def test_contradicting_weights_are_a_fault_of_the_study() -> None:
    text = TEXT.replace("best = 4", "best = 4\nweight = [0.7, 0.9]").replace(
        "best = 0\n", "best = 0\nweight = [0.6, 0.9]\n"
    )
    with pytest.raises(StudyError, match="can add up to 1"):
        question(parse_study(text))


def test_the_figure_of_sure_trials_is_weighed_before_the_simulated_one() -> None:
    """Of duloxetine a review of moderate certainty is known."""
    given = "60 mg duloxetine oral every 24 h x 2"
    study = parse_study(TEXT.replace("2 g kratom_leaf oral every 8 h x 6", given))
    pain = definitions()["pain_relief"]
    parts = [
        Outcomes.of(arm, pain.title, np.full(50, level), pain.unit, "benefit", "simulated", ["x"])
        for arm, level in (("A", 3.9), ("B", 1.0))
    ]
    told = figures_of(*study.arms)["pain_relief"]
    assert told.low is not None and told.high is not None and told.certainty == "moderate"
    table = performance_of(study, Outcomes.concat(parts))
    assert table.basis["A", pain.title] == "trial evidence"
    assert table.basis["B", pain.title] == "simulated"
    assert np.median(table.levels[0, 0]) == pytest.approx(1.0 + told.estimate, abs=0.1)
    se = (told.high - told.low) / 3.92
    assert 0.6 * se < table.levels[0, 0].std() < 1.6 * se


def test_an_arm_without_figures_has_no_rank_and_no_score() -> None:
    text = TEXT + '[[arms]]\nname = "C"\nregimen = "20 mg fluoxetine oral"\n'
    found = weigh(parse_study(text), outcomes(gap=False))
    assert found is not None
    assert found.unscored == ("C",)
    assert "C" not in found.scores.alternatives
    assert "C" not in found.ranks.alternatives


def test_a_gap_is_held_to_be_the_worst_and_then_the_best(study: Study) -> None:
    found = weigh(study, outcomes(gap=True))
    assert found is not None and found.ranks_at_best is not None
    for ranks, missing in ((found.ranks, 0.0), (found.ranks_at_best, 1.0)):
        plain = acceptability(
            found.performance, found.weights, samples=study.benefit_risk.samples, seed=study.population.seed, missing=missing,
        )  # fmt: skip
        np.testing.assert_array_equal(ranks.rank_acceptability, plain.rank_acceptability)
    assert set(found.performance.basis) == {
        ("A", "Pain relief"), ("B", "Pain relief"), ("B", "Largest fall of the drive to breathe"),
    }  # fmt: skip


def test_the_best_that_a_gap_can_be_is_the_best_level(study: Study) -> None:
    """With no fall of breathing at all the arm that relieves less is second; the other has none either."""
    found = weigh(study, outcomes(gap=True, relief=(1, 2)))
    assert found is not None and found.ranks_at_best is not None
    assert found.ranks_at_best.rank_acceptability[0].tolist() == [0, 1]


def test_leads_are_over_the_reference_alone_and_need_its_score(study: Study) -> None:
    found = weigh(study, outcomes(gap=False))
    assert found is not None and set(found.swings) == {"A"}
    third = TEXT + '[[arms]]\nname = "C"\nregimen = "20 mg fluoxetine oral"\n'
    unscored = weigh(parse_study(third), outcomes(gap=False))
    assert unscored is not None and unscored.swings == {}


@pytest.mark.parametrize("removed", ["one arm", "one score", "criteria"])
def test_two_arms_with_a_score_are_needed(removed: str) -> None:
    text = TEXT
    if removed == "one arm":
        text = TEXT.replace('[[arms]]\nname = "B"\nregimen = "none"\n', "")
    if removed == "criteria":
        text = TEXT[: TEXT.index("[[benefit_risk.criteria]]")]
    kept = outcomes(gap=False)
    if removed == "one score":
        kept = Outcomes(kept.table.filter(pl.col("arm") == "B"))
    assert weigh(parse_study(text), kept) is None
    assert weigh(parse_study(TEXT), outcomes(gap=False)) is not None


def level(regimen: str, *arms: str, draws: int = 50) -> tuple[str, float]:
    """On what the pain relief of arm A rests, and its median, where these arms were simulated at 3."""
    text = TEXT.replace("2 g kratom_leaf oral every 8 h x 6", regimen)
    study = parse_study(text.replace("draws = 50", f"draws = {draws}"))
    pain = definitions()["pain_relief"]
    parts = [
        Outcomes.of(arm, pain.title, np.full(draws, 3.0), pain.unit, "benefit", "simulated", ["x"])
        for arm in arms
    ]
    table = performance_of(study, Outcomes.concat(parts))
    return table.basis["A", pain.title], float(np.median(table.levels[0, 0]))


def test_a_figure_of_studies_needs_the_reference_simulated_and_to_be_sure() -> None:
    """Of naproxen a figure of low certainty is known, of duloxetine one of moderate certainty."""
    assert level("500 mg naproxen oral every 12 h x 4", "A", "B") == ("simulated", 3.0)
    assert level("60 mg duloxetine oral every 24 h x 2", "A") == ("simulated", 3.0)
    basis, median = level("60 mg duloxetine oral every 24 h x 2", "A", "B")
    assert basis == "trial evidence" and median == pytest.approx(3.53, abs=0.1)
    assert level("60 mg duloxetine oral every 24 h x 2", "B")[0] == "trial evidence"
    assert level("60 mg duloxetine oral every 24 h x 2", "A", "B", draws=1)[0] == "trial evidence"


def figure(**changed: object) -> TrialFigure:
    said = {"kind": "difference", "low": 0.5, "high": 1.5, "certainty": "high", **changed}
    return TrialFigure(
        "x", said["kind"], 1.0, said["low"], said["high"], "no drug", None, said["certainty"],
        False, "", "", "row-1", "ref",
    )  # fmt: skip


def test_a_figure_that_is_weighed_is_sure_a_difference_and_has_an_interval() -> None:
    assert counts(figure()) and counts(figure(certainty="moderate"))
    assert not counts(figure(certainty="low")) and not counts(figure(certainty=None))
    assert not counts(figure(kind="ratio")) and not counts(figure(kind="level"))
    assert not counts(figure(low=None, high=None))


def test_draws_of_a_figure_are_normal_and_as_wide_as_its_interval() -> None:
    found = drawn(figure(), 7, 4000)
    noise = normals(7, "figure: row-1", range(1), range(4000))[:, 0]
    np.testing.assert_allclose(
        found, 1.0 + noise * 1.0 / (2 * NormalDist().inv_cdf(0.975)), rtol=1e-6
    )
    low, high = np.quantile(found, [0.025, 0.975])
    assert (low, high) == (pytest.approx(0.5, abs=0.04), pytest.approx(1.5, abs=0.04))
    np.testing.assert_array_equal(found[:100], drawn(figure(), 7, 100))
