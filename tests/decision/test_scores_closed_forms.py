"""Values, scores, swings, information and drivers from numbers worked out by hand."""

import numpy as np
import pytest
from scipy.stats import norm, t

from speciosa.decision import (
    Criterion,
    Performance,
    Weights,
    expected_value_of_perfect_information,
    partial_rank_correlation,
    partial_value,
    score,
)
from speciosa.decision.score import tornado
from speciosa.decision.voi import expected_value_of_partial_information
from speciosa.errors import InputError

BENEFIT = Criterion("relief", worst=0.0, best=4.0)
HARM = Criterion("harm", worst=0.5, best=0.1, points=[(0.2, 0.8), (0.4, 0.1)])
ODD = Criterion("odd", worst=2.0, best=10.0, points=[(8.0, 0.9), (4.0, 0.2)])


@pytest.mark.parametrize(
    ("criterion", "level", "value"),
    [
        (BENEFIT, 0.0, 0.0),
        (BENEFIT, 1.0, 0.25),
        (BENEFIT, 4.0, 1.0),
        (BENEFIT, -3.0, 0.0),
        (BENEFIT, 9.0, 1.0),
        (HARM, 0.5, 0.0),
        (HARM, 0.45, 0.05),
        (HARM, 0.4, 0.1),
        (HARM, 0.3, 0.45),
        (HARM, 0.2, 0.8),
        (HARM, 0.15, 0.9),
        (HARM, 0.1, 1.0),
        (HARM, 0.0, 1.0),
        (HARM, 0.9, 0.0),
        (ODD, 3.0, 0.1),
        (ODD, 6.0, 0.55),
        (ODD, 9.0, 0.95),
    ],
)
def test_a_value_is_linear_between_its_knots_and_flat_outside(criterion, level, value) -> None:
    assert float(partial_value(criterion, level)) == pytest.approx(value)


def test_what_is_not_known_has_no_value() -> None:
    found = partial_value(BENEFIT, [[np.nan, 2.0]])
    assert found.shape == (1, 2) and np.isnan(found[0, 0]) and found[0, 1] == 0.5


@pytest.mark.parametrize(
    ("worst", "best"), [(1.0, 1.0), (np.nan, 1.0), (0.0, np.inf), (-np.inf, 0.0)]
)
def test_two_different_finite_levels_are_needed(worst, best) -> None:
    with pytest.raises(InputError, match="two different levels"):
        Criterion("x", worst, best)


@pytest.mark.parametrize(
    "points", [[(0.5, 1.0)], [(0.5, 0.5), (0.5, 0.6)], [(0.3, 0.6), (0.6, 0.6)], [(-0.1, 0.5)]]
)
def test_values_rise_from_worst_to_best(points) -> None:
    for worst, best in ((0.0, 1.0), (1.0, 0.0)):
        with pytest.raises(InputError, match="points"):
            Criterion("x", worst, best, points=points)


def table(levels, criteria=None, names=None) -> Performance:
    levels = np.array(levels, dtype=float)
    names = names or tuple("ABCD"[: len(levels)])
    known = criteria or tuple(Criterion(f"c{i}", 0, 1) for i in range(levels.shape[1]))
    return Performance(names, known, levels, {})


@pytest.mark.parametrize(
    ("levels", "count"),
    [
        (np.zeros((2, 3, 1)), 1),
        (np.zeros((2, 2)), 1),
        (np.zeros((3, 2, 1)), 1),
        (np.array([[[0.1, np.nan], [np.nan, np.nan]], [[0.2, 0.3], [np.nan, 1.0]]]), 2),
    ],
)
def test_a_table_has_its_shape_and_each_gap_is_whole(levels, count) -> None:
    with pytest.raises(InputError) as caught:
        Performance(("A", "B"), (BENEFIT, HARM), levels, {})
    assert len(caught.value.faults) == count


