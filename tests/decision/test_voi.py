"""What knowing one parameter is worth, against the same regression in another basis and against its expectation."""

import numpy as np
import pytest

from speciosa.decision.voi import (
    expected_value_of_partial_information,
    expected_value_of_perfect_information,
)


@pytest.mark.parametrize("count", [30, 57, 400])
def test_scores_are_regressed_on_ranks_by_a_cubic_spline_with_knots_at_the_quarters(count):
    rng = np.random.default_rng(count)
    parameter = rng.lognormal(size=count)
    scores = np.stack([np.sin(3 * np.log(parameter)), np.full(count, 0.2), 0.4 * np.log(parameter)])
    scores = scores + rng.normal(0, 0.3, scores.shape)
    u = (np.argsort(np.argsort(parameter)) + 0.5) / count
    powers = [u**k for k in range(4)]
    cubes = [np.clip(u - knot, 0, None) ** 3 for knot in (0.25, 0.5, 0.75)]
    basis = np.stack([*powers, *cubes], axis=1)
    fitted = basis @ np.linalg.lstsq(basis, scores.T, rcond=None)[0]
    expected = fitted.max(axis=1).mean() - fitted.mean(axis=0).max()
    assert expected > 0.02
    found = expected_value_of_partial_information(scores, parameter)
    assert found == pytest.approx(expected, rel=1e-9)
    # the ranks decide, not the values
    assert expected_value_of_partial_information(scores, np.log(parameter)) == found


def test_draws_that_tie_keep_their_order():
    parameter = np.repeat([2.0, 1.0], 40)
    scores = np.stack([np.linspace(0, 1, 80), np.full(80, 0.5)])
    places = np.concatenate([np.arange(40, 80), np.arange(40)])
    assert expected_value_of_partial_information(
        scores, parameter
    ) == expected_value_of_partial_information(scores, places)


def test_perfect_information_is_rounded_to_twelve_digits_and_no_further():
    assert expected_value_of_perfect_information([[0.1, 0.3], [0.1 + 1e-17, 0.3]]) == 0.0
    gain = expected_value_of_perfect_information([[0.0, 3e-11], [1e-11, 0.0]])
    assert gain == pytest.approx(0.5e-11, rel=1e-6)
