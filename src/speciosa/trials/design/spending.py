"""When the error of the first kind is spent: shapes of boundaries, and functions of the information fraction.

Sources: O'Brien PC, Fleming TR. Biometrics 1979;35:549 (doi:10.2307/2530245); Pocock SJ. Biometrika 1977;64:191
(doi:10.1093/biomet/64.2.191); Wang SK, Tsiatis AA. Biometrics 1987;43:193 (doi:10.2307/2531959); Lan KKG, DeMets DL. Biometrika
1983;70:659 (doi:10.1093/biomet/70.3.659); Kim K, DeMets DL. Biometrika 1987;74:149 (doi:10.1093/biomet/74.1.149); Hwang IK,
Shih WJ, De Cani JS. Stat Med 1990;9:1439 (doi:10.1002/sim.4780091207).
"""

from collections.abc import Sequence
from math import e, exp, expm1, log1p, sqrt

from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from speciosa.trials.design.brownian import Paths, exits

SHAPES = {"obrien-fleming": 0.0, "pocock": 0.5, "wang-tsiatis": None}
"""Boundaries :math:`c\\,t^{\\Delta - 1/2}` and their :math:`\\Delta`."""
FUNCTIONS = (
    "lan-demets-obrien-fleming",
    "lan-demets-pocock",
    "hwang-shih-decani",
    "kim-demets",
)
"""Spending functions of the information fraction."""
NAMES = (*SHAPES, *FUNCTIONS)
_HIGHEST = 40.0


def spent(name: str, alpha: float, fraction: float, sides: int = 1, shape: float = 0.0) -> float:
    """The error of the first kind that may be spent until an information fraction.

    Args:
        name: one of `FUNCTIONS`.
        alpha: all of it.
        fraction: of the information, up to 1.
        sides: 1 or 2; the function of O'Brien and Fleming's type spends half of it on each side.
        shape: gamma of Hwang, Shih and DeCani, rho of Kim and DeMets.

    Example:
        >>> round(spent("lan-demets-obrien-fleming", 0.025, 0.5), 8)
        0.00152532
    """
    if name == "lan-demets-obrien-fleming":
        return float(2 * sides * ndtr(ndtri(alpha / (2 * sides)) / sqrt(fraction)))
    if name == "lan-demets-pocock":
        return alpha * log1p((e - 1) * fraction)
    if name == "hwang-shih-decani":
        if abs(shape) < 1e-8:
            return alpha * fraction
        if shape < -500:  # the ratio of the two exponentials, which alone would overflow
            return alpha * exp(shape * (1 - fraction))
        return alpha * expm1(-shape * fraction) / expm1(-shape)
    return float(alpha * fraction**shape)


def shaped_bounds(
    times: Sequence[float], alpha: float, sides: int, delta: float, lower: Sequence[float]
) -> list[float]:
    """Bounds of Z of Wang and Tsiatis's family with the error `alpha`; two-sided bounds are symmetric.

    Args:
        times: information fractions.
        alpha: the error of the first kind, both sides together.
        sides: 1 or 2.
        delta: 0 gives O'Brien and Fleming's, 0.5 Pocock's.
        lower: binding bounds for futility, one-sided; minus infinity where there is none.

    Example:
        >>> [round(z, 4) for z in shaped_bounds((1 / 3, 2 / 3, 1), 0.025, 1, 0.0, (-9, -9, -9))]
        [3.4711, 2.4544, 2.004]
    """
    shapes = [t ** (delta - 0.5) for t in times]

    def excess(c: float) -> float:
        upper = [c * s for s in shapes]
        bottom = [-u for u in upper] if sides == 2 else lower
        above, _ = exits(times, bottom, upper, 0.0)
        return float(above.sum()) * sides - alpha

    if excess(1e-6) < 0:  # futility binds so much that any bound keeps the error
        return [0.0 for _ in shapes]
    c = brentq(excess, 1e-6, _HIGHEST, xtol=1e-10)
    return [c * s for s in shapes]


def spending_bounds(
    times: Sequence[float], levels: Sequence[float], sides: int, lower: Sequence[float]
) -> list[float]:
    """Bounds of Z that have spent `levels` of the error, both sides together, at each look.

    Example:
        >>> levels = [spent("lan-demets-obrien-fleming", 0.025, t) for t in (0.5, 1.0)]
        >>> [round(z, 4) for z in spending_bounds((0.5, 1.0), levels, 1, (-9, -9))]
        [2.9626, 1.9686]
    """
    paths, before, upper = Paths(), 0.0, list[float]()
    after = (*times[1:], times[-1] + 1)
    for time, level, bottom, next_time in zip(times, levels, lower, after, strict=True):
        aim = (level - before) / sides

        def excess(z: float, here: Paths = paths, time: float = time, aim: float = aim) -> float:
            return here.above(time, z, 0.0) - aim

        # What is nothing in double precision is not spent.
        z = brentq(excess, -_HIGHEST, _HIGHEST, xtol=1e-11) if aim > 1e-300 else _HIGHEST
        upper.append(z)
        paths = paths.inside(time, (-z if sides == 2 else bottom, z), 0.0, next_time)
        before = level
    return upper
