"""One small comparison, simulated once for all tests of the report."""

from pathlib import Path

import pytest

from speciosa.comparison import Comparison, compare
from speciosa.report.write import write_report
from speciosa.study.question.read import parse_study

STUDY = """
title = "A small comparison"
question = "Does a 7-OH tablet relieve pain, and what does it risk?"
[population]
patients = 8
draws = 12
seed = 5
[follow_up]
until = "4 d"
[[arms]]
name = "7-OH tablet"
regimen = "15 mg 7oh_tablet oral every 8 h x 6"
source = ["brown2025elevated"]
note = "15 mg a dose"
[[arms]]
name = "Fluoxetine"
regimen = "20 mg fluoxetine oral every 24 h x 2"
[[arms]]
name = "Placebo"
regimen = "none"
[evidence]
networks = ["oud_retention", "withdrawal_completion"]
[benefit_risk]
reference = "Placebo"
samples = 1000
[[benefit_risk.criteria]]
outcome = "pain_relief"
worst = 0.0
best = 4.0
weight = [0.2, 0.6]
[[benefit_risk.criteria]]
outcome = "breathing_fall"
worst = 0.5
best = 0.0
"""


@pytest.fixture(scope="session")
def comparison() -> Comparison:
    return compare(parse_study(STUDY))


@pytest.fixture(scope="session")
def folder(comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("report")
    write_report(comparison, place)
    return place
