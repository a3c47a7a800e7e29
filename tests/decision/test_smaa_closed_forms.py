"""Ranks, central weights and confidence factors where they can be counted on paper."""

import numpy as np
import pytest

from speciosa.decision import Criterion, Performance, Weights, acceptability

X, Y = Criterion("x", 0, 1), Criterion("y", 0, 1)
TWO = Weights(("x", "y"))


def table(levels, criteria=(X, Y)) -> Performance:
    names = tuple("ABCD"[: len(levels)])
    return Performance(names, criteria, np.array(levels, dtype=float), {})


def test_central_weights_are_the_middle_of_the_weights_that_make_each_the_best() -> None:
    """A (1, 0) beats B (0.5, 0.5) where w_x > 1/2: the middles are 3/4 and 1/4."""
    found = acceptability(table([[[1.0], [0.0]], [[0.5], [0.5]]]), TWO, samples=60_000, seed=3)
    np.testing.assert_allclose(found.central_weights, [[0.75, 0.25], [0.25, 0.75]], atol=0.005)
    np.testing.assert_allclose(found.rank_acceptability, 0.5, atol=0.01)
    assert found.confidence_factors.tolist() == [1.0, 1.0]


def test_ranks_are_counted_from_the_best() -> None:
    """C is always last; A is first where w_x > 2/3: 0.9 w > 0.3 + 0.45 w."""
    found = acceptability(
        table([[[0.9], [0.0]], [[0.75], [0.3]], [[0.0], [0.0]]]), TWO, samples=60_000, seed=4
    )
    first = 1 - 0.3 / (0.9 - 0.75 + 0.3)
    expected = [[first, 1 - first, 0], [1 - first, first, 0], [0, 0, 1]]
    np.testing.assert_allclose(found.rank_acceptability, expected, atol=0.01)
    assert np.isnan(found.central_weights[2]).all() and np.isnan(found.confidence_factors[2])


@pytest.mark.parametrize("samples", [4, 8, 10_000])
def test_every_draw_of_the_performances_takes_its_turn(samples: int) -> None:
    """A beats B in three of four draws; with one weight nothing else is random."""
    levels = [[[0.2, 0.8, 0.9, 0.7]], [[0.5, 0.5, 0.5, 0.5]]]
    found = acceptability(table(levels, (X,)), Weights(("x",)), samples=samples, seed=1)
    np.testing.assert_allclose(found.rank_acceptability, [[0.75, 0.25], [0.25, 0.75]])
    assert found.confidence_factors.tolist() == [0.75, 0.25]
    assert found.central_weights.tolist() == [[1.0], [1.0]]


def test_a_tie_is_shared_in_ranks_and_in_confidence() -> None:
    levels = [[[0.5, 0.5]], [[0.5, 0.1]], [[0.2, 0.5]]]
    found = acceptability(table(levels, (X,)), Weights(("x",)), samples=40_000, seed=2)
    np.testing.assert_allclose(found.rank_acceptability[:, 0], [0.5, 0.25, 0.25], atol=0.01)
    assert found.confidence_factors == pytest.approx([0.5, 0.25, 0.25])


def test_a_difference_of_rounding_is_a_tie() -> None:
    levels = [[[0.3]], [[0.1 + 0.2]]]
    found = acceptability(table(levels, (X,)), Weights(("x",)), samples=20_000, seed=2)
    np.testing.assert_allclose(found.rank_acceptability, 0.5, atol=0.02)
    assert found.confidence_factors.tolist() == [0.5, 0.5]


def test_a_small_difference_is_none() -> None:
    found = acceptability(
        table([[[0.3]], [[0.3 + 1e-6]]], (X,)), Weights(("x",)), samples=1000, seed=2
    )
    assert found.rank_acceptability.tolist() == [[0, 1], [1, 0]]


def test_what_is_missing_counts_as_it_is_told() -> None:
    gap = table([[[np.nan]], [[0.4]]], (X,))
    low, high = (
        acceptability(gap, Weights(("x",)), samples=100, seed=1, missing=value)
        for value in (0.0, 1.0)
    )
    assert low.rank_acceptability[0].tolist() == [0, 1]
    assert high.rank_acceptability[0].tolist() == [1, 0]


def test_the_seed_decides() -> None:
    levels = [[[1.0], [0.0]], [[0.5], [0.5]]]
    one, same, other = (
        acceptability(table(levels), TWO, samples=999, seed=seed).rank_acceptability
        for seed in (1, 1, 2)
    )
    assert (one == same).all() and not (one == other).all()


def test_a_hundred_thousand_samples_are_taken_unless_said_otherwise() -> None:
    found = acceptability(table([[[1.0], [0.0]], [[0.5], [0.5]], [[0.2], [0.7]]]), TWO, seed=3)
    counted = found.rank_acceptability * 100_000
    np.testing.assert_allclose(counted, np.round(counted), atol=1e-6)
    assert counted.sum() == pytest.approx(300_000)


def test_a_hundred_thousand_samples_are_counted_unless_said_otherwise() -> None:
    found = acceptability(table([[[1.0], [0.0]], [[0.5], [0.5]]]), TWO, seed=3)
    counted = found.rank_acceptability * 100_000
    np.testing.assert_allclose(counted, counted.round(), atol=1e-6)
    assert counted[0, 0] % 100_000 != 0
