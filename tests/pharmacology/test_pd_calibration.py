"""How well the calibrated effects meet what they were fitted to, and trial patients whose doses are known."""

import numpy as np
import pytest

from speciosa.calibration.free_effects import free_effects
from speciosa.calibration.patients import (
    WEEKS,
    Grade,
    by_week,
    discrimination,
    predicted_grades,
    read_patients,
)
from speciosa.calibration.stages import STAGES
from speciosa.pharmacology.calibrated import correlations, estimates
from speciosa.validation.observed.shipped import OBSERVATIONS

SHARE_TOLERANCE = 0.12  # worst seen 0.104, days 1 to 3


@pytest.fixture(scope="module")
def grades() -> list[Grade]:
    patients = read_patients(OBSERVATIONS / "ctn0030-patients.csv")
    assert len(patients) == 651
    return predicted_grades(patients, versions=6)


def test_weekly_shares_follow_from_the_doses_that_patients_took(grades: list[Grade]) -> None:
    weeks = by_week(grades)
    assert len(weeks) == len(WEEKS)
    for first, last, _, observed, predicted in weeks:
        assert abs(observed - predicted) < SHARE_TOLERANCE, (first, last)


def test_prediction_tells_visits_with_withdrawal_from_those_without(grades: list[Grade]) -> None:
    assert discrimination([grade for grade in grades if grade.day > 0]) > 0.55


def test_every_free_parameter_has_an_estimate_with_its_uncertainty() -> None:
    for stage in STAGES:
        for entry in free_effects(stage):
            found = estimates()[entry.name]
            assert found.value > 0 and 0.05 <= found.cv <= 1.5
            assert np.isfinite(found.prior_value) and found.prior_cv > 0


def test_correlations_are_of_estimates_and_between_minus_one_and_one() -> None:
    effects = {pair: value for pair, value in correlations().items() if "effects." in pair[0]}
    assert effects
    for pair, value in effects.items():
        assert set(pair) <= set(estimates()) and -1 < value < 1
