"""Truncated Taylor polynomials ("jets") in arrays: which coefficient is which, and how they multiply.

A jet in ``q`` directions to order ``m`` holds the coefficients of all monomials of degree at most ``m``, by degree: the value, the
``q`` first ones, then pairs and triples of directions in order. Arithmetic on jets gives derivatives that are exact to rounding, at
events too, since times of events are jets like any other number (A. Griewank, A. Walther, Evaluating Derivatives, 2nd ed., SIAM
2008, chapter 13, doi:10.1137/1.9780898717761).
"""

from functools import lru_cache
from itertools import combinations_with_replacement
from math import comb
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]


class Table(NamedTuple):
    """How jets of some directions and order multiply.

    Attributes:
        first: where the products that make each coefficient begin, in `left` and `right`, and their count at the end.
        left, right: which coefficients of the factors they are.
        order: highest degree.
        size: number of coefficients.
        directions: number of directions.
    """

    first: Integers
    left: Integers
    right: Integers
    order: int
    size: int
    directions: int


@lru_cache(maxsize=64)
def monomials(directions: int, order: int) -> tuple[tuple[int, ...], ...]:
    """The directions of each coefficient.

    Example:
        >>> monomials(2, 2)
        ((), (0,), (1,), (0, 0), (0, 1), (1, 1))
    """
    return tuple(
        m for k in range(order + 1) for m in combinations_with_replacement(range(directions), k)
    )


@lru_cache(maxsize=64)
def table(directions: int, order: int) -> Table:
    """The multiplication table.

    Example:
        >>> t = table(1, 3)
        >>> t.size, (t.left[t.first[2]:t.first[3]]).tolist()
        (4, [0, 1, 2])
    """
    of = monomials(directions, order)
    place = {m: k for k, m in enumerate(of)}
    products: list[list[tuple[int, int]]] = [[] for _ in of]
    for i, one in enumerate(of):
        for j, other in enumerate(of):
            if len(one) + len(other) <= order:
                products[place[tuple(sorted(one + other))]].append((i, j))
    first = np.concatenate([[0], np.cumsum([len(p) for p in products])]).astype(np.int64)
    flat = np.array([pair for p in products for pair in p], dtype=np.int64).reshape(-1, 2)
    return Table(
        first,
        np.ascontiguousarray(flat[:, 0]),
        np.ascontiguousarray(flat[:, 1]),
        order,
        comb(directions + order, order),
        directions,
    )


@lru_cache(maxsize=64)
def derivative_places(directions: int, order: int) -> tuple[Integers, Floats]:
    """Of every derivative of one order: its coefficient and the factor to it, shape ``(directions,) * order``."""
    place = {m: k for k, m in enumerate(monomials(directions, order))}
    where = np.zeros((directions,) * order, dtype=np.int64)
    factor = np.ones((directions,) * order)
    for index in np.ndindex(*where.shape):
        where[index] = place[tuple(sorted(index))]
        for direction in set(index):
            factor[index] *= (1, 1, 2, 6)[index.count(direction)]
    return where, factor


def derivatives(coefficients: Floats, directions: int, order: int) -> Floats:
    """All derivatives of one order: shape ``(n,) + (directions,) * order`` from coefficients ``(n, size)``.

    Example:
        >>> x_squared_at_3 = np.array([[9.0, 6.0, 1.0]])
        >>> derivatives(x_squared_at_3, 1, 2).ravel().tolist()
        [2.0]
    """
    if order == 0:
        return coefficients[:, 0]
    where, factor = derivative_places(directions, order)
    return np.asarray(coefficients[:, where] * factor)
