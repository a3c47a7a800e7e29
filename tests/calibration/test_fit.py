"""The fit against the closed form of a linear model, and what it must do with outliers and with silence."""

import numpy as np
import pytest

from speciosa.calibration.cross import LeftOut, between_studies
from speciosa.calibration.fit import fit, groups_of
from speciosa.calibration.free import Free
from speciosa.calibration.rows import standard_error
from speciosa.calibration.write import _positive
from speciosa.facts.uncertainty import Distribution
from speciosa.validation.between_studies import USUAL
from speciosa.validation.observed.reading import read_row

SLOPES = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 0.3]])


def linear(z):
    return z @ SLOPES


def test_small_residuals_give_the_posterior_mode_and_covariance_of_a_linear_model():
    observed, spread = np.array([0.02, -0.01, 0.015]), np.full(3, 0.5)
    found = fit(linear, observed, spread, 2)
    precision = SLOPES @ SLOPES.T / 0.25 + np.eye(2)
    mode = np.linalg.solve(precision, SLOPES @ observed / 0.25)
    assert found.z == pytest.approx(mode, abs=2e-3)
    assert found.covariance == pytest.approx(np.linalg.inv(precision), rel=0.01, abs=1e-3)


def test_data_that_say_nothing_leave_the_prior():
    found = fit(lambda z: np.zeros((len(z), 2)), np.array([1.0, -1.0]), np.ones(2), 3)
    assert np.abs(found.z).max() < 1e-6
    assert found.sd == pytest.approx(np.ones(3))


def test_one_wild_row_moves_the_estimate_little():
    spread = np.full(8, 0.1)
    tame = fit(lambda z: np.repeat(z, 8, axis=1), np.full(8, 0.5), spread, 1)
    wild = fit(lambda z: np.repeat(z, 8, axis=1), np.array([0.5] * 7 + [4.0]), spread, 1)
    assert abs(wild.z[0] - tame.z[0]) < 0.05


def test_what_cannot_be_predicted_does_not_break_the_fit():
    found = fit(lambda z: np.where(z > 10, np.nan, z), np.array([0.3]), np.array([0.1]), 1)
    assert np.isfinite(found.z).all()


def test_the_same_data_give_the_same_fit():
    data = (np.array([0.4, 0.2, -0.3]), np.full(3, 0.2), 2)
    assert fit(linear, *data).z.tolist() == fit(linear, *data).z.tolist()


def test_rows_hang_together_through_any_chain_of_parameters():
    links = [frozenset("ab"), frozenset("cd"), frozenset("be"), frozenset("ef"), frozenset("g")]
    assert groups_of(links) == [[0, 2, 3], [1], [4]]


@pytest.mark.parametrize("shape", ["lognormal", "logitnormal"])
def test_a_parameter_is_its_prior_median_at_zero_and_grows_with_z(shape):
    free = Free("x.CL", Distribution(shape, 0.3, 0.4), "L/h", 60.0)
    assert free.value(0.0) == pytest.approx(0.3)
    assert free.in_model(0.0) == pytest.approx(18.0)
    assert free.value(-1.0) < 0.3 < free.value(1.0)
    assert free.cv(0.5, 0.0) < free.cv(1.0, 0.0)


@pytest.mark.parametrize(
    ("spread_type", "spread", "expected"),
    [("sd", "8", 0.1), ("se", "2", 0.1), ("cv%", "40", 0.1), ("none", "", 0.35 / 4)],
)
def test_standard_errors_of_rows(spread_type, spread, expected):
    cells = {"id": "a", "doses": "none", "analyte": "m", "metric": "Cmax", "value": "20"}
    cells |= {"unit": "ng/mL", "n": "16", "spread_type": spread_type, "spread": spread}
    row, _ = read_row(cells, "a", {"m": "morphine"}, {})
    assert standard_error(row) == pytest.approx(expected)


def test_correlations_written_stay_positive_definite():
    matrix = np.array([[1.0, 0.95, 0.0], [0.95, 1.0, 0.95], [0.0, 0.95, 1.0]])
    assert np.linalg.eigvalsh(matrix)[0] < 0
    assert np.linalg.eigvalsh(_positive(matrix))[0] > 0


def left_out(number, metric, predicted, residual):
    cells = {"id": str(number), "study": str(number), "doses": "none", "versus": "none"}
    cells |= {"analyte": "m", "metric": metric, "unit": "1"}
    cells |= {"value": str(predicted * np.exp(residual))}
    row, _ = read_row(cells, "a", {"m": "morphine"}, {})
    return LeftOut(row, residual, parameter_sd=0.05, standard_error=0.05)


@pytest.mark.parametrize(("same", "strength"), [(0.2, 0.12), (0.1, 0.3)])
def test_the_spread_of_ratios_between_studies_is_found_with_its_growth(same, strength):
    random = np.random.default_rng(7)
    ratios = np.exp(random.uniform(-3.0, 2.5, 400))
    sd = np.sqrt(same**2 + (strength * np.log(ratios)) ** 2 + 2 * 0.05**2)
    tested = [
        left_out(n, "AUC0-inf_ratio", ratio, float(residual))
        for n, (ratio, residual) in enumerate(zip(ratios, random.normal(0, sd), strict=True))
    ]
    found = between_studies(tested)
    assert found["ratio"] == pytest.approx(same, rel=0.2)
    assert found["strength"] == pytest.approx(strength, rel=0.15)
    assert found["exposure"] == USUAL["exposure"]


def test_a_bioavailability_is_no_strength_of_an_effect():
    assert left_out(1, "F_absolute", 0.05, 0.1).strength == 0.0
    assert left_out(2, "AUC0-inf_ratio", 0.05, 0.1).strength == pytest.approx(np.log(0.05))
