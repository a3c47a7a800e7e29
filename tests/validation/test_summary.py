"""The measures of agreement, from numbers worked out by hand."""

import math

import pytest

from speciosa.validation.summary import Prediction, score, summarise


def row(name, observed, predicted, low, high, metric="Cmax"):
    return Prediction(name, "morphine", metric, "1", observed, predicted, low, high)


def test_fold_measures():
    rows = [row("a", 10, 10, 5, 12), row("b", 10, 13, 11, 15), row("c", 10, 40, 20, 60)]
    found = score(rows)
    assert found.gmfe == pytest.approx((1.3 * 4) ** (1 / 3))
    assert (found.within_1_25, found.within_1_5, found.within_2) == (1 / 3, 2 / 3, 2 / 3)
    assert found.coverage_90 == pytest.approx(1 / 3)
    assert found.rmse is None


def test_effects_are_judged_by_differences_not_by_ratios():
    rows = [row("a", 0.5, 0.6, 0.4, 0.7, "value"), row("b", -1.0, -0.8, -1.2, -0.5, "change")]
    found = score(rows)
    assert found.rmse == pytest.approx(math.sqrt((0.01 + 0.04) / 2))
    assert found.gmfe is None and found.coverage_90 == 1.0


def test_the_order_of_over_and_underprediction_does_not_matter():
    assert row("a", 10, 20, 0, 99).fold_error == pytest.approx(row("b", 20, 10, 0, 99).fold_error)


def test_groups_are_by_analyte_and_by_metric():
    found = summarise([row("a", 1, 1, 0, 2), row("b", 1, 2, 0, 2, "AUC0-inf")])
    assert set(found.groups) == {"morphine", "Cmax", "AUC0-inf"}
    assert found.groups["morphine"].n == 2 and found.groups["Cmax"].n == 1
    assert set(found.as_dict()) >= {"n", "gmfe", "within_1_25", "coverage_90", "rmse", "groups"}


def test_nothing_predicted_is_no_error():
    assert score([]).gmfe is None and score([]).n == 0
