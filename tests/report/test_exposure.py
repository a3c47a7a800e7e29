"""Exposures of a drug given once, and what kratom does to them."""

import re

import numpy as np
import pytest

from speciosa.comparison import Comparison, compare
from speciosa.report.figures.figure import Figure
from speciosa.report.sections.exposure_part import exposure_part
from speciosa.study.question.read import parse_study

STUDY = """
title = "Kratom and midazolam"
question = "What does kratom do to midazolam?"
indication = "interactions"
[population]
patients = 20
draws = 4
[follow_up]
until = "4 d"
[[arms]]
name = "Kratom"
regimen = "5 g kratom_leaf oral every 8 h x 9"
[[arms]]
name = "Kratom and midazolam"
regimen = "5 g kratom_leaf oral every 8 h x 9"
comedication = "5 mg midazolam oral at 50 h"
[[arms]]
name = "Midazolam"
regimen = "5 mg midazolam oral at 50 h"
[evidence]
claims = false
risks = false
[benefit_risk]
reference = "Kratom"
"""


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(parse_study(STUDY))


def test_a_single_dose_has_an_exposure_and_kratom_raises_it(comparison: Comparison) -> None:
    figures: list[Figure] = []
    page = exposure_part(comparison, figures)
    text = re.sub(r"<[^>]+>", "|", str(page))
    assert "area (AUC), nmol*h/L" in text
    rows = figures[0].table.to_dicts()
    found = {(row["arm"], row["outcome"]): row for row in rows}
    ratio = found["Kratom and midazolam", "Midazolam, beside Midazolam"]
    alone = comparison.run.arm("Midazolam").values["auc:midazolam"]
    joined = comparison.run.arm("Kratom and midazolam").values["auc:midazolam"]
    assert alone.min() > 0
    assert ratio["median"] == pytest.approx(float(np.median(joined / alone)), rel=1e-6)
    assert 1.1 < ratio["median"] < 10
    assert found["Kratom and midazolam", "Mitragynine"]["median"] == pytest.approx(1.0, abs=0.05)
