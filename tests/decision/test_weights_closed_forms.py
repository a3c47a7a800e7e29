"""Weights: which statements can hold, and that samples are uniform on what they leave open."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speciosa.decision import Weights
from speciosa.errors import InputError

THREE = ("a", "b", "c")


def refused(**statements) -> list[str]:
    with pytest.raises(InputError) as caught:
        Weights(THREE, **statements)
    return [fault.where for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("statements", "where"),
    [
        ({"exact": {"a": 1, "b": 1}}, "weights, exact"),
        ({"exact": {"a": 1, "b": 1, "c": -1}}, "weights, exact"),
        ({"exact": {"a": 0, "b": 0, "c": 0}}, "weights, exact"),
        ({"exact": {"a": 1, "b": 1, "c": 1}, "order": ["a", "b"]}, "weights"),
        ({"exact": {"a": 1, "b": 1, "c": 1}, "intervals": {"a": (0, 1)}}, "weights"),
        ({"exact": {"a": 1, "b": 1, "c": 1}, "ratios": {("a", "b"): (1, 2)}}, "weights"),
        ({"intervals": {"a": (-0.1, 0.5)}}, "weights, a"),
        ({"intervals": {"a": (0.5, 1.1)}}, "weights, a"),
        ({"intervals": {"a": (0.6, 0.5)}}, "weights, a"),
        ({"ratios": {("a", "b"): (2, 1)}}, "weights, a/b"),
        ({"ratios": {("a", "b"): (-1, 1)}}, "weights, a/b"),
        ({"ratios": {("a", "d"): (1, 2)}}, "weights, ratios"),
        ({"intervals": {"d": (0, 1)}}, "weights, intervals"),
        ({"order": ["d"]}, "weights, order"),
        ({"intervals": {"a": (0.5, 1.0), "b": (0.4, 1.0), "c": (0.2, 1.0)}}, "weights"),
        ({"intervals": {"a": (0, 0.3), "b": (0, 0.3), "c": (0, 0.3)}}, "weights"),
        ({"order": ["a", "b"], "intervals": {"a": (0, 0.2), "b": (0.3, 1)}}, "weights"),
        (
            {"ratios": {("a", "b"): (2, 3), ("b", "a"): (2, 3)}, "intervals": {"c": (0, 0.5)}},
            "weights",
        ),
    ],
)
def test_statements_that_cannot_hold_are_refused(statements, where) -> None:
    assert refused(**statements) == [where]


@pytest.mark.parametrize(
    "statements",
    [
        {"exact": {"a": 0, "b": 0, "c": 2}},
        {"intervals": {"a": (0.5, 0.5), "b": (0.3, 0.3), "c": (0.2, 0.2)}},
        {"intervals": {"a": (0, 0), "b": (1, 1)}},
        {"intervals": {"a": (0.0, 1.0)}},
        {"ratios": {("a", "b"): (0, 0)}},
        {"order": ["a", "b"], "intervals": {"a": (0, 0.3), "b": (0.3, 1)}},
    ],
)
def test_statements_at_the_edge_can_hold(statements) -> None:
    sample = Weights(THREE, **statements).sample(200, seed=1)
    assert sample.shape == (200, 3)
    np.testing.assert_allclose(sample.sum(1), 1, atol=1e-9)
    assert (sample >= -1e-9).all()


def test_ten_tenths_are_a_whole_whatever_their_sum_is_rounded_to() -> None:
    names = tuple("abcdefghij")
    assert sum([0.1] * 10) < 1.0
    sample = Weights(names, intervals=dict.fromkeys(names, (0.0, 0.1))).sample(50, seed=1)
    np.testing.assert_allclose(sample, 0.1, atol=1e-7)


def test_exact_weights_are_proportions_in_the_order_of_the_criteria() -> None:
    sample = Weights(THREE, exact={"c": 5, "a": 2, "b": 3}).sample(3, seed=1)
    np.testing.assert_allclose(sample, [[0.2, 0.3, 0.5]] * 3)


def test_free_weights_are_uniform_on_the_simplex() -> None:
    """Mean 1/3, variance 1/18, and a share (1 - t)^2 above t."""
    sample = Weights(THREE).sample(60_000, seed=1)
    np.testing.assert_allclose(sample.mean(0), 1 / 3, atol=0.004)
    np.testing.assert_allclose(sample.var(0), 1 / 18, rtol=0.03)
    assert (sample[:, 0] > 0.4).mean() == pytest.approx(0.36, abs=0.01)


def test_an_order_of_some_leaves_the_others_free() -> None:
    """Of three, with b above c: a has mean 1/3, b and c the larger and smaller of two."""
    sample = Weights(THREE, order=["b", "c"]).sample(30_000, seed=2)
    assert (sample[:, 1] >= sample[:, 2]).all()
    assert sample.mean(0) == pytest.approx([1 / 3, 0.5, 1 / 6], abs=0.01)


def test_an_order_of_all_is_that_of_the_columns() -> None:
    sample = Weights(THREE, order=["c", "a", "b"]).sample(1000, seed=2)
    assert (sample[:, 2] >= sample[:, 0]).all() and (sample[:, 0] >= sample[:, 1]).all()


def test_a_ratio_is_bounded_on_both_sides() -> None:
    sample = Weights(THREE, ratios={("a", "b"): (0.5, 2.0)}).sample(20_000, seed=3)
    ratio = sample[:, 0] / sample[:, 1]
    assert ratio.min() >= 0.5 - 1e-9 and ratio.max() <= 2 + 1e-9
    assert ratio.min() < 0.52 and ratio.max() > 1.95
    assert sample[:, 2].max() > 0.97 and sample[:, 2].min() < 0.01


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.floats(0.0, 0.3), st.floats(0.0, 0.3), st.floats(0.05, 0.4))
def test_intervals_are_kept_and_filled(seed: int, low_a: float, low_b: float, width: float) -> None:
    stated = {"a": (low_a, low_a + width), "b": (low_b, low_b + width)}
    sample = Weights(THREE, intervals=stated).sample(300, seed)
    np.testing.assert_allclose(sample.sum(1), 1, atol=1e-9)
    assert (sample >= -1e-12).all()
    for column, (low, high) in enumerate(stated.values()):
        assert sample[:, column].min() >= low - 1e-9
        assert sample[:, column].max() <= high + 1e-9
        assert np.ptp(sample[:, column]) > 0.5 * width


def test_narrow_intervals_in_many_criteria_are_walked_through() -> None:
    names = tuple("abcdefgh")
    sample = Weights(names, intervals=dict.fromkeys(names, (0.12, 0.13))).sample(2000, seed=1)
    np.testing.assert_allclose(sample.sum(1), 1, atol=1e-9)
    assert sample.min() >= 0.12 - 1e-9 and sample.max() <= 0.13 + 1e-9
    np.testing.assert_allclose(sample.mean(0), 0.125, atol=0.0005)
    assert (sample.std(0) > 0.001).all()


@pytest.mark.parametrize("count", [1, 1023, 1024, 1025, 3000])
def test_as_many_weights_as_asked_for(count: int) -> None:
    assert Weights(("a", "b"), ratios={("a", "b"): (1, 3)}).sample(count, 1).shape == (count, 2)
    assert Weights(("a", "b"), intervals={"a": (0.1, 0.2)}).sample(count, 1).shape == (count, 2)


DRAWN_ALIKE = {
    "free": {},
    "ordered": {"order": ["b", "a", "c"]},
    "intervals": {"intervals": {"a": (0.1, 0.3), "b": (0.2, 0.9)}},
}


@pytest.mark.parametrize("case", DRAWN_ALIKE)
def test_a_seed_gives_the_weights_of_earlier_releases(case: str) -> None:
    """A report can be made again: the first three of 50 weights by seed 7, as release 0.1 drew them."""
    text = (Path(__file__).parent / "data" / "weights_by_seed.csv").read_text()
    rows = csv.DictReader(text.splitlines())
    kept = [[float(row[name]) for name in THREE] for row in rows if row["case"] == case]
    drawn = Weights(THREE, **DRAWN_ALIKE[case]).sample(50, seed=7)
    assert len(kept) == 3
    assert drawn[:3] == pytest.approx(np.array(kept), abs=1e-9)


def test_how_many_are_asked_for_leaves_the_first_as_they_are() -> None:
    """Weights within wide intervals are drawn one by one."""
    weights = Weights(THREE, intervals={"a": (0.1, 0.6), "b": (0.0, 0.5)})
    np.testing.assert_array_equal(weights.sample(10, 1), weights.sample(900, 1)[:10])
    assert weights.sample(900, 1) is weights.sample(900, 1)
    assert not np.array_equal(weights.sample(10, 1), weights.sample(10, 2))


def test_a_corner_of_many_criteria_is_walked_through() -> None:
    """Twelve of at most a tenth: one that takes what the others leave nearly never fits."""
    names = tuple("abcdefghijkl")
    sample = Weights(names, intervals=dict.fromkeys(names, (0.0, 0.1))).sample(3000, seed=1)
    np.testing.assert_allclose(sample.sum(1), 1, atol=1e-9)
    assert sample.min() >= -1e-9 and sample.max() <= 0.1 + 1e-9
    np.testing.assert_allclose(sample.mean(0), 1 / 12, atol=0.002)
    # nothing below 0.1 less what all of them have to spare, nor piled up at the ends
    assert np.ptp(sample, axis=0).min() > 0.07
    assert np.abs(np.corrcoef(sample[:1000, 0], sample[1000:2000, 0])[0, 1]) < 0.15


def test_drawn_weights_are_not_written_to() -> None:
    sample = Weights(THREE).sample(5, 1)
    with pytest.raises(ValueError, match="read-only"):
        sample[0, 0] = 1.0
