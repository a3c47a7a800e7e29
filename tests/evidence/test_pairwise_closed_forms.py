"""Pooling of three and of equal studies by hand: weights, intervals, heterogeneity, predictions and shrinkage."""

import math

import numpy as np
import pytest
from scipy.stats import chi2, norm, t

from speciosa.errors import EvidenceError
from speciosa.evidence import meta_analysis

Y = np.array([0.2, 0.9, 0.1, 0.6])
SE = np.array([0.2, 0.3, 0.1, 0.25])
W = 1 / SE**2
TABLE = {"study": list("ABCD"), "effect": Y, "se": SE}
COMMON = float((W * Y).sum() / W.sum())
Q = float((W * (Y - COMMON) ** 2).sum())
DL = (Q - 3) / (W.sum() - (W**2).sum() / W.sum())
WR = 1 / (SE**2 + DL)
MEAN = float((WR * Y).sum() / WR.sum())


def test_a_common_effect():
    found = meta_analysis(TABLE, method="EE")
    se = W.sum() ** -0.5
    assert (found.estimate, found.se) == pytest.approx((COMMON, se))
    half = norm.ppf(0.975) * se
    assert (found.ci_low, found.ci_high) == pytest.approx((COMMON - half, COMMON + half))
    assert found.statistic == pytest.approx(COMMON / se)
    assert found.p == pytest.approx(2 * norm.sf(abs(COMMON / se)))
    assert (found.Q, found.Q_p) == pytest.approx((Q, chi2.sf(Q, 3)))
    assert found.I2 == pytest.approx(100 * (Q - 3) / Q) and found.H2 == pytest.approx(Q / 3)
    assert found.weights == pytest.approx(100 * W / W.sum())
    assert found.pi_low is None and found.pi_high is None and found.tau2 == 0.0
    assert found.R2() is None


@pytest.mark.parametrize("level", [0.95, 0.8])
def test_random_effects_by_moments(level):
    found = meta_analysis(TABLE, method="DL", test="z", level=level)
    se = WR.sum() ** -0.5
    z = norm.ppf(0.5 + level / 2)
    assert found.tau2 == pytest.approx(DL) and found.estimate == pytest.approx(MEAN)
    assert (found.ci_low, found.ci_high) == pytest.approx((MEAN - z * se, MEAN + z * se))
    wide = z * math.sqrt(se**2 + DL)
    assert (found.pi_low, found.pi_high) == pytest.approx((MEAN - wide, MEAN + wide))
    typical = 3 / (W.sum() - (W**2).sum() / W.sum())
    assert found.I2 == pytest.approx(100 * DL / (DL + typical))
    assert found.H2 == pytest.approx((DL + typical) / typical)
    assert found.weights == pytest.approx(100 * WR / WR.sum())


@pytest.mark.parametrize(
    ("test", "floor"), [("knapp-hartung", False), ("adhoc", True), ("t", None)]
)
def test_small_samples_have_wider_intervals(test, floor):
    found = meta_analysis(TABLE, method="DL", test=test)
    square = float((WR * (Y - MEAN) ** 2).sum()) / 3
    scale = 1.0 if floor is None else max(1.0, square) if floor else square
    se = math.sqrt(scale / WR.sum())
    half = t.ppf(0.975, 3) * se
    assert found.se == pytest.approx(se)
    assert (found.ci_low, found.ci_high) == pytest.approx((MEAN - half, MEAN + half))
    assert found.p == pytest.approx(2 * t.sf(abs(MEAN) / se, 3))
    assert found.pi_df == 3
    wide = t.ppf(0.975, 3) * math.sqrt(se**2 + DL)
    assert found.pi_high == pytest.approx(MEAN + wide)
    asked = meta_analysis(TABLE, method="DL", test=test, prediction_df=2)
    assert asked.pi_low == pytest.approx(MEAN - t.ppf(0.975, 2) * math.sqrt(se**2 + DL))
    assert asked.pi_df == 2


