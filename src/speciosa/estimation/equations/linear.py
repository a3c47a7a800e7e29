"""Whether a model is linear in its states, and when its eigenvalues may be used."""

from collections.abc import Sequence

import sympy

MOST_LINEAR = 8
"""States up to which modes are quicker than steps."""
APART = 1e-2
"""Distance of two eigenvalues, as a share of the larger, below which their derivatives by modes lose too many digits."""
CONDITION = 1e4
"""Of the eigenvectors, at most."""


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