def test_names_are_given_once_and_at_least_once() -> None:
    for names, criteria in ((("A", "A"), (BENEFIT,)), (("A", "B"), (BENEFIT, BENEFIT)), ((), ())):
        with pytest.raises(InputError, match="each name once"):
            Performance(names, criteria, np.zeros((len(names), len(criteria), 1)), {})


def test_values_and_choices_keep_their_places() -> None:
    found = table([[[1.0], [0.3]], [[2.0], [np.nan]], [[3.0], [0.2]]], (BENEFIT, HARM))
    assert found.values()[:, 0, 0].tolist() == [0.25, 0.5, 0.75]
    assert found.values(0.0)[1, 1, 0] == 0.0 and found.values(1.0)[1, 1, 0] == 1.0
    assert np.isnan(found.values()[1, 1, 0])
    assert found.not_estimable == [("B", "harm")]
    some = found.choose(["C", "A"])
    assert some.alternatives == ("C", "A") and some.levels[:, 0, 0].tolist() == [3.0, 1.0]


def test_a_gap_is_worth_between_nothing_and_its_whole_weight() -> None:
    found = score(
        table([[[0.5, 0.7], [np.nan, np.nan]], [[0.2, 0.4], [1.0, 0.0]]]),
        Weights(("c0", "c1"), exact={"c0": 3, "c1": 1}),
        seed=1,
    )
    assert found.low == pytest.approx(np.array([[0.375, 0.525], [0.4, 0.3]]))
    assert found.high == pytest.approx(np.array([[0.625, 0.775], [0.4, 0.3]]))
    assert found.bounded.tolist() == [True, False]
    assert found.parts[0, 0] == pytest.approx(0.45) and np.isnan(found.parts[0, 1])
    assert found.parts[1].tolist() == pytest.approx([0.225, 0.125])
    assert found.at_mean_weights == pytest.approx(found.low)  # exact weights are their own mean


def test_swings_are_sorted_and_say_what_each_weight_does() -> None:
    """Leads of A over B are 0.4, -0.2 and 0.1 at weights 0.5, 0.3 and 0.2."""
    pair = table([[[0.8], [0.1], [0.5]], [[0.4], [0.3], [0.4]]])
    weights = Weights(("c0", "c1", "c2"), exact={"c0": 5, "c1": 3, "c2": 2})
    swings = {s.criterion: s for s in tornado(pair, weights, "A", "B", seed=1)}
    stated = 0.5 * 0.4 - 0.3 * 0.2 + 0.2 * 0.1
    assert all(swing.at_stated == pytest.approx(stated) for swing in swings.values())
    assert swings["c0"].at_zero == pytest.approx((-0.3 * 0.2 + 0.2 * 0.1) / 0.5)
    assert swings["c0"].at_double == pytest.approx(0.4)
    assert swings["c1"].at_double == pytest.approx(-0.6 * 0.2 + 0.4 * (0.5 * 0.4 + 0.2 * 0.1) / 0.7)
    assert swings["c2"].at_zero == pytest.approx((0.5 * 0.4 - 0.3 * 0.2) / 0.8)
    sizes = [abs(s.at_double - s.at_zero) for s in tornado(pair, weights, "A", "B", seed=1)]
    assert sizes == sorted(sizes, reverse=True)
    back = {s.criterion: s for s in tornado(pair, weights, "B", "A", seed=1)}
    assert back["c0"].at_zero == pytest.approx(-swings["c0"].at_zero)


def test_the_largest_swing_comes_first_wherever_its_criterion_stands() -> None:
    pair = table([[[0.5], [0.1], [0.8], [0.4]], [[0.4], [0.3], [0.4], [0.4]]])
    weights = Weights(("c0", "c1", "c2", "c3"), exact={"c0": 2, "c1": 3, "c2": 4, "c3": 1})
    swings = tornado(pair, weights, "A", "B", seed=1)
    assert [swing.criterion for swing in swings] == ["c2", "c1", "c3", "c0"]
    sizes = [abs(swing.at_double - swing.at_zero) for swing in swings]
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) == 4


