"""Weights, values, scores, information and drivers: closed forms, invariants and refusals."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

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

THREE = ("pain", "breathing", "liking")
KEPT = 1.1e-7  # the tolerance that `Weights` states


@settings(max_examples=40, deadline=None)
@given(
    st.floats(-50, 50), st.floats(0.1, 100), st.lists(st.floats(-200, 200), min_size=2, max_size=9)
)
def test_a_value_never_falls_as_the_level_improves(
    worst: float, span: float, levels: list[float]
) -> None:
    rising = partial_value(Criterion("x", worst, worst + span), sorted(levels))
    falling = partial_value(Criterion("x", worst + span, worst), sorted(levels))
    assert (np.diff(rising) >= 0).all() and (np.diff(falling) <= 0).all()
    assert ((rising >= 0) & (rising <= 1)).all()
    np.testing.assert_allclose(rising + falling, 1, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 0.5), st.floats(0.0, 0.5))
@example(seed=0, low=6e-8, width=0.0)
@example(seed=0, low=1e-9, width=1e-9)
def test_sampled_weights_keep_every_statement(seed: int, low: float, width: float) -> None:
    weights = Weights(THREE, intervals={"pain": (low, low + width)}, order=["breathing", "liking"])
    sample = weights.sample(64, seed)
    np.testing.assert_allclose(sample.sum(1), 1, atol=KEPT)
    assert (sample >= -KEPT).all()
    assert ((sample[:, 0] >= low - KEPT) & (sample[:, 0] <= low + width + KEPT)).all()
    assert (sample[:, 1] >= sample[:, 2] - KEPT).all()


def test_interval_weights_are_uniform_on_their_set() -> None:
    """With two criteria the weight of the first is uniform on its interval."""
    sample = Weights(("a", "b"), intervals={"a": (0.2, 0.6)}).sample(40_000, seed=1)[:, 0]
    assert sample.mean() == pytest.approx(0.4, abs=0.003)
    assert sample.var() == pytest.approx(0.4**2 / 12, rel=0.03)


def test_same_seed_same_weights() -> None:
    weights = Weights(THREE, ratios={("pain", "liking"): (1, 4)})
    np.testing.assert_array_equal(weights.sample(9, seed=4), weights.sample(9, seed=4))
    assert not np.array_equal(weights.sample(9, seed=4), weights.sample(9, seed=5))


def test_every_fault_of_weights_is_named() -> None:
    with pytest.raises(InputError) as caught:
        Weights(THREE, intervals={"pian": (0, 1), "pain": (0.9, 0.2)}, order=["luck"])
    assert len(caught.value.faults) == 3
    with pytest.raises(InputError, match="found pian"):
        Weights(THREE, exact={"pian": 1, "liking": 1, "breathing": 1})


def test_contradicting_weights_are_refused() -> None:
    with pytest.raises(InputError, match="contradict"):
        Weights(("a", "b"), intervals={"a": (0.7, 1.0), "b": (0.6, 1.0)})


def test_faults_of_a_performance_are_all_named() -> None:
    levels = np.array([[[0.1, np.nan]], [[0.2, 0.3]]])
    with pytest.raises(InputError) as caught:
        Performance(("a", "a"), (Criterion("x", 0, 1),), levels, {})
    assert len(caught.value.faults) == 2


@pytest.mark.parametrize("points", [[(2.0, 0.5)], [(0.5, 1.5)], [(0.5, 0.0)]])
def test_a_value_function_that_does_not_rise_is_refused(points: list[tuple[float, float]]) -> None:
    with pytest.raises(InputError, match="points"):
        Criterion("x", 0, 1, points=points)


def two_by_two(draws: int = 500) -> Performance:
    generator = np.random.default_rng(3)
    levels = np.stack(
        [generator.normal(0.7, 0.03, (2, draws)), generator.normal(0.5, 0.03, (2, draws))]
    )
    return Performance(("a", "b"), (Criterion("x", 0, 1), Criterion("y", 0, 1)), levels, {})


def test_scores_are_the_weighted_sum() -> None:
    table = two_by_two()
    found = score(table, Weights(("x", "y"), exact={"x": 1, "y": 3}), seed=1)
    np.testing.assert_allclose(found.low, 0.25 * table.levels[:, 0] + 0.75 * table.levels[:, 1])
    np.testing.assert_allclose(found.parts.sum(1), found.low.mean(1))
    assert not found.bounded.any()


def test_tornado_ends_are_the_scores_with_that_weight() -> None:
    table = two_by_two()
    weights = Weights(("x", "y"), exact={"x": 0.3, "y": 0.7})
    lead = (table.levels[0] - table.levels[1]).mean(1)
    by_name = {swing.criterion: swing for swing in tornado(table, weights, "a", "b", seed=1)}
    assert by_name["x"].at_zero == pytest.approx(lead[1])
    assert by_name["x"].at_double == pytest.approx(0.6 * lead[0] + 0.4 * lead[1])
    assert by_name["y"].at_double == pytest.approx(lead[1])
    assert by_name["x"].at_stated == pytest.approx(by_name["y"].at_stated)


def test_arms_without_a_shared_criterion_have_no_tornado() -> None:
    levels = np.array([[[np.nan], [np.nan]], [[0.2], [0.3]]])
    table = Performance(("a", "b"), (Criterion("x", 0, 1), Criterion("y", 0, 1)), levels, {})
    assert tornado(table, Weights(("x", "y")), "a", "b", seed=1) == []


def test_perfect_information_of_two_normals_has_a_closed_form() -> None:
    """For N(0, 1) against 0 the gain is 1/sqrt(2 pi)."""
    draws = np.random.default_rng(8).standard_normal(400_000)
    gain = expected_value_of_perfect_information([draws, np.zeros_like(draws)])
    assert gain == pytest.approx(1 / np.sqrt(2 * np.pi) - max(0, draws.mean()), abs=0.003)


def test_partial_information_has_a_closed_form() -> None:
    """Learning the half of a normal's variance gives sqrt(1/2) of the gain."""
    known, unknown = np.random.default_rng(8).standard_normal((2, 200_000)) * np.sqrt(0.5)
    scores = np.array([known + unknown, np.zeros_like(known)])
    whole = expected_value_of_perfect_information(scores)
    part = expected_value_of_partial_information(scores, known)
    assert part == pytest.approx(whole * np.sqrt(0.5), rel=0.03)
    noise = np.random.default_rng(9).standard_normal(200_000)
    assert expected_value_of_partial_information(scores, noise) < 0.02 * whole
    assert expected_value_of_partial_information(scores, np.ones_like(noise)) == 0


