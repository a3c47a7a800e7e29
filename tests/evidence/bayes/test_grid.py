"""The grid of tau and omega: summaries of known densities, draws of a known mixture, posteriors by plain integration."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import simpson

from speciosa.evidence.bayes.grid import Grid, posterior_grid, simpson_weights
from speciosa.evidence.bayes.priors import TauPrior
from speciosa.evidence.network.designs import parameters
from speciosa.evidence.network.read import read_network


def grid(weight, beta, covariance, axis, mass) -> Grid:
    flat = np.zeros(len(weight))
    points = np.linspace(0, 1, len(weight))
    return Grid(
        np.asarray(weight), points, flat, beta, covariance, covariance, axis, mass, axis, mass
    )


@pytest.mark.parametrize("count", [3, 5, 101])
def test_simpsons_weights(count):
    x = np.linspace(0, 2, count)
    height = np.exp(x)
    assert simpson_weights(count) @ height * (x[1] - x[0]) / 3 == pytest.approx(
        simpson(height, x=x)
    )
    assert simpson_weights(1).tolist() == [1.0]


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize(
    "law", [stats.gamma(3, scale=0.2), stats.halfnorm(scale=0.5), stats.gamma(40, scale=0.05)]
)
def test_a_variable_on_even_points(law, level):
    axis = np.linspace(0, law.ppf(1 - 1e-12), 401)
    mass = simpson_weights(401) * law.pdf(axis)
    found = grid(np.ones(1), np.zeros((1, 1)), np.ones((1, 1, 1)), axis, mass / mass.sum())
    for told in (found.tau_summary(level), found.omega_summary(level)):
        assert (told["mean"], told["sd"]) == pytest.approx((law.mean(), law.std()), rel=1e-4)
        for key, p in (
            ("median", 0.5),
            ("low", 0.5 - level / 2),
            ("high", 0.5 + level / 2),
            ("q25", 0.25),
            ("q75", 0.75),
        ):
            assert law.cdf(told[key]) == pytest.approx(p, abs=2e-4)


def test_a_fixed_variable_is_itself():
    found = grid(np.ones(1), np.zeros((1, 1)), np.ones((1, 1, 1)), np.array([0.7]), np.ones(1))
    assert found.tau_summary(0.95) == {"mean": 0.7, "sd": 0.0} | dict.fromkeys(
        ("median", "low", "high", "q25", "q75"), 0.7
    )
    assert found.tau2_mean == 0.0


def test_draws_are_of_the_mixture():
    weight = np.array([0.25, 0.75])
    beta = np.array([[1.0, -2.0], [3.0, 0.5]])
    covariance = np.array([[[1.0, 0.3], [0.3, 0.5]], [[0.2, -0.1], [-0.1, 0.4]]])
    found = grid(weight, beta, covariance, np.array([0.0, 1.0]), weight)
    draws = found.draws(14, seed=3)
    assert draws.shape == (2**14, 2)
    mean = weight @ beta
    spread = sum(
        w * (c + np.outer(b - mean, b - mean))
        for w, b, c in zip(weight, beta, covariance, strict=True)
    )
    assert draws.mean(axis=0) == pytest.approx(mean, abs=0.01)
    np.testing.assert_allclose(np.cov(draws.T), spread, atol=0.02)
    assert (found.draws(6, seed=3) == found.draws(6, seed=3)).all()
    assert not (found.draws(6, seed=3) == found.draws(6, seed=4)).all()
    assert found.tau2_mean == pytest.approx(0.75)


ROWS = [("s1", "a", "p", 0.9, 0.3), ("s2", "a", "p", 0.1, 0.2), ("s3", "a", "p", 1.4, 0.4)]
NETWORK = read_network(
    [dict(zip(("study", "treat1", "treat2", "effect", "se"), row, strict=True)) for row in ROWS]
)
Y, V = np.array([row[3] for row in ROWS]), np.array([row[4] for row in ROWS]) ** 2


def by_hand(taus: np.ndarray, sd: float, prior) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mass of each tau, and mean and variance of the effect given it: y ~ N(0, v + tau^2 + sd^2 together) at every tau."""
    heights, means, variances = [], [], []
    for tau in taus:
        cover = np.diag(V + tau**2) + sd**2
        heights.append(stats.multivariate_normal(np.zeros(3), cover).pdf(Y) * prior(tau))
        precision = (1 / (V + tau**2)).sum() + sd**-2
        means.append((Y / (V + tau**2)).sum() / precision)
        variances.append(1 / precision)
    mass = simpson_weights(len(taus)) * np.array(heights)
    return mass / mass.sum(), np.array(means), np.array(variances)


@pytest.mark.parametrize("sd", [0.5, 15.0])
def test_a_posterior_of_one_effect(sd):
    setup = parameters(NETWORK, "p", True, {})
    found = posterior_grid(setup, sd, TauPrior("half-normal", 0.8), 1.0)
    mass, means, variances = by_hand(np.linspace(0, 7, 401), sd, stats.halfnorm(scale=0.8).pdf)
    effect = float(found.weight @ found.beta[:, 0])
    assert effect == pytest.approx(mass @ means, rel=1e-5)
    total = float(found.weight @ (found.covariance[:, 0, 0] + found.beta[:, 0] ** 2)) - effect**2
    assert total == pytest.approx(mass @ (variances + means**2) - (mass @ means) ** 2, rel=1e-5)
    taus = np.linspace(0, 7, 401)
    assert found.tau_summary(0.95)["mean"] == pytest.approx(mass @ taus, rel=1e-5)
    assert found.tau2_mean == pytest.approx(mass @ taus**2, rel=1e-5)


def test_a_common_effect_has_no_tau():
    setup = parameters(NETWORK, "p", True, {})
    found = posterior_grid(setup, 15.0, None, 1.0)
    precision = (1 / V).sum() + 15.0**-2
    assert found.beta[0, 0] == pytest.approx((Y / V).sum() / precision)
    assert found.covariance[0, 0, 0] == pytest.approx(1 / precision)
    assert found.tau_axis.tolist() == [0.0] and found.weight.tolist() == [1.0]


def test_a_class_mean_and_the_spread_of_its_members():
    """With two members of a class, both pulled to their mean by omega: integrated over omega by hand at tau 0."""
    rows = [("s1", "a", "p", 0.9, 0.3), ("s2", "b", "p", 0.1, 0.2)]
    network = read_network(
        [dict(zip(("study", "treat1", "treat2", "effect", "se"), row, strict=True)) for row in rows]
    )
    found = posterior_grid(parameters(network, "p", True, {"a": "x", "b": "x"}), 10.0, None, 0.6)
    y, v = np.array([0.9, 0.1]), np.array([0.09, 0.04])
    omegas = np.linspace(0, 5, 401)
    cover = [np.diag(v + w**2) + 100.0 for w in omegas]
    mass = np.array([stats.multivariate_normal(np.zeros(2), c).pdf(y) for c in cover]) * np.exp(
        -0.5 * (omegas / 0.6) ** 2
    )
    mass *= simpson_weights(401)
    mass /= mass.sum()
    means = [100.0 * np.linalg.solve(c, y).sum() for c in cover]
    assert found.weight @ found.beta[:, 2] == pytest.approx(mass @ means, rel=1e-3)
    assert found.omega_summary(0.95)["mean"] == pytest.approx(mass @ omegas, rel=1e-2)
