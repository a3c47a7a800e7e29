"""Estimators of tau-squared: their formulas with moderators, likelihoods of two hills, and where nothing can be estimated."""

import numpy as np
import pytest
from scipy.stats import chi2

from speciosa.errors import UnknownNameError
from speciosa.evidence.network.gls import Whitened
from speciosa.evidence.network.tau2 import tau2_estimate
from speciosa.evidence.pairwise.tau2 import (
    METHODS,
    Projection,
    generalised_q,
    log_likelihood,
    method_code,
    q_profile,
    tau_squared,
)

Y = np.array([0.2, 0.9, 0.1, 0.6, 1.3, -0.2])
V = np.array([0.04, 0.09, 0.01, 0.06, 0.05, 0.2])
X = np.column_stack([np.ones(6), [1.0, 2.0, 1.0, 3.0, 2.0, 4.0]])
DESIGNS = [np.ones((6, 1)), X]


def projection(w: np.ndarray, design: np.ndarray) -> np.ndarray:
    """P = W - W X (X'WX)^-1 X'W as a matrix."""
    W = np.diag(w)
    return W - W @ design @ np.linalg.inv(design.T @ W @ design) @ design.T @ W


@pytest.mark.parametrize("design", DESIGNS, ids=["mean", "line"])
def test_products_and_traces_of_the_projection_are_those_of_its_matrix(design):
    w, u = 1 / V, np.arange(1.0, 7.0)
    P, found = projection(w, design), Projection.of(w, design)
    assert found.times(Y) == pytest.approx(P @ Y)
    assert found.trace() == pytest.approx(np.trace(P))
    assert found.trace(u) == pytest.approx(np.trace(P @ np.diag(u)))
    assert found.squares() == pytest.approx(np.trace(P @ P))
    assert found.squares(u) == pytest.approx(np.trace(P @ np.diag(u) @ P @ np.diag(u)))


@pytest.mark.parametrize("design", DESIGNS, ids=["mean", "line"])
@pytest.mark.parametrize("factor", [1.0, 0.05], ids=["far", "near"])
def test_closed_forms_with_moderators(design, factor):
    """Values and standard errors from quadratic forms y'Py, whose variance at tau2 is 2 tr((P V)^2), V = v + tau2."""
    y = factor * Y
    k, p = design.shape
    for method in ("DL", "HE", "HS"):
        P = projection(np.ones(k) if method == "HE" else 1 / V, design)
        scale = {"DL": np.trace(P), "HE": k - p, "HS": (1 / V).sum()}[method]
        less = {"DL": k - p, "HE": np.trace(P @ np.diag(V)), "HS": k}[method]
        expected = max(0.0, (y @ P @ y - less) / scale)
        found = tau_squared(y, V, method, design)
        assert found.value == pytest.approx(expected)
        total = np.diag(V + expected)
        assert found.se == pytest.approx(np.sqrt(2 * np.trace(P @ total @ P @ total)) / scale)
    crude = float(np.var(y))
    value = crude * generalised_q(crude, y, V, design) / (k - p)
    P, total = projection(1 / (V + crude), design), np.diag(V + value)
    found = tau_squared(y, V, "SJ", design)
    assert found.value == pytest.approx(value)
    assert found.se == pytest.approx(crude / (k - p) * np.sqrt(2 * np.trace(P @ total @ P @ total)))


@pytest.mark.parametrize("design", DESIGNS, ids=["mean", "line"])
def test_solved_estimators_meet_their_equations(design):
    k, p = design.shape
    for method in ("PM", "EB"):
        found = tau_squared(Y, V, method, design)
        assert generalised_q(found.value, Y, V, design) == pytest.approx(k - p)
        assert found.se == pytest.approx(
            np.sqrt(2 * k**2 / (k - p)) / (1 / (V + found.value)).sum()
        )
    for method, restricted in (("ML", False), ("REML", True)):
        found = tau_squared(Y, V, method, design)
        w = 1 / (V + found.value)
        P = projection(w, design)
        assert (P @ Y) @ (P @ Y) == pytest.approx(np.trace(P) if restricted else w.sum())
        information = np.trace(P @ P) if restricted else (w**2).sum()
        assert found.se == pytest.approx(np.sqrt(2 / information))


def likelihood(tau2: float, design: np.ndarray, restricted: bool, y=Y, v=V) -> float:
    """From the normal density of all effects, or of k - p contrasts that hold nothing of the coefficients."""
    k, p = design.shape
    if restricted:
        basis = np.linalg.svd(design)[0][:, p:].T
        spread, gap = basis @ np.diag(v + tau2) @ basis.T, basis @ y
    else:
        W = np.diag(1 / (v + tau2))
        beta = np.linalg.solve(design.T @ W @ design, design.T @ W @ y)
        spread, gap = np.diag(v + tau2), y - design @ beta
    size = len(gap)
    return float(
        -0.5
        * (
            size * np.log(2 * np.pi)
            + np.linalg.slogdet(spread)[1]
            + gap @ np.linalg.solve(spread, gap)
        )
    )


