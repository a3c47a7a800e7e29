"""Conversions: exact where they invert a formula, near the truth where they estimate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speciosa.errors import EvidenceError
from speciosa.evidence.effects.conversions import (
    events_from_percent,
    mean_sd,
    sd_from_se,
    se_from_interval,
    se_from_p,
)


@pytest.mark.parametrize("n", [15, 60, 400])
@pytest.mark.parametrize("kind", ["range", "quartiles", "both"])
def test_normal_samples_give_back_their_mean_and_sd(n, kind):
    draws = np.random.default_rng(n).normal(20, 4, (400, n))
    means, sds = [], []
    for row in draws:
        low, q1, middle, q3, high = np.quantile(row, [0, 0.25, 0.5, 0.75, 1])
        ends = dict(low=low, high=high) if kind != "quartiles" else {}
        inner = dict(q1=q1, q3=q3) if kind != "range" else {}
        found = mean_sd(n, middle, **ends, **inner)
        means.append(found.mean)
        sds.append(found.sd)
    assert np.mean(means) == pytest.approx(20, rel=0.015)
    assert np.mean(sds) == pytest.approx(4, rel=0.06)


@given(st.floats(0.05, 20), st.floats(0.01, 2))
def test_a_ratio_interval_gives_back_its_standard_error(ratio, se):
    low, high = ratio * np.exp(np.array([-1, 1]) * 1.959963984540054 * se)
    assert se_from_interval(low, high, log=True) == pytest.approx(se)


@given(st.floats(-5, 5).filter(lambda x: abs(x) > 0.01), st.floats(0.05, 3))
def test_a_p_value_gives_back_its_standard_error(effect, se):
    from scipy.stats import norm

    p = 2 * norm.sf(abs(effect) / se)
    if 1e-300 < p < 1:
        assert se_from_p(effect, p) == pytest.approx(se, rel=1e-6)


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_percentage_with_enough_decimals_gives_back_its_count(pair):
    count, n = pair
    assert events_from_percent(round(100 * count / n, 2), n) == count


def test_impossible_summaries_are_refused_together():
    with pytest.raises(EvidenceError) as caught:
        mean_sd(2, 5.0, low=6.0)
    assert len(caught.value.faults) == 3
    for call in (
        lambda: se_from_interval(0.9, 0.8),
        lambda: se_from_interval(-1, 2, log=True),
        lambda: se_from_p(0.0, 0.5),
        lambda: events_from_percent(33, 10),
    ):
        with pytest.raises(EvidenceError):
            call()


def test_johnson_2000_days_in_study():
    """Days in study 96 (se 4) of 55 people are printed elsewhere as sd 30."""
    assert sd_from_se(4, 55) == pytest.approx(30, abs=0.5)
