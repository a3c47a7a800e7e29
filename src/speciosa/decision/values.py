"""Partial value functions: what a level of an outcome is worth between the worst and the best that matter."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speciosa.errors import Fault, InputError


@dataclass(frozen=True)
class Criterion:
    """One outcome by which alternatives are judged.

    Attributes:
        name: what is judged, in words.
        worst: the level worth 0, in `unit`.
        best: the level worth 1, in `unit`; below `worst` where less is better.
        unit: unit of `worst` and `best`.
        points: further (level, value) pairs of a piecewise linear value function, strictly between the two ends.
    """

    name: str
    worst: float
    best: float
    unit: str = ""
    points: Sequence[tuple[float, float]] = ()

    def __post_init__(self) -> None:
        faults = []
        if not np.isfinite([self.worst, self.best]).all() or self.worst == self.best:
            faults.append(
                Fault(
                    f"criterion {self.name!r}", "two different levels", f"{self.worst}, {self.best}"
                )
            )
        knots = sorted([(self.worst, 0.0), *self.points, (self.best, 1.0)])
        if self.best < self.worst:
            knots.reverse()
        levels, values = [k[0] for k in knots], [k[1] for k in knots]
        ordered = all(a < b for a, b in zip(values, values[1:], strict=False))
        ordered = ordered and len(set(levels)) == len(levels)
        if (levels[0], levels[-1]) != (self.worst, self.best) or not ordered:
            faults.append(
                Fault(
                    f"criterion {self.name!r}, points",
                    "levels between worst and best whose values rise from 0 to 1",
                    repr(list(self.points)),
                )
            )
        if faults:
            raise InputError(faults)


def partial_value(criterion: Criterion, level: ArrayLike) -> NDArray[np.float64]:
    """Value of `level`, 0 at the worst and 1 at the best, linear between knots and flat outside.

    Args:
        criterion: the value function.
        level: levels in the criterion's unit, any shape; NaN (not estimable) stays NaN.

    Example:
        >>> harm = Criterion("nausea", worst=0.5, best=0.0, points=[(0.1, 0.5)])
        >>> partial_value(harm, [0.0, 0.1, 0.3, 0.9]).tolist()
        [1.0, 0.5, 0.25, 0.0]
    """
    knots = sorted([(criterion.worst, 0.0), *criterion.points, (criterion.best, 1.0)])
    levels, values = np.array(knots).T
    level = np.asarray(level, dtype=float)
    return np.where(np.isnan(level), np.nan, np.interp(level, levels, values))
