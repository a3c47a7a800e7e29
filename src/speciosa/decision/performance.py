"""The effects table: how each alternative performs on each criterion, draw by draw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.decision.values import Criterion, partial_value
from speciosa.errors import Fault, InputError


@dataclass(frozen=True)
class Performance:
    """Levels of every criterion for every alternative.

    Attributes:
        alternatives: names.
        criteria: what they are judged by.
        levels: shape ``(alternatives, criteria, draws)`` in the criteria's units; NaN throughout the draws where a
            criterion is not estimable for an alternative.
        basis: for each alternative and criterion, on what the level rests (``simulated``, ``trial evidence``, ...).
    """

    alternatives: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    levels: NDArray[np.float64]
    basis: Mapping[tuple[str, str], str]

    def __post_init__(self) -> None:
        shape = (len(self.alternatives), len(self.criteria))
        faults = []
        if self.levels.ndim != 3 or self.levels.shape[:2] != shape:
            faults.append(Fault("levels", f"shape {shape} and draws", str(self.levels.shape)))
        else:
            gaps = np.isnan(self.levels)
            for i, j in np.argwhere(gaps.any(2) & ~gaps.all(2)):
                faults.append(
                    Fault(
                        f"{self.alternatives[i]}, {self.criteria[j].name}",
                        "a level in every draw, or in none",
                        f"{int(gaps[i, j].sum())} of {gaps.shape[2]} draws missing",
                    )
                )
        for what, names in (
            ("alternatives", self.alternatives),
            ("criteria", [criterion.name for criterion in self.criteria]),
        ):
            if len(set(names)) != len(names) or not names:
                faults.append(
                    Fault(what, "at least one, each name once", ", ".join(names) or "none")
                )
        if faults:
            raise InputError(faults)

    @property
    def not_estimable(self) -> list[tuple[str, str]]:
        """The (alternative, criterion) pairs without a level."""
        return [
            (self.alternatives[i], self.criteria[j].name)
            for i, j in np.argwhere(np.isnan(self.levels).all(2))
        ]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Alternatives of which no criterion has a level: nothing is known to score."""
        nothing = np.isnan(self.levels).all((1, 2))
        return tuple(self.alternatives[i] for i in np.flatnonzero(nothing))

    def beyond(self) -> list[tuple[str, str, float, float]]:
        """(alternative, criterion, share of draws worse than `worst`, share better than `best`), where either is above 0.

        Values are flat beyond these levels, so that differences there count nothing.
        """
        found = []
        for j, criterion in enumerate(self.criteria):
            sign = 1.0 if criterion.best > criterion.worst else -1.0
            worse = (sign * (self.levels[:, j] - criterion.worst) < 0).mean(1)
            better = (sign * (self.levels[:, j] - criterion.best) > 0).mean(1)
            found += [
                (self.alternatives[i], criterion.name, float(worse[i]), float(better[i]))
                for i in np.flatnonzero((worse > 0) | (better > 0))
            ]
        return found

    def values(self, missing: float | None = None) -> NDArray[np.float64]:
        """Partial values, shape as `levels`; `missing` stands in for what is not estimable (a bound, never data)."""
        values = np.stack(
            [partial_value(c, self.levels[:, j]) for j, c in enumerate(self.criteria)], axis=1
        )
        return values if missing is None else np.where(np.isnan(values), missing, values)

    def choose(self, alternatives: Sequence[str]) -> "Performance":
        """The same criteria for some of the alternatives."""
        rows = [self.alternatives.index(name) for name in alternatives]
        return Performance(tuple(alternatives), self.criteria, self.levels[rows], self.basis)
