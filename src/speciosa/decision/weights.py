"""Swing weights: exact, by interval, by order, by ratio, or unknown, and samples of what they leave open.

A weight says what the swing of a criterion from worst to best is worth beside the other swings; weights are at least
0 and sum to 1. Weights that are not fully stated are a convex set, from which samples are drawn uniformly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import Fault, InputError

_CHAINS = 1024
_STEPS_FIRST, _STEPS_BETWEEN = 60, 8
"""Steps a dimension before a chain is read for the first time, and between two readings."""
_FEWEST = 4096
_LEAST_SHARE = 0.01
_NO_ROOM = 1e-9


@dataclass(frozen=True)
class Weights:
    """A set of swing weights. Statements hold to 1e-7, the tolerance of the linear programs that find a first point.

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
    _drawn: dict[tuple[int, int], NDArray[np.float64]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

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
            if set(self.exact) != set(self.criteria) or any(w < 0 for w in self.exact.values()):
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
        """Draws weights uniformly from the set, shape ``(count, criteria)``; once for each count and seed, not to be written to."""
        if (count, seed) not in self._drawn:
            drawn = self._sampled(count, seed)
            drawn.flags.writeable = False
            self._drawn[count, seed] = drawn
        return self._drawn[count, seed]

    def _sampled(self, count: int, seed: int) -> NDArray[np.float64]:
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
        if not self.order and not self.ratios:
            drawn = self._within_intervals(count, generator)
            if drawn is not None:
                return drawn
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

    def _feasible(self) -> bool:
        if self.order or self.ratios:
            return self._inside() is not None
        low, high = self._limits()
        return bool(low.sum() <= 1 + _NO_ROOM and high.sum() >= 1 - _NO_ROOM)

    def _limits(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        stated = self.intervals or {}
        low, high = np.array([stated.get(name, (0.0, 1.0)) for name in self.criteria]).T
        return low, high

    def _inside(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """A point far from every bound, and the directions in which it can move; None if nothing holds.

        Bounds that leave no room, such as an interval from 0.3 to 0.3, are equalities; the point is the centre of
        the largest ball within the others (Chebyshev centre).
        """
        from scipy.optimize import linprog  # slow to load, and exact weights do without

        rows, bounds = self._inequalities()
        total = np.ones((1, len(self.criteria)))
        rooms = np.zeros(len(rows))
        for number, row in enumerate(rows):
            found = linprog(row, A_ub=rows, b_ub=bounds, A_eq=total, b_eq=[1.0])
            if not found.success:
                return None
            rooms[number] = bounds[number] - found.fun
        loose = rooms > _NO_ROOM
        fixed, known = np.vstack([total, rows[~loose]]), np.append(1.0, bounds[~loose])
        ways = _null_space(fixed)
        reach = np.linalg.norm(rows[loose] @ ways, axis=1)
        found = linprog(
            np.append(np.zeros(len(self.criteria)), -1.0),
            A_ub=np.column_stack([rows[loose], reach]),
            b_ub=bounds[loose],
            A_eq=np.column_stack([fixed, np.zeros(len(fixed))]),
            b_eq=known,
            bounds=(0, 1),
        )
        return None if found.x is None else (found.x[:-1], ways)

    def _within_intervals(
        self, count: int, generator: np.random.Generator
    ) -> NDArray[np.float64] | None:
        """Draws all weights but the widest from their intervals and keeps those whose rest fits; None if few do."""
        low, high = self._limits()
        # what the others leave: without it wide bounds are mostly outside the simplex
        low, high = (
            np.maximum(low, 1 - (high.sum() - high)),
            np.minimum(high, 1 - (low.sum() - low)),
        )
        widest = int(np.argmax(high - low))
        kept: list[NDArray[np.float64]] = []
        found = tried = 0
        while found < count:
            drawn = low + generator.random((max(count, _FEWEST), len(low))) * (high - low)
            drawn[:, widest] += 1 - drawn.sum(1)
            rest = drawn[:, widest]
            kept.append(drawn[(rest >= low[widest]) & (rest <= high[widest])])
            found, tried = found + len(kept[-1]), tried + len(drawn)
            if found < _LEAST_SHARE * tried:
                return None
        return np.vstack(kept)[:count]

    def _hit_and_run(self, count: int, generator: np.random.Generator) -> NDArray[np.float64]:
        """Chains that walk through the set, read at distances at which they have forgotten where they were."""
        inside = self._inside()
        assert inside is not None  # checked when the weights were stated
        start, directions = inside
        dimensions = directions.shape[1]
        if dimensions == 0:
            return np.tile(start, (count, 1))
        rows, bounds = self._inequalities()
        points = np.tile(start, (min(count, _CHAINS), 1))
        kept: list[NDArray[np.float64]] = []
        for wait in range(-(-count // len(points))):
            for _ in range((_STEPS_BETWEEN if wait else _STEPS_FIRST) * dimensions):
                ways = generator.standard_normal((len(points), dimensions)) @ directions.T
                slack, speed = bounds - points @ rows.T, ways @ rows.T
                with np.errstate(divide="ignore", invalid="ignore"):
                    reach = slack / speed
                ahead = np.where(speed > 1e-12, reach, np.inf).min(1)
                behind = np.where(speed < -1e-12, reach, -np.inf).max(1)
                far = behind + generator.random(len(points)) * (ahead - behind)
                points = points + far[:, None] * ways
            kept.append(points)
        return np.vstack(kept)[:count]


def _null_space(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Orthonormal directions along which all `rows` stay as they are, one a column."""
    _, sizes, right = np.linalg.svd(rows)
    return right[int(np.sum(sizes > _NO_ROOM)) :].T
