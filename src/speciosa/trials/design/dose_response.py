"""The modelling half of MCP-Mod: shapes fitted to data by least squares, and the dose that has a wanted effect.

For given nonlinear parameters the linear ones have a closed form, so the search is over one or two parameters only.

Sources: Golub GH, Pereyra V. SIAM J Numer Anal 1973;10:413 (doi:10.1137/0710036); Bretz F, Pinheiro JC, Branson M. Biometrics
2005;61:738 (doi:10.1111/j.1541-0420.2005.00344.x).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from math import log, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize

from speciosa.trials.design.contrasts import ContrastTest, contrast_test
from speciosa.trials.design.door import Door
from speciosa.trials.design.shapes import KINDS, Shape

Array = NDArray[np.float64]
_GRID = {1: 201, 2: 41}


@dataclass(frozen=True, slots=True)
class ShapeFit:
    """A shape fitted to data.

    Attributes:
        kind: of the shape.
        coefficients: by name, e0 first.
        RSS: residual sum of squares.
        AIC: Akaike's criterion, the variance counted as a parameter.
        target_dose: the smallest dose whose effect over placebo is the wanted one; None where none up to the highest has it.
        at_bound: parameters that ended at the border of the search, so that the data do not fix them.
    """

    kind: str
    coefficients: Mapping[str, float]
    RSS: float
    AIC: float
    target_dose: float | None
    at_bound: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class McpMod:
    """A dose response tested and modelled.

    Attributes:
        test: the contrast test.
        fits: by name of the shape.
        selected: among the significant shapes the one with the least AIC; None without any.
        delta: the effect over placebo for which target doses are given.
    """

    test: ContrastTest
    fits: Mapping[str, ShapeFit]
    selected: str | None
    delta: float | None

    def as_dict(self) -> dict[str, Any]:
        """The result as one object of JSON."""
        return asdict(self)


def fit_shape(
    doses: Sequence[float], responses: Sequence[float], shape: Shape, delta: float | None = None
) -> ShapeFit:
    """Fits a shape by least squares.

    Args:
        doses: of each person.
        responses: of each person.
        shape: whose kind is fitted; guesses are of use only where a parameter is given (linlog).
        delta: effect over placebo whose dose is wanted.

    Raises:
        InputError: fewer people than parameters, doses all the same.

    Example:
        >>> fit = fit_shape((0, 0.5, 1, 1), (1.0, 2.0, 3.1, 2.9), Shape("linear"), delta=1.0)
        >>> {name: round(value, 3) for name, value in fit.coefficients.items()}, round(fit.target_dose, 3)
        ({'e0': 1.0, 'delta': 2.0}, 0.5)
    """
    x, y = np.asarray(doses, dtype=float), np.asarray(responses, dtype=float)
    kind, top = KINDS[shape.kind], float(max(doses))
    free = kind.parameters if kind.bounds else ()
    count = 1 + len(kind.coefficients) + len(free)
    door = Door()
    if len(y) <= count:
        door.fault(f"model {shape.kind}", f"more than {count} people", len(y))
    if len(np.unique(x)) < 1 + len(kind.coefficients):
        door.fault("doses", f"at least {1 + len(kind.coefficients)} different ones", len(set(x)))
    door.close()
    guesses, edge = _searched(x, y, shape, top) if free else (shape.guesses, ())
    basis = _basis(x, shape.kind, guesses, top)
    linear, rss = _least_squares(basis, y)
    names = ("e0", *kind.coefficients)
    found = dict(zip(names, map(float, linear), strict=True))
    found |= dict(zip(free, map(float, guesses), strict=True)) if free else {}
    n = len(y)
    aic = n * log(2 * pi * rss / n) + n + 2 * (count + 1) if rss > 0 else -np.inf
    dose = None if delta is None else _target(shape.kind, guesses, linear, top, delta)
    return ShapeFit(shape.kind, found, rss, float(aic), dose, edge)


def _basis(x: Array, kind: str, guesses: Sequence[float], top: float) -> Array:
    if kind == "quadratic":
        return np.column_stack((np.ones_like(x), x, x**2))
    return np.column_stack((np.ones_like(x), KINDS[kind].curve(x, guesses, top)))


def _least_squares(basis: Array, y: Array) -> tuple[Array, float]:
    found: Array = np.asarray(np.linalg.lstsq(basis, y, rcond=None)[0], dtype=np.float64)
    gaps = y - basis @ found
    return found, float(gaps @ gaps)


def _searched(
    x: Array, y: Array, shape: Shape, top: float
) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """The nonlinear parameters, and those that ended at their bounds."""
    kind = KINDS[shape.kind]
    bounds = [
        (low * top, high * top) if scaled else (low, high)
        for (low, high), scaled in zip(kind.bounds, kind.scaled, strict=True)
    ]

    def loss(logs: Array) -> float:
        return _least_squares(_basis(x, shape.kind, np.exp(logs).tolist(), top), y)[1]

    logs = [(log(low), log(high)) for low, high in bounds]
    axes = [np.linspace(low, high, _GRID[len(bounds)]) for low, high in logs]
    grid = [np.array(point) for point in product(*axes)]
    best = sorted(grid, key=loss)[:3]
    ends = [
        minimize(
            loss,
            start,
            bounds=logs,
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 2000},
        )
        for start in best
    ]
    found = min(ends, key=lambda end: float(end.fun)).x
    edge = tuple(
        name
        for name, value, (low, high) in zip(kind.parameters, found, logs, strict=True)
        if min(value - low, high - value) < 1e-6
    )
    return tuple(map(float, np.exp(found))), edge


def _target(
    kind: str, guesses: Sequence[float], linear: Array, top: float, delta: float
) -> float | None:
    """The smallest dose at which the effect over placebo reaches `delta`."""

    def gap(dose: float) -> float:
        rows = _basis(np.array([0.0, dose]), kind, guesses, top)
        return float((rows[1] - rows[0]) @ linear) - delta

    grid = np.linspace(0, top, 2001)
    rows = _basis(grid, kind, guesses, top)
    reached = np.flatnonzero(((rows - rows[0]) @ linear - delta) * np.sign(delta) >= 0)
    if not reached.size or reached[0] == 0:
        return None
    first = int(reached[0])
    return float(brentq(gap, grid[first - 1], grid[first], xtol=1e-12))


def mcpmod(
    doses: Sequence[float],
    responses: Sequence[float],
    shapes: Mapping[str, Shape],
    *,
    alpha: float = 0.025,
    sided: int = 1,
    delta: float | None = None,
) -> McpMod:
    """Tests a dose response against candidate shapes, then fits them and gives target doses.

    Args:
        doses: of each person; 0 is placebo.
        responses: of each person.
        shapes: by name, with guesses of their parameters for the test.
        alpha: level of the largest statistic.
        sided: 1 (a rise), or 2.
        delta: effect over placebo whose dose is wanted.

    Raises:
        InputError: with all that is wrong.

    Source:
        Bretz F, Pinheiro JC, Branson M. Biometrics 2005;61:738 (doi:10.1111/j.1541-0420.2005.00344.x).

    Example:
        >>> dose = [0, 0, 0, 1, 1, 1, 2, 2, 2]
        >>> effect = [0.1, -0.2, 0.0, 0.9, 1.2, 1.0, 2.1, 1.8, 2.0]
        >>> mcpmod(dose, effect, {"linear": Shape("linear")}).selected
        'linear'
    """
    x, y = np.asarray(doses, dtype=float), np.asarray(responses, dtype=float)
    door = Door()
    if x.shape != y.shape or x.ndim != 1:
        door.fault("doses, responses", "one of each for every person", f"{x.size} and {y.size}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        door.fault("doses, responses", "finite numbers", "others")
    if delta is not None and not 0 < abs(delta) < np.inf:
        door.fault("delta", "an effect other than 0", delta)
    groups = np.unique(x)
    if not door.faults and len(x) <= len(groups):
        door.fault("doses", "several people at a dose", f"{len(x)} people, {len(groups)} doses")
    door.close()
    means = np.array([y[x == g].mean() for g in groups])
    people = [int((x == g).sum()) for g in groups]
    rest = y - means[np.searchsorted(groups, x)]
    sd = float(np.sqrt(rest @ rest / (len(y) - len(groups))))
    test = contrast_test(
        means.tolist(), sd, people, groups.tolist(), shapes, alpha=alpha, sided=sided
    )
    fits = {name: fit_shape(doses, responses, shape, delta) for name, shape in shapes.items()}
    hits = [name for name in shapes if test.adjusted_p[name] < alpha]
    selected = min(hits, key=lambda name: fits[name].AIC) if hits else None
    return McpMod(test, fits, selected, delta)
