"""One weighted fit: tests of moderators, quantiles, heterogeneity by its formulas, and what cannot be fitted."""

import numpy as np
import pytest
from scipy.stats import chi2, f, norm, t

from speciosa.errors import EvidenceError, UnknownNameError
from speciosa.evidence.pairwise.fit import code_of_test, fit, inconsistency, quadratic

Y = np.array([0.2, 0.9, 0.1, 0.6, 1.3, -0.2])
V = np.array([0.04, 0.09, 0.01, 0.06, 0.05, 0.2])
X = np.column_stack([np.ones(6), [1.0, 2.0, 1.0, 3.0, 2.0, 4.0], [0.0, 1.0, 0.0, 0.0, 1.0, 1.0]])


@pytest.mark.parametrize("test", ["z", "t", "knapp-hartung", "knapp-hartung-floor"])
def test_moderators_are_tested_together(test):
    found = fit(Y, V, X, method="DL", test=test)
    w = 1 / (V + found.tau2)
    cov = np.linalg.inv(X.T @ (w[:, None] * X))
    beta = cov @ X.T @ (w * Y)
    square = float((w * (Y - X @ beta) ** 2).sum()) / 3
    scale = {"z": 1.0, "t": 1.0, "knapp-hartung": square, "knapp-hartung-floor": max(1.0, square)}[
        test
    ]
    assert found.covariance == pytest.approx(cov * scale)
    qm = float(beta[1:] @ np.linalg.solve(cov[1:, 1:] * scale, beta[1:]))
    if test == "z":
        assert found.moderator_test() == pytest.approx((qm, chi2.sf(qm, 2), 2))
        assert found.p_values == pytest.approx(2 * norm.sf(np.abs(beta / found.se)))
    else:
        assert found.moderator_test() == pytest.approx((qm / 2, f.sf(qm / 2, 2, 3), 2))
        assert found.p_values == pytest.approx(2 * t.sf(np.abs(beta / found.se), 3))
    assert (found.df, found.Q_df, found.k, found.p) == (np.inf if test == "z" else 3, 3, 6, 3)


def test_without_moderators_there_is_nothing_to_test():
    assert fit(Y, V).moderator_test() == (0.0, 1.0, 0)


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_quantiles_are_the_models_own_or_those_asked_for(level):
    z, small = fit(Y, V, test="z", level=level), fit(Y, V, test="t", level=level)
    upper = 0.5 + level / 2
    assert z.quantile() == pytest.approx(norm.ppf(upper)) and z.quantile(4) == pytest.approx(
        t.ppf(upper, 4)
    )
    assert small.quantile() == pytest.approx(t.ppf(upper, 5)) and small.quantile(
        np.inf
    ) == pytest.approx(norm.ppf(upper))
    estimate, se, low, high = small.interval(np.ones(1))
    assert (low, high) == pytest.approx(
        (estimate - small.quantile() * se, estimate + small.quantile() * se)
    )
    wide = t.ppf(upper, 4) * np.sqrt(se**2 + small.tau2)
    assert small.prediction(np.ones(1), 4) == pytest.approx((estimate - wide, estimate + wide))
    assert fit(Y, V, method="EE").prediction(np.ones(1)) is None


def test_heterogeneity_by_its_formulas():
    w = 1 / V
    typical = 5 / (w.sum() - (w**2).sum() / w.sum())
    one = np.ones((6, 1))
    assert inconsistency(V, one, "DL", 0.3, 9.0, 5) == pytest.approx(
        (100 * 0.3 / (0.3 + typical), (0.3 + typical) / typical)
    )
    assert inconsistency(V, one, "EE", 0.0, 9.0, 5) == pytest.approx((100 * 4 / 9, 9 / 5))
    assert inconsistency(V, one, "EE", 0.0, 4.0, 5) == pytest.approx((0.0, 4 / 5))
    assert inconsistency(V, one, "EE", 0.0, 0.0, 5) == (0.0, 0.0)
    assert inconsistency(V[:1], one[:1], "DL", 0.0, 0.0, 0) == (0.0, 1.0)


def test_without_a_degree_of_freedom_every_interval_is_normal():
    for test in ("t", "knapp-hartung", "knapp-hartung-floor"):
        found = fit(Y[:1], V[:1], test=test)
        assert (found.test, found.df, found.Q_df, found.Q_p) == ("z", np.inf, 0, 1.0)
        assert found.se == pytest.approx([np.sqrt(V[0])])
        assert fit(Y[:2], V[:2], test=test).test == test


def test_a_known_heterogeneity_is_taken():
    found = fit(Y, V, method="DL", tau2=0.5)
    w = 1 / (V + 0.5)
    assert found.tau2 == 0.5 and found.beta == pytest.approx([(w * Y).sum() / w.sum()])
    assert found.weights == pytest.approx(100 * w / w.sum())


def test_coefficients_that_studies_do_not_determine_are_refused():
    for y, design, rank in (
        (Y[:2], X[:2], "rank 2"),
        (Y, X[:, [0, 1, 1]], "rank 2"),
        (Y[:0], X[:0], "rank 0"),
    ):
        with pytest.raises(EvidenceError, match=rank):
            fit(y, V[: len(y)], design)
    assert fit(Y[:3], V[:3], X[:3][:, :2] + np.array([[0, 0], [0, 0], [0, 1]]), method="EE").p == 2


def test_a_singular_form_has_no_value():
    assert np.isnan(quadratic(np.ones(2), np.zeros((2, 2))))
    assert quadratic(np.array([1.0, 2.0]), np.diag([2.0, 4.0])) == pytest.approx(1.5)


def test_names_of_tests():
    said = {
        "Wald": "z",
        "normal": "z",
        " T ": "t",
        "HKSJ": "knapp-hartung",
        "knapp_hartung": "knapp-hartung",
        "ad-hoc": "knapp-hartung-floor",
    }
    assert {name: code_of_test(name) for name in said} == said
    with pytest.raises(UnknownNameError):
        code_of_test("F")