def test_the_table_of_studies():
    found = meta_analysis(TABLE, method="DL", test="z", level=0.9)
    table = found.table()
    half = norm.ppf(0.95) * SE
    assert table["ci_low"].to_numpy() == pytest.approx(Y - half)
    assert table["ci_high"].to_numpy() == pytest.approx(Y + half)
    pull = DL / (DL + SE**2)
    assert table["shrunken"].to_numpy() == pytest.approx(pull * Y + (1 - pull) * MEAN)
    spread = pull * SE**2 + (1 - pull) ** 2 / WR.sum()
    assert table["shrunken_se"].to_numpy() == pytest.approx(np.sqrt(spread))
    assert table["weight"].sum() == pytest.approx(100)
    assert table["study"].to_list() == list("ABCD") and not table["zero_cell"].any()


@pytest.mark.parametrize("method", ["DL", "REML", "PM", "HE", "ML", "EB", "HS", "SJ"])
def test_studies_of_one_precision_have_the_variance_between_them(method):
    """With equal variances v every estimator is the sample variance, divided by k or k - 1, less v."""
    y, v = np.array([0.0, 0.6, 1.2, 1.8, 0.9]), 0.04
    table = {"study": list("ABCDE"), "effect": y, "se": [v**0.5] * 5}
    found = meta_analysis(table, method=method, test="z")
    total = float(y.var(ddof=0 if method in {"ML", "HS"} else 1))
    if method == "SJ":
        crude = float(y.var())
        ratio = v / crude + 1
        expected = float(((y - y.mean()) ** 2 / ratio).sum()) / 4
    else:
        expected = total - v
    assert found.tau2 == pytest.approx(expected, rel=1e-4)
    assert found.estimate == pytest.approx(y.mean())


def test_moderators_are_weighted_least_squares():
    x = np.array([1.0, 2.0, 3.0, 5.0])
    found = meta_analysis(TABLE | {"dose": x}, method="EE", moderators=["dose"])
    design = np.column_stack([np.ones(4), x])
    cov = np.linalg.inv(design.T @ (W[:, None] * design))
    beta = cov @ design.T @ (W * Y)
    rows = found.coefficients()
    assert rows["estimate"].to_numpy() == pytest.approx(beta)
    assert rows["se"].to_numpy() == pytest.approx(np.sqrt(np.diag(cov)))
    half = norm.ppf(0.975) * np.sqrt(np.diag(cov))
    assert rows["ci_low"].to_numpy() == pytest.approx(beta - half)
    assert rows["ci_high"].to_numpy() == pytest.approx(beta + half)
    left = float((W * (Y - design @ beta) ** 2).sum())
    assert (found.Q, found.fit.Q_df) == (pytest.approx(left), 2)
    qm, p, df = found.fit.moderator_test()
    assert qm == pytest.approx(beta[1] ** 2 / cov[1, 1]) and df == 1
    assert p == pytest.approx(chi2.sf(qm, 1))


def test_what_moderators_explain():
    x = np.array([0.2, 0.9, 0.1, 0.6])
    table = {"study": list("ABCD"), "effect": Y, "se": SE / 3, "x": x}
    explained = meta_analysis(table, method="DL", test="z", moderators=["x"])
    without = meta_analysis(table, method="DL", test="z")
    assert explained.R2() == pytest.approx(100 * (1 - explained.tau2 / without.tau2))
    assert explained.R2() == pytest.approx(100.0)


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0])
def test_a_level_lies_between_nothing_and_all(level):
    with pytest.raises(EvidenceError, match="between 0 and 1"):
        meta_analysis(TABLE, level=level)


def test_the_interval_of_the_heterogeneity_is_where_q_meets_its_quantiles():
    found = meta_analysis(TABLE, method="DL", test="z")
    low, high = found.tau2_interval()

    def general(tau2: float) -> float:
        w = 1 / (SE**2 + tau2)
        return float((w * (Y - (w * Y).sum() / w.sum()) ** 2).sum())

    assert low <= DL <= high
    assert general(high) == pytest.approx(chi2.ppf(0.025, 3), rel=1e-4)
    if low > 0:
        assert general(low) == pytest.approx(chi2.ppf(0.975, 3), rel=1e-4)
    else:
        assert general(0.0) <= chi2.ppf(0.975, 3)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("effects", [[0.2, 0.2, 0.2], [0.2, 0.21, 0.19], [0.2, 0.9, -0.4]])
def test_what_is_noted_does_not_depend_on_the_unit(effects, scale):
    found = [
        meta_analysis({"effect": [k * x for x in effects], "se": [0.1 * k, 0.2 * k, 0.1 * k]}).notes
        for k in (1.0, scale)
    ]
    assert found[0] == found[1]
