"""Mantel-Haenszel network meta-analysis of odds ratios: for rare events, without adding anything to zero cells.

Stage one pools the studies of each design by the Mantel-Haenszel estimator for several groups (Mickey and Elashoff
1985; Greenland 1989, doi:10.2307/2532043); stage two joins the designs by generalised least squares
(Efthimiou 2019, doi:10.1002/sim.8158). The effect is common to all studies; there is no heterogeneity variance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtri

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.network.connectivity import disconnection, islands
from speciosa.evidence.network.data import Matrix, Network, NetworkStudy
from speciosa.evidence.network.gls import contrast_matrices, fit, study_design, whiten
from speciosa.evidence.network.inconsistency import InteractionTest

Counts = NDArray[np.float64]


@dataclass(frozen=True)
class MantelHaenszelResult:
    """Log odds ratios of every pair (row minus column) under a common effect.

    Attributes:
        treatments: names, in the order of the matrices.
        effect, se: shape ``(n, n)``.
        q, df: inconsistency between designs.
        left_out: arms or studies without information, with the reason.
    """

    treatments: tuple[str, ...]
    effect: Matrix
    se: Matrix
    q: float
    df: int
    left_out: Mapping[str, str]

    @property
    def test(self) -> InteractionTest:
        """Whether the designs agree, nothing having been added to a cell."""
        p = float(chdtrc(self.df, self.q)) if self.df else None
        return InteractionTest(self.q, self.df, p, 0.0)

    def frame(self, level: float = 0.95) -> pl.DataFrame:
        """One row an ordered pair with its interval."""
        z = ndtri(0.5 + level / 2)
        return pl.DataFrame(
            [
                {
                    "treat1": one,
                    "treat2": other,
                    "effect": float(self.effect[i, j]),
                    "se": float(self.se[i, j]),
                    "ci_low": float(self.effect[i, j] - z * self.se[i, j]),
                    "ci_high": float(self.effect[i, j] + z * self.se[i, j]),
                }
                for i, one in enumerate(self.treatments)
                for j, other in enumerate(self.treatments)
                if i != j
            ]
        )


def mantel_haenszel_network(network: Network) -> MantelHaenszelResult:
    """Pools arm-level counts of a network by Mantel-Haenszel.

    A treatment without any event, or with events only, in all studies of a design says nothing about its odds ratio
    there and is left out of that design by name.

    Raises:
        EvidenceError: no counts by arm, or what is left does not hang together.
    """
    if not network.arm_level or any(a.events is None for s in network.studies for a in s.arms):
        raise EvidenceError(Fault("Mantel-Haenszel", "events and n of every arm", "no counts"))
    groups: dict[tuple[str, ...], list[NetworkStudy]] = {}
    for study in network.studies:
        groups.setdefault(tuple(sorted(study.treatments)), []).append(study)
    left_out = dict(network.excluded)
    pooled = []
    for design, studies in groups.items():
        found = _pool_design(design, studies, left_out)
        if found is not None:
            pooled.append(found)
    apart = disconnection(islands({one.name: one.treatments for one in pooled})) if pooled else None
    if not pooled or apart:
        raise EvidenceError(apart or Fault("network", "events in some arm", "none"))
    names = tuple(sorted({name for one in pooled for name in one.treatments}))
    data = whiten(pooled, [study_design(one, names)[:, 1:] for one in pooled])
    found_fit = fit(data, 0.0)
    effect, se = contrast_matrices(found_fit.covariance, found_fit.beta)
    return MantelHaenszelResult(names, effect, se, found_fit.q, data.df, left_out)


def _pool_design(
    design: Sequence[str], studies: Sequence[NetworkStudy], left_out: dict[str, str]
) -> NetworkStudy | None:
    """One pseudo-study a design: its pooled contrasts and their covariance."""
    events, others = _counts(design, studies)
    keep = (events.sum(axis=0) > 0) & (others.sum(axis=0) > 0)
    for name, kept, total in zip(design, keep, events.sum(axis=0), strict=True):
        if not kept:
            what = "no event" if total == 0 else "nothing but events"
            left_out[f"{name} in {', '.join(study.name for study in studies)}"] = what
    if keep.sum() < 2:
        return None
    names = tuple(name for name, kept in zip(design, keep, strict=True) if kept)
    effect, variance = design_odds_ratios(events[:, keep], others[:, keep])
    return NetworkStudy("design " + " : ".join(names), names, effect, variance)


def _counts(design: Sequence[str], studies: Sequence[NetworkStudy]) -> tuple[Counts, Counts]:
    arms = [{arm.treatment: arm for arm in study.arms} for study in studies]
    events = np.array([[of[name].events for name in design] for of in arms], dtype=float)
    sizes = np.array([[of[name].n for name in design] for of in arms], dtype=float)
    return events, sizes - events


def design_odds_ratios(events: Counts, others: Counts) -> tuple[Matrix, Matrix]:
    """Pooled log odds ratios of one design and the variance of each, shape ``(m, m)``, row minus column.

    With ``C_ij = sum a_i b_j / N`` over studies (``a`` events, ``b`` non-events) the pairwise estimate is
    ``L_ij = log(C_ij / C_ji)``; the consistent one is ``(sum_j L_ij - sum_i L_ji) / m``.

    Args:
        events: shape ``(studies, m)``.
        others: people without the event, same shape.

    Example:
        >>> effect, variance = design_odds_ratios(np.array([[10.0, 5.0]]), np.array([[10.0, 15.0]]))
        >>> round(float(effect[0, 1]), 4), round(float(variance[0, 1]), 4)
        (1.0986, 0.4667)
    """
    total = (events + others).sum(axis=1)
    cross = np.einsum("si,sj->sij", events, others) / total[:, None, None]
    sums = cross.sum(axis=0)
    if (sums[~np.eye(len(sums), dtype=bool)] == 0).any():
        raise EvidenceError(
            Fault(
                "Mantel-Haenszel", "pairs of arms with events on both sides in some study", "none"
            )
        )
    ratio = sums / sums.T
    count = len(ratio)
    pairwise = np.log(ratio)
    level = pairwise.sum(axis=1) / count
    covariance = _covariance(events, others, total, sums, ratio)
    # Each consistent contrast is a fixed combination of the pairwise ones.
    combine = np.zeros((count, count * count))
    for i in range(count):
        combine[i, i * count : (i + 1) * count] = 1 / count
    arms = combine @ covariance @ combine.T
    diagonal = np.diag(arms)
    variance = diagonal[:, None] + diagonal[None, :] - 2 * arms
    return level[:, None] - level[None, :], variance


def _covariance(
    events: Counts, others: Counts, total: Counts, sums: Matrix, ratio: Matrix
) -> Matrix:
    """Covariance of all pairwise log odds ratios, shape ``(m^2, m^2)``, sound for sparse and for large strata.

    The variance is that of Robins, Breslow and Greenland 1986 (doi:10.2307/2531052); the covariance of two
    contrasts that share an arm averages its three unbiased estimates under common odds ratios.
    """
    count = len(ratio)
    result = np.zeros((count * count, count * count))
    square = total**2
    for i in range(count):
        for j in range(count):
            for h in range(count):
                if j == i or h == i:
                    continue
                if j == h:
                    value = _variance(events, others, square, sums, ratio, i, j)
                else:
                    value = _shared_arm(events, others, square, sums, ratio, i, j, h)
                # L_ij with L_ih, and the same with either written the other way round.
                for first, sign1 in ((i * count + j, 1), (j * count + i, -1)):
                    for second, sign2 in ((i * count + h, 1), (h * count + i, -1)):
                        result[first, second] = sign1 * sign2 * value
    return result


def _variance(
    events: Counts, others: Counts, square: Counts, sums: Matrix, ratio: Matrix, i: int, j: int
) -> float:
    forward, backward = events[:, i] * others[:, j], others[:, i] * events[:, j]
    agree, differ = events[:, i] + others[:, j], others[:, i] + events[:, j]
    psi = ratio[i, j]
    # Half the sum of (R + psi S)(P + psi Q), over (psi S)^2.
    numerator = ((forward + psi * backward) * (agree + psi * differ) / square).sum() / 2
    return float(numerator / (psi * sums[j, i]) ** 2)


def _shared_arm(
    events: Counts,
    others: Counts,
    square: Counts,
    sums: Matrix,
    ratio: Matrix,
    i: int,
    j: int,
    h: int,
) -> float:
    a, b, c = events[:, i], events[:, j], events[:, h]
    x, y, z = others[:, i], others[:, j], others[:, h]
    one, two = ratio[i, j], ratio[i, h]
    without = a * y * z + one * x * b * z + two * x * y * c
    with_event = one * a * b * z + two * a * y * c + one * two * x * b * c
    numerator = ((without + with_event) / square).sum() / 3
    return float(numerator / (sums[i, j] * sums[i, h]))
