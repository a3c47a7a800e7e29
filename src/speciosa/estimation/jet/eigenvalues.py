"""Real eigenvalues and eigenvectors of small matrices that are not symmetric. Compiled by `native`.

Eigenvalues by the QR algorithm with shifts on Hessenberg's form (Golub and Van Loan, Matrix Computations, 4th ed., 7.4 and 7.5),
vectors by inverse iteration with the matrix itself, both refined once. Matrices are flat, by rows.
"""

import math

from speciosa.estimation.jet.dense import eliminate, solve_eliminated
from speciosa.estimation.jet.table import Floats, Integers

_EPSILON = 2.3e-16
_MOST_TURNS = 60
_RESIDUAL = 1e-12


def real_modes(
    n: int,
    matrix: Floats,
    roots: Floats,
    vectors: Floats,
    inverse: Floats,
    room: Floats,
    pivots: Integers,
    apart: float,
    condition: float,
) -> bool:
    """Fills eigenvalues, eigenvectors in columns and their inverse; False where these are not real, apart and well conditioned.

    Args:
        n: size of the matrix.
        matrix: which.
        roots: filled, ``(n,)``.
        vectors: filled, flat.
        inverse: filled, flat.
        room: of ``n * n``.
        pivots: room of n.
        apart: least distance of two eigenvalues, as a share of the larger.
        condition: of the vectors, at most.
    """
    size = 0.0
    for i in range(n * n):
        if not math.isfinite(matrix[i]):
            return False
        size = max(size, abs(matrix[i]))
        room[i] = matrix[i]
    _hessenberg(n, room)
    if not _roots(n, room, roots):
        return False
    for i in range(n):
        for k in range(i):
            larger = max(abs(roots[i]), abs(roots[k]))
            if not abs(roots[i] - roots[k]) > apart * larger:
                return False
    for i in range(n):
        if not _vector(n, matrix, roots, i, size, vectors, room, inverse, pivots):
            return False
    if not _invert(n, vectors, inverse, room, pivots):
        return False
    _refine(n, matrix, roots, vectors, inverse, room)
    if not _invert(n, vectors, inverse, room, pivots):
        return False
    one, other = 0.0, 0.0
    for i in range(n * n):
        one += vectors[i] * vectors[i]
        other += inverse[i] * inverse[i]
    return one * other < condition * condition


def _invert(n: int, matrix: Floats, inverse: Floats, room: Floats, pivots: Integers) -> bool:
    for i in range(n * n):
        room[i] = matrix[i]
        inverse[i] = 0.0
    for i in range(n):
        inverse[i * n + i] = 1.0
    if not eliminate(n, room, pivots):
        return False
    solve_eliminated(n, n, room, pivots, inverse)
    return True


def _refine(
    n: int, matrix: Floats, roots: Floats, vectors: Floats, inverse: Floats, room: Floats
) -> None:
    """Eigenvalues and vectors once more, to first order in what the matrix is off a diagonal one in the vectors' coordinates."""
    for a in range(n):
        for b in range(n):
            total = 0.0
            for k in range(n):
                turned = 0.0
                for m in range(n):
                    turned += matrix[k * n + m] * vectors[m * n + b]
                total += inverse[a * n + k] * turned
            room[a * n + b] = total
    for a in range(n):
        for b in range(n):
            if a != b:
                room[a * n + b] /= room[b * n + b] - room[a * n + a]
        roots[a] = room[a * n + a]
    for k in range(n):
        for b in range(n):
            total = vectors[k * n + b]
            for a in range(n):
                if a != b:
                    total += vectors[k * n + a] * room[a * n + b]
            inverse[k * n + b] = total
    for i in range(n * n):
        vectors[i] = inverse[i]


def _hessenberg(n: int, h: Floats) -> None:
    """Gauss's similarity with pivots, in place."""
    for m in range(1, n - 1):
        pivot = m
        for i in range(m, n):
            if abs(h[i * n + m - 1]) > abs(h[pivot * n + m - 1]):
                pivot = i
        if h[pivot * n + m - 1] == 0.0:
            continue
        if pivot != m:
            for k in range(n):
                held = h[m * n + k]
                h[m * n + k] = h[pivot * n + k]
                h[pivot * n + k] = held
            for k in range(n):
                held = h[k * n + m]
                h[k * n + m] = h[k * n + pivot]
                h[k * n + pivot] = held
        for i in range(m + 1, n):
            share = h[i * n + m - 1] / h[m * n + m - 1]
            if share != 0.0:
                for k in range(n):
                    h[i * n + k] -= share * h[m * n + k]
                for k in range(n):
                    h[k * n + m] += share * h[k * n + i]
                h[i * n + m - 1] = 0.0


