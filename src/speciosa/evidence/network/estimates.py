"""All comparisons of a network at one heterogeneity variance, with direct and indirect evidence apart."""

from dataclasses import dataclass

import numpy as np

from speciosa.evidence.network.data import Matrix, Network
from speciosa.evidence.network.gls import Fit, Whitened, contrast_matrices, fit

# netmeta's limit: a share of direct evidence this close to 0 or 1 counts as 0 or 1.
DIRECT_TOLERANCE = 5e-4


@dataclass(frozen=True)
class Estimates:
    """All comparisons under one tau2; matrices of shape ``(n, n)``, row minus column, NaN where there is none.

    Attributes:
        tau2: heterogeneity variance.
        effect, se: network estimates.
        direct, direct_se: pooled head-to-head trials alone.
        indirect, indirect_se: the rest of the network alone.
        proportion_direct: share of the network estimate's information that is direct.
        fit: the estimates relative to the first treatment.
    """

    tau2: float
    effect: Matrix
    se: Matrix
    direct: Matrix
    direct_se: Matrix
    indirect: Matrix
    indirect_se: Matrix
    proportion_direct: Matrix
    fit: Fit


def estimates(network: Network, data: Whitened, tau2: float) -> Estimates:
    """All comparisons of a network at a given tau2, with direct and indirect evidence apart.

    The direct estimate pools the head-to-head contrasts with weights ``1 / (v + tau2)``; with ``p = se^2 /
    se_direct^2`` the indirect one is ``(network - p * direct) / (1 - p)`` with variance ``se^2 / (1 - p)``
    (Koenig 2013, doi:10.1002/sim.6001).
    """
    found = fit(data, tau2)
    effect, se = contrast_matrices(found.covariance, found.beta)
    direct, direct_se = _direct(network, tau2)
    share = np.zeros_like(effect)
    np.divide(se**2, direct_se**2, out=share, where=np.isfinite(direct_se))
    share[np.abs(share - 1) < DIRECT_TOLERANCE] = 1.0
    indirect, indirect_se = np.full_like(effect, np.nan), np.full_like(effect, np.nan)
    rest = (share < 1) & ~np.eye(len(effect), dtype=bool)
    known = np.where(np.isfinite(direct), direct, 0.0)
    indirect[rest] = (effect - share * known)[rest] / (1 - share[rest])
    indirect_se[rest] = se[rest] / np.sqrt(1 - share[rest])
    return Estimates(tau2, effect, se, direct, direct_se, indirect, indirect_se, share, found)


def _direct(network: Network, tau2: float) -> tuple[Matrix, Matrix]:
    count = len(network.treatments)
    effect, se = np.full((count, count), np.nan), np.full((count, count), np.nan)
    place = {name: index for index, name in enumerate(network.treatments)}
    for (one, other), trials in network.comparisons.items():
        values, variances = np.array(trials).T
        weight = 1 / (variances + tau2)
        i, j = place[one], place[other]
        effect[i, j] = (weight @ values) / weight.sum()
        effect[j, i] = -effect[i, j]
        se[i, j] = se[j, i] = weight.sum() ** -0.5
    return effect, se
