"""Smooth stand-ins for kinks: solvers step over them easily, and large equations stay cheap to handle."""

from sympy import Expr, sqrt, tanh


def positive(x: Expr, width: Expr) -> Expr:
    """The larger of x and 0, rounded off over `width`; exceeds it by half a width at 0.

    Example:
        >>> round(float(positive(3.0, 0.1)), 4), round(float(positive(-3.0, 0.1)), 4)
        (3.0008, 0.0008)
    """
    return (x + sqrt(x**2 + width**2)) / 2


def at_least(x: Expr, least: Expr, width: Expr) -> Expr:
    """The larger of x and `least`, rounded off over `width`."""
    return least + positive(x - least, width)


def at_most(x: Expr, most: Expr, width: Expr) -> Expr:
    """The smaller of x and `most`, rounded off over `width`."""
    return most - positive(most - x, width)


def step(x: Expr, width: Expr) -> Expr:
    """0 below and 1 above x = 0, over a few widths.

    Example:
        >>> round(float(step(1.0, 0.1)), 4), round(float(step(-1.0, 0.1)), 4)
        (1.0, 0.0)
    """
    return (1 + tanh(x / width)) / 2
