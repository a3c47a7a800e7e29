"""Where the parameters of patients come from: a table, or the population that the model describes."""

from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from speciosa.model import Equations

Floats = NDArray[np.float64]


class Source(Protocol):
    """Parameters and covariates of any rows; row = draw * patients + patient."""

    @property
    def patients(self) -> int:  # noqa: D102
        ...

    @property
    def rows(self) -> int:  # noqa: D102
        ...

    def values(self, first: int, last: int) -> tuple[Floats, Floats]:  # noqa: D102
        ...

    def occasions(self, first: int, last: int, names: list[str], count: int) -> Floats:  # noqa: D102
        ...


class Listed:
    """A table, shape ``(names, rows)`` for parameters and for covariates."""

    def __init__(self, parameters: Floats, covariates: Floats, patients: int) -> None:
        self._parameters, self._covariates = parameters, covariates
        self.patients = patients

    @property
    def rows(self) -> int:
        """Patients times draws."""
        return max(int(self._parameters.shape[1]), int(self._covariates.shape[1]))

    def values(self, first: int, last: int) -> tuple[Floats, Floats]:
        """Rows `first` to `last`."""
        return self._parameters[:, first:last], self._covariates[:, first:last]

    def occasions(self, first: int, last: int, names: list[str], count: int) -> Floats:
        """A table says nothing of occasions."""
        return np.empty((0, last - first, count))


class Drawn:
    """Patients drawn from the model's variability, any of them at a time; one typical patient where none is asked."""

    def __init__(self, equations: Equations, patients: int | None, draws: int, seed: int) -> None:
        self._equations, self._typical = equations, patients is None
        self._draws, self._seed = draws, seed
        self.patients = patients or 1

    @property
    def rows(self) -> int:
        """Patients times draws."""
        return self.patients * self._draws

    @cached_property
    def _population(self) -> object:
        from speciosa.population import Population

        return Population.of(self._equations, seed=self._seed)

    def values(self, first: int, last: int) -> tuple[Floats, Floats]:
        """Rows `first` to `last`."""
        equations = self._equations
        if self._typical and self._draws == 1:
            drawn = {
                **{p.name: np.array([p.value]) for p in equations.parameters},
                **{c.name: np.array([c.value]) for c in equations.covariates},
            }
        else:
            row = np.arange(first, last)
            patient, draw = row % self.patients, row // self.patients
            drawn = self._population.rows(patient, draw if self._draws > 1 else None)  # type: ignore[attr-defined]
        count = last - first
        return (
            _stack([drawn[p.name] for p in equations.parameters], count),
            _stack([drawn[c.name] for c in equations.covariates], count),
        )

    def occasions(self, first: int, last: int, names: list[str], count: int) -> Floats:
        """Values of the parameters that vary between occasions, shape ``(names, rows, occasions)``."""
        row = np.arange(first, last)
        # without draws of the uncertain parameters, typical values are taken as known: marked -1
        draw = row // self.patients if self._draws > 1 else np.full(len(row), -1)
        return _by_occasion(self._population, row % self.patients, draw, names, count)


def _by_occasion(population: Any, patient: Any, draw: Any, names: list[str], count: int) -> Floats:
    """Values by occasion, shape ``(names, rows, occasions)``."""
    values = np.empty((len(names), len(patient), count))
    for one in np.unique(draw):
        here = np.flatnonzero(draw == one)
        first, last = int(patient[here].min()), int(patient[here].max()) + 1
        which = None if one < 0 else range(int(one), int(one) + 1)
        drawn = population.draw(range(first, last), which, occasions=count).occasions
        for k, name in enumerate(names):
            values[k, here] = drawn[name][0, patient[here] - first]
    return values


def _stack(columns: list[Floats], count: int) -> Floats:
    return np.stack(columns) if columns else np.empty((0, count))


def typical(equations: Equations) -> Listed:
    """The typical patient."""
    return Listed(
        _stack([np.array([p.value]) for p in equations.parameters], 1),
        _stack([np.array([c.value]) for c in equations.covariates], 1),
        1,
    )
