"""What trials say of the arms of a study."""

import pytest

from speciosa.comparison.trials import pooled
from speciosa.study.question.read import parse_study
from speciosa.study.run import run_study

STUDY = """
title = "Two arms"
question = "Who stays in treatment?"
indication = "{}"
[population]
patients = 8
draws = 3
seed = 1
[follow_up]
until = "3 d"
[[arms]]
name = "Buprenorphine"
regimen = "8 mg buprenorphine sublingual every 24 h x 2"
source = ["suboxone2024label"]
[[arms]]
name = "Nothing"
regimen = "none"
"""


@pytest.mark.parametrize("indication, told", [("withdrawal", True), ("pain", False)])
def test_retention_in_opioid_use_disorder_says_nothing_of_patients_in_pain(indication, told):
    run = run_study(parse_study(STUDY.format(indication)), threads=1)
    network = pooled("oud_retention", run.study.evidence)
    assert network.result is not None
    assert bool(network.outcomes(run).names) is told
