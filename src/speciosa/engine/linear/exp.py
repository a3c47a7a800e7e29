"""Exponentials for the closed form: of many numbers at once, and of small matrices. Compiled by `native`."""

from speciosa.engine.compiler.built_in import bits, from_bits, fused, vector_range
from speciosa.engine.linear.arrays import Floats, Matrix

_LOG2E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_ROUND = 6755399441055744.0
_TAYLOR_TERMS = 14
_MOST_SQUARINGS = 60


def exp_of(x: float) -> float:
    """Exp without a branch, to about 2e-16 relative; the argument is held within +-700.

    The argument is a whole multiple of log 2 and a rest below 0.35, of which the Taylor series is taken.
    """
    x = min(max(x, -700.0), 700.0)
    shifted = fused(x, _LOG2E, _ROUND)
    multiple = shifted - _ROUND
    r = fused(multiple, -_LN2_LOW, fused(multiple, -_LN2_HIGH, x))
    p = 1.0 / 6227020800.0
    p = fused(p, r, 1.0 / 479001600.0)
    p = fused(p, r, 1.0 / 39916800.0)
    p = fused(p, r, 1.0 / 3628800.0)
    p = fused(p, r, 1.0 / 362880.0)
    p = fused(p, r, 1.0 / 40320.0)
    p = fused(p, r, 1.0 / 5040.0)
    p = fused(p, r, 1.0 / 720.0)
    p = fused(p, r, 1.0 / 120.0)
    p = fused(p, r, 1.0 / 24.0)
    p = fused(p, r, 1.0 / 6.0)
    p = fused(p, r, 0.5)
    p = fused(p, r, 1.0)
    p = fused(p, r, 1.0)
    return from_bits(bits(p) + (bits(shifted) << 52))


def exp_in_place(count: int, x: Floats) -> None:
    """Replaces the first numbers by their exponentials."""
    for k in vector_range(count):
        x[k] = exp_of(x[k])


def growth(rate: float, time: float, power: float) -> float:
    """``(exp(rate time) - 1) / rate``: what a constant input of 1 becomes; `time` where the rate is 0.

    `power` is ``exp(rate time)``.
    """
    x = rate * time
    if abs(x) < 0.01:
        return time * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0))))
    return (power - 1.0) / rate


def matrix_exponential(a: Matrix, time: float, power: Matrix, term: Matrix, spare: Matrix) -> None:
    """exp(a time) by Taylor series with scaling and squaring, into `power`; the others are work space."""
    n = a.shape[0]
    norm = 0.0
    for j in range(n):
        column = 0.0
        for i in range(n):
            column += abs(a[i, j])
        norm = max(norm, column)
    norm *= abs(time)
    scale, squarings = time, 0
    while norm > 0.5 and squarings < _MOST_SQUARINGS:
        norm *= 0.5
        scale *= 0.5
        squarings += 1
    for i in range(n):
        for j in range(n):
            power[i, j] = 1.0 if i == j else 0.0
            term[i, j] = power[i, j]
    for k in range(1, _TAYLOR_TERMS + 1):
        _multiply(term, a, scale / k, spare)
        for i in range(n):
            for j in range(n):
                term[i, j] = spare[i, j]
                power[i, j] += spare[i, j]
    for _ in range(squarings):
        _multiply(power, power, 1.0, spare)
        for i in range(n):
            for j in range(n):
                power[i, j] = spare[i, j]


def _multiply(x: Matrix, y: Matrix, scale: float, product: Matrix) -> None:
    n = x.shape[0]
    for i in range(n):
        for j in range(n):
            total = 0.0
            for k in range(n):
                total += x[i, k] * y[k, j]
            product[i, j] = total * scale


def solve_in_place(n: int, a: Matrix, b: Floats, least: float) -> bool:
    """Solves a x = b for n unknowns, into `b`; False where a pivot is not above `least`: the matrix is all but singular."""
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if abs(a[i, k]) > abs(a[best, k]):
                best = i
        if not abs(a[best, k]) > least:
            return False
        for j in range(n):
            a[k, j], a[best, j] = a[best, j], a[k, j]
        b[k], b[best] = b[best], b[k]
        for i in range(k + 1, n):
            ratio = a[i, k] / a[k, k]
            for j in range(k, n):
                a[i, j] -= ratio * a[k, j]
            b[i] -= ratio * b[k]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            b[i] -= a[i, j] * b[j]
        b[i] /= a[i, i]
    return True
