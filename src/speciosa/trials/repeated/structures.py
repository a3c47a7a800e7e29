"""Covariances over visits, as functions of their parameters, with first and second derivatives."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Structure(Protocol):
    """A covariance over `visits` visits."""

    @property
    def visits(self) -> int:
        """How many visits there are."""
        ...

    @property
    def name(self) -> str:
        """Of the structure."""
        ...

    @property
    def count(self) -> int:
        """How many parameters it has."""
        ...

    def start(self, variances: Array) -> Array:
        """Parameters of independent visits with these variances."""
        ...

    def matrix(self, theta: Array) -> Array:
        """The covariance."""
        ...

    def first(self, theta: Array) -> Array:
        """Its first derivatives, shape (count, visits, visits)."""
        ...

    def second(self, theta: Array) -> Array | None:
        """Its second derivatives, shape (count, count, visits, visits); None where all are 0."""
        ...


@dataclass(frozen=True, slots=True)
class Unstructured:
    """Every variance and covariance is a parameter, so the covariance is linear in them.

    Example:
        >>> Unstructured(2).matrix(np.array([1.0, 0.5, 2.0])).tolist()
        [[1.0, 0.5], [0.5, 2.0]]
    """

    visits: int
    name: str = "unstructured"

    @property
    def count(self) -> int:
        """One for each pair of visits."""
        return self.visits * (self.visits + 1) // 2

    def start(self, variances: Array) -> Array:
        """Parameters of independent visits with these variances."""
        found: Array = np.diag(variances)[np.tril_indices(self.visits)]
        return found

    def matrix(self, theta: Array) -> Array:
        """The covariance, whose lower triangle, row by row, is theta."""
        rows, columns = np.tril_indices(self.visits)
        found = np.zeros((self.visits, self.visits))
        found[rows, columns] = found[columns, rows] = theta
        return found

    def first(self, theta: Array) -> Array:
        """Where each parameter stands."""
        rows, columns = np.tril_indices(self.visits)
        found = np.zeros((self.count, self.visits, self.visits))
        place = np.arange(self.count)
        found[place, rows, columns] = found[place, columns, rows] = 1.0
        return found

    def second(self, theta: Array) -> Array | None:
        """None: all are 0."""
        return None


@dataclass(frozen=True, slots=True)
class Toeplitz:
    r"""Heterogeneous Toeplitz: a standard deviation a visit, a correlation a distance between visits.

    .. math:: \Sigma_{ab} = \sigma_a \sigma_b \rho_{|a-b|}

    Example:
        >>> Toeplitz(2).matrix(np.array([1.0, 2.0, 0.5])).tolist()
        [[1.0, 1.0], [1.0, 4.0]]
    """

    visits: int
    name: str = "heterogeneous toeplitz"

    @property
    def count(self) -> int:
        """A standard deviation a visit and one correlation fewer."""
        return 2 * self.visits - 1

    def start(self, variances: Array) -> Array:
        """Parameters of independent visits with these variances."""
        return np.concatenate((np.sqrt(variances), np.zeros(self.visits - 1)))

    def _parts(self, theta: Array) -> tuple[Array, Array, NDArray[np.int64]]:
        sd, rho = theta[: self.visits], np.concatenate(([1.0], theta[self.visits :]))
        lag = np.abs(np.subtract.outer(np.arange(self.visits), np.arange(self.visits)))
        return sd, rho[lag], lag

    def matrix(self, theta: Array) -> Array:
        """The covariance."""
        sd, correlation, _ = self._parts(theta)
        found: Array = np.outer(sd, sd) * correlation
        return found

    def first(self, theta: Array) -> Array:
        """By the standard deviations, then by the correlations."""
        sd, correlation, lag = self._parts(theta)
        found = np.zeros((self.count, self.visits, self.visits))
        for a in range(self.visits):
            unit = np.eye(self.visits)[a]
            found[a] = (np.outer(unit, sd) + np.outer(sd, unit)) * correlation
        for distance in range(1, self.visits):
            found[self.visits + distance - 1] = np.outer(sd, sd) * (lag == distance)
        return found

    def second(self, theta: Array) -> Array | None:
        """By pairs of standard deviations, and of a standard deviation and a correlation."""
        sd, correlation, lag = self._parts(theta)
        m = self.visits
        found = np.zeros((self.count, self.count, m, m))
        for a in range(m):
            unit = np.eye(m)[a]
            for b in range(m):
                other = np.eye(m)[b]
                found[a, b] = (np.outer(unit, other) + np.outer(other, unit)) * correlation
            for distance in range(1, m):
                mixed = (np.outer(unit, sd) + np.outer(sd, unit)) * (lag == distance)
                found[a, m + distance - 1] = found[m + distance - 1, a] = mixed
        return found