def test_a_criterion_that_one_of_two_lacks_leaves_its_weight_to_the_others() -> None:
    pair = table([[[0.8], [np.nan], [0.5]], [[0.4], [0.3], [0.4]]])
    weights = Weights(("c0", "c1", "c2"), exact={"c0": 5, "c1": 3, "c2": 2})
    swings = {s.criterion: s for s in tornado(pair, weights, "A", "B", seed=1)}
    assert set(swings) == {"c0", "c2"}
    assert swings["c0"].at_stated == pytest.approx((5 * 0.4 + 2 * 0.1) / 7)
    assert swings["c0"].at_double == pytest.approx(0.4)


def test_the_only_criterion_keeps_all_the_weight() -> None:
    pair = table([[[0.8]], [[0.5]]])
    (swing,) = tornado(pair, Weights(("c0",), exact={"c0": 1}), "A", "B", seed=1)
    assert (swing.at_zero, swing.at_stated, swing.at_double) == pytest.approx((0.3, 0.3, 0.3))


def test_perfect_information_is_the_mean_of_the_best_less_the_best_mean() -> None:
    scores = [[0.9, 0.1, 0.5], [0.4, 0.6, 0.4], [0.0, 0.0, 0.0]]
    gain = expected_value_of_perfect_information(scores)
    assert gain == pytest.approx((0.9 + 0.6 + 0.5) / 3 - 0.5)
    assert expected_value_of_perfect_information([[0.2, 0.4], [0.1, 0.3]]) == 0.0


def test_partial_information_needs_the_same_draws_and_thirty_of_them() -> None:
    for count, given in ((29, 29), (40, 39)):
        with pytest.raises(ValueError, match="at least 30"):
            expected_value_of_partial_information(np.zeros((2, count)), np.arange(given))
    known = np.arange(30.0)
    assert expected_value_of_partial_information(np.array([known, 29 - known]), known) > 5
    step = np.repeat([0.0, 1.0], 200)
    scores = np.array([step, 1 - step])
    gain = expected_value_of_partial_information(scores, step + np.linspace(0, 1e-3, 400))
    assert 0.35 < gain <= 0.52


def test_partial_correlation_of_three_is_the_textbook_formula() -> None:
    """r_ay.b = (r_ay - r_ab r_by) / sqrt((1 - r_ab^2)(1 - r_by^2)) on ranks."""
    rng = np.random.default_rng(2)
    a, e, f = rng.standard_normal((3, 60))
    b, y = 0.6 * a + e, a + f
    rank = np.argsort(np.argsort([a, b, y], axis=1), axis=1)
    r = np.corrcoef(rank)
    expected = (r[0, 2] - r[0, 1] * r[1, 2]) / np.sqrt((1 - r[0, 1] ** 2) * (1 - r[1, 2] ** 2))
    found = {d.parameter: d for d in partial_rank_correlation(["a", "b"], np.array([a, b]).T, y)}
    assert found["a"].correlation == pytest.approx(expected)
    half = norm.ppf(0.95) / np.sqrt(57)
    assert found["a"].low == pytest.approx(np.tanh(np.arctanh(expected) - half))
    assert found["a"].high == pytest.approx(np.tanh(np.arctanh(expected) + half))


def edge(count: int, tried: int, df: int) -> float:
    """The correlation beyond which 1 in 20 of `tried` would lie on this side by chance."""
    limit = t.ppf(1 - 0.05 / tried, df)
    return float(limit / np.sqrt(df + limit**2))


def test_a_correlation_stands_out_beyond_what_chance_gives() -> None:
    rng = np.random.default_rng(4)
    names = [f"p{i}" for i in range(5)]
    said = {True: [], False: []}
    for _ in range(60):
        parameters = rng.standard_normal((30, 5))
        outcome = 0.4 * parameters[:, 0] + rng.standard_normal(30)
        for driver in partial_rank_correlation(names, parameters, outcome):
            said[driver.stands_out].append(abs(driver.correlation))
    # four others are held: 30 - 2 - 4 degrees of freedom
    assert max(said[False]) <= edge(30, 5, 24) < min(said[True])
    assert min(said[True]) - max(said[False]) < 0.06


