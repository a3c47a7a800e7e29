"""What cannot be estimated for a drug cannot be estimated for it beside another drug either."""

import pytest

from speciosa.study.arm_model import absences
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


PLACEBO = """
title = "No drug beside a co-medication"
question = "Is it as without it?"
[population]
patients = 4
draws = 2
[follow_up]
until = "4 d"
outcomes = ["pain_relief", "breathing_fall"]
[[arms]]
name = "Placebo"
regimen = "none"
[[arms]]
name = "Placebo and fluoxetine"
regimen = "none"
comedication = "20 mg fluoxetine oral every 24 h x 2"
[[arms]]
name = "Morphine"
regimen = "15 mg morphine oral every 6 h x 8"
[benefit_risk]
reference = "Placebo"
"""


def test_no_drug_with_a_co_medication_is_estimated() -> None:
    """What a co-medication does not touch is as without it, and is said to be."""
    study = parse_study(PLACEBO)
    run = run_study(study)
    assert run.missing == []
    for title in ("Pain relief", "Largest fall of the drive to breathe"):
        one = run.outcomes.draws(title, "Placebo and fluoxetine")
        assert one == pytest.approx(run.outcomes.draws(title, "Placebo"), abs=1e-4)
    assert any("as without the co-medication" in told for told in absences(study))


def test_what_a_companion_does_is_not_told_as_unknown_where_a_model_holds_it():
    text = STUDY.replace("0.54 mg lofexidine oral every 6 h x 4 at 1 d", "20 g ethanol oral at 1 d")
    text = text.replace('regimen = "15 mg morphine oral every 6 h x 4"', 'regimen = "none"')
    (told,) = (line for line in absences(parse_study(text)) if "the co-medication" in line)
    assert "worst withdrawal" in told and "breathe" not in told
