"""Whether a model is linear in its states, and the eigenvalues and vectors of the values of its matrices."""

from collections.abc import Sequence

import numpy as np
import sympy
from numpy.typing import NDArray

from speciosa.estimation.jet.table import Floats, Integers

MOST_LINEAR = 8
"""States up to which modes are quicker than steps."""
_APART = 1e-2
"""Distance of two eigenvalues, as a share of the larger, below which their derivatives by modes lose too many digits."""
_CONDITION = 1e4


def linear_parts(
    rates: Sequence[sympy.Expr], states: Sequence[sympy.Symbol], fixed: set[sympy.Symbol]
) -> tuple[list[sympy.Expr], list[sympy.Expr]]:
    """Coefficients of each rate by each state, and what each is without states; none where they are not fixed.

    Args:
        rates: of change; one that is no state's own may follow those of the states.
        states: of the model.
        fixed: symbols that only a group of records fixes.

    Example:
        >>> x, k = sympy.symbols("x k", real=True)
        >>> linear_parts([2 - k * x], [x], {k})
        ([-k], [2])
        >>> linear_parts([-k * x**2], [x], {k})
        ([], [])
    """
    if not 0 < len(rates) <= MOST_LINEAR:
        return [], []
    matrix, constants = [], []
    for rate in rates:
        expression = sympy.expand(rate)
        left = expression
        for state in states:
            share = expression.coeff(state, 1)
            if not share.free_symbols <= fixed:
                return [], []
            matrix.append(share)
            left -= share * state
        matrix += [sympy.Integer(0)] * (len(rates) - len(states))
        left = sympy.expand(left)
        if not left.free_symbols <= fixed:
            return [], []
        constants.append(left)
    return matrix, constants


def decomposed(matrices: Floats) -> tuple[Floats, Floats, Floats, Integers]:
    """Eigenvalues, vectors in columns, their inverse, and 1 where those are real and apart, of each matrix ``(groups, n, n)``."""
    groups, n = matrices.shape[:2]
    vectors = np.broadcast_to(np.eye(n), matrices.shape).copy()
    inverses, roots = vectors.copy(), np.zeros((groups, n))
    usable: NDArray[np.bool_] = np.asarray(np.isfinite(matrices).all(axis=(1, 2)))
    own = np.where(usable[:, None, None], matrices, vectors)
    found, right = np.linalg.eig(own)
    usable &= ~np.any(np.imag(found) != 0, axis=1)
    found, right = np.real(found), np.real(right)
    size = np.maximum(np.abs(found)[:, :, None], np.abs(found)[:, None, :])
    gap = np.abs(found[:, :, None] - found[:, None, :]) - _APART * size
    gap[:, np.arange(n), np.arange(n)] = 1.0
    usable &= (gap > 0).all(axis=(1, 2))
    condition = np.linalg.cond(np.where(usable[:, None, None], right, vectors))
    usable &= np.asarray(condition) < _CONDITION
    roots[usable], vectors[usable] = found[usable], right[usable]
    inverses[usable] = np.linalg.inv(right[usable])
    return roots, vectors, inverses, usable.astype(np.int64)