def _roots(n: int, h: Floats, roots: Floats) -> bool:
    """The eigenvalues of a matrix of Hessenberg's form, which is used up; False where one is not real."""
    last, turns = n - 1, 0
    while last >= 0:
        first = last
        while first > 0:
            near = abs(h[first * n + first]) + abs(h[(first - 1) * n + first - 1])
            if abs(h[first * n + first - 1]) <= _EPSILON * near:
                h[first * n + first - 1] = 0.0
                break
            first -= 1
        if first == last:
            roots[last] = h[last * n + last]
            last, turns = last - 1, 0
            continue
        a, b = h[(last - 1) * n + last - 1], h[(last - 1) * n + last]
        c, d = h[last * n + last - 1], h[last * n + last]
        half = 0.5 * (a - d)
        square = half * half + b * c
        if first == last - 1:
            if square < 0.0:
                return False
            way = half + math.sqrt(square) if half >= 0.0 else half - math.sqrt(square)
            roots[last - 1] = d + way
            roots[last] = d - b * c / way if way != 0.0 else d
            last, turns = last - 2, 0
            continue
        turns += 1
        if turns > _MOST_TURNS:
            return False
        shift = d
        if square >= 0.0:
            way = half + math.sqrt(square) if half >= 0.0 else half - math.sqrt(square)
            shift = d - b * c / way if way != 0.0 else d
        if turns % 11 == 10:
            shift = d + abs(c)
        _turn(n, h, first, last, shift)
    return True


def _turn(n: int, h: Floats, first: int, last: int, shift: float) -> None:
    """One step of QR with a shift, of the part from `first` to `last`, by Givens' rotations one behind the other."""
    for i in range(first, last + 1):
        h[i * n + i] -= shift
    c0, s0 = 1.0, 0.0
    for k in range(first, last + 1):
        c, s = 1.0, 0.0
        if k < last:
            x, y = h[k * n + k], h[(k + 1) * n + k]
            length = math.sqrt(x * x + y * y)
            if length > 0.0:
                c, s = x / length, y / length
            for m in range(k, last + 1):
                one, other = h[k * n + m], h[(k + 1) * n + m]
                h[k * n + m] = c * one + s * other
                h[(k + 1) * n + m] = c * other - s * one
        if k > first:
            # the rotation before, from the right: rows down to k are ready for it
            for m in range(first, k + 1):
                one, other = h[m * n + k - 1], h[m * n + k]
                h[m * n + k - 1] = c0 * one + s0 * other
                h[m * n + k] = c0 * other - s0 * one
        c0, s0 = c, s
    for i in range(first, last + 1):
        h[i * n + i] += shift


def _vector(
    n: int,
    matrix: Floats,
    roots: Floats,
    which: int,
    size: float,
    vectors: Floats,
    room: Floats,
    line: Floats,
    pivots: Integers,
) -> bool:
    """The eigenvector of an eigenvalue, of length 1; whether it is one."""
    for i in range(n * n):
        room[i] = matrix[i]
    for i in range(n):
        room[i * n + i] -= roots[which] + 1e-15 * (size + abs(roots[which]))
        line[i] = 1.0 + 0.1 * i
    if not eliminate(n, room, pivots):
        for i in range(n):
            room[i * n + i] += 1e-15 * size if room[i * n + i] == 0.0 else 0.0
    for _again in range(3):
        solve_eliminated(n, 1, room, pivots, line)
        length = 0.0
        for i in range(n):
            length += line[i] * line[i]
        length = math.sqrt(length)
        if not (math.isfinite(length) and length > 0.0):
            return False
        for i in range(n):
            line[i] /= length
    for i in range(n):
        vectors[i * n + which] = line[i]
        left = -roots[which] * line[i]
        for k in range(n):
            left += matrix[i * n + k] * line[k]
        if not abs(left) <= _RESIDUAL * (size + abs(roots[which])):
            return False
    return True
