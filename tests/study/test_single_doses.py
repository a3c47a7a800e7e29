"""A single dose has the effects of the day on which it is given, not those of the end of follow-up."""

import numpy as np

from speciosa.study.question.read import parse_study
from speciosa.study.run import run_study

STUDY = """
title = "One dose"
question = "What does one dose do?"
[population]
patients = 12
draws = 4
[follow_up]
until = "6 d"
[[arms]]
name = "Morphine"
regimen = "30 mg morphine oral at 96 h"
[[arms]]
name = "Placebo"
regimen = "none"
"""


def test_a_single_dose_relieves_pain_and_has_an_exposure() -> None:
    run = run_study(parse_study(STUDY))
    gap = run.outcomes.difference("Pain relief", "Morphine", "Placebo")
    assert np.all(gap > 0.02)
    areas = run.arm("Morphine").values["auc:morphine"]
    bioavailable_nmol = 30e6 / 285.34 / 1.0  # at most the whole dose, as base
    assert areas.min() > 0.05 * bioavailable_nmol / 100  # clearance of 100 L/h
