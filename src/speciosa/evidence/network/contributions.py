"""How much each comparison, and each study, contributes to each network estimate.

The network estimate of a pair is a flow of evidence from one treatment to the other over the trials
(Koenig 2013, doi:10.1002/sim.6001). A path carries the share of the flow that a random walker along it would take,
and shares it evenly among its edges (Davies 2022, doi:10.1002/sim.9346). Every row of contributions sums to one.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from speciosa.evidence.network.data import Matrix, Network, contrast_laplacian

if TYPE_CHECKING:
    from speciosa.evidence.network.result import NetworkResult

NEGLIGIBLE = 1e-12
Edge = tuple[int, int]


def comparison_contributions(result: "NetworkResult") -> pl.DataFrame:
    """Share of every head-to-head comparison in every network estimate: ``treat1, treat2, from1, from2, share``."""
    names = result.treatments
    weights, _ = _edge_weights(result.network, result.tau2)
    inverse = _inverse(weights)
    rows = []
    for i, one in enumerate(names):
        for j in range(i + 1, len(names)):
            for (a, b), share in sorted(_shares(weights, inverse, i, j).items()):
                rows.append(
                    {
                        "treat1": one,
                        "treat2": names[j],
                        "from1": names[a],
                        "from2": names[b],
                        "share": share,
                    }
                )
    return pl.DataFrame(rows)


def study_contributions(
    result: "NetworkResult", pairs: Sequence[tuple[str, str]] | None = None
) -> pl.DataFrame:
    """Share of every study in every network estimate: ``treat1, treat2, study, share``.

    A comparison's share is divided among its studies in proportion to their weights in it.

    Args:
        result: the network meta-analysis.
        pairs: the estimates asked for; by default all.
    """
    names = result.treatments
    weights, by_study = _edge_weights(result.network, result.tau2)
    inverse = _inverse(weights)
    rows = []
    for one, other in combinations(names, 2) if pairs is None else pairs:
        shares: defaultdict[str, float] = defaultdict(float)
        for edge, share in _shares(weights, inverse, names.index(one), names.index(other)).items():
            for name, weight in by_study[edge].items():
                shares[name] += share * weight / weights[edge]
        for study in result.network.studies:
            rows.append(
                {"treat1": one, "treat2": other, "study": study.name, "share": shares[study.name]}
            )
    return pl.DataFrame(rows)


def _edge_weights(network: Network, tau2: float) -> tuple[Matrix, dict[Edge, dict[str, float]]]:
    """Weights of the comparisons, shape ``(n, n)``, and of each study in them (reduced where multi-arm)."""
    place = {name: index for index, name in enumerate(network.treatments)}
    weights = np.zeros((len(place), len(place)))
    by_study: dict[Edge, dict[str, float]] = defaultdict(dict)
    for study in network.studies:
        spread = study.variance + tau2 * (1 - np.eye(len(study.treatments)))
        reduced = -contrast_laplacian(spread)
        for i, one in enumerate(study.treatments):
            for j, other in enumerate(study.treatments):
                # A reduced weight can fall below 0 only when published errors are rounded: it then carries nothing.
                if place[one] < place[other] and reduced[i, j] > 0:
                    edge = place[one], place[other]
                    by_study[edge][study.name] = float(reduced[i, j])
                    weights[edge] += reduced[i, j]
    return weights + weights.T, dict(by_study)


def _inverse(weights: Matrix) -> Matrix:
    """The pseudoinverse of the network's Laplacian: its columns are the potentials of unit flows."""
    laplacian = np.diag(weights.sum(axis=1)) - weights
    return np.asarray(np.linalg.pinv(laplacian, hermitian=True), dtype=float)


def _shares(weights: Matrix, inverse: Matrix, source: int, target: int) -> dict[Edge, float]:
    """Contribution of each edge to the estimate of one pair."""
    potential = inverse[:, source] - inverse[:, target]
    flow = weights * (potential[:, None] - potential[None, :])
    flow[flow < NEGLIGIBLE] = 0.0
    order = [int(node) for node in np.argsort(-potential, kind="stable")]
    longest = len(order)
    # ahead[v, k]: probability that the walk reaches v after k steps; behind[v, k]: that it needs k more steps to
    # the target.
    ahead, behind = np.zeros((longest, longest)), np.zeros((longest, longest))
    ahead[source, 0], behind[target, 0] = 1.0, 1.0
    out = flow.sum(axis=1)
    step = np.divide(flow, out[:, None], out=np.zeros_like(flow), where=out[:, None] > 0)
    for node in order:
        if node != target:
            ahead[:, 1:] += np.outer(step[node], ahead[node, :-1])
    for node in reversed(order):
        if node != target:
            behind[node, 1:] += (step[node] @ behind)[:-1]
    total = 1 / (1 + np.add.outer(np.arange(longest), np.arange(longest)))
    shares: defaultdict[Edge, float] = defaultdict(float)
    for a, b in zip(*np.nonzero(step), strict=True):
        if a == target:
            continue
        share = float(step[a, b] * (ahead[a] @ total @ behind[b]))
        if share > NEGLIGIBLE:
            shares[(int(min(a, b)), int(max(a, b)))] += share
    return dict(shares)
