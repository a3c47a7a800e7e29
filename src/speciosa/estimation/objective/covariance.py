"""Covariance of random effects by its Cholesky factor with a logarithmic diagonal: value, inverse, derivatives."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from speciosa.estimation.jet.table import Floats


@dataclass(frozen=True)
class Block:
    """Random effects that are correlated, or one.

    Attributes:
        places: of its effects among all.
        first: index of its first parameter, of which there are ``n (n + 1) / 2`` by rows of the factor; -1 where it is fixed.
        start: covariance at the start.
    """

    places: tuple[int, ...]
    first: int
    start: Floats

    @property
    def size(self) -> int:
        """Number of effects."""
        return len(self.places)

    @property
    def parameters(self) -> int:
        """Number of estimated parameters."""
        return self.size * (self.size + 1) // 2 if self.first >= 0 else 0

    def to_parameters(self) -> list[float]:
        """Parameters at the start.

        Example:
            >>> Block((0,), 0, np.array([[4.0]])).to_parameters() == [float(np.log(2.0))]
            True
        """
        return self.parameters_of(self.start) if self.first >= 0 else []

    def parameters_of(self, matrix: Floats) -> list[float]:
        """Parameters with which the block has this covariance.

        Raises:
            LinAlgError: it is not positive definite.
        """
        factor = np.linalg.cholesky(matrix)
        return [
            float(np.log(factor[i, k]) if i == k else factor[i, k])
            for i in range(self.size)
            for k in range(i + 1)
        ]

    def covariance(self, parameters: Floats) -> tuple[Floats, Floats]:
        """The matrix, and its derivatives by each parameter of the block, ``(parameters, n, n)``."""
        n = self.size
        if self.first < 0:
            return self.start, np.zeros((0, n, n))
        if n == 1:
            own = np.exp(2 * parameters[self.first : self.first + 1])[:, None]
            return own, 2 * own[None]
        factor = np.zeros((n, n))
        slopes = np.zeros((self.parameters, n, n))
        at = 0
        for i in range(n):
            for k in range(i + 1):
                x = parameters[self.first + at]
                factor[i, k] = np.exp(x) if i == k else x
                slopes[at, i, k] = factor[i, k] if i == k else 1.0
                at += 1
        turned = slopes @ factor.T
        return factor @ factor.T, turned + turned.transpose(0, 2, 1)


@dataclass(frozen=True)
class Spread:
    """Covariance of all random effects of a subject.

    Attributes:
        matrix: effects between individuals, then those of each occasion.
        precision: its inverse.
        log_determinant: of the matrix.
        slopes: derivatives of the matrix by the parameters in `columns`.
        columns: indices of those parameters.
    """

    matrix: Floats
    precision: Floats
    log_determinant: float
    slopes: Floats
    columns: tuple[int, ...]

    @cached_property
    def changed(self) -> Floats:
        """Derivatives of the inverse by the same parameters."""
        return np.asarray(-self.precision @ self.slopes @ self.precision)

    @cached_property
    def rise(self) -> Floats:
        """Derivatives of the logarithm of the determinant by them."""
        return np.asarray((self.precision * self.slopes).sum(axis=(1, 2)))


def spread(
    between: tuple[Block, ...],
    within: tuple[Block, ...],
    effects: int,
    occasion_effects: int,
    occasions: int,
    parameters: Floats,
) -> Spread:
    """The covariance of a subject: blocks between individuals, and those of occasions once for each."""
    total = effects + occasion_effects * occasions
    matrix, inverse = np.zeros((total, total)), np.zeros((total, total))
    slopes = np.zeros((sum(b.parameters for b in (*between, *within)), total, total))
    log_determinant, count = 0.0, 0
    columns: list[int] = []
    for blocks, shifts in (
        (between, [0]),
        (within, [effects + o * occasion_effects for o in range(occasions)]),
    ):
        for block in blocks:
            own, own_slopes = block.covariance(parameters)
            sign, log_of_own = np.linalg.slogdet(own) if block.size > 1 else _of_one(own)
            if not sign > 0:
                raise np.linalg.LinAlgError(
                    "A covariance of random effects is not positive definite."
                )
            own_inverse = np.linalg.inv(own) if block.size > 1 else 1 / own
            for shift in shifts:
                places = np.array(block.places) + shift
                at = (places[:, None], places)
                matrix[at], inverse[at] = own, own_inverse
                slopes[count : count + len(own_slopes), at[0], at[1]] = own_slopes
                log_determinant += float(log_of_own)
            columns += range(block.first, block.first + len(own_slopes))
            count += len(own_slopes)
    return Spread(matrix, inverse, log_determinant, slopes, tuple(columns))


def _of_one(matrix: Floats) -> tuple[float, float]:
    """Sign and logarithm of the determinant of one number."""
    value = float(matrix[0, 0])
    return (1.0, float(np.log(value))) if 0 < value < np.inf else (0.0, np.nan)
