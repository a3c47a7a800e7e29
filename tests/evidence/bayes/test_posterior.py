"""Summaries of posteriors where the distribution is known: mixtures of normals, and densities of tau with names."""

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq, minimize_scalar

from speciosa.evidence.bayes.pairwise import bayesian_meta_analysis
from speciosa.evidence.bayes.posterior import Mixture, TauPosterior
from speciosa.evidence.bayes.priors import TauPrior
from speciosa.evidence.bayes.quadrature import distribution, tau_rule
from speciosa.evidence.bayes.summary import estimate_rows, mixture_summary

W, M, S = np.array([0.5, 0.3, 0.2]), np.array([0.0, 1.5, -2.0]), np.array([1.0, 0.5, 2.0])
MIX = Mixture(W, M, S, 99)


def cdf(x: float) -> float:
    return float(W @ stats.norm.cdf(x, M, S))


def pdf(x: float) -> float:
    return float(W @ stats.norm.pdf(x, M, S))


def test_a_mixture_by_its_parts():
    mean = float(W @ M)
    assert MIX.mean() == pytest.approx(mean)
    assert MIX.sd() == pytest.approx(np.sqrt(W @ (S**2 + M**2) - mean**2))
    for x in (-3.0, 0.0, 0.7, 2.5):
        assert MIX.probability_below(x) == pytest.approx(cdf(x))
        assert MIX.density(x) == pytest.approx(pdf(x))
    for p in (1e-6, 0.025, 0.5, 0.9, 1 - 1e-6):
        assert MIX.quantile(p) == pytest.approx(
            brentq(lambda x, p=p: cdf(x) - p, -40, 40), abs=1e-9
        )
    best = minimize_scalar(lambda x: -pdf(x), bounds=(0.5, 2.0)).x
    assert MIX.mode() == pytest.approx(best, abs=1e-5) and MIX.density(best) > MIX.density(0.0)


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_the_shortest_interval_of_a_mixture_has_equal_heights_at_its_ends(level):
    skewed = Mixture(np.array([0.7, 0.3]), np.array([0.0, 1.0]), np.array([0.5, 1.5]), 99)
    low, high = skewed.shortest(level)
    assert skewed.probability_below(high) - skewed.probability_below(low) == pytest.approx(
        level, abs=1e-8
    )
    assert skewed.density(low) == pytest.approx(skewed.density(high), rel=2e-3)
    middle = skewed.quantile(0.5 + level / 2) - skewed.quantile(0.5 - level / 2)
    assert high - low < middle


def test_moments_are_given_as_far_as_they_exist():
    assert np.isnan(Mixture(W, M, S, 0).mean()) and np.isinf(Mixture(W, M, S, 1).sd())
    assert np.isfinite(Mixture(W, M, S, 1).mean()) and np.isfinite(Mixture(W, M, S, 2).sd())


def test_a_spread_of_nothing_splits_its_mass():
    flat = Mixture(np.array([0.4, 0.6]), np.array([0.0, 1.0]), np.array([0.0, 1.0]), 99)
    assert flat.probability_below(1.0) == pytest.approx(0.4 * 0.5 + 0.6 * 0.5)


LAWS = {
    "exponential": (stats.expon(scale=0.7), 0.0),
    "gamma": (stats.gamma(3, scale=0.2), 0.4),
    "half-normal": (stats.halfnorm(scale=0.4), 0.0),
    "late": (stats.gamma(200, scale=0.02), 3.98),
}


def tau_of(law, factor: float = 3.0, moments: int = 99) -> TauPosterior:
    """The law as a posterior that is known up to a factor."""
    return TauPosterior(tau_rule(0.6), lambda x: factor * law.pdf(x), factor, moments)


@pytest.mark.parametrize("name", LAWS)
def test_a_posterior_of_tau_by_its_law(name):
    law, mode = LAWS[name]
    found = tau_of(law)
    assert (found.mean(), found.sd()) == pytest.approx((law.mean(), law.std()), rel=1e-6)
    for p in (0.001, 0.25, 0.5, 0.975):
        assert found.quantile(p) == pytest.approx(law.ppf(p), rel=1e-6)
    assert found.quantile(0.0) == found.quantile(-0.1) == 0.0
    assert found.density(0.3) == pytest.approx(law.pdf(0.3))
    assert found.mode() == pytest.approx(mode, abs=1e-5)
    low, high = found.shortest(0.9)
    assert law.cdf(high) - law.cdf(low) == pytest.approx(0.9, abs=1e-7)
    if mode == 0.0:
        assert low == 0.0
    else:
        assert law.pdf(low) == pytest.approx(law.pdf(high), rel=2e-3)
    assert np.isinf(tau_of(law, moments=0).mean()) and np.isinf(tau_of(law, moments=1).sd())
    assert np.isfinite(tau_of(law, moments=1).mean()) and np.isfinite(tau_of(law, moments=2).sd())


