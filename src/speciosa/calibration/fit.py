"""The fit: maximum a posteriori with robust residuals, by Gauss and Newton, with its curvature as uncertainty.

Residual of observation r, on the log scale::

    e_r = (log observed - log predicted(theta) - c_r) / s_r,    s_r^2 = standard error^2 + between studies^2 m_r

with the prediction in the typical patient and c_r the logarithm by which the statistic of a population differs from it.
m_r is the number of rows of the same study, analyte and kind, which share what is peculiar to the study. Minimised is
the sum over rows of 2 (sqrt(1 + e^2) - 1) (soft L1) plus the sum over parameters of z^2. The covariance of z is
the inverse of J^T W J + 1. Source of the approach: Bayesian estimation by mode and Laplace approximation, Gelman et
al., Bayesian Data Analysis, 3rd ed., chapter 4.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy.optimize import least_squares

from speciosa.validation.metrics import Array

Predict = Callable[[Array], Array]
"""From points z of shape ``(points, parameters)`` to logarithms of predictions ``(points, rows)``."""

STEP = 0.05
"""Step of the finite differences, in prior standard deviations."""


@dataclass(frozen=True)
class Fit:
    """The mode and its surroundings.

    Attributes:
        z: the mode, in prior standard deviations.
        covariance: of z.
        residuals: observed minus predicted on the log scale, by row.
        slopes: change of each predicted logarithm with z, shape ``(rows, parameters)``.
        weights: what each row counts for, robust weight over the square of its spread.
        cost: the value minimised.
        evaluations: how often the models were solved.
    """

    z: Array
    covariance: Array
    residuals: Array
    slopes: Array
    weights: Array
    cost: float
    evaluations: int

    @property
    def sd(self) -> Array:
        """Standard deviation of each z; 1 where the data say nothing."""
        return np.sqrt(np.diag(self.covariance))

    def draws(self, count: int, seed: int = 1) -> Array:
        """Draws of z around the mode, in pairs that lie opposite, shape ``(count, parameters)``."""
        half = np.random.default_rng(seed).standard_normal(((count + 1) // 2, len(self.z)))
        away = half @ np.linalg.cholesky(self.covariance + 1e-9 * np.eye(len(self.z))).T
        return np.asarray(self.z + np.concatenate([away, -away])[:count])


def fit(
    predict: Predict,
    observed_log: Array,
    spread: Array,
    parameters: int,
    start: Array | None = None,
    progress: Callable[[int], None] | None = None,
) -> Fit:
    """Finds the mode and the covariance around it.

    Args:
        predict: the models.
        observed_log: logarithm of each observation, less its population correction.
        spread: standard deviation of each residual.
        parameters: how many are free.
        start: where to start; the prior medians otherwise.
        progress: called with the number of evaluations so far.

    Example:
        >>> found = fit(lambda z: z @ np.array([[1.0]]), np.array([1.0]), np.array([1e-3]), 1)
        >>> bool(abs(found.z[0] - 1.0) < 1e-2)
        True
    """
    rows = len(observed_log)
    known: dict[bytes, Array] = {}
    count = 0

    def at(z: Array) -> Array:
        nonlocal count
        key = z.tobytes()
        if key not in known:
            known[key] = _finite(predict(z[None, :]))[0]
            count += 1
        return known[key]

    def residual(z: Array) -> Array:
        return np.concatenate([(observed_log - at(z)) / spread, z])

    def jacobian(z: Array) -> Array:
        points = z[None, :] + STEP * np.eye(parameters)
        slope = (_finite(predict(points)) - at(z)[None, :]) / STEP
        if progress is not None:
            progress(count)
        return np.vstack([-(slope / spread[None, :]).T, np.eye(parameters)])

    def loss(squared: Array) -> Array:
        """Soft L1 for observations, squares for the prior."""
        data = squared[:rows]
        root = np.sqrt(1 + data)
        soft = np.array([2 * (root - 1), 1 / root, -0.5 * root**-3])
        plain = np.array([squared[rows:], np.ones(parameters), np.zeros(parameters)])
        return np.concatenate([soft, plain], axis=1)

    first = np.zeros(parameters) if start is None else np.asarray(start, dtype=float)
    found = least_squares(
        residual,
        first,
        jac=jacobian,
        loss=cast(Any, loss),
        bounds=(-4.0, 4.0),
        xtol=1e-4,
        ftol=1e-5,
        max_nfev=40,
    )
    slopes = -jacobian(found.x)[:rows] * spread[:, None]
    weights = 1 / np.sqrt(1 + residual(found.x)[:rows] ** 2) / spread**2
    precision = (slopes * weights[:, None]).T @ slopes + np.eye(parameters)
    return Fit(
        z=np.asarray(found.x),
        covariance=np.asarray(np.linalg.inv(precision), dtype=float),
        residuals=observed_log - at(found.x),
        slopes=slopes,
        weights=weights,
        cost=float(found.cost),
        evaluations=count,
    )


def _finite(values: Array) -> Array:
    """What cannot be predicted stands far off without breaking the arithmetic."""
    return np.nan_to_num(values, nan=-30.0, posinf=30.0, neginf=-30.0)


def groups_of(links: Sequence[frozenset[str]]) -> list[list[int]]:
    """Rows that hang together because they share a parameter, each group in order.

    Example:
        >>> groups_of([frozenset("ab"), frozenset("c"), frozenset("bd")])
        [[0, 2], [1]]
    """
    group = list(range(len(links)))

    def root(i: int) -> int:
        while group[i] != i:
            group[i] = group[group[i]]
            i = group[i]
        return i

    owner: dict[str, int] = {}
    for number, names in enumerate(links):
        for name in names:
            first = owner.setdefault(name, number)
            low, high = sorted((root(first), root(number)))
            group[high] = low
    together: dict[int, list[int]] = {}
    for number in range(len(links)):
        together.setdefault(root(number), []).append(number)
    return list(together.values())
