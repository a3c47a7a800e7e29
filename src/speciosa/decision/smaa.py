"""Stochastic multicriteria acceptability analysis (SMAA-2).

For weights and performances that are not fully known: how often each alternative takes each rank, which weights would
make it the best (its central weight), and how sure it is the best under those weights (its confidence factor).

Source: Lahdelma and Salminen 2001, Operations Research 49:444-454, doi:10.1287/opre.49.3.444.11220.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.decision.performance import Performance
from speciosa.decision.weights import Weights

_CHUNK = 4096


@dataclass(frozen=True)
class Acceptability:
    """Result of an SMAA.

    Attributes:
        alternatives: names, rows of everything below.
        rank_acceptability: shape ``(alternatives, ranks)``; share of samples in which each takes each rank, 1st first.
        central_weights: shape ``(alternatives, criteria)``; mean of the weights that make it the best, NaN if none.
        confidence_factors: shape ``(alternatives,)``; share of performance draws in which it is the best under its
            central weight, NaN if it never is.
    """

    alternatives: tuple[str, ...]
    rank_acceptability: NDArray[np.float64]
    central_weights: NDArray[np.float64]
    confidence_factors: NDArray[np.float64]


def acceptability(
    performance: Performance,
    weights: Weights,
    *,
    samples: int = 100_000,
    seed: int,
    missing: float | None = None,
) -> Acceptability:
    """Rank acceptability, central weights and confidence factors.

    A sample pairs one draw of the performances (taken in turn) with one draw of the weights. Ties share a rank's mass
    in the order of the alternatives with equal probability.

    Args:
        performance: levels by alternative, criterion and draw.
        weights: what is known of the weights.
        samples: number of samples; the standard error of an acceptability is at most ``0.5 / sqrt(samples)``.
        seed: of the weights and of tie breaking.
        missing: partial value to use where a criterion is not estimable: 0 or 1 give the bounds.

    Raises:
        ValueError: a criterion is not estimable and `missing` is None.

    Example:
        >>> from speciosa.decision import Criterion
        >>> table = Performance(("A", "B"), (Criterion("x", 0, 1), Criterion("y", 0, 1)),
        ...                     np.array([[[1.0], [0.0]], [[0.5], [0.5]]]), {})
        >>> found = acceptability(table, Weights(("x", "y")), samples=20_000, seed=1)
        >>> found.rank_acceptability.round(1).tolist()
        [[0.5, 0.5], [0.5, 0.5]]
    """
    values = performance.values(missing)
    if np.isnan(values).any():
        raise ValueError(
            "a criterion is not estimable for some alternative; pass `missing=0` and `missing=1` for the bounds"
        )
    count, size, draws = values.shape
    drawn = weights.sample(samples, seed)
    generator = np.random.default_rng((seed, 1))
    ranks, sums, firsts = np.zeros((count, count)), np.zeros((count, size)), np.zeros(count)
    for begin in range(0, samples, _CHUNK):
        part = drawn[begin : begin + _CHUNK]
        which = np.arange(begin, begin + len(part)) % draws
        scores = np.einsum("sc,acs->sa", part, values[:, :, which])
        order = np.lexsort((generator.random(scores.shape), -_rounded(scores)), axis=1)
        for rank in range(count):
            ranks[:, rank] += np.bincount(order[:, rank], minlength=count)
        np.add.at(sums, order[:, 0], part)
        firsts += np.bincount(order[:, 0], minlength=count)
    central = np.divide(
        sums, firsts[:, None], out=np.full_like(sums, np.nan), where=firsts[:, None] > 0
    )
    return Acceptability(
        performance.alternatives, ranks / samples, central, _confidence(values, central)
    )


def _rounded(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    # Equal scores that differ in the last bit are ties, not ranks.
    return np.round(scores, 12)


def _confidence(values: NDArray[np.float64], central: NDArray[np.float64]) -> NDArray[np.float64]:
    factors = np.full(len(values), np.nan)
    for row, weight in enumerate(central):
        if np.isfinite(weight).all():
            scores = _rounded(np.einsum("c,acd->ad", weight, values))
            best = scores == scores.max(0)
            factors[row] = float((best[row] / best.sum(0)).mean())
    return factors
