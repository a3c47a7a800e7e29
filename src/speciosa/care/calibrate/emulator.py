"""A quadratic emulator of the moments: what the simulation says of every target, as a smooth function of the parameters.

Each target is a polynomial of second degree in the parameters, with the products of those that the targets move most, fitted by
ridge regression to simulations about the mode. What it leaves is a variance, which the likelihood counts.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.care.stepping.arrays import Floats


@dataclass(frozen=True)
class Emulator:
    """A fitted emulator.

    Attributes:
        center: of the parameters.
        crossed: parameters whose products are terms.
        weights: ``(terms, targets)``.
        variance: of what is left, ``(targets,)``.
    """

    center: Floats
    crossed: NDArray[np.int64]
    weights: Floats
    variance: Floats

    def __call__(self, z: Floats) -> Floats:
        """Moments, ``(draws, targets)``."""
        found: Floats = _terms(z - self.center, self.crossed) @ self.weights
        return found


def fitted(z: Floats, moments: Floats, sd: Floats, crossed: int, ridge: float = 1.0) -> Emulator:
    """Fits an emulator.

    Args:
        z: simulated parameters, ``(draws, numbers)``.
        moments: what came out, ``(draws, targets)``.
        sd: of each target, by which the parameters that matter are chosen.
        crossed: how many of those have their products as terms.
        ridge: penalty on every term but the constant.
    """
    center = z.mean(axis=0)
    x = z - center
    linear = _solved(_terms(x, np.array([], dtype=np.int64)), moments, ridge)
    moved = (linear[1 : 1 + x.shape[1]] / sd) ** 2
    chosen = np.sort(np.argsort(-moved.sum(axis=1))[:crossed])
    terms = _terms(x, chosen)
    weights = _solved(terms, moments, ridge)
    left = moments - terms @ weights
    variance = (left**2).sum(axis=0) / max(len(z) - terms.shape[1] // 2, 1)
    return Emulator(center, chosen, weights, variance)


def _terms(x: Floats, crossed: NDArray[np.int64]) -> Floats:
    parts = [np.ones((len(x), 1)), x, x**2]
    first, second = np.triu_indices(len(crossed), 1)
    parts.append(x[:, crossed[first]] * x[:, crossed[second]])
    return np.concatenate(parts, axis=1)


def _solved(terms: Floats, moments: Floats, ridge: float) -> Floats:
    penalty = np.full(terms.shape[1], ridge)
    penalty[0] = 0.0
    return np.asarray(np.linalg.solve(terms.T @ terms + np.diag(penalty), terms.T @ moments), float)
