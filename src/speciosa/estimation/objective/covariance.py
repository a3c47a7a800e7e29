"""Covariance of random effects by its Cholesky factor with a logarithmic diagonal: value, inverse, derivatives."""

from dataclasses import dataclass

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
    matrix = np.zeros((total, total))
    slopes: list[Floats] = []
    columns: list[int] = []
    for blocks, shifts in (
        (between, [0]),
        (within, [effects + o * occasion_effects for o in range(occasions)]),
    ):
        for block in blocks:
            own, own_slopes = block.covariance(parameters)
            turned = np.zeros((len(own_slopes), total, total))
            for shift in shifts:
                at = np.ix_([shift + p for p in block.places], [shift + p for p in block.places])
                matrix[at] = own
                for s in range(len(own_slopes)):
                    turned[s][at] = own_slopes[s]
            slopes += list(turned)
            columns += range(block.first, block.first + len(own_slopes))
    sign, log_determinant = np.linalg.slogdet(matrix) if total else (1.0, 0.0)
    if not sign > 0:
        raise np.linalg.LinAlgError("A covariance of random effects is not positive definite.")
    inverse = np.asarray(np.linalg.inv(matrix)) if total else matrix
    return Spread(
        matrix,
        inverse,
        float(log_determinant),
        np.array(slopes) if slopes else np.zeros((0, total, total)),
        tuple(columns),
    )
