"""Arithmetic of jets in rows of an array. Compiled by `native`.

Rows 0 to 2 are room for `compose`; `a`, `b` and `c` are rows, `c` that of the result.
"""

import math
from typing import NamedTuple

from speciosa.engine.compiler.built_in import vector_range
from speciosa.engine.linear.exp import exp_of
from speciosa.estimation.jet.table import Floats, Integers

ROOM = 3
_SERIES = 0.5


class Jets(NamedTuple):
    """Jets by row, with what `Table` says of them."""

    x: Floats
    first: Integers
    left: Integers
    right: Integers
    order: int
    size: int
    directions: int


def constant(j: Jets, value: float, c: int) -> None:
    """A number without derivatives."""
    for k in range(j.size):
        j.x[c, k] = 0.0
    j.x[c, 0] = value


def copy(j: Jets, a: int, c: int) -> None:
    """The same."""
    for k in range(j.size):
        j.x[c, k] = j.x[a, k]


def add(j: Jets, a: int, b: int, c: int) -> None:
    """The sum."""
    for k in range(j.size):
        j.x[c, k] = j.x[a, k] + j.x[b, k]


def subtract(j: Jets, a: int, b: int, c: int) -> None:
    """The difference."""
    for k in range(j.size):
        j.x[c, k] = j.x[a, k] - j.x[b, k]


def scale(j: Jets, factor: float, a: int, c: int) -> None:
    """A multiple."""
    for k in range(j.size):
        j.x[c, k] = factor * j.x[a, k]


def multiply(j: Jets, a: int, b: int, c: int) -> None:
    """The product; its row is another than those of the factors."""
    for k in vector_range(j.size):
        j.x[c, k] = 0.0
    multiply_add(j, a, b, c)


def multiply_add(j: Jets, a: int, b: int, c: int) -> None:
    """Adds the product: value by everything, first by first derivatives, and of higher ones what the table says."""
    x, q = j.x, j.directions
    a0, b0 = x[a, 0], x[b, 0]
    x[c, 0] += a0 * b0
    for k in vector_range(j.size - 1):
        x[c, 1 + k] += a0 * x[b, 1 + k] + x[a, 1 + k] * b0
    if j.order < 2:
        return
    at = 1 + q
    for i in range(q):
        ai, bi = x[a, 1 + i], x[b, 1 + i]
        x[c, at] += ai * bi
        for k in vector_range(q - 1 - i):
            x[c, at + 1 + k] += ai * x[b, 2 + i + k] + bi * x[a, 2 + i + k]
        at += q - i
    if j.order < 3:
        return
    for k in range(at, j.size):
        total = x[c, k]
        # without the first and the last product, of which one factor is the value
        for m in range(j.first[k] + 1, j.first[k + 1] - 1):
            total += x[a, j.left[m]] * x[b, j.right[m]]
        x[c, k] = total


def compose(j: Jets, a: int, c: int, f: float, f1: float, f2: float, f3: float) -> None:
    """A function of a jet, of which value and three derivatives are known at the value of the jet."""
    copy(j, a, 0)
    j.x[0, 0] = 0.0
    scale(j, f1, 0, c)
    j.x[c, 0] = f
    if j.order >= 2:
        multiply(j, 0, 0, 1)
        for k in range(j.size):
            j.x[c, k] += 0.5 * f2 * j.x[1, k]
    if j.order >= 3:
        multiply(j, 0, 1, 2)
        for k in range(j.size):
            j.x[c, k] += f3 / 6.0 * j.x[2, k]


def exponential(j: Jets, a: int, c: int) -> None:
    """The exponential."""
    e = exp_of(j.x[a, 0])
    compose(j, a, c, e, e, e, e)


def reciprocal(j: Jets, a: int, c: int) -> None:
    """1 through it."""
    r = 1.0 / j.x[a, 0]
    compose(j, a, c, r, -r * r, 2.0 * r * r * r, -6.0 * r * r * r * r)


def logarithm(j: Jets, a: int, c: int) -> None:
    """The natural logarithm."""
    r = 1.0 / j.x[a, 0]
    compose(j, a, c, math.log(j.x[a, 0]), r, -r * r, 2.0 * r * r * r)


def logistic(j: Jets, a: int, c: int) -> None:
    """``1 / (1 + exp(-x))``."""
    p = 1.0 / (1.0 + exp_of(-j.x[a, 0]))
    d = p * (1.0 - p)
    compose(j, a, c, p, d, d * (1.0 - 2.0 * p), d * (1.0 - 6.0 * d))


def box_cox(j: Jets, a: int, c: int, shape: float) -> None:
    """``(1 + shape x) ** (1 / shape)``, whose Box-Cox transform is x; no number where ``1 + shape x`` is not above 0."""
    u = 1.0 + shape * j.x[a, 0]
    f = exp_of(math.log(u) / shape)
    f1 = f / u
    f2 = (1.0 - shape) * f1 / u
    compose(j, a, c, f, f1, f2, (1.0 - 2.0 * shape) * f2 / u)


def share_lost(j: Jets, a: int, c: int) -> None:
    """``(1 - exp(-x)) / x``, which is 1 at 0: what a constant input becomes, as a share of all that entered."""
    x = j.x[a, 0]
    if abs(x) < _SERIES:
        f, f1, f2, f3, term = 0.0, 0.0, 0.0, 0.0, 1.0
        # sum of (-x)^n / (n + 1)!, with derivatives term by term; `term` is (-1)^n / (n + 1)!
        power, power1, power2, power3 = 1.0, 0.0, 0.0, 0.0
        for n in range(24):
            f += term * power
            f1 += term * n * power1
            f2 += term * n * (n - 1) * power2
            f3 += term * n * (n - 1) * (n - 2) * power3
            term /= -(n + 2.0)
            power3, power2, power1 = power2, power1, power
            power *= x
        compose(j, a, c, f, f1, f2, f3)
        return
    e, r = exp_of(-x), 1.0 / x
    f = (1.0 - e) * r
    f1 = (e - f) * r
    f2 = (-e - 2.0 * f1) * r
    f3 = (e - 3.0 * f2) * r
    compose(j, a, c, f, f1, f2, f3)


def hyperbolic_share(j: Jets, a: int, c: int) -> None:
    """``sinh(x) / x``, which is 1 at 0, by its series; for arguments within `_SERIES`."""
    x = j.x[a, 0]
    f, f1, f2, f3, term = 0.0, 0.0, 0.0, 0.0, 1.0
    power, power1, power2, power3 = 1.0, 0.0, 0.0, 0.0
    for n in range(24):
        if n % 2 == 0:
            f += term * power
            f1 += term * n * power1
            f2 += term * n * (n - 1) * power2
            f3 += term * n * (n - 1) * (n - 2) * power3
            term /= (n + 2.0) * (n + 3.0)
        power3, power2, power1 = power2, power1, power
        power *= x
    compose(j, a, c, f, f1, f2, f3)
