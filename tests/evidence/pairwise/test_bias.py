"""Small-study effects in closed form: Egger's line, Begg's ranks, and studies put back on the other side."""

import numpy as np
import pytest
from scipy.stats import kendalltau, linregress
from scipy.stats import t as student

from speciosa.errors import EvidenceError
from speciosa.evidence.pairwise.bias import begg, egger, trim_and_fill
from speciosa.evidence.pairwise.fit import fit

Y = np.array([0.1, 0.35, 0.2, 0.8, 0.6, 1.1, 0.45, 0.3, 0.9])
SE = np.array([0.05, 0.12, 0.1, 0.3, 0.25, 0.4, 0.2, 0.15, 0.35])


def test_eggers_line_is_the_regression_of_standardised_effects_on_precision():
    line = linregress(1 / SE, Y / SE)
    found = egger(Y, SE**2, model="linear")
    assert found.statistic == pytest.approx(line.intercept / line.intercept_stderr)
    assert found.limit == pytest.approx(line.slope)
    t = abs(found.statistic)
    assert found.p == pytest.approx(2 * student.sf(t, len(Y) - 2))
    assert found.few and not egger(np.tile(Y, 2)[:10], np.append(SE, 0.06) ** 2, model="linear").few


@pytest.mark.parametrize("test", ["z", "t", "knapp-hartung"])
def test_eggers_mixed_model_is_a_moderator(test):
    design = np.column_stack([np.ones(len(Y)), SE])
    one = fit(Y, SE**2, design, method="DL", test=test)
    found = egger(Y, SE**2, method="DL", test=test)
    assert found.name == "Egger (mixed)" and found.few
    assert found.statistic == pytest.approx(one.beta[1] / one.se[1])
    assert found.p == pytest.approx(one.p_values[1])
    assert found.limit == pytest.approx(one.beta[0])
    assert not egger(np.append(Y, 0.2), np.append(SE, 0.06) ** 2).few


@pytest.mark.parametrize(
    ("y", "se", "found"),
    [
        (Y[:2], SE[:2], "2 studies"),
        (Y[:3], np.full(3, 0.2), "equal standard errors"),
        (Y[:2], SE[:1].repeat(2), "2 studies"),
    ],
)
def test_a_line_needs_three_studies_of_different_precision(y, se, found):
    for model in ("mixed", "linear"):
        with pytest.raises(EvidenceError, match=found):
            egger(y, se**2, model=model)
    assert np.isfinite(egger(Y[:3], SE[:3] ** 2).statistic)
    with pytest.raises(EvidenceError, match="mixed or linear"):
        egger(Y, SE**2, model="robust")


def test_beggs_ranks():
    w = 1 / SE**2
    pooled = (w * Y).sum() / w.sum()
    expected = kendalltau((Y - pooled) / np.sqrt(SE**2 - 1 / w.sum()), SE**2)
    found = begg(Y, SE**2)
    assert (found.statistic, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert found.limit is None and found.few
    assert not begg(np.append(Y, 0.2), np.append(SE, 0.06) ** 2).few
    with pytest.raises(EvidenceError, match="at least 3 studies, found 2"):
        begg(Y[:2], SE[:2] ** 2)
    assert begg(Y[:3], SE[:3] ** 2).p <= 1


EVEN = np.array([-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3])


@pytest.mark.parametrize("estimator", ["L0", "R0", "Q0"])
def test_a_symmetric_funnel_misses_nothing(estimator):
    for side in ("left", "right", None):
        found = trim_and_fill(EVEN, np.full(7, 0.04), method="EE", estimator=estimator, side=side)
        assert found.missing == 0 and len(found.values) == 0
        assert found.estimate == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("side", ["left", "right"])
def test_studies_that_stick_out_come_back_on_the_other_side(side):
    """Ranks by hand: of 7 even and 5 far effects about their trimmed centre 0, L0 = (4 T - k (k + 1)) / (2 k - 1)."""
    far = np.array([1.0, 1.5, 2.0, 2.5, 3.0])
    y = np.concatenate([EVEN / 10, far]) * (1 if side == "left" else -1)
    v = np.concatenate([np.full(7, 0.01), [0.02, 0.03, 0.05, 0.04, 0.06]])
    found = trim_and_fill(y, v, method="EE", side=side)
    count, centre = 0, 0.0
    sign = 1 if side == "left" else -1
    order = np.argsort(sign * y, kind="stable")
    ys, vs = sign * y[order], v[order]
    for _ in range(50):
        kept = slice(0, 12 - count)
        centre = float((ys[kept] / vs[kept]).sum() / (1 / vs[kept]).sum())
        ranks = np.argsort(np.argsort(np.abs(ys - centre), kind="stable"), kind="stable") + 1
        positive = ranks[ys > centre].sum()
        new = max(0, round((4 * positive - 156) / 23))
        if new == count:
            break
        count = new
    assert found.missing == count >= 2 and found.side == side
    assert found.values == pytest.approx(sign * (2 * centre - ys[12 - count :]))
    assert found.variances == pytest.approx(vs[12 - count :])
    whole = np.concatenate([y, found.values]), np.concatenate([v, found.variances])
    assert found.estimate == pytest.approx((whole[0] / whole[1]).sum() / (1 / whole[1]).sum())


def test_the_slope_decides_the_side_and_one_precision_means_left():
    assert trim_and_fill(Y, SE**2, method="EE").side == "left"
    assert trim_and_fill(-Y, SE**2, method="EE").side == "right"
    assert trim_and_fill(-Y, np.full(len(Y), 0.04), method="EE").side == "left"
    assert trim_and_fill(np.array([0.5, -0.2]), np.array([0.01, 0.09]), method="EE").side == "left"


def test_unknown_estimators_and_sides_are_refused():
    with pytest.raises(EvidenceError, match="L0, R0 or Q0"):
        trim_and_fill(Y, SE**2, estimator="L1")
    with pytest.raises(EvidenceError, match="left or right"):
        trim_and_fill(Y, SE**2, side="up")
