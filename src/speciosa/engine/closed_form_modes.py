"""Modes of linear systems: eigenvalues and eigenvectors for many patients at once.

States are sorted into groups that act on each other. A group of one has its eigenvalue on the diagonal, a group of two
has a quadratic equation, larger groups go to LAPACK. Eigenvectors follow by substitution from group to group. Where
two eigenvalues that act on each other come close, or are complex, the modes lose digits or do not exist; such
patients are marked, and the matrix exponential takes over (C. Moler and C. Van Loan, SIAM Review 45 (2003) 3-49,
doi:10.1137/S00361445024180).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Truth = NDArray[np.bool_]

# Digits lost to cancellation between close modes: at most five of sixteen.
MOST_AMPLIFIED = 1e5


@dataclass(frozen=True)
class Modes:
    """exp(A t) = right diag(exp(rates t)) left, in each row (the last axis).

    Attributes:
        rates: eigenvalues, shape ``(states, rows)``.
        right: right eigenvectors as columns, shape ``(states, states, rows)``.
        left: left eigenvectors as rows, shape ``(states, states, rows)``, scaled so that left right = 1.
        good: whether the modes of a row can be used, shape ``(rows,)``.
    """

    rates: Values
    right: Values
    left: Values
    good: Truth


def modes(a: Values, blocks: list[list[int]], reached: Truth) -> Modes:
    """Finds the modes.

    Args:
        a: matrices, shape ``(states, states, rows)``.
        blocks: groups of states, each after those that act on it.
        reached: whether state j acts on state i, at ``[i, j]``.

    Example:
        >>> a = np.array([[-1.0, 0.0], [1.0, -0.5]])[:, :, None]
        >>> found = modes(a, [[0], [1]], np.array([[True, False], [True, True]]))
        >>> found.rates[:, 0].tolist(), found.right[:, :, 0].tolist()
        ([-1.0, -0.5], [[1.0, 0.0], [-2.0, 1.0]])
    """
    n, _, rows = a.shape
    rates = np.zeros((n, rows))
    right, left = np.zeros((n, n, rows)), np.zeros((n, n, rows))
    good = np.asarray(np.isfinite(a).all(axis=(0, 1)))
    safe = a if good.all() else np.where(good, a, 0.0)
    turned = safe.transpose(1, 0, 2)
    with np.errstate(all="ignore"):
        for block in blocks:
            good &= _own_vectors(safe, block, rates, right, left)
        for i in range(len(blocks)):
            _spread(safe, blocks, i, rates, right)
            _spread(turned, blocks[::-1], len(blocks) - 1 - i, rates, left)
        left = left.transpose(1, 0, 2)
        for m in range(n):
            left[m] /= _dot(left[m], right[:, m])
        good &= _amplification(rates, reached) < MOST_AMPLIFIED
        good &= np.isfinite(left.sum(axis=(0, 1)) + right.sum(axis=(0, 1)))
    return Modes(rates, right, left, good)


def _dot(x: Values, y: Values) -> Values:
    """Sum over the first axis, in each row."""
    return np.asarray(sum(one * other for one, other in zip(x, y, strict=True)))


def _own_vectors(a: Values, block: list[int], rates: Values, right: Values, left: Values) -> Truth:
    """Eigenvalues of one group, and the parts of the eigenvectors within it (left ones as columns too)."""
    rows = a.shape[2]
    if len(block) == 1:
        (i,) = block
        rates[i] = a[i, i]
        right[i, i] = left[i, i] = 1.0
        return np.ones(rows, dtype=bool)
    if len(block) == 2:
        return _own_vectors_of_two(a, block[0], block[1], rates, right, left)
    inner = a[np.ix_(block, block)].transpose(2, 0, 1)
    values, vectors = np.linalg.eig(inner)
    real = np.asarray((np.imag(values) == 0).all(axis=1))
    vectors = np.real(vectors).copy()
    vectors[~(np.abs(np.linalg.det(vectors)) > 1e-100)] = np.eye(len(block))
    inverse = np.linalg.inv(vectors)
    rates[block] = np.real(values).T
    right[np.ix_(block, block)] = vectors.transpose(1, 2, 0)
    left[np.ix_(block, block)] = inverse.transpose(2, 1, 0)
    return real


def _own_vectors_of_two(
    a: Values, i: int, j: int, rates: Values, right: Values, left: Values
) -> Truth:
    half, middle = 0.5 * (a[i, i] - a[j, j]), 0.5 * (a[i, i] + a[j, j])
    product = a[i, j] * a[j, i]
    square = half * half + product
    root = np.sqrt(np.maximum(square, 0.0))
    # the larger eigenvalue by addition, the other from the determinant
    far = np.where(middle > 0, middle + root, middle - root)
    near = np.where(far == 0, 0.0, (a[i, i] * a[j, j] - product) / far)
    rates[i] = np.where(middle > 0, far, near)
    rates[j] = np.where(middle > 0, near, far)
    # eigenvalue minus a_ii, without cancellation: one of root - half and -root - half is large
    large = np.where(half > 0, -half - root, root - half)
    small = -product / large
    for column, offset in (
        (i, np.where(half > 0, small, large)),
        (j, np.where(half > 0, large, small)),
    ):
        right[i, column], right[j, column] = a[i, j], offset
        left[i, column], left[j, column] = a[j, i], offset
    return np.asarray((square > 0) & (a[i, j] != 0))


def _spread(a: Values, blocks: list[list[int]], own: int, rates: Values, vectors: Values) -> None:
    """Completes the eigenvectors of one group in the groups after it: (A_jj - rate) v_j = -sum_l A_jl v_l."""
    for column in blocks[own]:
        known = list(blocks[own])
        for block in blocks[own + 1 :]:
            pushed = [-_dot(a[i, known], vectors[known, column]) for i in block]
            if any(part.any() for part in pushed):
                _solve(a, block, rates[column], pushed, vectors[:, column])
            known += block


def _solve(a: Values, block: list[int], rate: Values, pushed: list[Values], vector: Values) -> None:
    """Solves for the part of a vector in one group."""
    if len(block) == 1:
        (i,) = block
        vector[i] = pushed[0] / (a[i, i] - rate)
    elif len(block) == 2:
        i, j = block
        p, q = a[i, i] - rate, a[j, j] - rate
        determinant = p * q - a[i, j] * a[j, i]
        vector[i] = (q * pushed[0] - a[i, j] * pushed[1]) / determinant
        vector[j] = (p * pushed[1] - a[j, i] * pushed[0]) / determinant
    else:
        shifted = a[np.ix_(block, block)].transpose(2, 0, 1) - rate[:, None, None] * np.eye(
            len(block)
        )
        singular = np.linalg.det(shifted) == 0
        shifted[singular] = np.eye(len(block))
        solution = np.linalg.solve(shifted, np.stack(pushed, axis=1)[:, :, None])[:, :, 0]
        solution[singular] = np.nan
        vector[block] = solution.T


def _amplification(rates: Values, reached: Truth) -> Values:
    """How much larger than their sum modes become, estimated from the gaps between eigenvalues that meet."""
    n, rows = rates.shape
    product = np.ones((n, rows))
    for i in range(n):
        for j in range(i):
            if reached[i, j] or reached[j, i]:
                size = np.maximum(np.abs(rates[i]), np.abs(rates[j]))
                share = np.maximum(size / np.abs(rates[i] - rates[j]), 1.0)
                product[i] *= share
                product[j] *= share
    worst = product.max(axis=0)
    return np.where(np.isnan(worst), np.inf, worst)
