"""What cannot be estimated for a drug cannot be estimated for it beside another drug either."""

from speciosa.study.question.read import parse_study
from speciosa.study.run import run_study

STUDY = """
title = "Two ways"
question = "What is known of lofexidine?"
indication = "withdrawal"
[population]
patients = 4
draws = 2
covariates = "opioid_history=tolerant 120 MME"
[follow_up]
until = "4 d"
outcomes = ["breathing_fall", "withdrawal_worst"]
[[arms]]
name = "Lofexidine"
regimen = "0.54 mg lofexidine oral every 6 h x 4"
[[arms]]
name = "Lofexidine, then naltrexone"
regimen = "0.54 mg lofexidine oral every 6 h x 4"
comedication = "380 mg naltrexone_depot depot at 2 d"
[[arms]]
name = "Morphine, then lofexidine"
regimen = "15 mg morphine oral every 6 h x 4"
comedication = "0.54 mg lofexidine oral every 6 h x 4 at 1 d"
"""


def test_a_second_drug_does_not_make_an_effect_of_the_first_known() -> None:
    outcomes = run_study(parse_study(STUDY)).outcomes
    fall = "Largest fall of the drive to breathe"
    assert outcomes.missing() == [("Lofexidine", fall), ("Lofexidine, then naltrexone", fall)]
