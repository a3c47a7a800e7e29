"""Blocks of correlated effects, and errors that name the pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speciosa.errors import InputError
from speciosa.population.covariance import correlation_blocks, definiteness_fault, from_covariance


def test_blocks_are_the_connected_components_and_the_same_in_any_order_of_a_model():
    blocks = correlation_blocks(list("fbcdea"), {("f", "a"): 0.2, ("c", "b"): 0.1, ("c", "a"): 0.3})
    assert [block.names for block in blocks] == [("a", "b", "c", "f")]
    blocks = correlation_blocks(list("abcdef"), {("f", "e"): 0.2, ("b", "a"): 0.1})
    assert [block.names for block in blocks] == [("a", "b"), ("e", "f")]


@settings(max_examples=50, deadline=None)
@given(size=st.integers(2, 7), seed=st.integers(0, 10_000))
def test_the_factor_reproduces_any_positive_definite_matrix(size, seed):
    root = np.random.default_rng(seed).normal(size=(size, size + 2))
    covariance = root @ root.T
    names = [f"p{i}" for i in range(size)]
    sd, pairs = from_covariance(names, covariance)
    (block,) = correlation_blocks(names, pairs)
    scale = np.array([sd[name] for name in block.names])
    made = block.factor @ block.factor.T * np.outer(scale, scale)
    assert np.allclose(made, covariance, rtol=1e-10, atol=1e-12)


def test_the_pair_that_contradicts_the_others_is_named_with_its_range():
    with pytest.raises(InputError) as error:
        correlation_blocks(
            ["ka", "CL", "V", "Q"],
            {("CL", "V"): 0.9, ("V", "Q"): 0.9, ("CL", "Q"): -0.9, ("ka", "CL"): 0.1},
        )
    assert "positive definite" in str(error.value)
    assert len(error.value.faults) == 1
    named = set(error.value.faults[0].where.split()) & {"ka", "CL", "V", "Q"}
    assert len(named) == 2 and named < {"CL", "V", "Q"}


@given(st.floats(0.51, 0.99))
def test_a_rounded_block_is_drawn_towards_independence_by_no_more_than_allowed(r):
    # (a, b) and (a, c) at r, (b, c) at -r: the smallest eigenvalue is 1 - 2 r.
    pairs = {("a", "b"): r, ("a", "c"): r, ("b", "c"): -r}
    needed = (0.001 - (1 - 2 * r)) / (2 * r)
    (block,) = correlation_blocks("abc", pairs, most_shrinkage=needed + 1e-9)
    made = block.factor @ block.factor.T
    assert np.linalg.eigvalsh(made)[0] == pytest.approx(0.001, rel=1e-6)
    assert made[0, 1] == pytest.approx(r * (1 - needed)) and made[1, 1] == pytest.approx(1)
    with pytest.raises(InputError, match="positive definite"):
        correlation_blocks("abc", pairs, most_shrinkage=needed - 1e-9)


def test_a_block_that_holds_is_left_as_it_is():
    (kept,) = correlation_blocks("ab", {("a", "b"): 0.6})
    (allowed,) = correlation_blocks("ab", {("a", "b"): 0.6}, most_shrinkage=0.5)
    assert (kept.factor == allowed.factor).all()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(3, 6))
def test_following_the_stated_range_repairs_a_matrix_spoilt_in_one_pair(seed, size):
    root = np.random.default_rng(seed).normal(size=(size, size + 1))
    matrix = root @ root.T
    matrix /= np.sqrt(np.outer(np.diag(matrix), np.diag(matrix)))
    names = [f"p{i}" for i in range(size)]
    i, j = 0, size - 1
    spoilt = matrix.copy()
    spoilt[i, j] = spoilt[j, i] = 0.999 if matrix[i, j] < 0 else -0.999
    fault = definiteness_fault(names, spoilt, "correlation")
    if fault is None or "between" not in fault.fix:
        return
    one, other = (names.index(name) for name in fault.where.split() if name in names)
    low, high = (
        float(word.strip("."))
        for word in fault.fix.split()
        if word[-1:].isdigit() or word[-2:-1].isdigit()
    )
    spoilt[one, other] = spoilt[other, one] = (low + high) / 2
    assert np.linalg.eigvalsh(spoilt)[0] > -1e-3


def test_all_bad_pairs_are_named_at_once():
    with pytest.raises(InputError) as error:
        correlation_blocks(
            ["ka", "CL", "V"],
            {("ka", "CL"): 1.2, ("CL", "ka"): 0.1, ("V", "V"): 0.1, ("V", "KM"): float("nan")},
        )
    text = str(error.value)
    assert "ka and CL" in text and "1.2" in text
    assert "a second one" in text
    assert "the same twice" in text
    assert "'KM', which does not" in text and "nan" in text


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[0.1, 0.0]], "shape (2, 2)"),
        ([[0.1, 0.05], [0.04, 0.1]], "symmetric"),
        ([[-0.1, 0.0], [0.0, 0.1]], "a variance above 0"),
        ([[0.04, 0.05], [0.05, 0.04]], "CL and V"),
        ([[0.04, np.nan], [np.nan, 0.04]], "finite"),
    ],
)
def test_covariance_faults_name_the_place(matrix, message):
    with pytest.raises(InputError, match="CL|shape") as error:
        from_covariance(["CL", "V"], matrix)
    assert message in str(error.value)
