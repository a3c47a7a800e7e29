"""What drives a difference and what of it is worth knowing, of a run made by hand whose one driver is known."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from speciosa.comparison.drivers import drivers, worth_knowing
from speciosa.comparison.weighing import Weighing, weigh
from speciosa.outcomes import Outcomes
from speciosa.study.endpoints import definitions
from speciosa.study.question.read import parse_study
from speciosa.study.result import ArmRun, StudyRun

PAIN = definitions()["pain_relief"]
STUDY = """
title = "t"
question = "q"
[population]
patients = 2
draws = {draws}
[[arms]]
name = "A"
regimen = "5 g kratom_leaf oral every 8 h x 6"
[[arms]]
name = "B"
regimen = "none"
[benefit_risk]
samples = 1000
[[benefit_risk.criteria]]
outcome = "pain_relief"
worst = 0
best = 10
"""


def run_of(draws: int = 30) -> StudyRun:
    """A is better by a tenth of the scale in half of the draws and worse in the others, as one parameter of ten says."""
    which = np.where(np.arange(draws) % 2 == 0, 1.0, -1.0)
    rng = np.random.default_rng(4)
    typical = {"which": which, **{f"p{i}": rng.standard_normal(draws) for i in range(9)}}
    parts = [
        Outcomes.of(arm, PAIN.title, level, PAIN.unit, "benefit", "simulated", ["m"])
        for arm, level in (("A", 5 + which), ("B", np.full(draws, 5.0)))
    ]
    arms = tuple(
        ArmRun(name, {}, pl.DataFrame(), (), (), each, {})
        for name, each in (("A", typical), ("B", {}))
    )
    study = parse_study(STUDY.format(draws=draws))
    return StudyRun(study, {PAIN.key: PAIN}, arms, Outcomes.concat(parts))


def weighed(run: StudyRun) -> Weighing:
    found = weigh(run.study, run.outcomes)
    assert found is not None
    return found


def test_eight_drivers_are_named_the_strongest_first() -> None:
    run = run_of(60)
    found = drivers(run, PAIN.title, "A", "B")
    assert len(found) == 8 and found[0].parameter == "which"
    assert len(drivers(run, PAIN.title, "A", "B", most=9)) == 9


def test_learning_the_only_driver_is_worth_as_much_as_learning_everything() -> None:
    """Expected scores are equal; who knows the parameter gains 0.1 in half of the draws, as far as a spline can follow it."""
    run = run_of()
    weighing = weighed(run)
    found = {"A": drivers(run, PAIN.title, "A", "B")}
    told = worth_knowing(
        run, {"A": [replace(d, stands_out=d.parameter == "which") for d in found["A"]]}, weighing
    )
    assert told == {"which": pytest.approx(0.05, rel=0.15)}
    assert weighing.perfect_information == pytest.approx(0.05)


def test_nothing_is_worth_knowing_of_few_draws_without_scores_or_without_drivers() -> None:
    run = run_of()
    weighing, found = weighed(run), {"A": drivers(run, PAIN.title, "A", "B", most=1)}
    sure = {"A": [replace(found["A"][0], stands_out=True)]}
    assert worth_knowing(run, sure, weighing)
    assert worth_knowing(run, sure, None) == {}
    assert worth_knowing(run, sure, replace(weighing, perfect_information=None)) == {}
    assert worth_knowing(run, {"A": [replace(found["A"][0], stands_out=False)]}, weighing) == {}
    few = run_of(29)
    assert worth_knowing(few, sure, weighed(few)) == {}
