"""Correlations of two yes-or-no variables from a two-by-two table: phi and the tetrachoric correlation.

They enter evidence synthesis when trials report an association rather than a risk. Cells a, b are the first group with
and without the event; c, d the second.
"""

import numpy as np
from scipy.special import ndtr, ndtri

from speciosa.evidence.effects.measures import Floats

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(96)


def phi_variance(a: Floats, b: Floats, c: Floats, d: Floats) -> tuple[Floats, Floats]:
    """The phi coefficient and its large-sample variance.

    The variance is the delta method under multinomial sampling of the four cells (Yule 1912,
    doi:10.2307/2340126).

    Example:
        >>> one = lambda x: np.array([float(x)])
        >>> phi, variance = phi_variance(one(10), one(10), one(10), one(10))
        >>> float(phi[0]), float(variance[0])
        (0.0, 0.025)
    """
    n = a + b + c + d
    row, column = (a + b) / n, (a + c) / n
    spread = np.sqrt(row * (1 - row) * column * (1 - column))
    phi = (a / n - row * column) / spread
    # Phi as a function of p11, row and column; each cell's share of the gradient.
    by_row = -column / spread - phi * (1 - 2 * row) / (2 * row * (1 - row))
    by_column = -row / spread - phi * (1 - 2 * column) / (2 * column * (1 - column))
    variance = _multinomial(a, b, c, n, 1 / spread, by_row, by_column)
    # A perfect association has no sampling variance to speak of; rounding would make it tiny.
    return phi, np.where(np.abs(phi) > 1 - 1e-12, np.nan, variance)


def _multinomial(
    a: Floats, b: Floats, c: Floats, n: Floats, by_cell: Floats, by_row: Floats, by_column: Floats
) -> Floats:
    """Variance of g(p11, row, column) under multinomial sampling, from its gradient."""
    share = [a / n, b / n, c / n]
    slope = [by_cell + by_row + by_column, by_row, by_column]
    first = sum(p * g for p, g in zip(share, slope, strict=True))
    second = sum(p * g**2 for p, g in zip(share, slope, strict=True))
    return np.asarray((second - first**2) / n)


def tetrachoric(a: Floats, b: Floats, c: Floats, d: Floats) -> tuple[Floats, Floats]:
    """The tetrachoric correlation and its large-sample variance.

    The correlation of two normal variables that, cut at thresholds, give the table; solved exactly
    from the margins and one cell. The variance is the delta method with estimated thresholds
    (Pearson 1900, doi:10.1098/rsta.1900.0022; Hamdan 1970, doi:10.1093/biomet/57.1.212).
    A table with a zero cell has none and gives NaN.
    """
    pairs = [_one_tetrachoric(*cells) for cells in zip(a, b, c, d, strict=True)]
    return np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])


def _one_tetrachoric(a: float, b: float, c: float, d: float) -> tuple[float, float]:
    from scipy.optimize import brentq

    if min(a, b, c, d) <= 0:
        return np.nan, np.nan
    n = a + b + c + d
    h, k = float(ndtri((a + b) / n)), float(ndtri((a + c) / n))

    def gap(r: float) -> float:
        return _bivariate_normal(h, k, r) - a / n

    rho = float(brentq(gap, -1 + 1e-9, 1 - 1e-9, xtol=1e-14, rtol=1e-14))
    rest = np.sqrt(1 - rho**2)
    density = _density(h, k, np.array([rho]))[0]
    by_row = -float(ndtr((k - rho * h) / rest)) / density
    by_column = -float(ndtr((h - rho * k) / rest)) / density
    cells = [np.array(x) for x in (a, b, c, n, 1 / density, by_row, by_column)]
    return rho, float(_multinomial(*cells))


def _density(h: float, k: float, r: Floats) -> Floats:
    rest = 1 - r**2
    return np.asarray(
        np.exp(-(h**2 + k**2 - 2 * h * k * r) / (2 * rest)) / (2 * np.pi * np.sqrt(rest))
    )


def _bivariate_normal(h: float, k: float, r: float) -> float:
    """P(X < h, Y < k), as the integral of the density over the correlation (Plackett 1954)."""
    # With r = sin(angle) the integrand has no singularity at r = 1.
    angle = np.arcsin(r)
    at = angle * (_NODES + 1) / 2
    sine, cosine = np.sin(at), np.cos(at)
    inside = np.exp(-(h**2 + k**2 - 2 * h * k * sine) / (2 * cosine**2)) / (2 * np.pi)
    return float(ndtr(h) * ndtr(k) + angle / 2 * (_WEIGHTS * inside).sum())
