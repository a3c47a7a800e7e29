"""Network meta-analysis where it can be done on paper: effects of arms, an indirect comparison, a loop, scores of rank."""

import math

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm
from tests.evidence.network_reference import smoking_arms, table

from speciosa.evidence import network_meta_analysis
from speciosa.evidence.network.data import Arm
from speciosa.evidence.network.effects import arm_effects

A, N, C, M = 12.0, 60.0, 20.0, 50.0
TWO = (Arm("a", events=A, n=N), Arm("b", events=C, n=M))
TIME = (Arm("a", events=A, time=100.0), Arm("b", events=C, time=80.0))
MEANS = (Arm("a", mean=5.0, sd=2.0, n=40), Arm("b", mean=6.5, sd=3.0, n=50))
POOLED = math.sqrt((39 * 4 + 49 * 9) / 88)


@pytest.mark.parametrize(
    ("measure", "arms", "effect", "variance"),
    [
        (
            "OR",
            TWO,
            math.log(A / (N - A) / (C / (M - C))),
            1 / A + 1 / (N - A) + 1 / C + 1 / (M - C),
        ),
        ("RR", TWO, math.log(A / N / (C / M)), 1 / A - 1 / N + 1 / C - 1 / M),
        ("RD", TWO, A / N - C / M, A * (N - A) / N**3 + C * (M - C) / M**3),
        ("ASD", TWO, math.asin(math.sqrt(A / N)) - math.asin(math.sqrt(C / M)), 1 / 240 + 1 / 200),
        ("IRR", TIME, math.log(A / 100 / (C / 80)), 1 / A + 1 / C),
        ("IRD", TIME, A / 100 - C / 80, A / 100**2 + C / 80**2),
        ("MD", MEANS, -1.5, 4 / 40 + 9 / 50),
        ("ROM", MEANS, math.log(5 / 6.5), 4 / (40 * 25) + 9 / (50 * 6.5**2)),
        ("SMD", MEANS, -1.5 / POOLED, 1 / 40 + 1 / 50 + (1.5 / POOLED) ** 2 / 180),
    ],
)
def test_effects_of_two_arms(measure, arms, effect, variance):
    found = arm_effects(arms, measure)
    assert found.effect[0, 1] == pytest.approx(effect) and found.effect[1, 0] == pytest.approx(
        -effect
    )
    assert found.variance[0, 1] == found.variance[1, 0] == pytest.approx(variance)
    assert found.effect[0, 0] == found.variance[0, 0] == 0.0


def test_a_mean_may_come_with_its_standard_error():
    found = arm_effects((Arm("a", mean=5.0, se=0.3), Arm("b", mean=6.0, sd=2.0, n=25)), "MD")
    assert found.variance[0, 1] == pytest.approx(0.09 + 4 / 25)


def test_a_zero_cell_adds_to_every_arm_of_its_trial():
    zero = (Arm("a", events=0, n=20), Arm("b", events=5, n=20))
    odds = arm_effects(zero, "OR")
    assert odds.effect[0, 1] == pytest.approx(math.log(0.5 / 20.5 / (5.5 / 15.5)))
    risk = arm_effects(zero, "RR")
    assert risk.effect[0, 1] == pytest.approx(math.log(0.5 / 20.5 / (5.5 / 20.5)))
    rate = arm_effects((Arm("a", events=0, time=9.0), Arm("b", events=4, time=8.0)), "IRR")
    assert rate.effect[0, 1] == pytest.approx(math.log(0.5 / 9 / (4.5 / 8)))
    for arms, measure in (
        ((Arm("a", events=0, n=20), Arm("b", events=0, n=30)), "OR"),
        ((Arm("a", events=20, n=20), Arm("b", events=30, n=30)), "RR"),
        ((Arm("a", events=0, time=9.0), Arm("b", events=0, time=8.0)), "IRR"),
    ):
        assert arm_effects(arms, measure).excluded
    assert not arm_effects(zero, "OR").excluded


def contrasts(rows):
    return pl.DataFrame(rows, schema=["study", "treat1", "treat2", "effect", "se"], orient="row")


def estimate(found, one, other):
    (row,) = found.against(other).filter(pl.col("treat1") == one).iter_rows(named=True)
    return row


def test_an_indirect_comparison_adds_effects_and_variances():
    """Bucher: A against B and B against C give A against C."""
    table = contrasts([("1", "A", "B", 0.5, 0.2), ("2", "B", "C", 0.3, 0.1)])
    found = network_meta_analysis(table, measure="MD", reference="C")
    row = estimate(found, "A", "C")
    assert row["effect"] == pytest.approx(0.8)
    assert row["se"] == pytest.approx(math.hypot(0.2, 0.1))
    z = norm.ppf(0.975) * row["se"]
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((0.8 - z, 0.8 + z))


def test_a_loop_weighs_direct_and_indirect_by_their_precision():
    table = contrasts(
        [("1", "A", "B", 0.5, 0.2), ("2", "B", "C", 0.3, 0.1), ("3", "A", "C", 0.82, 0.15)]
    )
    found = network_meta_analysis(table, measure="MD", reference="C")
    direct, indirect = 1 / 0.15**2, 1 / (0.04 + 0.01)
    expected = (direct * 0.82 + indirect * 0.8) / (direct + indirect)
    row = estimate(found, "A", "C")
    assert row["effect"] == pytest.approx(expected, rel=1e-6)
    assert row["se"] == pytest.approx((direct + indirect) ** -0.5, rel=1e-6)


@pytest.mark.parametrize(("small", "first"), [("desirable", "C"), ("undesirable", "A")])
def test_scores_of_rank_are_mean_probabilities_of_being_better(small, first):
    table = contrasts([("1", "A", "B", 0.5, 0.2), ("2", "B", "C", 0.3, 0.1)])
    found = network_meta_analysis(table, measure="MD", reference="C", small_values=small)
    wins = {
        "A": [norm.cdf(0.5 / 0.2), norm.cdf(0.8 / math.hypot(0.2, 0.1))],
        "C": [norm.cdf(-0.3 / 0.1), norm.cdf(-0.8 / math.hypot(0.2, 0.1))],
    }
    expected = {name: float(np.mean(values)) for name, values in wins.items()}
    if small == "desirable":
        expected = {name: 1 - value for name, value in expected.items()}
    scores = found.p_scores
    assert {name: scores[name] for name in "AC"} == pytest.approx(expected)
    assert max(scores, key=scores.get) == first
    assert sum(scores.values()) == pytest.approx(1.5)


@pytest.mark.parametrize("method", ["DL", "REML", "ML"])
def test_covariance_within_a_trial_is_left_out_of_contrasts_alone(method):
    """Trials whose arms are known, and trials of two arms, have the same heterogeneity either way."""
    arms = smoking_arms()
    found = [
        network_meta_analysis(arms, measure="OR", method=method, tau2_covariance=covariance).tau2
        for covariance in ("exact", "diagonal")
    ]
    assert found[0] == found[1] > 0
    contrasts = table("data_senn2013_contrasts.csv").select(
        study="studlab", treat1="treat1", treat2="treat2", effect="TE", se="seTE"
    )
    several = contrasts.filter(pl.len().over("study") > 1)["study"]
    for rows, same in (
        (contrasts.filter(~pl.col("study").is_in(several.implode())), True),
        (contrasts, False),
    ):
        exact, diagonal = (
            network_meta_analysis(
                rows, measure="MD", method=method, tau2_covariance=covariance
            ).tau2
            for covariance in ("exact", "diagonal")
        )
        assert (exact == diagonal) is (same or method == "DL")
