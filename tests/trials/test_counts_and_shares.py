"""Rates and shares of simulated trials, each analysis against another computation."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import nbinom
from tests.trials.pools import TIMES, leaving, normal_pool, plan
from tests.trials.test_adaptive_trials import COUNTS, within

from speciosa.trials.analysis.counts import logistic, negative_binomial
from speciosa.trials.analysis.data import Compared
from speciosa.trials.operating.replicates import replicate


def counted(trials=3, people=80, seed=1):
    rng = np.random.default_rng(seed)
    treated = np.arange(people) % 2 == 0
    under = rng.integers(1, 6, (trials, people)).astype(float)
    rate = np.where(treated, 0.4, 0.7) * rng.gamma(2.0, 0.5, (trials, people))
    counts = rng.poisson(rate * under).astype(float)
    b = 6 + rng.standard_normal((trials, people))
    y = b * np.where(rng.random((trials, people)) < np.where(treated, 0.6, 0.35), 0.5, 1.0)
    seen = np.ones((1, trials, people), dtype=bool)
    kept = np.ones((trials, people), dtype=bool)
    return Compared(b, y[None], seen, treated, kept, b, kept, None, (counts, under))


def test_rates_are_those_of_a_negative_binomial_regression():
    data = counted()
    ours = negative_binomial(data, -1, 0.025)
    counts, under = data.counts
    x = np.column_stack([np.ones(80), data.treated.astype(float)])
    for trial in range(3):

        def value(free, trial=trial):
            mean, size = under[trial] * np.exp(x @ free[:2]), np.exp(-free[2])
            return -nbinom.logpmf(counts[trial], size, size / (size + mean)).sum()

        fit = minimize(value, [0.0, 0.0, 0.0], method="BFGS")
        assert ours.estimate[trial] == pytest.approx(fit.x[1], abs=2e-4)
        error = np.sqrt(fit.hess_inv[1, 1])
        assert (ours.high - ours.estimate)[trial] / 1.959964 == pytest.approx(error, rel=0.1)


def test_standardised_shares_are_those_of_a_logistic_regression():
    data = counted()
    ours = logistic(data, -0.3, 1, 0.025)
    for trial in range(3):
        met = (data.y[-1, trial] <= 0.7 * data.baseline[trial]).astype(float)
        b = data.baseline[trial] - data.baseline[trial].mean()
        arm = data.treated.astype(float)

        def value(free, met=met, arm=arm, b=b):
            line = free[0] + free[1] * arm + free[2] * b
            return (np.logaddexp(0, line) - met * line).sum()

        free = minimize(value, np.zeros(3), method="BFGS", options={"gtol": 1e-9}).x
        rates = [1 / (1 + np.exp(-(free[0] + free[1] * a + free[2] * b))) for a in (1.0, 0.0)]
        assert ours.estimate[trial] == pytest.approx((rates[0] - rates[1]).mean(), abs=1e-6)
    assert 0.07 < float((ours.high - ours.estimate).mean()) / 1.96 < 0.13


@pytest.mark.parametrize("trials", COUNTS)
def test_shares_keep_their_level(trials):
    pool, asked = normal_pool(0.5, times=TIMES[:3]), plan("logistic", at=2, change=-0.1)
    found = replicate(pool, asked, 200, trials, null=True, threads=1)
    assert within(found.power(), 0.025, trials)


@pytest.mark.parametrize("trials", COUNTS)
def test_rates_keep_their_level_and_their_coverage(trials):
    data, rng = counted(trials, people=200), np.random.default_rng(6)
    mean = 0.5 * data.counts[1] * rng.gamma(2.0, 0.5, data.counts[1].shape)
    data = replace(data, counts=(rng.poisson(mean).astype(float), data.counts[1]))
    found = negative_binomial(data, -1, 0.025)
    # Wald's test of a rate ratio is liberal by a thousandth or two at this size
    assert abs((found.z > 1.959964).mean() - 0.025) < 3 * np.sqrt(0.025 * 0.975 / trials) + 0.002
    assert abs(((found.low < 0) & (found.high > 0)).mean() - 0.95) < 3 * np.sqrt(0.05 * 0.95 / trials) + 0.004  # fmt: skip


def test_rates_are_counted_in_visits():
    pool = normal_pool(0.0, times=TIMES[:3])
    often = tuple(replace(arm, adverse=np.full_like(arm.adverse, 0.3)) for arm in pool.arms)
    asked = plan("negative binomial", at=2, leaving=leaving(-2.0), event="unwanted effect")
    found = replicate(replace(pool, arms=often), asked, 200, 100, threads=1)
    assert abs(found.estimate[0].mean()) < 0.1
    assert np.isfinite(found.estimate).all()
