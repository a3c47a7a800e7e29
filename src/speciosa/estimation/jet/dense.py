"""Small dense matrices in arrays, flat by rows. Compiled by `native`."""

import math

from speciosa.estimation.jet.table import Floats, Integers

_SWEEPS = 60


def factor(n: int, matrix: Floats, into: Floats) -> bool:
    """Cholesky's lower factor of a symmetric matrix; whether it is positive definite."""
    for i in range(n):
        for k in range(i + 1):
            total = matrix[i * n + k]
            for m in range(k):
                total -= into[i * n + m] * into[k * n + m]
            if i == k:
                if not total > 1e-13 * abs(matrix[i * n + i]):
                    return False
                into[i * n + i] = math.sqrt(total)
            else:
                into[i * n + k] = total / into[k * n + k]
    return True


def solve_factored(n: int, lower: Floats, x: Floats) -> None:
    """Solves with a Cholesky factor, in place."""
    for i in range(n):
        for k in range(i):
            x[i] -= lower[i * n + k] * x[k]
        x[i] /= lower[i * n + i]
    for back in range(n):
        i = n - 1 - back
        for k in range(i + 1, n):
            x[i] -= lower[k * n + i] * x[k]
        x[i] /= lower[i * n + i]


def eigen(n: int, matrix: Floats, vectors: Floats) -> None:
    """Turns a symmetric matrix into its eigenvalues, on the diagonal, and fills their vectors in columns: Jacobi's rotations."""
    for i in range(n * n):
        vectors[i] = 0.0
    for i in range(n):
        vectors[i * n + i] = 1.0
    for _sweep in range(_SWEEPS):
        off, size = 0.0, 0.0
        for i in range(n):
            size += matrix[i * n + i] * matrix[i * n + i]
            for k in range(i):
                off += matrix[i * n + k] * matrix[i * n + k]
        if not off > 1e-32 * size:
            return
        for p in range(n):
            for q in range(p + 1, n):
                if matrix[p * n + q] != 0.0:
                    _rotate(n, matrix, vectors, p, q)


def _rotate(n: int, matrix: Floats, vectors: Floats, p: int, q: int) -> None:
    half = 0.5 * (matrix[q * n + q] - matrix[p * n + p]) / matrix[p * n + q]
    t = 1.0 / (abs(half) + math.sqrt(half * half + 1.0))
    if half < 0.0:
        t = -t
    c = 1.0 / math.sqrt(t * t + 1.0)
    s = t * c
    for k in range(n):
        one, other = matrix[k * n + p], matrix[k * n + q]
        matrix[k * n + p] = c * one - s * other
        matrix[k * n + q] = s * one + c * other
    for k in range(n):
        one, other = matrix[p * n + k], matrix[q * n + k]
        matrix[p * n + k] = c * one - s * other
        matrix[q * n + k] = s * one + c * other
        one, other = vectors[k * n + p], vectors[k * n + q]
        vectors[k * n + p] = c * one - s * other
        vectors[k * n + q] = s * one + c * other


def eliminate(n: int, matrix: Floats, pivots: Integers) -> bool:
    """Gauss's elimination with pivots, in place; whether the matrix is regular."""
    for i in range(n):
        pivot = i
        for k in range(i + 1, n):
            if abs(matrix[k * n + i]) > abs(matrix[pivot * n + i]):
                pivot = k
        pivots[i] = pivot
        if not abs(matrix[pivot * n + i]) > 0.0:
            return False
        if pivot != i:
            for k in range(n):
                held = matrix[i * n + k]
                matrix[i * n + k] = matrix[pivot * n + k]
                matrix[pivot * n + k] = held
        for k in range(i + 1, n):
            share = matrix[k * n + i] / matrix[i * n + i]
            matrix[k * n + i] = share
            for m in range(i + 1, n):
                matrix[k * n + m] -= share * matrix[i * n + m]
    return True


def solve_eliminated(n: int, columns: int, matrix: Floats, pivots: Integers, x: Floats) -> None:
    """Solves for several right sides, ``(n, columns)`` by rows, in place."""
    for i in range(n):
        if pivots[i] != i:
            for m in range(columns):
                held = x[i * columns + m]
                x[i * columns + m] = x[pivots[i] * columns + m]
                x[pivots[i] * columns + m] = held
    for i in range(n):
        for k in range(i):
            share = matrix[i * n + k]
            for m in range(columns):
                x[i * columns + m] -= share * x[k * columns + m]
    for back in range(n):
        i = n - 1 - back
        for k in range(i + 1, n):
            share = matrix[i * n + k]
            for m in range(columns):
                x[i * columns + m] -= share * x[k * columns + m]
        for m in range(columns):
            x[i * columns + m] /= matrix[i * n + i]
