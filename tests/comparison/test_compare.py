"""A whole comparison, small: what it says of arms, drivers, claims, trials and failures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from speciosa.comparison.drivers import LEAST_DRAWS, worth_knowing
from speciosa.comparison.run import Comparison, compare
from speciosa.evidence.ledger.claims import claim_ids
from speciosa.study.question.read import parse_study
from speciosa.study.question.schema import Study

STUDY = """
title = "Small"
question = "Which?"
[population]
patients = 3
draws = 30
seed = 3
[follow_up]
until = "1 d"
outcomes = ["pain_relief", "breathing_fall"]
[[arms]]
name = "Methadone"
regimen = "10 mg methadone oral"
[[arms]]
name = "Fluoxetine"
regimen = "20 mg fluoxetine oral"
[[arms]]
name = "Midazolam"
regimen = "5 mg midazolam oral"
[[arms]]
name = "Placebo"
regimen = "none"
[evidence]
networks = ["oud_retention"]
[benefit_risk]
reference = "Placebo"
samples = 1000
[[benefit_risk.criteria]]
outcome = "pain_relief"
worst = 0.0
best = 4.0
weight = 3
[[benefit_risk.criteria]]
outcome = "breathing_fall"
worst = 0.5
best = 0.0
weight = 1
"""


def without(*names: str, **evidence: bool) -> Study:
    read = parse_study(STUDY)
    arms = tuple(arm for arm in read.arms if arm.name not in names)
    said = read.evidence.model_copy(update=evidence)
    return read.model_copy(update={"arms": arms, "evidence": said})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def every(folder: Path) -> Comparison:
    return compare(without(), folder=folder, threads=1)


@pytest.fixture(scope="module")
def estimable(folder: Path) -> Comparison:
    """The same without the arm whose pain relief nobody can estimate, and without recorded evidence."""
    study = without("Fluoxetine", "Midazolam", claims=False, risks=False)
    return compare(study, folder=folder, threads=1)


def test_drivers_are_of_arms_that_have_the_first_outcome(every: Comparison) -> None:
    lacking = {arm for arm, outcome in every.run.missing if outcome == "Pain relief"}
    others = set(every.run.outcomes.table.filter(pl.col("outcome") != "Pain relief")["arm"])
    assert lacking == {"Fluoxetine", "Midazolam"} and "Midazolam" in others
    assert set(every.drivers) == {"Methadone"} and every.drivers["Methadone"]
    uncertain = every.run.arm("Methadone").typical
    assert all(driver.parameter in uncertain for driver in every.drivers["Methadone"])


def test_claims_and_risks_are_shown_where_they_are_asked_for(
    every: Comparison, estimable: Comparison
) -> None:
    assert list(every.ledger) == list(claim_ids()) == every.claims["id"].to_list()
    assert len(every.risks) and not len(estimable.risks)
    assert estimable.ledger == {} and not len(estimable.claims)


def test_trials_of_other_people_are_shown_and_say_nothing_of_the_arms(every: Comparison) -> None:
    assert [pooled.name for pooled in every.pooled] == ["oud_retention"]
    assert every.outcomes.table.equals(every.run.outcomes.table)


def test_a_gap_leaves_scores_bounded_and_nothing_worth_knowing(
    every: Comparison, estimable: Comparison
) -> None:
    assert every.weighing is not None and estimable.weighing is not None
    assert every.weighing.perfect_information is None and every.worth_knowing == {}
    assert every.weighing.ranks_at_best is not None
    assert estimable.weighing.ranks_at_best is None
    assert estimable.weighing.perfect_information >= 0
    assert set(estimable.weighing.swings) == {"Methadone"}


def test_what_is_worth_knowing_are_drivers_that_stand_out(estimable: Comparison) -> None:
    run, weighing = estimable.run, estimable.weighing
    found = {
        name: [replace(driver, stands_out=i == 0) for i, driver in enumerate(drivers)]
        for name, drivers in estimable.drivers.items()
    }
    told = worth_knowing(run, found, weighing)
    assert list(told) == [estimable.drivers["Methadone"][0].parameter]
    assert 0 <= told.popitem()[1] <= weighing.perfect_information + 1e-9
    population = run.study.population.model_copy(update={"draws": LEAST_DRAWS - 1})
    few = replace(run, study=run.study.model_copy(update={"population": population}))
    assert worth_knowing(few, found, weighing) == {}


def test_patients_that_cannot_be_solved_are_told_by_arm_and_reason() -> None:
    read = without("Fluoxetine", "Midazolam", claims=False, risks=False)
    arm = read.arms[0].model_copy(
        update={"regimen": "1e301 mg/kg methadone iv", "confirm": "to see what fails"}
    )
    study = read.model_copy(update={"arms": (arm, *read.arms[1:])})
    with np.errstate(all="ignore"):
        found = compare(study, threads=1)
    failed = found.run.arm("Methadone").failed
    assert failed
    for reason, count in failed.items():
        assert f"Methadone: {count} patients left out, {reason}" in found.notes
