"""The effects table by hand: gaps, what lies beyond the ends of a scale, values and choices; and what knowing is worth."""

import numpy as np
import pytest

from speciosa.decision.performance import Performance
from speciosa.decision.values import Criterion, partial_value
from speciosa.decision.voi import (
    expected_value_of_partial_information,
    expected_value_of_perfect_information,
)
from speciosa.errors import InputError

NAN = float("nan")
RELIEF, HARM = Criterion("relief", 0.0, 4.0), Criterion("harm", 0.5, 0.0, points=[(0.1, 0.5)])
LEVELS = np.array(
    [
        [[1.0, 2.0, 5.0, 4.0], [0.1, 0.6, 0.0, -0.1]],
        [[-1.0, 0.0, 2.0, 2.0], [NAN] * 4],
        [[NAN] * 4, [NAN] * 4],
    ]
)
TABLE = Performance(("a", "b", "c"), (RELIEF, HARM), LEVELS, {})


def test_gaps():
    assert TABLE.not_estimable == [("b", "harm"), ("c", "relief"), ("c", "harm")]
    assert TABLE.unknown == ("c",)


def test_shares_beyond_the_ends_by_the_direction_of_each_criterion():
    assert TABLE.beyond() == [
        ("a", "relief", 0.0, 0.25),
        ("b", "relief", 0.25, 0.0),
        ("a", "harm", 0.25, 0.25),
    ]


def test_values_are_linear_between_knots_flat_outside_and_gaps_take_what_stands_in():
    values = TABLE.values()
    np.testing.assert_allclose(values[0], [[0.25, 0.5, 1, 1], [0.5, 0, 1, 1]])
    np.testing.assert_allclose(values[1, 0], [0, 0, 0.5, 0.5])
    assert np.isnan(values[1, 1]).all() and np.isnan(values[2]).all()
    filled = TABLE.values(missing=0.3)
    assert (filled[1, 1] == 0.3).all() and (filled[0] == values[0]).all()
    assert partial_value(HARM, 0.3) == pytest.approx(0.25)


def test_some_of_the_alternatives_in_any_order():
    chosen = TABLE.choose(["c", "a"])
    assert chosen.alternatives == ("c", "a")
    np.testing.assert_array_equal(chosen.levels, LEVELS[[2, 0]])


@pytest.mark.parametrize(
    "alternatives, criteria, levels, where",
    [
        (("a", "a"), (RELIEF,), np.ones((2, 1, 3)), ["alternatives"]),
        ((), (RELIEF,), np.ones((0, 1, 3)), ["alternatives"]),
        (("a",), (RELIEF, RELIEF), np.ones((1, 2, 3)), ["criteria"]),
        (("a",), (), np.ones((1, 0, 3)), ["criteria"]),
        (("a",), (RELIEF,), np.ones((1, 2, 3)), ["levels"]),
        (("a",), (RELIEF,), np.ones((1, 1)), ["levels"]),
        (("a",), (RELIEF,), np.array([[[1.0, NAN, NAN]]]), ["a, relief"]),
        (("a", "a"), (RELIEF,), np.ones((1, 1, 3)), ["levels", "alternatives"]),
    ],
)
def test_every_fault_of_a_table_is_told(alternatives, criteria, levels, where):
    with pytest.raises(InputError) as caught:
        Performance(alternatives, criteria, levels, {})
    assert [fault.where for fault in caught.value.faults] == where


@pytest.mark.parametrize(
    "worst, best, points, good",
    [
        (0, 1, [], True),
        (1, 0, [(0.5, 0.2)], True),
        (0, 1, [(0.2, 0.3), (0.7, 0.4)], True),
        (0, 0, [], False),
        (0, np.inf, [], False),
        (0, 1, [(0.2, 0.3), (0.7, 0.3)], False),
        (0, 1, [(0.2, 0.3), (0.2, 0.4)], False),
        (0, 1, [(1.2, 0.5)], False),
        (0, 1, [(1.2, 1.1)], False),
        (0, 1, [(-0.2, -0.1)], False),
        (1, 0, [(-0.2, 1.1)], False),
        (1, 0, [(1.2, -0.1)], False),
        (0, 1, [(0.5, 1.0)], False),
        (1, 0, [(0.7, 0.6), (0.5, 0.2)], False),
    ],
)
def test_knots_rise_from_worst_to_best(worst, best, points, good):
    if good:
        Criterion("x", worst, best, points=points)
        return
    with pytest.raises(InputError):
        Criterion("x", worst, best, points=points)


def test_knowing_everything_is_worth_what_the_best_of_each_draw_gains():
    scores = [[0.0, 1.0, 0.2, 0.4], [0.6, 0.6, 0.6, 0.6]]
    assert expected_value_of_perfect_information(scores) == pytest.approx(
        (0.6 + 1 + 0.6 + 0.6) / 4 - 0.6
    )
    assert expected_value_of_perfect_information([[1.0, 2.0], [0.0, 1.0]]) == 0.0


def test_knowing_what_decides_is_worth_as_much_and_knowing_what_does_not_nothing():
    count = 2000
    known = (np.arange(count) + 0.5) / count
    scores = np.stack([known**2, np.full(count, 0.4)])
    exact = expected_value_of_perfect_information(scores)
    order = np.random.default_rng(1).permutation(count)
    found = expected_value_of_partial_information(scores[:, order], np.exp(3 * known[order]))
    assert found == pytest.approx(exact, rel=2e-3)
    beside = np.random.default_rng(2).permutation(known)
    assert expected_value_of_partial_information(scores, beside) < 0.1 * exact
    assert expected_value_of_partial_information(scores, np.ones(count)) == 0.0


@pytest.mark.parametrize("draws, shape", [(29, 29), (40, 39)])
def test_too_few_draws_or_others_are_refused(draws, shape):
    with pytest.raises(ValueError, match="at least 30"):
        expected_value_of_partial_information(np.ones((2, draws)), np.arange(shape))
    assert expected_value_of_partial_information(np.ones((2, 30)), np.arange(30)) == pytest.approx(
        0
    )