@pytest.mark.parametrize("panels", [7, 60])
def test_a_distribution_is_integrated_panel_by_panel(panels):
    law = stats.gamma(2, scale=0.5)
    rule = tau_rule(0.8, panels)
    upto = distribution(rule, law.pdf, 1.0)
    for tau in (0.0, -1.0):
        assert upto(tau) == 0.0
    for tau in (1e-6, 0.1, 0.8, 3.0, 50.0):
        assert upto(tau) == pytest.approx(law.cdf(tau), abs=1e-7)
    assert upto(1e12) <= 1.0
    assert len(rule.nodes) == 16 * panels and rule.edges[0] == 0 and rule.edges[-1] == 1
    x = np.array([0.2, 0.9])
    assert rule.tau(x) == pytest.approx(0.8 * x / (1 - x))
    assert rule.slope(x) == pytest.approx(
        (rule.tau(x + 1e-6) - rule.tau(x - 1e-6)) / 2e-6, rel=1e-4
    )


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_a_mixture_in_numbers(level):
    found = mixture_summary(W, M, S, level)
    assert (found["mean"], found["sd"]) == pytest.approx((MIX.mean(), MIX.sd()))
    for key, p in (
        ("median", 0.5),
        ("low", 0.5 - level / 2),
        ("high", 0.5 + level / 2),
        ("q25", 0.25),
        ("q75", 0.75),
    ):
        assert cdf(found[key]) == pytest.approx(p, abs=1e-10)
    assert found["below_0"] == pytest.approx(cdf(0.0))


def test_rows_under_the_names_of_estimates():
    import polars as pl

    row = {
        "treat1": "x",
        "treat2": "p",
        "mean": 1.0,
        "sd": 0.5,
        "low": 0.1,
        "high": 1.9,
        "median": 0.9,
        "q25": 0.6,
        "q75": 1.3,
        "pi_low": -1.0,
        "pi_high": 3.0,
    }
    table = pl.DataFrame([row])
    (found,) = estimate_rows(table, "random")
    assert (found["effect"], found["se"], found["ci_low"], found["ci_high"]) == (1.0, 0.5, 0.1, 1.9)
    assert (found["pi_low"], found["pi_high"], found["direct"]) == (-1.0, 3.0, None)
    (common,) = estimate_rows(table, "common")
    assert (common["pi_low"], common["pi_high"]) == (None, None)


Y, V = np.array([0.1, 0.5, 0.3, 0.9]), np.array([0.04, 0.02, 0.03, 0.09])


@pytest.mark.parametrize(
    ("prior", "k", "mu", "finite"),
    [
        # (mean of tau, sd of tau) exist where the tail falls fast enough: order k - 1 with a flat mu, k with a normal one
        (TauPrior("uniform"), 3, None, (False, False)),
        (TauPrior("uniform"), 4, None, (True, False)),
        (TauPrior("uniform"), 3, (0.0, 1.0), (True, False)),
        (TauPrior("uniform"), 4, (0.0, 1.0), (True, True)),
        (TauPrior("half-cauchy"), 1, None, (False, False)),
        (TauPrior("half-cauchy"), 2, None, (True, False)),
        (TauPrior("half-cauchy"), 2, (0.0, 1.0), (True, True)),
        (TauPrior("log-t"), 2, None, (False, False)),
        (TauPrior("log-t"), 2, (0.0, 1.0), (True, False)),
        (TauPrior("half-normal"), 1, None, (True, True)),
    ],
)
def test_which_moments_of_tau_exist(prior, k, mu, finite):
    found = bayesian_meta_analysis(Y[:k], V[:k], tau_prior=prior, mu_prior=mu)
    assert (np.isfinite(found.tau.mean()), np.isfinite(found.tau.sd())) == finite
    assert np.isfinite(found.mu.mean()) == (mu is not None or finite[0])
    assert np.isfinite(found.new.mean()) == finite[0]
    assert all(np.isfinite(one.sd()) for one in found.effects)


def test_priors_in_words():
    prior = TauPrior("half-normal", 0.5)
    assert bayesian_meta_analysis(Y, V, tau_prior=prior).prior == "tau half-normal(0.5); mu flat"
    told = bayesian_meta_analysis(Y, V, tau_prior=prior, mu_prior=(0.25, 2.0)).prior
    assert told == "tau half-normal(0.5); mu normal(0.25, 2)"
