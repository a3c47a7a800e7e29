"""Weighing a study's outcomes: gaps stay gaps, and statements of weights are kept."""

import numpy as np
import pytest

from speciosa.comparison.run import question
from speciosa.comparison.weighing import performance_of, weigh, weights_of
from speciosa.errors import StudyError
from speciosa.outcomes import Outcomes
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


def outcomes(*, gap: bool) -> Outcomes:
    pain, breath = (definitions()[key] for key in ("pain_relief", "breathing_fall"))
    rng = np.random.default_rng(1)
    parts = [
        Outcomes.of(
            "A", pain.title, rng.normal(2, 0.1, 50), "points", "benefit", "simulated", ["m"]
        ),
        Outcomes.of(
            "B", pain.title, rng.normal(1, 0.1, 50), "points", "benefit", "simulated", ["m"]
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
    ],
)
def test_weights_are_those_stated(lines: tuple[str, str], expected: list[float]) -> None:
    text = TEXT.replace("best = 4", f"best = 4\n{lines[0]}").replace(
        "best = 0\n", f"best = 0\n{lines[1]}\n"
    )
    plan = parse_study(text).benefit_risk
    names = [definitions()[entry.outcome].title for entry in plan.criteria]
    np.testing.assert_allclose(weights_of(plan, names).sample(5, 1)[0], expected, atol=1e-6)


def test_contradicting_weights_are_a_fault_of_the_study() -> None:
    text = TEXT.replace("best = 4", "best = 4\nweight = [0.7, 0.9]").replace(
        "best = 0\n", "best = 0\nweight = [0.6, 0.9]\n"
    )
    with pytest.raises(StudyError, match="can add up to 1"):
        question(parse_study(text))


def test_the_figure_of_sure_trials_is_weighed_before_the_simulated_one() -> None:
    study = parse_study(TEXT.replace("2 g kratom_leaf", "15 mg morphine"))
    pain = definitions()["pain_relief"]
    parts = [
        Outcomes.of(arm, pain.title, np.full(50, level), pain.unit, "benefit", "simulated", ["x"])
        for arm, level in (("A", 3.9), ("B", 1.0))
    ]
    table = performance_of(study, Outcomes.concat(parts))
    assert table.basis["A", pain.title] == "trial evidence"
    assert table.basis["B", pain.title] == "simulated"
    assert np.median(table.levels[0, 0]) == pytest.approx(1.69, abs=0.05)
    assert 0.03 < table.levels[0, 0].std() < 0.12


def test_an_arm_without_figures_has_no_rank_and_no_score() -> None:
    text = TEXT + '[[arms]]\nname = "C"\nregimen = "20 mg fluoxetine oral"\n'
    found = weigh(parse_study(text), outcomes(gap=False))
    assert found is not None
    assert found.unscored == ("C",)
    assert "C" not in found.scores.alternatives
    assert "C" not in found.ranks.alternatives
