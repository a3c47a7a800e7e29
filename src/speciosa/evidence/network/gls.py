"""Generalised least squares of a network, with the exact covariance of multi-arm studies.

Contrasts ``y`` of all studies have mean ``X d`` and covariance ``S + tau2 T``, where ``S`` is the sampling
covariance and ``T`` has 1 on the diagonal and 1/2 between contrasts of one study. Solving ``S u = lambda T u``
study by study turns this once into independent observations of variance ``lambda + tau2``, so that every further
step, for any tau2, is weighted least squares with the weights ``1 / (lambda + tau2)``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.network.data import Matrix, Network, NetworkStudy

Vector = NDArray[np.float64]
RANK_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Whitened:
    """A network as independent observations.

    Attributes:
        y: observations, shape ``(c,)``.
        design: their means are ``design @ d``, shape ``(c, p)``.
        spread: their sampling variances, shape ``(c,)``; tau2 adds to each.
        study: index of the study of each observation, shape ``(c,)``.
    """

    y: Vector
    design: Matrix
    spread: Vector
    study: NDArray[np.int64]

    @cached_property
    def basis(self) -> Matrix:
        """Directions of the parameters that the observations can tell apart, shape ``(p, rank)``."""
        _, values, rows = np.linalg.svd(self.design, full_matrices=False)
        if len(values) == self.design.shape[1] and values.min(initial=1.0) > RANK_TOLERANCE:
            return np.eye(len(values))
        return np.asarray(rows[values > RANK_TOLERANCE].T, dtype=float)

    @property
    def rank(self) -> int:
        """How many parameters the observations can tell apart."""
        return int(self.basis.shape[1])

    @property
    def df(self) -> int:
        """Degrees of freedom left for heterogeneity."""
        return len(self.y) - self.rank


@dataclass(frozen=True)
class Fit:
    """Weighted least squares at one tau2: estimates, covariance and the weighted sum of squared residuals."""

    beta: Vector
    covariance: Matrix
    q: float


def study_design(study: NetworkStudy, treatments: Sequence[str]) -> Matrix:
    """Contrasts of one study against its first arm, over all treatments, shape ``(m - 1, n)``."""
    place = [treatments.index(name) for name in study.treatments]
    rows = np.zeros((len(place) - 1, len(treatments)))
    rows[:, place[0]] = -1.0
    rows[np.arange(len(place) - 1), place[1:]] = 1.0
    return rows


def whiten(studies: Sequence[NetworkStudy], designs: Sequence[Matrix]) -> Whitened:
    """Independent observations from studies and their design matrices (one row a contrast against the first arm).

    Raises:
        EvidenceError: studies whose contrast variances make no covariance, each by name.
    """
    y, design, spread, index, faults = [], [], [], [], []
    for number, (study, rows) in enumerate(zip(studies, designs, strict=True)):
        size = len(study.treatments) - 1
        contrasts = study.contrasts
        if size == 1:
            values = study.covariance[0]
        else:
            values, vectors = eigh(study.covariance, 0.5 * (np.eye(size) + 1.0))
            contrasts, rows = vectors.T @ contrasts, vectors.T @ rows
        if values.min() <= 0:
            faults.append(
                Fault(
                    f"study '{study.name}', standard errors",
                    "variances of a possible covariance",
                    f"a smallest eigenvalue of {values.min():.3g}",
                )
            )
        y.append(contrasts)
        design.append(rows)
        spread.append(values)
        index.append(np.full(size, number))
    if faults:
        raise EvidenceError(faults)
    return Whitened(
        np.concatenate(y), np.concatenate(design), np.concatenate(spread), np.concatenate(index)
    )


def consistency(network: Network) -> Whitened:
    """The network under consistency: one parameter a treatment, relative to the first in `Network.treatments`."""
    designs = [study_design(study, network.treatments)[:, 1:] for study in network.studies]
    return whiten(network.studies, designs)


def by_design(network: Network) -> Whitened:
    """The network with its own contrasts for every design (the set of treatments a study compares)."""
    offsets: dict[str, int] = {}
    total = 0
    for study in network.studies:
        if study.design not in offsets:
            offsets[study.design] = total
            total += len(study.treatments) - 1
    designs = []
    for study in network.studies:
        arms = sorted(study.treatments)
        local = study_design(study, arms)[:, 1:]
        rows = np.zeros((len(local), total))
        start = offsets[study.design]
        rows[:, start : start + local.shape[1]] = local
        designs.append(rows)
    return whiten(network.studies, designs)


def fit(data: Whitened, tau2: float, prior_precision: float = 0.0) -> Fit:
    """Weighted least squares at a given heterogeneity.

    Args:
        data: the observations.
        tau2: heterogeneity variance, 0 or more.
        prior_precision: precision of a normal prior around zero on each parameter.

    Example:
        >>> two = Whitened(np.array([1.0, 3.0]), np.ones((2, 1)), np.array([1.0, 1.0]), np.array([0, 1]))
        >>> fit(two, 0.0).beta.tolist(), fit(two, 0.0).q
        ([2.0], 2.0)
    """
    weight = 1 / (data.spread + tau2)
    design = data.design @ data.basis
    information = design.T @ (weight[:, None] * design)
    information[np.diag_indices_from(information)] += prior_precision
    # Scaled to a unit diagonal, so that trials of very different size do not cost digits.
    scale = 1 / np.sqrt(np.diag(information))
    inner = scale[:, None] * np.linalg.inv(information * scale * scale[:, None]) * scale
    covariance = np.asarray(data.basis @ inner @ data.basis.T, dtype=float)
    beta = np.asarray(covariance @ (data.design.T @ (weight * data.y)), dtype=float)
    residual = data.y - data.design @ beta
    return Fit(beta, covariance, float(weight @ residual**2))


def contrast_matrices(covariance: Matrix, beta: Vector) -> tuple[Matrix, Matrix]:
    """All effects (row minus column) and their standard errors, from estimates relative to the first treatment."""
    value = np.concatenate([[0.0], beta])
    full = np.zeros((len(value), len(value)))
    full[1:, 1:] = covariance
    diagonal = np.diag(full)
    variance = diagonal[:, None] + diagonal[None, :] - 2 * full
    np.fill_diagonal(variance, 0.0)
    return value[:, None] - value[None, :], np.sqrt(np.clip(variance, 0.0, None))