def test_partial_correlation_of_a_gaussian_has_a_closed_form() -> None:
    """y = a + b + noise: partial correlation of a is 1/sqrt(1 + noise variance) but for the ranks."""
    generator = np.random.default_rng(5)
    a, b, noise, extra = generator.standard_normal((4, 20_000))
    table = np.column_stack([a, b, 0.8 * a + 0.6 * extra, np.ones_like(a)])
    found = {
        d.parameter: d
        for d in partial_rank_correlation(["a", "b", "c", "flat"], table, a + b + noise)
    }
    assert found["a"].correlation == pytest.approx(np.sqrt(0.36 / 1.36), abs=0.04)
    assert found["b"].correlation == pytest.approx(np.sqrt(0.5), abs=0.04)
    assert abs(found["c"].correlation) < 0.03
    assert "flat" not in found
    assert all(d.low <= d.correlation <= d.high for d in found.values())


def test_more_parameters_than_draws_still_find_the_driver() -> None:
    table = np.random.default_rng(6).standard_normal((60, 150))
    found = partial_rank_correlation([f"p{i}" for i in range(150)], table, table[:, 17])
    assert found[0].parameter == "p17"
    assert [driver.parameter for driver in found if driver.stands_out] == ["p17"]


def test_the_strongest_of_many_chance_correlations_does_not_stand_out() -> None:
    generator = np.random.default_rng(8)
    names = [f"p{i}" for i in range(120)]
    said = sum(
        found[0].stands_out
        for _ in range(60)
        if (
            found := partial_rank_correlation(
                names, generator.standard_normal((12, 120)), generator.standard_normal(12)
            )
        )
    )
    assert said <= 12  # 1 in 10 expected


