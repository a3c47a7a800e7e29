"""How well a Bayesian network model fits: residual deviance, effective parameters, DIC."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speciosa.evidence.bayes.grid import Grid
from speciosa.evidence.network.data import Matrix, Network
from speciosa.evidence.network.designs import Parameters


@dataclass(frozen=True)
class Deviance:
    """Fit of a Bayesian model: posterior mean deviance, effective parameters, and their sum.

    Attributes:
        dbar: posterior mean of the residual deviance.
        pd: ``dbar`` minus the deviance at the posterior mean of the fitted values.
        points: number of data points.
        unit: what a data point is.
    """

    dbar: float
    pd: float
    points: int
    unit: str

    @property
    def dic(self) -> float:
        """Deviance information criterion."""
        return self.dbar + self.pd

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "Dbar": self.dbar,
            "pD": self.pd,
            "DIC": self.dic,
            "points": self.points,
            "unit": self.unit,
        }


def normal_deviance(network: Network, setup: Parameters, grid: Grid) -> Deviance:
    """Residual deviance of the normal model: by arm where means came by arm, otherwise by independent contrast.

    Given tau the fitted value of an observation ``y`` of variance ``v`` is ``m + B (y - m)`` with ``B = tau^2 /
    (tau^2 + v)`` around the mean ``m``, so that its expectation over the posterior is a mixture again.
    """
    arms = setup.arms(network)
    if arms is not None:
        y, design, variance, share, unit = *arms, 0.5, "arm"
        precision = np.concatenate(
            [np.full(design.shape[1] - len(setup.names), 1e-12), np.zeros(len(setup.names))]
        )
        return _deviance(y, design, variance, share, unit, grid, precision)
    data = setup.data
    return _deviance(
        data.y, data.design, data.spread, 1.0, "contrast", grid, np.zeros(len(setup.names))
    )


def _deviance(
    y: NDArray[np.float64],
    design: Matrix,
    variance: NDArray[np.float64],
    share: float,
    unit: str,
    grid: Grid,
    precision: NDArray[np.float64],
) -> Deviance:
    own = len(precision) - grid.prior_precision.shape[-1]
    random = share * grid.tau[:, None] ** 2
    total = random + variance
    information = np.einsum("ij,gi,ik->gjk", design, 1 / total, design, optimize=True) + np.diag(
        precision
    )
    information[:, own:, own:] += grid.prior_precision
    covariance = np.linalg.inv(information)
    beta = np.einsum("gjk,gk->gj", covariance, (y / total) @ design)
    mean = beta @ design.T
    spread = np.einsum("ij,gjk,ik->gi", design, covariance, design, optimize=True)
    pull = random / total
    fitted = grid.weight @ (mean + pull * (y - mean))
    parts = (1 - pull) ** 2 * ((y - mean) ** 2 + spread) / variance + pull
    expected = float(grid.weight @ parts.sum(axis=1))
    at_mean = float(((y - fitted) ** 2 / variance).sum())
    return Deviance(expected, expected - at_mean, len(y), unit)
