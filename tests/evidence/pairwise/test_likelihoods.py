"""Exact likelihoods of counts: values against SciPy's distributions, slopes and bends against their moments, and where to begin."""

import math

import numpy as np
import pytest
from scipy.stats import binom, nchypergeom_fisher, poisson

from speciosa.evidence.pairwise import likelihoods
from speciosa.evidence.pairwise.likelihoods import counts_of

EFFECTS = np.array([-1.3, 0.0, 0.8])
TABLES = {
    "events_t": np.array([3.0, 0.0, 9.0, 5.0]),
    "n_t": np.array([20.0, 15.0, 12.0, 5.0]),
    "events_c": np.array([7.0, 4.0, 0.0, 30.0]),
    "n_c": np.array([25.0, 9.0, 30.0, 40.0]),
    "time_t": np.array([110.0, 80.0, 20.0, 9.0]),
    "time_c": np.array([90.0, 95.0, 30.0, 70.0]),
}
COUNT = len(TABLES["n_t"])
HERE = np.tile(EFFECTS, (COUNT, 1))


def of(*names: str) -> dict[str, np.ndarray]:
    return {name: TABLES[name] for name in names}


def expit(x):
    return 1 / (1 + np.exp(-x))


def by_law(law, x) -> tuple[np.ndarray, np.ndarray]:
    """Log-probability and the gap to the mean, at every study and effect."""
    return law.logpmf(x), x - law.mean()


def test_binomial_counts():
    x, n, eta = np.array([[0.0, 3.0, 10.0]]), 10.0, np.array([[-0.7, 0.4, 2.0]])
    value, slope, bend = likelihoods.binomial(x, n, eta)
    law = binom(10, expit(eta))
    expected, gap = by_law(law, x)
    np.testing.assert_allclose(value, expected)
    np.testing.assert_allclose(slope, gap)
    np.testing.assert_allclose(bend, -law.var())


def test_poisson_counts():
    x, time, eta = np.array([[0.0, 3.0, 9.0]]), 12.0, np.array([[-3.0, -1.2, -0.1]])
    value, slope, bend = likelihoods.poisson(x, time, eta)
    law = poisson(time * np.exp(eta))
    expected, gap = by_law(law, x)
    np.testing.assert_allclose(value, expected)
    np.testing.assert_allclose(slope, gap)
    np.testing.assert_allclose(bend, -law.var())
    # beyond any rate that can be, the mean stays finite
    far = likelihoods.poisson(np.array([2.0]), 1.0, np.array([300.0, 310.0, 1e4]))
    assert np.isfinite(np.stack(far)).all()
    assert far[2][0] == far[2][1] == far[2][2] == -math.exp(300)


def test_events_of_treated_given_all_are_noncentral_hypergeometric():
    counts = counts_of("OR", of("events_t", "n_t", "events_c", "n_c"), conditional=True)
    value, slope, bend = counts.at(HERE, None)
    a, n1, c, n2 = (TABLES[name].astype(int) for name in ("events_t", "n_t", "events_c", "n_c"))
    law = nchypergeom_fisher((n1 + n2)[:, None], (a + c)[:, None], n1[:, None], np.exp(HERE))
    expected = np.array(
        [[math.log(math.comb(p, x) * math.comb(q, y)) + x * e for e in EFFECTS] for x, p, y, q in zip(a, n1, c, n2, strict=True)]
    ) - np.log(
        [[sum(math.comb(p, j) * math.comb(q, x + y - j) * math.exp(j * e) for j in range(max(0, x + y - q), min(p, x + y) + 1))
          for e in EFFECTS] for x, p, y, q in zip(a, n1, c, n2, strict=True)]
    )  # fmt: skip
    np.testing.assert_allclose(value, expected, atol=1e-10)
    np.testing.assert_allclose(slope, a[:, None] - law.mean(), atol=1e-8)
    np.testing.assert_allclose(bend, -law.var(), atol=1e-8)
    assert counts.level is None and counts.value is not None
    np.testing.assert_allclose(counts.value(HERE), value)
    start = np.log((a + 0.5) * (n2 - c + 0.5) / ((n1 - a + 0.5) * (c + 0.5)))
    np.testing.assert_allclose(counts.start, start)


def test_events_of_treated_given_all_are_binomial_by_their_share_of_time():
    counts = counts_of("IRR", of("events_t", "time_t", "events_c", "time_c"), conditional=True)
    x, both = TABLES["events_t"], TABLES["events_t"] + TABLES["events_c"]
    share = TABLES["time_t"][:, None] * np.exp(HERE)
    share = share / (share + TABLES["time_c"][:, None])
    law = binom(both[:, None], share)
    value, slope, bend = counts.at(HERE, None)
    np.testing.assert_allclose(value, law.logpmf(x[:, None]))
    np.testing.assert_allclose(slope, x[:, None] - law.mean())
    np.testing.assert_allclose(bend, -law.var())
    rates = (x + 0.5) / TABLES["time_t"], (TABLES["events_c"] + 0.5) / TABLES["time_c"]
    np.testing.assert_allclose(counts.start, np.log(rates[0] / rates[1]))
    assert counts.level is None


LEVEL = np.array([-2.0, -0.5, 0.3, -1.0])


@pytest.mark.parametrize("measure", ["OR", "IRR"])
def test_two_groups_about_a_level_of_their_own(measure):
    size = "n" if measure == "OR" else "time"
    names = ("events_t", f"{size}_t", "events_c", f"{size}_c")
    counts = counts_of(measure, of(*names), conditional=False)
    x1, m1, x2, m2 = (TABLES[name][:, None] for name in names)
    eta1, eta2 = LEVEL[:, None] + HERE / 2, LEVEL[:, None] - HERE / 2
    if measure == "OR":
        one, two = binom(m1, expit(eta1)), binom(m2, expit(eta2))
    else:
        one, two = poisson(m1 * np.exp(eta1)), poisson(m2 * np.exp(eta2))
    value, slope, bend = counts.at(HERE, LEVEL)
    np.testing.assert_allclose(value, one.logpmf(x1) + two.logpmf(x2))
    np.testing.assert_allclose(slope, ((x1 - one.mean()) - (x2 - two.mean())) / 2)
    np.testing.assert_allclose(bend, -(one.var() + two.var()) / 4)
    rest1, rest2 = (m1 - x1, m2 - x2) if measure == "OR" else (m1, m2)
    first, second = (np.log((x + 0.5) / (m + 0.5))[:, 0] for x, m in ((x1, rest1), (x2, rest2)))
    np.testing.assert_allclose(counts.start, first - second)
    np.testing.assert_allclose(counts.level, (first + second) / 2)


def test_single_groups():
    x, n, time = TABLES["events_t"], TABLES["n_t"], TABLES["time_t"]
    shares = counts_of("PLO", {"events": x, "n": n}, conditional=True)
    np.testing.assert_allclose(
        shares.at(HERE, None)[0], binom(n[:, None], expit(HERE)).logpmf(x[:, None])
    )
    np.testing.assert_allclose(shares.start, np.log((x + 0.5) / (n - x + 0.5)))
    rates = counts_of("IRLN", {"events": x, "time": time}, conditional=True)
    law = poisson(time[:, None] * np.exp(HERE))
    np.testing.assert_allclose(rates.at(HERE, None)[0], law.logpmf(x[:, None]))
    np.testing.assert_allclose(rates.start, np.log((x + 0.5) / time))
    assert shares.level is None and rates.level is None
