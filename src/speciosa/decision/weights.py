"""Swing weights: exact, by interval, by order, by ratio, or unknown, and samples of what they leave open.

A weight says what the swing of a criterion from worst to best is worth beside the other swings; weights are at least
0 and sum to 1. Weights that are not fully stated are a convex set, from which samples are drawn uniformly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from speciosa.errors import Fault, InputError

_STEPS_A_DIMENSION = 60


@dataclass(frozen=True)
class Weights:
    """A set of swing weights.

    Attributes:
        criteria: names, in the order of the columns of a sample.
        exact: all weights, where they are known; normalised to sum 1.
        intervals: bounds of some weights (after normalisation, so within 0 to 1).
        order: criteria from the most to the least important swing; equal ones are not known apart.
        ratios: ``{(a, b): (low, high)}`` bounds of the ratio of weight a to weight b.

    Example:
        >>> Weights(("pain", "breathing"), exact={"pain": 3, "breathing": 1}).sample(2, seed=1).tolist()
        [[0.75, 0.25], [0.75, 0.25]]
    """

    criteria: tuple[str, ...]
    exact: Mapping[str, float] | None = None
    intervals: Mapping[str, tuple[float, float]] | None = None
    order: Sequence[str] | None = None
    ratios: Mapping[tuple[str, str], tuple[float, float]] | None = None

    def __post_init__(self) -> None:
        faults = list(self._faults())
        if faults:
            raise InputError(faults)

    def _faults(self) -> list[Fault]:
        faults = []
        pairs = [name for pair in self.ratios or () for name in pair]
        for what, names in (
            ("exact", self.exact or ()),
            ("intervals", self.intervals or ()),
            ("order", self.order or ()),
            ("ratios", pairs),
        ):
            for name in names:
                if name not in self.criteria:
                    faults.append(
                        Fault(f"weights, {what}", "one of " + ", ".join(self.criteria), name)
                    )
        if self.exact is not None:
            if self.intervals or self.order or self.ratios:
                faults.append(Fault("weights", "exact weights alone", "exact and other statements"))
            if set(self.exact) != set(self.criteria) or min(self.exact.values(), default=-1) < 0:
                faults.append(
                    Fault("weights, exact", "0 or more for every criterion", str(dict(self.exact)))
                )
            elif sum(self.exact.values()) <= 0:
                faults.append(Fault("weights, exact", "a sum above 0", str(dict(self.exact))))
        for name, (low, high) in (self.intervals or {}).items():
            if not 0 <= low <= high <= 1:
                faults.append(
                    Fault(f"weights, {name}", "0 <= low <= high <= 1", f"{low} to {high}")
                )
        for (a, b), (low, high) in (self.ratios or {}).items():
            if not 0 <= low <= high:
                faults.append(Fault(f"weights, {a}/{b}", "0 <= low <= high", f"{low} to {high}"))
        if not faults and self.exact is None and not self._feasible():
            faults.append(
                Fault("weights", "statements that can all hold", "statements that contradict")
            )
        return faults

    def sample(self, count: int, seed: int) -> NDArray[np.float64]:
        """Draws weights uniformly from the set, shape ``(count, criteria)``."""
        size = len(self.criteria)
        if self.exact is not None:
            known = np.array([self.exact[name] for name in self.criteria], dtype=float)
            return np.tile(known / known.sum(), (count, 1))
        generator = np.random.default_rng(seed)
        if not self.intervals and not self.ratios:
            free = generator.dirichlet(np.ones(size), count)
            if self.order and len(self.order) == size:
                columns = [self.criteria.index(name) for name in self.order]
                free[:, columns] = -np.sort(-free, axis=1)
                return free
            if not self.order:
                return free
        return self._hit_and_run(count, generator)

    def _inequalities(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        size = len(self.criteria)
        rows: list[NDArray[np.float64]] = [-np.eye(size)]
        bounds: list[NDArray[np.float64]] = [np.zeros(size)]

        def at_most(coefficients: Mapping[str, float], bound: float) -> None:
            row = np.zeros(size)
            for name, coefficient in coefficients.items():
                row[self.criteria.index(name)] += coefficient
            rows.append(row[None])
            bounds.append(np.array([bound]))

        for name, (low, high) in (self.intervals or {}).items():
            at_most({name: 1.0}, high)
            at_most({name: -1.0}, -low)
        for more, less in zip(self.order or (), (self.order or ())[1:], strict=False):
            at_most({less: 1.0, more: -1.0}, 0.0)
        for (a, b), (low, high) in (self.ratios or {}).items():
            at_most({a: 1.0, b: -high}, 0.0)
            at_most({a: -1.0, b: low}, 0.0)
        return np.vstack(rows), np.concatenate(bounds)

    def _interior(self) -> tuple[NDArray[np.float64], float]:
        """The point farthest from every bound (Chebyshev centre within the simplex), and its distance."""
        rows, bounds = self._inequalities()
        norms = np.linalg.norm(rows - rows.mean(1, keepdims=True), axis=1)
        size = len(self.criteria)
        found = linprog(
            np.append(np.zeros(size), -1.0),
            A_ub=np.column_stack([rows, norms]),
            b_ub=bounds,
            A_eq=[np.append(np.ones(size), 0.0)],
            b_eq=[1.0],
            bounds=[(0, 1)] * size + [(0, 1)],
        )
        if not found.success or found.x is None:
            return np.empty(0), -1.0
        return found.x[:-1], float(found.x[-1])

    def _feasible(self) -> bool:
        return self._interior()[1] >= 0

    def _hit_and_run(self, count: int, generator: np.random.Generator) -> NDArray[np.float64]:
        """One chain a sample, all advanced together, so that samples are independent of each other."""
        start, radius = self._interior()
        if radius < 1e-9:
            return np.tile(start, (count, 1))
        rows, bounds = self._inequalities()
        size = len(self.criteria)
        points = np.tile(start, (count, 1))
        for _ in range(_STEPS_A_DIMENSION * size):
            ways = generator.standard_normal((count, size))
            ways -= ways.mean(1, keepdims=True)
            slack, speed = bounds - points @ rows.T, ways @ rows.T
            with np.errstate(divide="ignore", invalid="ignore"):
                reach = slack / speed
            ahead = np.where(speed > 1e-12, reach, np.inf).min(1)
            behind = np.where(speed < -1e-12, reach, -np.inf).max(1)
            points += (behind + generator.random(count) * (ahead - behind))[:, None] * ways
        return points
