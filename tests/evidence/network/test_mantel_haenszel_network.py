"""Mantel-Haenszel networks against netmeta, the pairwise estimator, and a simulation."""

import numpy as np
import pytest
from tests.evidence.network_reference import smoking_arms, table

from speciosa.errors import EvidenceError
from speciosa.evidence.network.mantel_haenszel import design_odds_ratios, mantel_haenszel_network
from speciosa.evidence.network.read import read_network

EXPECTED = table("expected_nma_frequentist.csv").filter(model="MH common")


def test_agrees_with_netmetabin():
    found = mantel_haenszel_network(read_network(smoking_arms()))
    place = {name: i for i, name in enumerate(found.treatments)}
    for quantity, matrix in (("TE", found.effect), ("seTE", found.se)):
        rows = EXPECTED.filter(quantity=quantity)
        ours = [matrix[place[a], place[b]] for a, b in rows.select("treat1", "treat2").rows()]
        np.testing.assert_allclose(ours, rows["value"].to_numpy(), rtol=1e-8)
    assert len(EXPECTED) == 12


def test_two_arms_are_the_pairwise_estimator_with_its_variance():
    a, n1, b, n2 = (np.array(x, float) for x in ([4, 0, 7], [50, 40, 60], [9, 3, 12], [52, 41, 58]))
    effect, variance = design_odds_ratios(
        np.column_stack([a, b]), np.column_stack([n1 - a, n2 - b])
    )
    total = n1 + n2
    r, s = a * (n2 - b) / total, (n1 - a) * b / total
    p, q = (a + n2 - b) / total, (n1 - a + b) / total
    assert effect[0, 1] == pytest.approx(np.log(r.sum() / s.sum()))
    robins = (
        (p * r).sum() / (2 * r.sum() ** 2)
        + (p * s + q * r).sum() / (2 * r.sum() * s.sum())
        + (q * s).sum() / (2 * s.sum() ** 2)
    )
    assert variance[0, 1] == pytest.approx(robins)


def test_variance_of_three_arms_is_that_of_repeated_sampling():
    rng = np.random.default_rng(7)
    n = np.array([[60, 80, 70], [150, 120, 90], [40, 50, 60], [100, 100, 100]])
    odds = np.array([0.1, 0.3, 0.15, 0.2])[:, None] * np.array([1.0, 1.8, 0.6])
    estimates, variances = [], []
    for _ in range(2000):
        events = rng.binomial(n, odds / (1 + odds)).astype(float)
        effect, variance = design_odds_ratios(events, n - events)
        estimates.append([effect[0, 1], effect[0, 2], effect[1, 2]])
        variances.append([variance[0, 1], variance[0, 2], variance[1, 2]])
    np.testing.assert_allclose(np.mean(variances, axis=0), np.var(estimates, axis=0), rtol=0.1)


def test_needs_counts():
    arms = {"study": ["s", "s"], "treatment": ["a", "b"], "mean": [1, 2], "sd": [1, 1], "n": [9, 9]}
    with pytest.raises(EvidenceError, match="events and n of every arm"):
        mantel_haenszel_network(read_network(arms))
