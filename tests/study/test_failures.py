"""A run in which some patients cannot be solved: they are counted, left out, and never taken for zeros."""

import re
from pathlib import Path

import numpy as np
import pytest

from speciosa.comparison import compare
from speciosa.errors import ConvergenceError
from speciosa.report.write import write_report
from speciosa.study.question.read import parse_study
from speciosa.study.question.schema import Arm, Study
from speciosa.study.run import run_study

STUDY = """
title = "Some fail"
question = "What becomes of patients that cannot be solved?"
[population]
patients = 6
draws = 2
covariates = "age=40"
[follow_up]
until = "2 d"
outcomes = ["pain_relief", "breathing_fall"]
[[arms]]
name = "Too much for heavy people"
regimen = "1 mg/kg morphine iv"
[[arms]]
name = "Nothing"
regimen = "none"
"""


def study(milligrams: str) -> Study:
    """A dose per kilogram of which a heavy person's nanomoles, or everybody's, are beyond any number."""
    read = parse_study(STUDY)
    arm = Arm(name=read.arms[0].name, regimen=f"{milligrams} mg/kg morphine iv")
    return read.model_copy(update={"arms": (arm, *read.arms[1:])})


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_failed_patients_are_counted_and_left_out() -> None:
    run = run_study(study("1e301"), threads=1)
    arm = run.arms[0]
    values = arm.values["pain_relief"].astype(float)
    failed = np.isnan(values)
    assert 0 < failed.sum() < values.size and not failed.all(1).any()
    assert sum(arm.failed.values()) == failed.sum()
    assert run.arms[1].failed == {} and np.isfinite(run.arms[1].values["pain_relief"]).all()
    expected = [row[np.isfinite(row)].mean() for row in values]
    assert run.outcomes.draws("Pain relief", arm.name) == pytest.approx(expected)
    known = ~failed
    ahead = values[known] > run.arms[1].values["pain_relief"][known]
    assert run.better("pain_relief", arm.name, "Nothing") == pytest.approx(ahead.mean())


def test_an_arm_in_which_everybody_fails_has_no_outcome_and_no_course() -> None:
    run = run_study(study("1e303"), threads=1)
    arm = run.arms[0]
    assert sum(arm.failed.values()) == 12
    assert np.isnan(arm.values["pain_relief"]).all()
    assert arm.courses.select("median", "low", "high").to_numpy().size
    assert np.isnan(arm.courses.select("median", "low", "high").to_numpy()).all()
    assert (arm.name, "Pain relief") in run.missing
    assert len(run.outcomes.draws("Pain relief", "Nothing")) == 2


def test_a_report_is_written_where_an_arm_has_no_patient_left(tmp_path: Path) -> None:
    comparison = compare(study("1e303"), threads=1)
    text = write_report(comparison, tmp_path).read_text(encoding="utf-8")
    assert "12 patients left out, not finite" in re.sub(r"<[^>]+>", "", text)


def test_where_every_patient_of_every_arm_fails_the_reason_is_told() -> None:
    arms = tuple(Arm(name=name, regimen="1e303 mg/kg morphine iv") for name in "ab")
    with pytest.raises(ConvergenceError, match="a: 12 patients left out, not finite; b: 12"):
        compare(study("1e303").model_copy(update={"arms": arms}), threads=1)
