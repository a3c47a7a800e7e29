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


@pytest.mark.parametrize(
    ("fold", "within"),
    [
        (1.0, (1, 1, 1)),
        (1.25, (1, 1, 1)),
        (1.26, (0, 1, 1)),
        (1.5, (0, 1, 1)),
        (1.51, (0, 0, 1)),
        (2.0, (0, 0, 1)),
        (2.01, (0, 0, 0)),
    ],
)
def test_the_edges_of_the_folds_count(fold, within):
    for predicted in (10 * fold, 10 / fold):
        found = score([row("a", 10, predicted, 0, 99)])
        assert (found.within_1_25, found.within_1_5, found.within_2) == within
        assert found.gmfe == pytest.approx(fold)


def test_a_ratio_that_means_nothing_has_no_fold():
    assert row("a", 0.0, 1.0, 0, 2).fold_error is None
    assert row("a", 1.0, 0.0, 0, 2).fold_error is None
    found = score([row("a", 0.0, 1.0, 0, 2), row("b", 1.0, 2.0, 0, 2)])
    assert found.gmfe == pytest.approx(2.0) and found.within_2 == 1.0 and found.n == 2


@pytest.mark.parametrize(
    ("observed", "inside"), [(1.0, True), (2.0, True), (1.5, True), (0.999, False), (2.001, False)]
)
def test_the_ends_of_an_interval_are_inside(observed, inside):
    assert row("a", observed, 1.5, 1.0, 2.0).inside is inside


def test_effects_of_different_units_have_no_common_error():
    def effect(analyte, unit, metric="value"):
        return Prediction("a", analyte, metric, unit, 1.0, 2.0, 0.0, 3.0)

    assert effect("cows", "1").scale == "points of 48"
    assert effect("pain_nrs", "points").scale == "points of 10"
    assert effect("pain_nrs", "mm").scale == "mm"
    assert effect("cows", "1", "share_ge").scale == "1"
    assert effect("ventilation_fraction", "fraction").scale == "1"
    assert effect("pupil_diameter_mm", "mm").scale == "mm"
    one = [effect("cows", "1"), effect("cows", "points")]
    assert score(one).rmse == pytest.approx(1.0)
    assert score([effect("cows", "1"), effect("pain_nrs", "1")]).rmse is None
    groups = summarise([effect("cows", "1"), effect("pain_nrs", "1")]).groups
    assert {"points of 48", "points of 10", "cows", "pain_nrs", "value"} == set(groups)
