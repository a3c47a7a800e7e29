"""Weighted scores of benefit and risk, their parts, and how far a weight can move before the order changes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.decision.performance import Performance
from speciosa.decision.weights import Weights


@dataclass(frozen=True)
class Scores:
    """Additive multicriteria scores by draw.

    Attributes:
        alternatives: names, the first axis.
        low: shape ``(alternatives, draws)``; the score with 0 for what is not estimable.
        high: the same with 1; equal to `low` where all is estimable.
        parts: shape ``(alternatives, criteria)``; mean of weight times partial value, NaN where not estimable.
        at_mean_weights: shape ``(alternatives, draws)``; `low` with the mean of the weights in every draw, so that it varies
            with what is not known of the performances alone.
    """

    alternatives: tuple[str, ...]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    parts: NDArray[np.float64]
    at_mean_weights: NDArray[np.float64]

    @property
    def bounded(self) -> NDArray[np.bool_]:
        """Which alternatives have a score that is only bounded, shape ``(alternatives,)``."""
        return np.asarray((self.high - self.low > 1e-12).any(1))


def score(performance: Performance, weights: Weights, *, seed: int) -> Scores:
    r"""Scores :math:`\sum_j w_j v_j(x_{aj})`, one draw of the weights for each draw of the performances.

    Example:
        >>> from speciosa.decision import Criterion
        >>> table = Performance(("A",), (Criterion("x", 0, 1), Criterion("y", 0, 1)),
        ...                     np.array([[[0.5], [np.nan]]]), {})
        >>> found = score(table, Weights(("x", "y"), exact={"x": 1, "y": 1}), seed=1)
        >>> found.low.tolist(), found.high.tolist(), found.bounded.tolist()
        ([[0.25]], [[0.75]], [True])
    """
    values = performance.values()
    drawn = weights.sample(values.shape[2], seed)
    weighted = np.einsum("dc,acd->acd", drawn, values)
    gap = np.where(np.isnan(values), drawn.T[None], 0.0).sum(1)
    low = np.nansum(weighted, axis=1)
    mean = np.nansum(values * drawn.mean(0)[None, :, None], axis=1)
    return Scores(performance.alternatives, low, low + gap, weighted.mean(2), mean)


@dataclass(frozen=True)
class Swing:
    """What one criterion's weight does to the lead of one alternative over another.

    Attributes:
        criterion: name.
        at_zero: mean difference of scores when the criterion's weight is 0 and the others keep their proportions.
        at_stated: the same at the stated weights.
        at_double: the same when the weight is doubled (at most 1).
    """

    criterion: str
    at_zero: float
    at_stated: float
    at_double: float


def tornado(
    performance: Performance, weights: Weights, one: str, other: str, *, seed: int
) -> list[Swing]:
    """How the mean lead of `one` over `other` moves with each weight, largest swing first.

    A criterion that is not estimable for either of the two is left out of their comparison, and named by no swing.
    """
    pair = performance.choose([one, other])
    values = pair.values()
    lead = (values[0] - values[1]).mean(1)
    known = np.isfinite(lead)
    if not known.any():
        return []
    stated = np.where(known, weights.sample(4096, seed).mean(0), 0.0)
    stated /= stated.sum()
    lead = np.where(known, lead, 0.0)

    def at(index: int, weight: float) -> float:
        others = stated.copy()
        others[index] = 0.0
        rest = others.sum()
        moved = others * ((1 - weight) / rest) if rest > 0 else others
        moved[index] = weight if rest > 0 else 1.0
        return float(moved @ lead)

    swings = [
        Swing(
            criterion.name,
            at(index, 0.0),
            float(stated @ lead),
            at(index, min(1.0, 2 * stated[index])),
        )
        for index, criterion in enumerate(pair.criteria)
        if known[index]
    ]
    return sorted(swings, key=lambda swing: -abs(swing.at_double - swing.at_zero))
