"""Modes of linear systems: eigenvalues and eigenvectors of many patients.

States are sorted into groups that act on each other. A group of one has its eigenvalue on the diagonal, a group of two
has a quadratic equation, larger groups go to LAPACK. Eigenvectors follow by substitution from group to group. Where
two eigenvalues that act on each other come close, or are complex, the modes lose digits or do not exist; such
patients are marked, and the matrix exponential takes over (C. Moler and C. Van Loan, SIAM Review 45 (2003) 3-49,
doi:10.1137/S00361445024180).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from speciosa.engine.compiler.native import native
from speciosa.engine.linear.arrays import Cube, Floats, Integers, Matrix, Truth
from speciosa.engine.linear.exp import solve_in_place

# Digits lost to cancellation between close modes: at most five of sixteen.
MOST_AMPLIFIED = 1e5
# In 1/h. Two modes that act on each other and differ by less leave, after an hour, fewer than eleven digits of what one
# feeds into the other, such as an area under an amount that hardly anything leaves.
NEAREST = 1e-5
_REFINED = 10.0


class Modes(NamedTuple):
    """exp(A t) = right diag(exp(rates t)) left, in each row.

    Attributes:
        rates: eigenvalues, shape ``(rows, states)``.
        right: right eigenvectors as columns, shape ``(rows, states, states)``.
        left: left eigenvectors as rows, shape ``(rows, states, states)``, scaled so that left right = 1.
        good: whether the modes of a row can be used, shape ``(rows,)``.
        observed: what each mode adds to what is observed, shape ``(rows, observed, states)``.
        doubt: the sizes that cancelled in each eigenvalue, so that its error is some 1e-16 of them, shape
            ``(rows, states)``.
    """

    rates: Matrix
    right: Cube
    left: Cube
    good: Truth
    observed: Cube
    doubt: Matrix


class Groups(NamedTuple):
    """Groups of states, each after those that act on it.

    Attributes:
        states: the states, group by group.
        first: where each group begins in `states`, and their count at the end.
        meets: whether two states act on each other or one on the other, directly or not.
    """

    states: Integers
    first: Integers
    meets: Truth


def groups_of(blocks: Sequence[Sequence[int]], reached: NDArray[np.bool_]) -> Groups:
    """Groups as arrays; `reached[i, j]` says whether state j acts on state i."""
    return Groups(
        np.array([state for block in blocks for state in block], dtype=np.int64),
        np.concatenate([[0], np.cumsum([len(block) for block in blocks])]).astype(np.int64),
        np.ascontiguousarray(reached | reached.T),
    )


def modes(a: Cube, c: Cube, groups: Groups) -> Modes:
    """Finds the modes.

    Args:
        a: matrices of the rates, shape ``(rows, states, states)``.
        c: what is observed of each state, shape ``(rows, observed, states)``.
        groups: of states.

    Example:
        >>> a = np.array([[[-1.0, 0.0], [1.0, -0.5]]])
        >>> found = modes(a, a, groups_of([[0], [1]], np.array([[True, False], [True, True]])))
        >>> found.rates[0].tolist(), found.right[0].tolist()
        ([-1.0, -0.5], [[1.0, 0.0], [-2.0, 1.0]])
    """
    rows, n, _ = a.shape
    found = Modes(
        np.zeros((rows, n)),
        np.zeros((rows, n, n)),
        np.zeros((rows, n, n)),
        np.ones(rows, dtype=bool),
        np.zeros(c.shape),
        np.zeros((rows, n)),
    )
    for group in np.split(groups.states, groups.first[1:-1]):
        if len(group) > 2:
            _large_group(a, group, found)
    _complete(a, c, groups, found, np.zeros((n, n)), np.zeros(n))
    return found


def _large_group(a: Cube, group: Integers, found: Modes) -> None:
    """Eigenvalues of a group of three or more, and the parts of the eigenvectors within it, from LAPACK."""
    grid = np.ix_(np.arange(len(a)), group, group)
    inner = a[grid]
    found.good[~np.isfinite(inner).all(axis=(1, 2))] = False
    inner[~found.good] = np.eye(len(group))
    values, vectors = np.linalg.eig(inner)
    found.good[(np.imag(values) != 0).any(axis=1)] = False
    vectors = np.real(vectors).copy()
    singular = ~(np.abs(np.linalg.det(vectors)) > 1e-100)
    found.good[singular] = False
    vectors[singular] = np.eye(len(group))
    found.rates[:, group] = np.real(values)
    found.doubt[:, group] = np.abs(inner).sum(axis=2).max(axis=1)[:, None]
    found.right[grid], found.left[grid] = vectors, np.linalg.inv(vectors)


@native
def _complete(a: Cube, c: Cube, groups: Groups, found: Modes, inner: Matrix, part: Floats) -> None:
    """All that LAPACK has not done."""
    n, count = groups.states.shape[0], groups.first.shape[0] - 1
    for row in range(a.shape[0]):
        rates, right, left = found.rates[row], found.right[row], found.left[row]
        good, doubt = found.good[row] and _finite(a[row]), found.doubt[row]
        for g in range(count):
            if good and groups.first[g + 1] - groups.first[g] < 3:
                good = _small_group(a[row], groups, g, rates, right, left, doubt)
        for g in range(count):
            for k in range(groups.first[g], groups.first[g + 1]):
                m = groups.states[k]
                for h in range(g + 1, count):
                    good = good and _forward(a[row], groups, h, m, rates[m], right, inner, part)
                for h in range(g - 1, -1, -1):
                    good = good and _backward(a[row], groups, h, m, rates[m], left, inner, part)
        for m in range(n):
            total = 0.0
            for i in range(n):
                total += left[m, i] * right[i, m]
            for i in range(n):
                left[m, i] /= total
                good = good and math.isfinite(left[m, i]) and math.isfinite(right[i, m])
        amplified = _amplification(rates, doubt, groups)
        if good and amplified > _REFINED:
            _refine(n, right, left, inner, part)
        found.good[row] = good and amplified < MOST_AMPLIFIED
        for k in range(c.shape[1]):
            for m in range(n):
                total = 0.0
                for i in range(n):
                    total += c[row, k, i] * right[i, m]
                found.observed[row, k, m] = total


def _finite(a: Matrix) -> bool:
    for i in range(a.shape[0]):
        for j in range(a.shape[0]):
            if not math.isfinite(a[i, j]):
                return False
    return True


def _small_group(
    a: Matrix, groups: Groups, g: int, rates: Floats, right: Matrix, left: Matrix, doubt: Floats
) -> bool:
    """Eigenvalues of a group of one or two, and the parts of the eigenvectors within it."""
    i, j = groups.states[groups.first[g]], groups.states[groups.first[g + 1] - 1]
    if i == j:
        rates[i] = a[i, i]
        doubt[i] = abs(a[i, i])
        right[i, i] = 1.0
        left[i, i] = 1.0
        return True
    half, middle = 0.5 * (a[i, i] - a[j, j]), 0.5 * (a[i, i] + a[j, j])
    product = a[i, j] * a[j, i]
    square = half * half + product
    if not square > 0.0 or a[i, j] == 0.0:
        return False
    root = math.sqrt(square)
    # the larger eigenvalue by addition, the other from the determinant
    far = middle + root if middle > 0.0 else middle - root
    near = (a[i, i] * a[j, j] - product) / far if far != 0.0 else 0.0
    rates[i] = far if middle > 0.0 else near
    rates[j] = near if middle > 0.0 else far
    sizes = (abs(a[i, i] * a[j, j]) + abs(product)) / abs(far) if far != 0.0 else root
    doubt[i] = abs(far) if middle > 0.0 else sizes
    doubt[j] = sizes if middle > 0.0 else abs(far)
    # eigenvalue minus a_ii, without cancellation: one of root - half and -root - half is large
    large = -half - root if half > 0.0 else root - half
    small = -product / large
    first = small if half > 0.0 else large
    second = large if half > 0.0 else small
    right[i, i] = a[i, j]
    right[j, i] = first
    left[i, i] = a[j, i]
    left[i, j] = first
    right[i, j] = a[i, j]
    right[j, j] = second
    left[j, i] = a[j, i]
    left[j, j] = second
    return True


def _forward(
    a: Matrix,
    groups: Groups,
    h: int,
    m: int,
    rate: float,
    right: Matrix,
    inner: Matrix,
    part: Floats,
) -> bool:
    """The part of a right eigenvector in a later group: (A_hh - rate) v_h = -sum_l A_hl v_l."""
    begin, size = groups.first[h], groups.first[h + 1] - groups.first[h]
    pushed = False
    for p in range(size):
        i, total = groups.states[begin + p], 0.0
        for q in range(begin):
            k = groups.states[q]
            total -= a[i, k] * right[k, m]
        part[p] = total
        pushed |= total != 0.0
        for q in range(size):
            inner[p, q] = a[i, groups.states[begin + q]]
        inner[p, p] -= rate
    if pushed and not _solve(size, inner, part):
        return False
    for p in range(size):
        right[groups.states[begin + p], m] = part[p]
    return True


def _backward(
    a: Matrix,
    groups: Groups,
    h: int,
    m: int,
    rate: float,
    left: Matrix,
    inner: Matrix,
    part: Floats,
) -> bool:
    """The part of a left eigenvector in an earlier group: w_h (A_hh - rate) = -sum_l w_l A_lh."""
    begin, end = groups.first[h], groups.first[h + 1]
    size, pushed = end - begin, False
    for p in range(size):
        i, total = groups.states[begin + p], 0.0
        for q in range(end, groups.states.shape[0]):
            k = groups.states[q]
            total -= left[m, k] * a[k, i]
        part[p] = total
        pushed |= total != 0.0
        for q in range(size):
            inner[p, q] = a[groups.states[begin + q], i]
        inner[p, p] -= rate
    if pushed and not _solve(size, inner, part):
        return False
    for p in range(size):
        left[m, groups.states[begin + p]] = part[p]
    return True


def _solve(size: int, a: Matrix, b: Floats) -> bool:
    if size == 1:
        b[0] /= a[0, 0]
        return True
    if size == 2:
        determinant = a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]
        first = (a[1, 1] * b[0] - a[0, 1] * b[1]) / determinant
        b[1] = (a[0, 0] * b[1] - a[1, 0] * b[0]) / determinant
        b[0] = first
        return True
    return solve_in_place(size, a, b, 1e-13)


def _refine(n: int, right: Matrix, left: Matrix, rest: Matrix, part: Floats) -> None:
    """One step of Newton's for the inverse of the right eigenvectors.

    Close modes are large and cancel; left and right ones that were found apart would not cancel to the last digits.
    """
    for i in range(n):
        for j in range(n):
            total = 1.0 if i == j else 0.0
            for k in range(n):
                total -= left[i, k] * right[k, j]
            rest[i, j] = total
    for j in range(n):
        for i in range(n):
            part[i] = 0.0
            for k in range(n):
                part[i] += rest[i, k] * left[k, j]
        for i in range(n):
            left[i, j] += part[i]


def _amplification(rates: Floats, doubt: Floats, groups: Groups) -> float:
    """How much larger than their sum modes become, estimated from the gaps between eigenvalues that meet.

    A gap counts against what cancelled in the two eigenvalues: next to nothing may be left of them where next to
    nothing leaves a group, and then their gap is one of rounding.
    """
    n, worst = rates.shape[0], 1.0
    for i in range(n):
        product = 1.0
        for j in range(n):
            if i != j and groups.meets[i, j]:
                size = max(abs(rates[i]), abs(rates[j]), doubt[i], doubt[j])
                gap = abs(rates[i] - rates[j])
                if gap < NEAREST:
                    return 1e300
                product *= max(size / gap, 1.0)
        worst = max(worst, product)
    return worst
