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

# Digits lost to cancellation between close modes: at most five of sixteen.
MOST_AMPLIFIED = 1e5


@dataclass(frozen=True)
class Modes:
    """exp(A t) = right diag(exp(rates t)) left.

    Attributes:
        rates: eigenvalues, shape ``(rows, states)``.
        right: right eigenvectors as columns, shape ``(rows, states, states)``.
        left: left eigenvectors as rows, shape ``(rows, states, states)``, scaled so that left right = 1.
        good: whether the modes of a row can be used, shape ``(rows,)``.
    """

    rates: Values
    right: Values
    left: Values
    good: NDArray[np.bool_]


def modes(a: Values, blocks: list[list[int]], reached: NDArray[np.bool_]) -> Modes:
    """Finds the modes.

    Args:
        a: matrices, shape ``(rows, states, states)``.
        blocks: groups of states, each after those that act on it.
        reached: whether state j acts on state i, at ``[i, j]``.
    """
    rows, n, _ = a.shape
    rates = np.zeros((rows, n))
    right, left = np.zeros((rows, n, n)), np.zeros((rows, n, n))
    good = np.asarray(np.isfinite(a).all(axis=(1, 2)))
    safe = np.where(good[:, None, None], a, 0.0)
    with np.errstate(all="ignore"):
        for block in blocks:
            good &= _own_vectors(safe, block, rates, right, left)
        for i in range(len(blocks)):
            _spread(safe, blocks, i, rates, right)
            _spread(safe.transpose(0, 2, 1), blocks[::-1], len(blocks) - 1 - i, rates, left)
        left = np.ascontiguousarray(left.transpose(0, 2, 1))
        left /= np.einsum("rmi,rim->rm", left, right)[:, :, None]
        good &= _amplification(rates, blocks, reached) < MOST_AMPLIFIED
        good &= np.isfinite(left).all(axis=(1, 2)) & np.isfinite(right).all(axis=(1, 2))
    return Modes(rates, right, left, good)


def _own_vectors(
    a: Values, block: list[int], rates: Values, right: Values, left: Values
) -> NDArray[np.bool_]:
    """Eigenvalues of one group, and the parts of the eigenvectors within it (left ones as columns too)."""
    rows = len(a)
    if len(block) == 1:
        (i,) = block
        rates[:, i] = a[:, i, i]
        right[:, i, i] = left[:, i, i] = 1.0
        return np.ones(rows, dtype=bool)
    if len(block) == 2:
        i, j = block
        half = 0.5 * (a[:, i, i] - a[:, j, j])
        product = a[:, i, j] * a[:, j, i]
        square = half * half + product
        root = np.sqrt(np.maximum(square, 0.0))
        _two_rates(a, i, j, product, root, rates)
        # rate - a_ii without cancellation: one of root - half and -root - half is large
        large = np.where(half > 0, -half - root, root - half)
        small = -product / large
        plus, minus = np.where(half > 0, small, large), np.where(half > 0, large, small)
        for column, offset in ((i, plus), (j, minus)):
            right[:, i, column], right[:, j, column] = a[:, i, j], offset
            left[:, i, column], left[:, j, column] = a[:, j, i], offset
        return np.asarray((square > 0) & (a[:, i, j] != 0))
    inner = a[:, block][:, :, block]
    values, vectors = np.linalg.eig(inner)
    real = (np.imag(values) == 0).all(axis=1)
    vectors = np.real(vectors)
    vectors[np.abs(np.linalg.det(vectors)) < 1e-100] = np.eye(len(block))
    inverse = np.linalg.inv(vectors)
    rates[:, block] = np.real(values)
    grid = np.ix_(range(rows), block, block)
    right[grid], left[grid] = vectors, inverse.transpose(0, 2, 1)
    return np.asarray(real)


def _two_rates(a: Values, i: int, j: int, product: Values, root: Values, rates: Values) -> None:
    """Eigenvalues of a group of two: the larger by addition, the other from the determinant."""
    middle = 0.5 * (a[:, i, i] + a[:, j, j])
    determinant = a[:, i, i] * a[:, j, j] - product
    far = np.where(middle > 0, middle + root, middle - root)
    near = np.where(far == 0, 0.0, determinant / far)
    rates[:, i] = np.where(middle > 0, far, near)
    rates[:, j] = np.where(middle > 0, near, far)


def _spread(a: Values, blocks: list[list[int]], own: int, rates: Values, vectors: Values) -> None:
    """Completes the eigenvectors of one group in the groups after it: (A_jj - rate) v_j = -sum_l A_jl v_l."""
    before = list(blocks[own])
    for column in blocks[own]:
        known = list(before)
        for block in blocks[own + 1 :]:
            pushed = -np.einsum("rij,rj->ri", a[:, block][:, :, known], vectors[:, known, column])
            if not pushed.any():
                known += block
                continue
            vectors[:, block, column] = _solved(a, block, rates[:, column], pushed)
            known += block


def _solved(a: Values, block: list[int], rate: Values, pushed: Values) -> Values:
    if len(block) == 1:
        (i,) = block
        return np.asarray(pushed / (a[:, i, i] - rate)[:, None])
    if len(block) == 2:
        i, j = block
        p, q = a[:, i, i] - rate, a[:, j, j] - rate
        determinant = p * q - a[:, i, j] * a[:, j, i]
        first = (q * pushed[:, 0] - a[:, i, j] * pushed[:, 1]) / determinant
        second = (p * pushed[:, 1] - a[:, j, i] * pushed[:, 0]) / determinant
        return np.stack([first, second], axis=1)
    shifted = a[:, block][:, :, block] - rate[:, None, None] * np.eye(len(block))
    singular = np.linalg.det(shifted) == 0
    shifted[singular] = np.eye(len(block))
    solution = np.linalg.solve(shifted, pushed[:, :, None])[:, :, 0]
    solution[singular] = np.nan
    return np.asarray(solution)


def _amplification(rates: Values, blocks: list[list[int]], reached: NDArray[np.bool_]) -> Values:
    """How much larger than their sum modes become, estimated from the gaps between eigenvalues that meet."""
    n = rates.shape[1]
    worst = np.zeros(len(rates))
    for i in range(n):
        product = np.ones(len(rates))
        for j in range(n):
            if i != j and (reached[i, j] or reached[j, i]):
                gap = np.abs(rates[:, i] - rates[:, j])
                size = np.maximum(np.abs(rates[:, i]), np.abs(rates[:, j]))
                product *= np.where(size == 0, np.inf, np.maximum(size / gap, 1.0))
        worst = np.fmax(worst, product)
    return np.where(np.isnan(worst), np.inf, worst)