def test_an_exact_weight_among_free_ones_leaves_the_others_free() -> None:
    for statement in (
        {"intervals": {"pain": (0.4, 0.4)}},
        {"ratios": {("pain", "liking"): (2, 2)}},
    ):
        sample = Weights(THREE, **statement).sample(20_000, seed=5)
        assert sample.sum(1) == pytest.approx(1.0)
        spread = sample[:, 1] if "intervals" in statement else sample[:, 0]
        assert spread.std() > 0.1
    fixed = Weights(THREE, intervals={"pain": (0.4, 0.4)}).sample(20_000, seed=5)
    assert np.ptp(fixed[:, 0]) < 1e-12
    assert np.quantile(fixed[:, 1], [0.1, 0.5, 0.9]) == pytest.approx([0.06, 0.3, 0.54], abs=0.01)
    tied = Weights(THREE, ratios={("pain", "liking"): (2, 2)}).sample(20_000, seed=5)
    assert tied[:, 0] == pytest.approx(2 * tied[:, 2], abs=1e-9)


def test_drawing_from_intervals_and_walking_through_them_agree() -> None:
    intervals = {"pain": (0.2, 0.6), "breathing": (0.1, 0.4)}
    anything = {("pain", "breathing"): (0.0, 1e6)}
    drawn = Weights(THREE, intervals=intervals).sample(40_000, seed=6)
    walked = Weights(THREE, intervals=intervals, ratios=anything).sample(40_000, seed=7)
    levels = [0.05, 0.25, 0.5, 0.75, 0.95]
    for one, other in zip(drawn.T, walked.T, strict=True):
        assert np.quantile(one, levels) == pytest.approx(np.quantile(other, levels), abs=0.01)


def test_undecided_weights_are_no_missing_knowledge():
    """Performances that are known exactly leave nothing to learn, whatever the weights."""
    known = np.repeat([[[0.9], [0.1]], [[0.2], [0.8]]], 200, axis=2)
    free = Weights(("x", "y"))
    table = Performance(("a", "b"), (Criterion("x", 0, 1), Criterion("y", 0, 1)), known, {})
    found = score(table, free, seed=1)
    assert expected_value_of_perfect_information(found.low) > 0.1
    assert expected_value_of_perfect_information(found.at_mean_weights) == 0.0


def test_an_alternative_of_which_nothing_is_known_is_named():
    levels = np.array([[[0.5], [np.nan]], [[np.nan], [np.nan]]])
    table = Performance(("a", "b"), (Criterion("x", 0, 1), Criterion("y", 0, 1)), levels, {})
    assert table.unknown == ("b",)


def test_levels_beyond_worst_and_best_are_told():
    levels = np.array([[[-1.0, 0.5, 2.0, 3.0], [0.1, 0.2, 0.3, 0.4]]])
    table = Performance(("a",), (Criterion("x", 0, 1), Criterion("harm", 0.35, 0)), levels, {})
    assert table.beyond() == [("a", "x", 0.25, 0.5), ("a", "harm", 0.25, 0.0)]


def test_scores_at_the_mean_of_the_weights_are_the_mean_over_weights():
    known = np.repeat([[[0.9], [0.1]], [[0.2], [0.8]]], 4000, axis=2)
    table = Performance(("a", "b"), (Criterion("x", 0, 1), Criterion("y", 0, 1)), known, {})
    found = score(table, Weights(("x", "y")), seed=1)
    assert found.at_mean_weights[:, 0] == pytest.approx([0.5, 0.5], abs=0.02)
    assert found.at_mean_weights.mean(1) == pytest.approx(found.low.mean(1))