@pytest.mark.parametrize("design", DESIGNS, ids=["mean", "line"])
@pytest.mark.parametrize("restricted", [True, False])
def test_likelihoods_are_normal_densities(design, restricted):
    for tau2 in (0.0, 0.1, 2.0):
        assert log_likelihood(tau2, Y, V, design, restricted) == pytest.approx(
            likelihood(tau2, design, restricted)
        )


# Two exact studies that agree make a hill at 0; ten that differ widely make the higher one.
HILLS_Y = np.array([0.0, 0.0, *([10.0, -10.0] * 5)])
HILLS_V = np.array([1e-4, 1e-4, *([1.0] * 10)])
ONE = np.ones((12, 1))


@pytest.mark.parametrize("restricted", [True, False])
def test_the_higher_of_two_hills_is_taken(restricted):
    method = "REML" if restricted else "ML"
    grid = np.geomspace(1e-3, 1e4, 20_001)
    heights = [likelihood(float(t), ONE, restricted, HILLS_Y, HILLS_V) for t in grid[::50]]
    near = grid[50 * int(np.argmax(heights))]
    fine = near * np.linspace(0.95, 1.05, 2001)
    best = fine[
        int(np.argmax([likelihood(float(t), ONE, restricted, HILLS_Y, HILLS_V) for t in fine]))
    ]
    assert best > 10 and likelihood(0.0, ONE, restricted, HILLS_Y, HILLS_V) > likelihood(
        1e-3, ONE, restricted, HILLS_Y, HILLS_V
    )
    assert tau_squared(HILLS_Y, HILLS_V, method).value == pytest.approx(best, rel=1e-4)
    data = Whitened(HILLS_Y, ONE, HILLS_V, np.arange(12))
    assert tau2_estimate(data, method) == pytest.approx(best, rel=1e-4)
    # with the wide ones at rest the hill at 0 is the higher
    calm = HILLS_Y / 20
    assert tau_squared(calm, HILLS_V, method).value == 0.0
    assert tau2_estimate(Whitened(calm, ONE, HILLS_V, np.arange(12)), method) == 0.0


def test_nothing_is_estimated_from_one_study_or_as_many_coefficients_as_studies():
    for method in METHODS:
        found = tau_squared(Y[:1], V[:1], method)
        assert (found.value, found.se) == (0.0, None)
        found = tau_squared(Y[:2], V[:2], method, X[:2] + np.array([[0, 0], [0, 1]]))
        assert (found.value, found.se) == (0.0, None)
    assert (tau_squared(Y, V, "EE").value, tau_squared(Y, V, "EE").se) == (0.0, None)
    assert tau_squared(np.full(3, 0.5), V[:3], "SJ").se is None
    assert q_profile(Y[:1], V[:1]) == (0.0, np.inf)


def test_agreement_has_no_heterogeneity_and_an_interval_from_nothing():
    for method in METHODS:
        if method != "SJ":
            assert tau_squared(0.01 * Y, V, method).value == 0.0
    assert q_profile(0.0001 * Y, V) == (0.0, 0.0)


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("design", DESIGNS, ids=["mean", "line"])
def test_the_profile_interval_lies_between_the_quantiles(level, design):
    low, high = q_profile(Y, V, design, level)
    df, tail = 6 - design.shape[1], (1 - level) / 2
    assert generalised_q(low, Y, V, design) == pytest.approx(chi2.ppf(1 - tail, df))
    assert generalised_q(high, Y, V, design) == pytest.approx(chi2.ppf(tail, df))


def test_names_of_estimators():
    said = {
        "fe": "EE",
        " ce ": "EE",
        "common": "EE",
        "Fixed": "EE",
        "ho": "HE",
        "reml": "REML",
        "dl": "DL",
    }
    assert {name: method_code(name) for name in said} == said
    with pytest.raises(UnknownNameError):
        method_code("MH")


@pytest.mark.parametrize("excess", [0.01, 0.5, 0.99, 5.0])
def test_any_disagreement_beyond_its_degrees_of_freedom_is_estimated(excess):
    one = np.ones((6, 1))
    y = Y * np.sqrt((5 + excess) / generalised_q(0.0, Y, V, one))
    for method in ("PM", "DL"):
        found = tau_squared(y, V, method).value
        assert found > 0
        assert method == "DL" or generalised_q(found, y, V, one) == pytest.approx(5)
    less = Y * np.sqrt((5 - excess / 10) / generalised_q(0.0, Y, V, one))
    assert tau_squared(less, V, "PM").value == tau_squared(less, V, "DL").value == 0.0
    low, high = q_profile(y, V)
    assert low == 0.0 or generalised_q(low, y, V, one) == pytest.approx(chi2.ppf(0.975, 5))
    assert generalised_q(high, y, V, one) == pytest.approx(chi2.ppf(0.025, 5))
