"""Probabilities of correlated t statistics against another quadrature and closed forms."""

import numpy as np
import pytest
from scipy.special import fdtr
from scipy.stats import nct, t
from tests.trials import reference as ref

from speciosa.trials.design.contrasts import correlation_of
from speciosa.trials.design.rays import critical_value, exceedance, power_of_largest, root


def factor_of_six() -> np.ndarray:
    contrasts = np.array(list(ref.contrasts().contrasts.values()))
    return root(correlation_of(contrasts, (20,) * 5))


def by_product_rule(factor: np.ndarray, bound: float, df: float, order: int = 40) -> float:
    """Directions in four dimensions by a product of Gauss-Legendre and trapezoids, which uses no random point."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    share, turn = (nodes + 1) / 2, 2 * np.pi * (np.arange(2 * order) + 0.5) / (2 * order)
    p, a, b = (x.ravel() for x in np.meshgrid(share, turn, turn, indexing="ij"))
    one, two = np.sqrt(p), np.sqrt(1 - p)
    unit = np.column_stack((one * np.cos(a), one * np.sin(a), two * np.cos(b), two * np.sin(b)))
    largest = (unit @ factor.T).max(1)
    squares = (bound / np.maximum(largest, 1e-12)) ** 2
    beyond = np.where(largest > 0, 1 - fdtr(4, df, squares / 4), 0)
    return float(beyond @ np.repeat(weights / 2, 4 * order**2) / (4 * order**2))


@pytest.mark.parametrize("bound", [1.0, 2.1396, 2.4272, 2.9715, 3.4641])
def test_six_contrasts_agree_with_a_product_rule(bound: float) -> None:
    factor = factor_of_six()
    assert factor.shape == (6, 4)
    assert exceedance(factor, bound, 95) == pytest.approx(
        by_product_rule(factor, bound, 95), rel=2e-4
    )


@pytest.mark.parametrize("level", [0.025, 0.05])
def test_the_critical_value_has_its_level(level: float) -> None:
    factor = factor_of_six()
    bound = critical_value(factor, level, 95)
    assert by_product_rule(factor, bound, 95) == pytest.approx(level, rel=2e-4)


@pytest.mark.parametrize("df", [3.0, 40.0])
@pytest.mark.parametrize("bound", [-1.3, 0.4, 2.0])
def test_one_statistic_is_a_t(df: float, bound: float) -> None:
    one = np.ones((1, 1))
    assert exceedance(one, bound, df) == pytest.approx(t.sf(bound, df), abs=1e-12)
    if bound > 0:
        assert power_of_largest(one, np.array([1.7]), bound, df) == pytest.approx(
            nct.sf(bound, df, 1.7), abs=2e-4
        )


def test_independent_statistics_multiply() -> None:
    cdf = (1 - exceedance(np.eye(3), 1.5, np.inf)) ** (1 / 3)
    assert cdf == pytest.approx(t.cdf(1.5, 1e9), abs=2e-6)
    power = power_of_largest(np.eye(3), np.array([1.0, 0.0, -1.0]), 1.5, np.inf)
    apart = np.prod([t.cdf(1.5 - s, 1e9) for s in (1.0, 0.0, -1.0)])
    assert power == pytest.approx(1 - apart, abs=2e-5)