def test_each_parameter_held_takes_one_degree_of_freedom() -> None:
    """Twelve draws of four parameters: 12 - 2 - 3 are left, and the edge lies between those of one more and one less."""
    rng = np.random.default_rng(11)
    near = set()
    for _ in range(400):
        parameters = rng.standard_normal((12, 4))
        outcome = parameters[:, 0] + rng.standard_normal(12)
        for driver in partial_rank_correlation(list("abcd"), parameters, outcome):
            strength = abs(driver.correlation)
            assert driver.stands_out == (strength > edge(12, 4, 7))
            near |= {df for df in (6, 8) if (strength > edge(12, 4, df)) != driver.stands_out}
    assert near == {6, 8}  # so one more or one less would have been seen


def test_with_few_draws_the_others_are_not_held() -> None:
    rng = np.random.default_rng(6)
    parameters = rng.standard_normal((14, 5))
    outcome = parameters[:, 0] + 0.5 * rng.standard_normal(14)
    rank = np.argsort(np.argsort(np.column_stack([parameters, outcome]), axis=0), axis=0)
    plain = np.corrcoef(rank, rowvar=False)[:-1, -1]
    found = partial_rank_correlation(list("abcde"), parameters, outcome)
    assert {d.parameter: round(d.correlation, 9) for d in found} == {
        name: round(r, 9) for name, r in zip("abcde", plain, strict=True)
    }
    for driver in found:
        assert driver.stands_out == (abs(driver.correlation) > edge(14, 5, 12))
    held = partial_rank_correlation(list("abcd"), parameters[:12, :4], outcome[:12])
    plain = np.corrcoef(
        np.argsort(
            np.argsort(np.column_stack([parameters[:12, :4], outcome[:12]]), axis=0), axis=0
        ),
        rowvar=False,
    )[:-1, -1]
    assert held[0].correlation != pytest.approx(plain[list("abcd").index(held[0].parameter)])


def test_the_strongest_come_first_and_as_many_as_asked() -> None:
    rng = np.random.default_rng(3)
    parameters = rng.standard_normal((200, 4))
    outcome = parameters @ [0.1, -2.0, 0.8, 0.3] + 0.5 * rng.standard_normal(200)
    found = partial_rank_correlation(list("abcd"), parameters, outcome, most=3)
    assert [driver.parameter for driver in found] == ["b", "c", "d"]
    assert found[0].correlation < 0 < found[1].correlation


def test_twelve_are_told_unless_said_otherwise() -> None:
    parameters = np.random.default_rng(7).standard_normal((60, 14))
    names = [f"p{i}" for i in range(14)]
    told = partial_rank_correlation(names, parameters, parameters.sum(axis=1))
    assert len(told) == 12
    assert len(partial_rank_correlation(names, parameters, parameters[:, 0], most=20)) == 14


@pytest.mark.parametrize(("count", "flat"), [(9, False), (50, True)])
def test_too_few_draws_or_a_flat_outcome_have_no_drivers(count: int, flat: bool) -> None:
    draws = np.random.default_rng(1).standard_normal((count, 2))
    outcome = np.ones(count) if flat else draws[:, 0]
    assert partial_rank_correlation(["a", "b"], draws, outcome) == []


def test_ten_draws_are_enough() -> None:
    draws = np.random.default_rng(1).standard_normal((10, 2))
    assert partial_rank_correlation(["a", "b"], draws, draws[:, 0])[0].parameter == "a"


@pytest.mark.parametrize("size", [1e-9, 1e-3, 1.0, 1e6])
def test_drivers_do_not_depend_on_the_units_of_parameters(size: float) -> None:
    draws = np.random.default_rng(2).standard_normal((60, 3))
    outcome = draws @ [2.0, 1.0, 0.0]
    usual = partial_rank_correlation(list("abc"), draws, outcome)
    assert partial_rank_correlation(list("abc"), size * draws, outcome) == usual
    assert [driver.parameter for driver in usual][:2] == ["a", "b"]
